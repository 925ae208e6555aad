/**
 * Arrays for large results. Where malloc is glibc's, freed memory of this size goes back to the system at once, and each page
 * of the next array costs a fault, several times what a simple op costs. Two things keep it: freeing one block of nearly
 * 32 MB makes malloc take large blocks from its heap from then on, and a block that stays at the heap's end keeps what is
 * freed below it. Neither block is ever touched, so neither takes memory; other allocators just pass them by.
 */

/** Floats from which an array is large. */
const LARGE = 1 << 14;
const MEGABYTE = 1 << 20;
const MMAP_THRESHOLD_MAX = 32 * MEGABYTE - 8192;
/** So many bytes of arrays later the first block has been collected. */
const COLLECTED = 192 * MEGABYTE;
const HOLE = 24 * MEGABYTE;

let allocated = 0;
let end: ArrayBuffer | null = null;

function prepare(bytes: number): void {
  if (allocated === 0) new ArrayBuffer(MMAP_THRESHOLD_MAX);
  allocated += bytes;
  if (allocated < COLLECTED) return;
  for (let i = 0; i < 3; i++) new ArrayBuffer(HOLE);
  end = new ArrayBuffer(8 * MEGABYTE);
}

/** Up to so many floats V8 keeps an array within its own heap, and makes it at once. */
const INLINE = 16;
/** Up to so many, several arrays of about one size lie in one block of memory, which is what takes long to get. */
const SHARED = 1 << 12;
const SHARED_BLOCK = 1 << 16;
/** No more arrays than this, for the block stays as long as one of them is held. */
const SHARING = 16;

/** One block of memory after another, for arrays of more than half and up to all of `size` floats. */
class Blocks {
  #block: ArrayBuffer;
  #at = 0;
  readonly #bytes: number;

  constructor(
    readonly allocate: (bytes: number) => ArrayBuffer,
    size: number,
  ) {
    this.#bytes = Math.min(SHARING * 4 * size, SHARED_BLOCK);
    this.#block = new ArrayBuffer(0);
    this.#at = this.#bytes;
  }

  take(n: number): Float32Array {
    let at = this.#at;
    if (at + 4 * n > this.#bytes) {
      this.#block = this.allocate(this.#bytes);
      at = 0;
    }
    this.#at = at + ((4 * n + 15) & ~15);
    return new Float32Array(this.#block, at, n);
  }
}

/** By the number of bits of n − 1. */
const blocksOf = (allocate: (bytes: number) => ArrayBuffer): Blocks[] =>
  Array.from({ length: Math.log2(SHARED) + 1 }, (_, bits) => new Blocks(allocate, 1 << bits));

const { Buffer } = globalThis as { Buffer?: { allocUnsafeSlow?(bytes: number): { buffer: ArrayBuffer } } };

const zeros = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);
/** Node spares the zeros. */
const unwritten = Buffer?.allocUnsafeSlow ? (bytes: number) => Buffer.allocUnsafeSlow!(bytes).buffer : zeros;

const zeroBlocks = blocksOf(zeros);
const unwrittenBlocks = blocksOf(unwritten);

/** Zeros. */
export function floats(n: number): Float32Array {
  if (n <= INLINE) return new Float32Array(n);
  if (n <= SHARED) return zeroBlocks[32 - Math.clz32(n - 1)].take(n);
  if (n >= LARGE && end === null) prepare(4 * n);
  return new Float32Array(n);
}

/** Arbitrary numbers, for who writes them all. */
export function unwrittenFloats(n: number): Float32Array {
  if (n <= INLINE) return new Float32Array(n);
  if (n <= SHARED) return unwrittenBlocks[32 - Math.clz32(n - 1)].take(n);
  if (n >= LARGE && end === null) prepare(4 * n);
  return new Float32Array(unwritten(4 * n));
}

/** Zeros. */
export function doubles(n: number): Float64Array {
  if (n >= LARGE && end === null) prepare(8 * n);
  return new Float64Array(n);
}
