/** Elementwise loops of float32 in WASM: blocks of the operands go into scratch memory in the order of the result. */
import { merged, type Walk } from "../strided";
import { type Kernels, kernels, sharedKernels } from ".";

/** `room` is `STAGE_ROOM` bytes for what stands between stages. */
type UnaryFunction = (from: number, to: number, n: number, room: number) => unknown;
type BinaryFunction = (a: number, b: number, to: number, n: number, room: number) => unknown;

/** What `assembly/staged.ts` needs. */
const STAGE_ROOM = 6 * 2048;

/** Of one float each. */
const UNARY = [
  "abs32",
  "cos32",
  "erf32",
  "exp32",
  "expm132",
  "gelu32",
  "log1p32",
  "log32",
  "logsigmoid32",
  "neg32",
  "reciprocal32",
  "relu32",
  "rsqrt32",
  "sigmoid32",
  "silu32",
  "sin32",
  "sqrt32",
  "square32",
  "tanh32",
] as const;
const BINARY = [
  "add32",
  "div32",
  "gelu_backward32",
  "log1p_backward32",
  "maximum32",
  "minimum32",
  "mul32",
  "pow32",
  "sigmoid_backward32",
  "sin_backward32",
  "sub32",
  "tanh_backward32",
  "threshold_backward32",
] as const;

export type UnaryKernel = (typeof UNARY)[number];
export type BinaryKernel = (typeof BINARY)[number];

export interface ElementwiseFunctions extends Record<UnaryKernel, UnaryFunction>, Record<BinaryKernel, BinaryFunction> {
  axpy32(a: number, b: number, to: number, n: number, k: number): void;
}

/**
 * A function of one number that has a WASM kernel of the same meaning, and the bits of that in `single`; `tail` is what
 * PyTorch computes the last n % 16 elements of a run with, where it differs.
 */
export interface Mapped {
  (x: number): number;
  readonly kernel?: UnaryKernel;
  readonly single?: (x: number) => number;
  readonly tail?: (x: number) => number;
}

/** A function of two numbers that has one; with `k` it is `x + k y`, rounded once. */
export interface Zipped {
  (x: number, y: number): number;
  readonly kernel?: BinaryKernel;
  readonly k?: number;
}

export const mapped = (
  kernel: UnaryKernel,
  f: (x: number) => number,
  single?: (x: number) => number,
  tail?: (x: number) => number,
): Mapped => Object.assign(f, { kernel, single, tail });
/** A function of floats without a kernel, and the one for the last n % 16 elements of a run. */
export const inVectors = (f: (x: number) => number, tail: (x: number) => number): Mapped =>
  Object.assign((x: number) => f(x), { tail });
/** A function without a kernel, and its steps in single precision. */
export const inSingle = (f: (x: number) => number, single: (x: number) => number): Mapped =>
  Object.assign((x: number) => f(x), { single });
export const zipped = (kernel: BinaryKernel, f: (x: number, y: number) => number): Zipped =>
  Object.assign(f, { kernel });
/** x + k y, as PyTorch's fused multiply-add rounds it. */
export const plusTimes = (k: number): Zipped => Object.assign((x: number, y: number) => x + k * y, { k });

/** From so many elements on the copies into scratch memory pay. */
export const WASM_FROM = 64;
/** Elements of a block: three of them fit into a core's second-level cache. */
const CHUNK = 1 << 14;

/** The kernels, for a loop over `n` elements that is worth it; else null. */
export const kernelsFor = (n: number): Kernels | null => (n < WASM_FROM ? null : kernels());

/** Some lanes are beyond the kernel: these the function itself computes. */
const beyond = {
  sin32: (x: number) => !(Math.abs(x) < 125),
  cos32: (x: number) => !(Math.abs(x) < 125),
  sin_backward32: (_, x) => !(Math.abs(x) < 125),
  pow32: (x: number, y: number) => !(x > 0 && x < Number.POSITIVE_INFINITY && Number.isFinite(y)),
} as Record<string, (x: number, y: number) => boolean>;

