/**
 * The WASM kernels: which set runs, and the scratch memory they work in.
 *
 * **To add a kernel**
 * 1. Write an exported function in a file of `assembly/` (AssemblyScript; no classes, no strings, no allocation): pointers
 *    (`usize`) and counts (`i32`) in, numbers out. `madd32`/`madd64` of `assembly/vectors.ts` fuse where the build can;
 *    `ASC_FEATURE_RELAXED_SIMD` is a constant of the compiler. Tables of constants: `memory.data<f32>([…])`. The line
 *    `// @inline` above a function makes the compiler inline it (its decorator, in a form that linters read).
 *    The build compiles every file of the folder, twice; nothing is registered anywhere.
 * 2. Add its signature to an interface in your file beside this one, and `extends` that interface in `Functions`.
 * 3. Where the op runs: `const wasm = n < THRESHOLD ? null : kernels();` and, when that is null, the TypeScript loop, which
 *    stays: it is the oracle of the tests, and faster for small tensors. Otherwise
 *    ```ts
 *    const mark = wasm.mark();
 *    const x = wasm.take(4 * n); // bytes, on a multiple of 64: grows the memory, so take all before you look at it
 *    wasm.f32.set(elements, x >> 2);
 *    wasm.call.scale32(x, n, 2);
 *    out.set(wasm.f32.subarray(x >> 2, (x >> 2) + n));
 *    wasm.release(mark);
 *    ```
 *    The memory never shrinks: long tensors go through it in blocks (`BLOCK` bytes each), not whole.
 * 4. Where calls are independent and long, `sharedKernels(nanoseconds)` gives kernels on a shared memory, whose `pool` runs them on
 *    all processors (threads.ts). A kernel may then write nothing but what its arguments point to.
 * 5. Test it with each set: `useKernels("typescript" | "simd" | "relaxed" | "best")`.
 */
/// <reference path="./modules.d.ts" />
import type { UpdateFunctions } from "../updates";
import type { ConvolutionFunctions } from "./convolution";
import type { ElementwiseFunctions } from "./elementwise";
import type { GemmFunctions } from "./gemm";
import type { VectorProductFunctions } from "./gemv";
import type { LineFunctions } from "./lines";
import type { PoolingFunctions } from "./pooling";
import relaxedModule from "./relaxed.wasm";
import type { RowFunctions } from "./rows";
import simdModule from "./simd.wasm";
import type { SumFunctions } from "./sums";
import { Pool, threadCount, threadHost } from "./threads";

/** `typescript`: plain loops; `simd`: WASM with 128-bit vectors; `relaxed`: with fused multiply-add too. */
export type KernelSet = "typescript" | "simd" | "relaxed";

/** What the modules export. */
interface Functions
  extends ConvolutionFunctions,
    ElementwiseFunctions,
    GemmFunctions,
    LineFunctions,
    PoolingFunctions,
    RowFunctions,
    SumFunctions,
    UpdateFunctions,
    VectorProductFunctions {
  scratchBase(): number;
}

/** How much of a long tensor is in scratch memory at a time, in bytes: half of a core's second-level cache. */
export const BLOCK = 1 << 18;

const PAGE = 1 << 16;
/** What a memory of 32-bit addresses can grow to. */
const PAGES_MAX = 1 << 16;

/** The part of WebAssembly that is used; the engine is compiled without a platform's types. */
interface Platform {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
  Memory: new (size: { initial: number; maximum: number; shared: boolean }) => Memory;
}

export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const platform = (globalThis as unknown as { WebAssembly?: Platform }).WebAssembly;

/** One instance and its scratch memory, a stack: what an op takes it gives back before it ends. */
export class Kernels {
  readonly call: Functions;
  /** The whole memory, seen as elements; renewed when `take` grows it. */
  f32!: Float32Array;
  f64!: Float64Array;
  i32!: Int32Array;
  u8!: Uint8Array;
  /** Threads that work on this memory; null where it is this one's alone. */
  readonly pool: Pool | null;
  private readonly memory: Memory;
  private top: number;

  /** Throws where there is no room for a shared memory. */
  constructor(
    readonly set: "simd" | "relaxed",
    shared = false,
  ) {
    const { Module, Instance, Memory } = platform!;
    this.memory = new Memory({ initial: 16, maximum: PAGES_MAX, shared });
    const module = new Module(importing(decode(set === "simd" ? simdModule : relaxedModule), shared));
    this.call = new Instance(module, { env: { memory: this.memory } }).exports as Functions;
    this.pool = shared ? new Pool(threadHost()!, module, this.memory, this.call) : null;
    this.top = aligned(this.call.scratchBase());
    this.look();
  }

  /** Room for `bytes`, aligned to 64; what is in it is arbitrary. Views from before may be stale afterwards. */
  take(bytes: number): number {
    const at = this.top;
    this.top = at + aligned(bytes);
    const missing = this.top - this.u8.length;
    if (missing > 0) {
      // A quarter more than asked: a growing program does not grow the memory with every op.
      this.memory.grow(Math.ceil((missing + this.u8.length / 4) / PAGE));
      this.look();
    }
    return at;
  }

