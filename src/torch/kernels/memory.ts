/**
 * Arrays for results.
 *
 * Large ones: where malloc is glibc's, freed memory of this size goes back to the system at once, and each page
 * of the next array costs a fault, several times what a simple op costs. Two things keep it: freeing one block of nearly
 * 32 MB makes malloc take large blocks from its heap from then on, and a block that stays at the heap's end keeps what is
 * freed below it. Neither block is ever touched, so neither takes memory; other allocators just pass them by.
 *
 * What only the engine holds (`autograd/buffers.ts`) comes back here and is handed out again.
 */
import type { TypedArray } from "../dtype";

/** Floats from which an array is large. */
const LARGE = 1 << 14;
/** Floats from which it is worth to spare an array the zeros. */
const SPARED = 1 << 18;
const MEGABYTE = 1 << 20;
const MMAP_THRESHOLD_MAX = 32 * MEGABYTE - 8192;
/** So many bytes of arrays later the first block has been collected. */
const COLLECTED = 192 * MEGABYTE;
const HOLE = 24 * MEGABYTE;

let allocated = 0;
let end: ArrayBuffer | null = null;

/** V8 frees arrays in another thread, while this one takes memory that was never touched: freed here, theirs is the next one's. */
function sweepHere(): void {
  const { process } = globalThis as { process?: { getBuiltinModule?(id: string): any } };
  process?.getBuiltinModule?.("node:v8")?.setFlagsFromString?.("--no-concurrent-array-buffer-sweeping");
}

function prepare(bytes: number): void {
  if (allocated === 0) {
    sweepHere();
    new ArrayBuffer(MMAP_THRESHOLD_MAX);
  }
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

/** Arrays that are made while a list stands here are entered in it. */
export const made: { arrays: TypedArray[] | null } = { arrays: null };

function entered<A extends TypedArray>(array: A): A {
  if (made.arrays !== null && array.length >= watching.from) made.arrays.push(array);
  return array;
}

/** Arrays that nobody uses any more, by length. */
const pool = new Map<number, Float32Array[]>();
const POOL_BYTES = 64 * MEGABYTE;
let pooled = 0;

/** How closely memory is watched: shorter arrays are made faster than they are found again. */
export const watching = { from: INLINE + 1, poison: false };

/** For tests: watches every array; those given back, and those handed out without zeros, are full of NaN. */
export function poisonMemory(poison: boolean): void {
  watching.from = poison ? 0 : INLINE + 1;
  watching.poison = poison;
}

/** Takes an array back that provably nobody will read or write again. */
export function giveBack(array: TypedArray): void {
  if (watching.poison) array.fill(Number.NaN);
  if (array.length <= SHARED || !(array instanceof Float32Array)) return;
  // Sizes that are no longer in use make room for those that are.
  if (pooled + array.byteLength > POOL_BYTES) {
    pool.clear();
    pooled = 0;
  }
  pooled += array.byteLength;
  const list = pool.get(array.length);
  if (list === undefined) pool.set(array.length, [array]);
  else list.push(array);
}

/** An array of `n` arbitrary numbers, where one was given back. */
function takeBack(n: number): Float32Array | null {
  if (pooled === 0) return null;
  const array = pool.get(n)?.pop();
  if (array === undefined) return null;
  pooled -= array.byteLength;
  return array;
}

/** Zeros. */
export function floats(n: number): Float32Array {
  if (n <= INLINE) return entered(new Float32Array(n));
  if (n <= SHARED) return entered(zeroBlocks[32 - Math.clz32(n - 1)].take(n));
  const known = takeBack(n);
  if (known !== null) return entered(known.fill(0));
  if (n >= LARGE && end === null) prepare(4 * n);
  return entered(new Float32Array(n));
}

/** Arbitrary numbers, for who writes them all. */
export function unwrittenFloats(n: number): Float32Array {
  const array = entered(anyFloats(n));
  return watching.poison ? array.fill(Number.NaN) : array;
}

function anyFloats(n: number): Float32Array {
  if (n <= INLINE) return new Float32Array(n);
  if (n <= SHARED) return unwrittenBlocks[32 - Math.clz32(n - 1)].take(n);
  const known = takeBack(n);
  if (known !== null) return known;
  if (n >= LARGE && end === null) prepare(4 * n);
  // What Node allocates does not make V8 collect young garbage; in numbers it would have to collect all.
  return n < SPARED ? new Float32Array(n) : new Float32Array(unwritten(4 * n));
}

/** Zeros. */
export function doubles(n: number): Float64Array {
  if (n >= LARGE && end === null) prepare(8 * n);
  return entered(new Float64Array(n));
}
