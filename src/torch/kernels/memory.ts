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

/** Zeros. */
export function floats(n: number): Float32Array {
  if (n >= LARGE && end === null) prepare(4 * n);
  return new Float32Array(n);
}

const { Buffer } = globalThis as { Buffer?: { allocUnsafeSlow?(bytes: number): { buffer: ArrayBuffer } } };

/** Arbitrary numbers, for who writes them all: Node spares large arrays the zeros. */
export function unwrittenFloats(n: number): Float32Array {
  if (n < LARGE || Buffer?.allocUnsafeSlow === undefined) return new Float32Array(n);
  if (end === null) prepare(4 * n);
  return new Float32Array(Buffer.allocUnsafeSlow(4 * n).buffer);
}

/** Zeros. */
export function doubles(n: number): Float64Array {
  if (n >= LARGE && end === null) prepare(8 * n);
  return new Float64Array(n);
}