  /** Where the next room will be: hand it to `release` when the work is done. */
  mark(): number {
    return this.top;
  }

  /** Gives back everything taken since the mark. */
  release(mark: number): void {
    this.top = mark;
  }

  private look(): void {
    const { buffer } = this.memory;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
  }
}

const aligned = (bytes: number) => (bytes + 63) & ~63;

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes from base64. */
function decode(text: string): Uint8Array {
  const values = new Uint8Array(128);
  for (let i = 0; i < 64; i++) values[DIGITS.charCodeAt(i)] = i;
  const bytes = new Uint8Array(Math.floor((text.replace(/=+$/, "").length * 3) / 4));
  let bits = 0;
  for (let i = 0, to = 0; to < bytes.length; i++) {
    bits = (bits << 6) | values[text.charCodeAt(i)];
    if (i % 4 === 0) continue;
    bytes[to++] = bits >> (6 - 2 * (i % 4));
  }
  return bytes;
}

/** The same module for a memory that is shared, or not. */
function importing(module: Uint8Array, shared: boolean): Uint8Array {
  // Two names with their lengths, the kind (2: memory), then the flags: 1 has a maximum, 2 is shared.
  const memory = [..."\u0003env\u0006memory\u0002"].map((c) => c.charCodeAt(0));
  const at = module.findIndex((_, i) => memory.every((byte, k) => module[i + k] === byte));
  module[at + memory.length] = shared ? 3 : 1;
  return module;
}

/** Modules of one function that returns a vector: `i32x4.splat`, and `f32x4.relaxed_madd` of three of those. */
const PROBES = {
  simd: "AGFzbQEAAAABBQFgAAF7AwIBAAoIAQYAQQD9EQs=",
  relaxed: "AGFzbQEAAAABBQFgAAF7AwIBAAoTAREAQQD9EUEA/RFBAP0R/YUCCw==",
};

let wanted: KernelSet | "best" = "best";
/** What serves now; undefined until an op asks. */
let current: Kernels | null | undefined;
const loaded: { simd?: Kernels; relaxed?: Kernels } = {};

/**
 * Chooses the set for all ops from now on; `best` is the fastest that the platform has. For tests and hosts.
 * Throws RangeError where the platform lacks it.
 */
export function useKernels(set: KernelSet | "best"): void {
  if (set !== "best" && !availableSets().includes(set)) {
    throw new RangeError(`There are no kernels '${set}' here; this platform has: ${availableSets().join(", ")}.`);
  }
  wanted = set;
  current = undefined;
}

/** Node 20 and 21 keep fused multiply-add behind a flag, which can be set as long as no module was compiled. */
function askForRelaxed(): void {
  const { process } = globalThis as { process?: { getBuiltinModule?(id: string): Record<string, any> | undefined } };
  process?.getBuiltinModule?.("node:v8")?.setFlagsFromString?.("--experimental-wasm-relaxed-simd");
}

function isAvailable(set: "simd" | "relaxed"): boolean {
  const has = () => platform?.validate(decode(PROBES[set])) ?? false;
  if (set === "relaxed" && !has()) askForRelaxed();
  return has();
}

/** The sets that this platform has, the plainest first. */
export function availableSets(): KernelSet[] {
  return ["typescript", ...(["simd", "relaxed"] as const).filter(isAvailable)];
}

/** The WASM kernels, compiled when first asked for; null where the TypeScript ones serve. */
export function kernels(): Kernels | null {
  if (current === undefined) current = load();
  return current;
}

/** Work of fewer nanoseconds, as one thread takes for it, is not worth waking another one. */
const SHARED_FROM = 150_000;
/** So much of it has to come before threads are started. */
const THREADS_FROM = 2_000_000;
let sharable = 0;
const sharing: { simd?: Kernels | null; relaxed?: Kernels | null } = {};

/**
 * For work that takes one thread so many nanoseconds and falls into independent parts: the kernels whose `pool` does it;
 * null where the calling thread does it alone, on `kernels()`.
 */
export function sharedKernels(nanoseconds: number): Kernels | null {
  if (nanoseconds < SHARED_FROM || threadCount() < 2 || threadHost() === null) return null;
  sharable += nanoseconds;
  const set = kernels()?.set;
  if (sharable < THREADS_FROM || set === undefined) return null;
  if (sharing[set] === undefined) sharing[set] = withThreads(set);
  const shared = sharing[set];
  return shared?.pool?.isReady() ? shared : null;
}

function withThreads(set: "simd" | "relaxed"): Kernels | null {
  try {
    return new Kernels(set, true);
  } catch {
    // No address space for a memory that can grow.
    return null;
  }
}

function load(): Kernels | null {
  const set = wanted === "best" ? availableSets().at(-1)! : wanted;
  if (set === "typescript") return null;
  try {
    loaded[set] ??= new Kernels(set);
  } catch (error) {
    // A process whose address space is limited has no room for a memory.
    if (wanted === "best") return null;
    throw error;
  }
  return loaded[set];
}