/** Nanoseconds that an element takes, of kernels that compute for longer than the copies take. */
const HEAVY: Partial<Record<UnaryKernel | BinaryKernel | "axpy32", number>> = {
  cos32: 2,
  erf32: 7,
  exp32: 1,
  expm132: 4,
  gelu32: 3,
  gelu_backward32: 3,
  log1p32: 3,
  log32: 2,
  logsigmoid32: 4,
  pow32: 6,
  sigmoid32: 1.5,
  silu32: 1.5,
  sin32: 2,
  sin_backward32: 2.5,
  tanh32: 4,
};

/** `to[i] = f(from[start + i])` for `i < n`. */
export function mapFloats(
  wasm: Kernels,
  kernel: UnaryKernel,
  f: (x: number) => number,
  from: Float32Array,
  start: number,
  to: Float32Array,
  n: number,
): void {
  const shared = kernelsToShare(kernel, n);
  if (shared !== null) runShared(shared, kernel, f, [{ data: from, offset: start }], to, n);
  else mapAlone(wasm, kernel, f, from, start, to, n);
}

/** Elements of a job for the threads, and of one of its calls. */
const JOB_MIN = 1 << 14;
const JOB_MAX = 1 << 17;
const PART = 1 << 12;

/** The kernels of all threads, where they take longer for `n` elements than the way to them. */
const kernelsToShare = (kernel: UnaryKernel | BinaryKernel | "axpy32", n: number): Kernels | null =>
  n < 2 * JOB_MIN ? null : sharedKernels(n * (HEAVY[kernel] ?? 0));

/**
 * A kernel over dense operands. Two blocks take turns: while the workers compute one, this thread stores the one before and
 * loads the next.
 */
function runShared(
  wasm: Kernels,
  kernel: UnaryKernel | BinaryKernel | "axpy32",
  f: (x: number, y: number) => number,
  operands: readonly Omit<Strided, "strides">[],
  to: Float32Array,
  n: number,
): void {
  const mark = wasm.mark();
  const job = Math.min(JOB_MAX, Math.max(JOB_MIN, Math.ceil(n / 4 / PART) * PART));
  const sides = [0, 1].map(() => operands.map(() => wasm.take(4 * job)));
  const pool = wasm.pool!;
  const room = wasm.take(STAGE_ROOM * pool.threads);
  const { f32 } = wasm;
  const sizeAt = (i: number) => Math.min(job, n - i);
  const load = (i: number, rooms: readonly number[]) =>
    operands.forEach(({ data, offset }, k) => {
      f32.set(data.subarray(offset + i, offset + i + sizeAt(i)), rooms[k] >> 2);
    });
  // The result takes the first operand's place.
  const store = (i: number, [at]: readonly number[]) => to.set(f32.subarray(at >> 2, (at >> 2) + sizeAt(i)), i);
  load(0, sides[0]);
  for (let i = 0; i < n; i += job) {
    const here = sides[(i / job) % 2];
    const other = sides[(i / job + 1) % 2];
    const size = sizeAt(i);
    for (let k = 0; k < size; k += PART) {
      const parts = here.map((at) => at + 4 * k);
      pool.add(kernel, [...parts, parts[0], Math.min(PART, size - k), room], parts.length + 2, STAGE_ROOM);
    }
    pool.start();
    if (i > 0) store(i - job, other);
    if (i + job < n) load(i + job, other);
    if (pool.finish()) {
      const test = beyond[kernel];
      const [x, y = x] = operands;
      for (let k = i; k < i + size; k++) {
        const [u, v] = [x.data[x.offset + k], y.data[y.offset + k]];
        if (test(u, v)) f32[(here[0] >> 2) + k - i] = f(u, v);
      }
    }
    if (i + job >= n) store(i, here);
  }
  wasm.release(mark);
}

