/**
 * The order in which C++'s `std::unordered_set` lists what was put in: `unique` without sorting shows it. GNU's library:
 * one list of all nodes, new buckets at its front, buckets by remainder, and primes for their number.
 */
import { type DType, float32, float64 } from "../dtype";

const MASK = (1n << 64n) - 1n;
const MULTIPLIER = 0xc6a4a7935bd1e995n;
const SEED = 0xc70f6907n;
const mix = (v: bigint): bigint => v ^ (v >> 47n);

const word = new DataView(new ArrayBuffer(8));

/** Murmur's hash of the bytes of a floating-point number; a whole number is its own hash. */
function hashOf(value: number, dtype: DType): bigint {
  if (dtype !== float32 && dtype !== float64) return BigInt.asUintN(64, BigInt(value));
  if (value === 0) return 0n;
  let hash = (SEED ^ (BigInt(dtype.itemsize) * MULTIPLIER)) & MASK;
  if (dtype === float32) {
    word.setFloat32(0, value, true);
    hash ^= BigInt(word.getUint32(0, true));
  } else {
    word.setFloat64(0, value, true);
    hash ^= (mix((word.getBigUint64(0, true) * MULTIPLIER) & MASK) * MULTIPLIER) & MASK;
  }
  hash = (hash * MULTIPLIER) & MASK;
  return mix((mix(hash) * MULTIPLIER) & MASK);
}

/** The numbers of buckets that a set grows through: each the first of the library's primes from twice the last on. */
const SIZES = [13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172933];

interface Entry {
  hash: bigint;
  value: number;
  next: Entry | null;
}

/** The different values in the order of the set they were put into; null where the set would outgrow the table of sizes. */
export function unorderedValues(data: ArrayLike<number>, dtype: DType): number[] | null {
  const head: Entry = { hash: 0n, value: 0, next: null };
  const seen = new Set<number>();
  let buckets = new Map<number, Entry>();
  let size = 1;
  let count = 0;
  const bucketOf = (entry: Entry): number => Number(entry.hash % BigInt(size));

  const grow = (to: number): void => {
    size = to;
    buckets = new Map();
    let entry = head.next;
    head.next = null;
    let first = -1;
    while (entry !== null) {
      const following: Entry | null = entry.next;
      const b = bucketOf(entry);
      const before = buckets.get(b);
      if (before === undefined) {
        entry.next = head.next;
        head.next = entry;
        buckets.set(b, head);
        if (entry.next !== null) buckets.set(first, entry);
        first = b;
      } else {
        entry.next = before.next;
        before.next = entry;
      }
      entry = following;
    }
  };

  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    // NaN equals nothing, not even itself.
    if (seen.has(value) && !Number.isNaN(value)) continue;
    seen.add(value);
    if (count + 1 > (size === 1 ? 0 : size)) {
      const next = SIZES.find((s) => s > size);
      if (next === undefined) return null;
      grow(next);
    }
    const entry: Entry = { hash: hashOf(value, dtype), value, next: null };
    const b = bucketOf(entry);
    const before = buckets.get(b);
    if (before === undefined) {
      entry.next = head.next;
      head.next = entry;
      if (entry.next !== null) buckets.set(bucketOf(entry.next), entry);
      buckets.set(b, head);
    } else {
      entry.next = before.next;
      before.next = entry;
    }
    count++;
  }
  const out: number[] = [];
  for (let entry = head.next; entry !== null; entry = entry.next) out.push(entry.value);
  return out;
}
