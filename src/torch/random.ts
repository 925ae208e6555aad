/** PyTorch's CPU random stream, bit for bit: MT19937 and the transforms of a build without MKL. */
import { type DType, float32, type TypedArray } from "./dtype";

const N = 624;
const M = 397;

export interface GeneratorState {
  words: Uint32Array;
  index: number;
  seed: number;
  nextNormal: number | null;
}

/** The state of a random stream. */
export class Generator {
  readonly #state = new Uint32Array(N);
  #index = N;
  #seed = 0;
  /** The second of a pair of normal numbers, kept for the next call. */
  #nextNormal: number | null = null;

  constructor(seed = 5489) {
    this.manual_seed(seed);
  }

  /** Starts the stream anew; the low 32 bits of the seed count. Returns the generator. */
  manual_seed(seed: number | bigint): this {
    this.#seed = Number(seed);
    const state = this.#state;
    state[0] = Number(BigInt.asUintN(32, BigInt(seed)));
    for (let i = 1; i < N; i++) {
      const s = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = Math.imul(1812433253, s) + i;
    }
    this.#index = N;
    this.#nextNormal = null;
    return this;
  }

  /** Where the stream stands, to come back to. */
  snapshot(): GeneratorState {
    return { words: this.#state.slice(), index: this.#index, seed: this.#seed, nextNormal: this.#nextNormal };
  }

  restore(state: GeneratorState): void {
    this.#state.set(state.words);
    this.#index = state.index;
    this.#seed = state.seed;
    this.#nextNormal = state.nextNormal;
  }

  initial_seed(): number {
    return this.#seed;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % N] & 0x7fffffff);
      s[i] = s[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }

  /** 32 random bits. */
  bits32(): number {
    if (this.#index === N) this.#twist();
    let y = this.#state[this.#index++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** 64 random bits, the first draw on top. */
  bits64(): bigint {
    const high = BigInt(this.bits32());
    return (high << 32n) | BigInt(this.bits32());
  }

  /** Uniform in [0, 1) with 24 bits. */
  uniform32(): number {
    return (this.bits32() & 0xffffff) / 2 ** 24;
  }

  /** Uniform in [0, 1) with 53 bits. */
  uniform64(): number {
    const high = this.bits32() & 0x1fffff;
    return (high * 2 ** 32 + this.bits32()) / 2 ** 53;
  }

  uniform(dtype: DType): number {
    return dtype === float32 ? this.uniform32() : this.uniform64();
  }

  /** A whole number in [0, range). */
  below(range: number): number {
    return range >= 2 ** 32 ? Number(this.bits64() % BigInt(range)) : this.bits32() % range;
  }

  /** Box and Muller, one of a pair at a time. */
  normal(): number {
    if (this.#nextNormal !== null) {
      const value = this.#nextNormal;
      this.#nextNormal = null;
      return value;
    }
    const u1 = this.uniform64();
    const u2 = this.uniform64();
    const radius = Math.sqrt(-2 * Math.log1p(-u2));
    const angle = 2 * Math.PI * u1;
    this.#nextNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Fills `data` with normal numbers: one by one below 16, in blocks of 16 above, as PyTorch does. */
  fillNormal(data: TypedArray, dtype: DType, mean = 0, std = 1): void {
    const n = data.length;
    if (n < 16) {
      for (let i = 0; i < n; i++) data[i] = this.normal() * std + mean;
      return;
    }
    for (let i = 0; i < n; i++) data[i] = this.uniform(dtype);
    for (let i = 0; i + 16 <= n; i += 16) this.#block(data, i, mean, std);
    if (n % 16 !== 0) {
      // The last block is drawn anew and overlaps the one before.
      for (let i = n - 16; i < n; i++) data[i] = this.uniform(dtype);
      this.#block(data, n - 16, mean, std);
    }
  }

  #block(data: TypedArray, start: number, mean: number, std: number): void {
    // float32 numbers are rounded after each step, as its vectorised loop does.
    const round = data instanceof Float32Array ? Math.fround : (x: number) => x;
    const twoPi = round(2 * Math.PI);
    for (let j = start; j < start + 8; j++) {
      const u1 = 1 - data[j];
      const u2 = data[j + 8];
      const radius = round(Math.sqrt(-2 * round(Math.log(u1))));
      const angle = round(twoPi * u2);
      data[j] = round(radius * round(Math.cos(angle))) * std + mean;
      data[j + 8] = round(radius * round(Math.sin(angle))) * std + mean;
    }
  }
}

/** The stream that everything uses unless given another. */
export const default_generator = new Generator(67280421310721);

/** Starts PyTorch's default stream anew and returns it. */
export function manual_seed(seed: number | bigint): Generator {
  return default_generator.manual_seed(seed);
}