function mapAlone(
  wasm: Kernels,
  kernel: UnaryKernel,
  f: (x: number) => number,
  from: Float32Array,
  start: number,
  to: Float32Array,
  n: number,
): void {
  const mark = wasm.mark();
  const at = wasm.take(4 * Math.min(n, CHUNK));
  const room = wasm.take(STAGE_ROOM);
  const run: UnaryFunction = wasm.call[kernel];
  const { f32 } = wasm;
  for (let i = 0; i < n; i += CHUNK) {
    const size = Math.min(CHUNK, n - i);
    f32.set(from.subarray(start + i, start + i + size), at >> 2);
    const odd = run(at, at, size, room);
    to.set(f32.subarray(at >> 2, (at >> 2) + size), i);
    if (odd === 1) {
      const test = beyond[kernel];
      for (let k = i; k < i + size; k++) if (test(from[start + k], 0)) to[k] = f(from[start + k]);
    }
  }
  wasm.release(mark);
}

/** Longer stretches, for each element that is wanted of them, are copied line by line. */
const SPARSE_MAX = 6;

/**
 * As `mapFloats` for lines of dense elements that lie apart: the stretch from the first to the last goes into scratch memory,
 * where they move together. False, and nothing done, where the elements of `from` do not lie like that, or are too many.
 */
export function mapLines(
  wasm: Kernels,
  kernel: UnaryKernel,
  f: (x: number) => number,
  shape: readonly number[],
  from: Strided,
  to: Float32Array,
): boolean {
  const { shape: sizes, a: steps } = merged(shape, from.strides, from.strides);
  const n = to.length;
  if (sizes.length !== 2 || steps[1] !== 1 || n > CHUNK) return false;
  const [rows, width] = sizes;
  const line = steps[0];
  const span = (rows - 1) * line + width;
  if (line < width || span > SPARSE_MAX * n) return false;
  const mark = wasm.mark();
  const at = wasm.take(4 * span + 16);
  const room = wasm.take(STAGE_ROOM);
  const { f32, call } = wasm;
  f32.set(from.data.subarray(from.offset, from.offset + span), at >> 2);
  call.compact(at, 4 * line, rows, 4 * width);
  const odd = call[kernel](at, at, n, room);
  to.set(f32.subarray(at >> 2, (at >> 2) + n));
  if (odd === 1) {
    const test = beyond[kernel];
    for (let i = 0; i < n; i++) {
      const x = from.data[from.offset + Math.floor(i / width) * line + (i % width)];
      if (test(x, 0)) to[i] = f(x);
    }
  }
  wasm.release(mark);
  return true;
}

/** `to[at + i] += from[start + i]` for `i < n`. */
export function addFloats(
  wasm: Kernels,
  to: Float32Array,
  at: number,
  from: Float32Array,
  start: number,
  n: number,
): void {
  const mark = wasm.mark();
  const size = 4 * Math.min(n, CHUNK);
  const [x, y] = [wasm.take(size), wasm.take(size)];
  const { f32, call } = wasm;
  for (let i = 0; i < n; i += CHUNK) {
    const count = Math.min(CHUNK, n - i);
    f32.set(to.subarray(at + i, at + i + count), x >> 2);
    f32.set(from.subarray(start + i, start + i + count), y >> 2);
    call.add32(x, y, x, count, 0);
    to.set(f32.subarray(x >> 2, (x >> 2) + count), at + i);
  }
  wasm.release(mark);
}

/** An operand: its memory, and where the elements of the result's dimensions stand in it. */
export interface Strided {
  data: Float32Array;
  offset: number;
  strides: readonly number[];
}

/** A kernel of two operands, `k` for axpy, and the function that computes what is beyond it. */
export interface Pairwise {
  kernel: BinaryKernel | "axpy32";
  f: (x: number, y: number) => number;
  k: number;
}

