/** PyTorch's CPU random stream, bit for bit: MT19937 and the transforms of a build without MKL. */
import { checkDevice, type Device, isDevice } from "./device";
import { type DType, float64, significandBits, type TypedArray, uint8 } from "./dtype";
import { RuntimeError } from "./errors";
import { log32, sincos32 } from "./kernels/single";
import { fromData, type Tensor } from "./tensor";

const N = 624;
const M = 397;
const STATE_BYTES = 5056;
/** Where PyTorch's state keeps the second normal number of a pair; 16 bytes on, whether there is one. */
const NORMAL_AT = 5024;

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
  /** Seeded, and nothing drawn yet. */
  #fresh = true;
  /** The second of a pair of normal numbers, kept for the next call. */
  #nextNormal: number | null = null;

  /** Takes a device, which must be the CPU, or a first seed. */
  constructor(first: string | Device | number | { device?: string | Device } = 5489) {
    const seed = typeof first === "number" ? first : 5489;
    if (typeof first !== "number") checkDevice(isDevice(first) ? first : first.device);
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

  /** Starts the stream from a seed that nobody chose, and returns it. */
  seed(): number {
    this.manual_seed(Math.floor(Math.random() * 2 ** 53));
    return this.#seed;
  }

  /** The state as the bytes that PyTorch's CPU generator gives: a uint8 tensor of 5056. */
  get_state(): Tensor {
    const bytes = new Uint8Array(STATE_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt.asUintN(64, BigInt(this.#seed)), true);
    view.setInt32(8, this.#fresh ? 1 : N + 1 - this.#index, true);
    view.setInt32(12, 1, true);
    view.setBigUint64(16, BigInt(this.#fresh ? 0 : this.#index), true);
    for (let i = 0; i < N; i++) view.setUint32(24 + 8 * i, this.#state[i], true);
    view.setFloat64(NORMAL_AT, this.#nextNormal ?? 0, true);
    view.setInt32(NORMAL_AT + 16, this.#nextNormal === null ? 0 : 1, true);
    return fromData(bytes, uint8, [STATE_BYTES]);
  }

  /** Goes on from a state that `get_state` gave. Throws RuntimeError for anything else. Returns the generator. */
  set_state(state: Tensor): this {
    if (state.dtype !== uint8) throw new TypeError("RNG state must be a torch.ByteTensor");
    if (state.numel() !== STATE_BYTES) {
      throw new RuntimeError(
        `Expected either a CPUGeneratorImplStateLegacy of size 5048 or a CPUGeneratorImplState of size 5056 but found the input RNG state size to be ${state.numel()}`,
      );
    }
    const bytes = state.flatData() as Uint8Array;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const next = Number(view.getBigUint64(16, true));
    this.#seed = Number(view.getBigUint64(0, true));
    this.#fresh = next === 0;
    this.#index = next === 0 ? N : next;
    for (let i = 0; i < N; i++) this.#state[i] = view.getUint32(24 + 8 * i, true);
    this.#nextNormal = view.getInt32(NORMAL_AT + 16, true) === 0 ? null : view.getFloat64(NORMAL_AT, true);
    return this;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % N] & 0x7fffffff);
      s[i] = s[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
    this.#fresh = false;
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
    if (dtype === float64) return this.uniform64();
    const scale = 2 ** significandBits(dtype);
    return (this.bits32() & (scale - 1)) / scale;
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
    const single = data instanceof Float32Array;
    const twoPi = single ? Math.fround(2 * Math.PI) : 2 * Math.PI;
    if (single) {
      mean = Math.fround(mean);
      std = Math.fround(std);
    }
    for (let j = start; j < start + 8; j++) {
      const u1 = 1 - data[j];
      const u2 = data[j + 8];
      if (single) {
        const radius = Math.fround(Math.sqrt(-2 * log32(u1)));
        const [sine, cosine] = sincos32(Math.fround(twoPi * u2));
        data[j] = Math.fround(radius * cosine) * std + mean;
        data[j + 8] = Math.fround(radius * sine) * std + mean;
      } else {
        const radius = Math.sqrt(-2 * Math.log(u1));
        data[j] = radius * Math.cos(twoPi * u2) * std + mean;
        data[j + 8] = radius * Math.sin(twoPi * u2) * std + mean;
      }
    }
  }
}

/** The stream that everything uses unless given another. */
export const default_generator = new Generator(67280421310721);

/** Starts PyTorch's default stream anew and returns it. */
export function manual_seed(seed: number | bigint): Generator {
  return default_generator.manual_seed(seed);
}

/** Starts the default stream from a seed that nobody chose, and returns it. */
export const seed = (): number => default_generator.seed();

/** The seed of the default stream. */
export const initial_seed = (): number => default_generator.initial_seed();

/** The state of the default stream, a uint8 tensor. */
export const get_rng_state = (): Tensor => default_generator.get_state();

/** Goes on with the default stream from a state that `get_rng_state` gave. */
export function set_rng_state(state: Tensor): void {
  default_generator.set_state(state);
}

/** Runs `f`, then puts the default stream back to where it was. */
export function fork_rng<T>(f: () => T): T {
  const state = get_rng_state();
  const restore = () => set_rng_state(state);
  let out: T;
  try {
    out = f();
  } catch (error) {
    restore();
    throw error;
  }
  if (out instanceof Promise) return out.finally(restore) as T;
  restore();
  return out;
}