/** `to`, row-major of `shape`, `= f(a, b)`, both operands under their strides. */
export function zipFloats(
  wasm: Kernels,
  f: Pairwise,
  shape: readonly number[],
  a: Strided,
  b: Strided,
  to: Float32Array,
): void {
  const loop = merged(shape, a.strides, b.strides);
  const isDense = loop.shape.length === 1 && loop.a[0] === 1 && loop.b[0] === 1;
  const shared = isDense ? kernelsToShare(f.kernel, to.length) : null;
  if (shared !== null) {
    runShared(shared, f.kernel, f.f, [a, b], to, to.length);
    return;
  }
  const mark = wasm.mark();
  const room = Math.min(to.length, CHUNK);
  const x = wasm.take(4 * room);
  const y = wasm.take(4 * room);
  // A repeated operand must survive its block.
  const out = wasm.take(4 * room);
  const stages = wasm.take(STAGE_ROOM);
  new BlockWalk(wasm, f, loop, a.data, b.data, to, x, y, out, stages).run(0, a.offset, b.offset, 0);
  wasm.release(mark);
}

class BlockWalk {
  constructor(
    readonly wasm: Kernels,
    readonly f: Pairwise,
    readonly loop: Walk,
    readonly a: Float32Array,
    readonly b: Float32Array,
    readonly to: Float32Array,
    readonly x: number,
    readonly y: number,
    readonly out: number,
    readonly stages: number,
  ) {}

  /** All from dimension `dim` on; returns where the result goes on. */
  run(dim: number, fromA: number, fromB: number, to: number): number {
    const { shape, a, b } = this.loop;
    let rest = 1;
    for (let d = dim + 1; d < shape.length; d++) rest *= shape[d];
    if (rest > CHUNK) {
      for (let i = 0; i < shape[dim]; i++) to = this.run(dim + 1, fromA + i * a[dim], fromB + i * b[dim], to);
      return to;
    }
    const rows = Math.min(shape[dim], Math.floor(CHUNK / rest));
    for (let i = 0; i < shape[dim]; i += rows) {
      const count = Math.min(rows, shape[dim] - i);
      // What repeats from block to block stays where it is.
      if (i === 0 || a[dim] !== 0) pack(this.wasm.f32, this.x >> 2, this.a, fromA + i * a[dim], shape, a, dim, count);
      if (i === 0 || b[dim] !== 0) pack(this.wasm.f32, this.y >> 2, this.b, fromB + i * b[dim], shape, b, dim, count);
      this.block(to, count * rest);
      to += count * rest;
    }
    return to;
  }

  private block(to: number, n: number): void {
    const { x, y, out } = this;
    const { kernel, f, k } = this.f;
    const { f32, call } = this.wasm;
    if (kernel === "axpy32") call.axpy32(x, y, out, n, k);
    else if (call[kernel](x, y, out, n, this.stages) === 1) {
      const test = beyond[kernel];
      for (let i = 0; i < n; i++) {
        const [u, v] = [f32[(x >> 2) + i], f32[(y >> 2) + i]];
        if (test(u, v)) f32[(out >> 2) + i] = f(u, v);
      }
    }
    this.to.set(f32.subarray(out >> 2, (out >> 2) + n), to);
  }
}

/** Below this a loop is faster than a call that copies. */
const SHORT = 24;

/** Writes `count` steps of dimension `dim`, and all behind it, one element after the other; returns the end. */
function pack(
  memory: Float32Array,
  at: number,
  data: Float32Array,
  from: number,
  shape: readonly number[],
  strides: readonly number[],
  dim: number,
  count: number,
): number {
  const step = strides[dim];
  if (dim === shape.length - 1) {
    if (step === 0) memory.fill(data[from], at, at + count);
    else if (step === 1 && count > SHORT) memory.set(data.subarray(from, from + count), at);
    else for (let i = 0; i < count; i++, from += step) memory[at + i] = data[from];
    return at + count;
  }
  if (step === 0) {
    const size = pack(memory, at, data, from, shape, strides, dim + 1, shape[dim + 1]) - at;
    const end = at + count * size;
    for (let done = size; at + done < end; done *= 2) {
      memory.copyWithin(at + done, at, Math.min(at + done, end - done));
    }
    return end;
  }
  for (let i = 0; i < count; i++) {
    at = pack(memory, at, data, from + i * step, shape, strides, dim + 1, shape[dim + 1]);
  }
  return at;
}
