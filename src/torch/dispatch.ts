/**
 * Ops: declared once, called from everywhere.
 *
 * A declaration is PyTorch's schema, the forward on plain memory, and for each differentiable input its derivative:
 *
 *     export const sin = op("sin(Tensor self) -> Tensor", {
 *       doc: "Sine of each element (in radians).",
 *       forward: (x) => map(x, Math.sin),
 *       // d sin x = cos x dx
 *       grad: { self: ["self", (g, s) => g.mul(s.self.cos())] },
 *     });
 *
 * From it come `torch.sin`, `x.sin()`, `x.sin_()`, their typings and docs, and the node `SinBackward0`.
 */

import { forward, hasTangent, runDual } from "./autograd/forwardAd";
import { mode } from "./autograd/gradMode";
import { checkInPlace, rebaseHistory } from "./autograd/inPlace";
import { Node } from "./autograd/node";
import { SavedTensor } from "./autograd/saved";
import type { DType } from "./dtype";
import { RuntimeError } from "./errors";
import { copyInto } from "./kernels/copy";
import { seam } from "./observer";
import { checkCanCast } from "./promotion";
import { type ResultsClass, resultsClass } from "./results";
import { type Args, type NamedArgs, parseSchema, type Result, type Schema } from "./schema";
import { sameShape, sizeText } from "./shape";
import { alias, gradientTarget, Tensor, type TensorMeta } from "./tensor";

/**
 * What a derivative sees: every argument by name, and `result` (or the results by their names). Only saved tensors have
 * values; of the others there is shape and dtype.
 */
export type Saved<S extends string> = NamedArgs<S> & { result: Tensor; [name: string]: any };

/** Where an op gives several outputs or a list, its cotangents come as an array, null for an output nobody used. */
type Gradient = any;
type VjpResult = Tensor | null | (Tensor | null)[];
type Vjp<S extends string> = (grad: Gradient, saved: Saved<S>) => VjpResult;

/** A derivative, with the space-separated names of what it saves in front. It keeps nothing of what it gets and makes. */
export type Derivative<S extends string> = Vjp<S> | readonly [saves: string, vjp: Vjp<S>];

/**
 * Where an op is found: `torch.f`, `x.f()`, only `x.f_()`, or a module. An op of a module is declared with its prefix,
 * as PyTorch does: `linalg_inv` is `torch.linalg.inv`.
 */
export type Variant = "function" | "method" | "in-place" | "nn.functional" | "linalg" | "special" | "fft" | "masked";

export interface Declaration<S extends string> {
  /** One sentence for completion lists, more after a blank line: shapes, formula, errors. */
  doc: string;
  /** Runs without recording. A view returns an alias of its input's memory. */
  forward: (...args: Args<S>) => Result<S>;
  /** By input name. Tensor-list inputs get arrays. Left out: the op is not differentiable. */
  grad?: { [name: string]: Derivative<S> };
  /** `SumBackward1`; the default is the op's name in camel case with `Backward0`. */
  node?: string;
  /** Also as `x.name_()`. */
  inPlace?: boolean;
  /** Where it is found; by default a function, and a method when the first argument is `self`. */
  variants?: readonly Variant[];
  /** A number may stand for a tensor argument, as in arithmetic. */
  numbers?: boolean | "other";
  /** Made of other ops, which record the graph: no node of its own. */
  composite?: boolean;
  /** Which outputs carry gradient, where not all floating-point ones do. */
  differentiableOutputs?: string[];
}

/** A declared op: callable with exactly its schema's arguments. */
export interface Op<S extends string = any> {
  (...args: Args<S>): Result<S>;
  readonly spec: OpSpec;
}

/** Sets of positions are bits of a number. */
interface BoundDerivative {
  /** Positions of arguments, and −1−i for output i. */
  saves: number[];
  savedArguments: number;
  savedResults: number;
  vjp: Vjp<any>;
}

/** What derivatives look through at a node; one subclass an op has a getter for each name. */
class SavedView {
  node: OpNode | null = null;
}

export class OpSpec {
  readonly schema: Schema;
  readonly nodeName: string;
  readonly doc: string;
  readonly forward: (...args: any[]) => any;
  readonly variants: readonly string[];
  /** Whether a number may stand for a tensor; `"other"`: for all but the first. */
  readonly numbers: boolean | "other";
  readonly inPlace: boolean;
  /** By parameter position: what the derivative saves (indices; −1−i is output i) and computes. */
  readonly grads: (BoundDerivative | null)[];
  readonly differentiable: boolean;
  readonly composite: boolean;
  readonly differentiableOutputs: readonly string[] | null;
  /** By parameter position: whether the argument has an edge in the graph. */
  readonly edges: boolean[];
  /** By parameter position: whether an optional tensor may be absent there. */
  readonly tensors: boolean[];
  readonly outputNames: string[];
  // A program calls few of the ops: what only nodes need is made with the first one.
  private forNodes: { savedClass: SavedClass; readers: ReadonlyMap<string, ReadSaved> } | null = null;
  /** A view that nobody looks through now. */
  private spareView: SavedView | null = null;

  constructor(
    readonly text: string,
    d: Declaration<any>,
  ) {
    this.schema = parseSchema(text);
    const { params, name, returns } = this.schema;
    this.nodeName = d.node ?? `${camelCase(name)}Backward0`;
    this.doc = d.doc;
    this.forward = d.forward as (...args: any[]) => any;
    this.variants = d.variants ?? (params[0]?.name === "self" ? ["function", "method"] : ["function"]);
    this.numbers = d.numbers ?? false;
    this.inPlace = d.inPlace ?? false;
    this.composite = d.composite ?? false;
    this.outputNames = returns.length > 0 ? returns : ["result"];
    const grads = d.grad ?? {};
    if (params.length > 31) throw new Error(`${text}: more arguments than a number has bits`);
    this.grads = params.map((p) => this.#derivative(grads[p.name]));
    this.differentiable = d.grad !== undefined;
    this.differentiableOutputs = d.differentiableOutputs ?? null;
    for (const key of Object.keys(grads)) {
      if (!params.some((p) => p.name === key)) throw new Error(`${text}: no argument ${key} to differentiate`);
    }
    // As in PyTorch an argument without a derivative has no edge; what an in-place op changes always has one.
    this.edges = params.map((_, i) => this.grads[i] !== null || (i === 0 && this.inPlace));
    this.tensors = params.map((p) => p.base === "Tensor" && !p.list);
  }

  /** The class of what derivatives see, with a getter for each name. */
  /** What several results with names come in. */
  get resultsClass(): ResultsClass {
    this.namedResults ??= resultsClass(this.schema);
    return this.namedResults;
  }

  private namedResults: ResultsClass | null = null;

  get savedClass(): SavedClass {
    return (this.forNodes ?? this.prepareNodes()).savedClass;
  }

  /** What the `_saved_…` of the op's nodes read. */
  get readers(): ReadonlyMap<string, ReadSaved> {
    return (this.forNodes ?? this.prepareNodes()).readers;
  }

  /** To be called before there is a node of the op. */
  prepareNodes(): { savedClass: SavedClass; readers: ReadonlyMap<string, ReadSaved> } {
    this.forNodes ??= { savedClass: savedClass(this), readers: savedReaders(this) };
    return this.forNodes;
  }

  /** An optional tensor that was left out still has its place among the edges. */
  isAbsentTensor(i: number, arg: unknown): boolean {
    return arg === null && this.tensors[i];
  }

  /** What the derivatives of `node` see of it, until `closeView`. */
  openView(node: OpNode): Saved<any> {
    const view = this.spareView ?? new this.savedClass();
    this.spareView = null;
    view.node = node;
    return view as unknown as Saved<any>;
  }

  closeView(view: Saved<any>): void {
    view.node = null;
    this.spareView = view as unknown as SavedView;
  }

  #derivative(given: Derivative<any> | undefined): BoundDerivative | null {
    if (given === undefined) return null;
    if (typeof given === "function") return { saves: [], savedArguments: 0, savedResults: 0, vjp: given };
    const saves = given[0].split(" ").map((name) => {
      const param = this.schema.params.findIndex((p) => p.name === name);
      if (param >= 0) return param;
      const output = this.outputNames.indexOf(name);
      if (output < 0) throw new Error(`${this.text}: nothing named ${name} to save`);
      return -1 - output;
    });
    const bits = (positions: number[]) => positions.reduce((set, p) => set | (1 << p), 0);
    return {
      saves,
      savedArguments: bits(saves.filter((p) => p >= 0)),
      savedResults: bits(saves.filter((p) => p < 0).map((p) => -1 - p)),
      vjp: given[1],
    };
  }
}

type SavedClass = new () => SavedView;

function savedClass({ schema, outputNames }: OpSpec): SavedClass {
  const made = class extends SavedView {};
  const getter = (name: string, read: (node: OpNode) => unknown): void => {
    Object.defineProperty(made.prototype, name, {
      get(this: SavedView) {
        return read(this.node!);
      },
      // A result may have an argument's name (symeig's eigenvectors), and stands before it.
      configurable: true,
    });
  };
  for (const [i, p] of schema.params.entries()) getter(p.name, (node) => unpack(node.arg(i)));
  for (const [i, output] of outputNames.entries()) getter(output, (node) => node.result(i));
  return made;
}

type ReadSaved = (node: OpNode) => unknown;

/** `node._saved_self`, `_saved_dim`, …: saved tensors (null where not needed, an error once freed) and the other arguments. */
function savedReaders(spec: OpSpec): Map<string, ReadSaved> {
  const readers = new Map<string, ReadSaved>();
  const saved = new Set(spec.grads.flatMap((grad) => grad?.saves ?? []));
  for (const [i, p] of spec.schema.params.entries()) {
    if (p.base !== "Tensor") readers.set(p.name, (node) => node.arg(i));
    else if (saved.has(i)) readers.set(p.name, (node) => savedOrNull(unpack(node.arg(i))));
  }
  for (const [i, name] of spec.outputNames.entries()) {
    if (saved.has(-1 - i)) readers.set(name, (node) => savedOrNull(node.result(i)));
  }
  // One class for the nodes of all ops: the engine's loops stay fast.
  for (const name of readers.keys()) {
    const key = `_saved_${name}`;
    if (key in OpNode.prototype) continue;
    Object.defineProperty(OpNode.prototype, key, {
      get(this: OpNode) {
        return this.spec.readers.get(name)?.(this);
      },
    });
  }
  return readers;
}

function savedOrNull(value: unknown): unknown {
  return value instanceof Tensor || Array.isArray(value) ? value : null;
}

/** Python's `str.title` on each word, which also raises a letter behind a digit: `nll_loss2d` → `NllLoss2D`. */
function camelCase(name: string): string {
  return name
    .split("_")
    .map((word) => word.toLowerCase().replace(/(^|[^a-z])[a-z]/g, (letters) => letters.toUpperCase()))
    .join("");
}

function unpack(value: unknown): unknown {
  if (value instanceof SavedTensor) return value.unpack();
  if (Array.isArray(value) && value[0] instanceof SavedTensor) return value.map((v: SavedTensor) => v.unpack());
  return value;
}

/** Every op, in the order of declaration. */
export const registry: OpSpec[] = [];
const overloads = new Map<string, OpSpec[]>();

function register(spec: OpSpec): void {
  const { name } = spec.schema;
  registry.push(spec);
  const known = overloads.get(name);
  if (known === undefined) overloads.set(name, [spec]);
  else known.push(spec);
}

/** Declares an op and returns it, callable with exactly its schema's arguments. */
export function op<const S extends string>(schema: S, declaration: Declaration<S>): Op<S> {
  const spec = new OpSpec(schema, declaration as unknown as Declaration<any>);
  register(spec);
  const call = (...args: Args<S>): Result<S> => runOp(spec, args);
  return Object.assign(call, { spec }) as Op<S>;
}

/** Another public name for all overloads of an op; grad_fn stays the original's. */
export function aliasOf(name: string, original: string, variants?: readonly Variant[]): void {
  for (const spec of overloads.get(original) ?? []) {
    const schema = { ...spec.schema, name };
    register(Object.create(spec, { schema: { value: schema }, variants: { value: variants ?? spec.variants } }));
  }
}

/** For ops without a derivative: a node that PyTorch also makes, and which throws when gradient arrives. */
export function notDifferentiable(
  name: string,
  inputs: readonly string[],
): { node: string; grad: Record<string, () => never> } {
  const refuse = (): never => {
    throw new RuntimeError(`derivative for aten::${name} is not implemented`);
  };
  return { node: "torch::autograd::NotImplemented", grad: Object.fromEntries(inputs.map((i) => [i, refuse])) };
}

/** The node of a declared op. */
export class OpNode extends Node {
  /** A saved tensor for each output that is kept, null for the others; a single one stands by itself. */
  results: SavedTensor | null | (SavedTensor | null)[] = null;
  // Arguments by position: a saved tensor, the metadata of one not saved, or the value. Few ops have more than three.
  #first: unknown = undefined;
  #second: unknown = undefined;
  #third: unknown = undefined;
  #others: unknown[] | null = null;
  /** Positions of the arguments that want a gradient, as bits. */
  #needs = 0;

  constructor(
    readonly spec: OpSpec,
    args: readonly unknown[],
    needs: number,
  ) {
    super();
    this.#needs = needs;
    spec.prepareNodes();
    const { grads, edges } = spec;
    this.makeEdges(countEdges(spec, args));
    let edge = 0;
    for (let i = 0; i < args.length; i++) {
      const arg = args[i];
      if (!edges[i]) continue;
      if (arg instanceof Tensor) this.setEdge(edge++, grads[i] === null ? null : gradientTarget(arg), arg.output_nr);
      else if (isTensorList(arg)) for (const t of arg) this.setEdge(edge++, gradientTarget(t), t.output_nr);
      else if (spec.isAbsentTensor(i, arg)) this.setEdge(edge++, null, 0);
    }
  }

  /** Argument `i`: a saved tensor, the metadata of one not saved, or the value. */
  arg(i: number): unknown {
    return i === 0 ? this.#first : i === 1 ? this.#second : i === 2 ? this.#third : this.#others?.[i - 3];
  }

  /** All of them. */
  get args(): unknown[] {
    return this.spec.schema.params.map((_, i) => this.arg(i));
  }

  name(): string {
    return this.spec.nodeName;
  }

  /**
   * Keeps of the call what the derivatives of the inputs that need one ask for, and of everything else only shape and dtype.
   */
  save(args: readonly unknown[], outputs: Tensor | readonly Tensor[]): void {
    const { grads } = this.spec;
    const count = args.length;
    let savedArguments = 0;
    let savedResults = 0;
    for (let i = 0; i < count; i++) {
      if ((this.#needs & (1 << i)) === 0) continue;
      savedArguments |= grads[i]!.savedArguments;
      savedResults |= grads[i]!.savedResults;
    }
    if (count > 0) this.#first = keep(args[0], (savedArguments & 1) !== 0);
    if (count > 1) this.#second = keep(args[1], (savedArguments & 2) !== 0);
    if (count > 2) this.#third = keep(args[2], (savedArguments & 4) !== 0);
    if (count > 3) {
      this.#others = new Array(count - 3);
      for (let i = 3; i < count; i++) this.#others[i - 3] = keep(args[i], (savedArguments & (1 << i)) !== 0);
    }
    if (outputs instanceof Tensor) {
      this.setOutput(metaLike(outputs, this.#first));
      if (savedResults !== 0) this.results = new SavedTensor(outputs);
    } else {
      this.outputs = outputs.map(newMeta);
      if (savedResults !== 0) {
        this.results = outputs.map((out, i) => ((savedResults & (1 << i)) === 0 ? null : new SavedTensor(out)));
      }
    }
  }

  /** Output `i`, or only its shape and dtype where it was not kept. */
  result(i: number): unknown {
    const kept = Array.isArray(this.results) ? this.results[i] : this.results;
    return kept === null || kept === undefined ? this.output(i) : kept.unpack();
  }

  override get makesGradients(): boolean {
    return true;
  }

  apply(grads: (Tensor | null)[]): (Tensor | null)[] {
    const { spec } = this;
    const result: (Tensor | null)[] = [];
    const grad = spec.schema.returnsList ? grads : grads.length === 1 ? grads[0] : grads;
    const saved = spec.openView(this);
    const needs = hasGradient(grads) ? this.#needs : 0;
    for (let i = 0; i < spec.edges.length; i++) {
      if (!spec.edges[i]) continue;
      if ((needs & (1 << i)) === 0) {
        const arg = this.arg(i);
        const width = spec.isAbsentTensor(i, arg) ? 1 : tensorCount(arg);
        for (let k = 0; k < width; k++) result.push(null);
        continue;
      }
      const computed = spec.grads[i]!.vjp(grad, saved);
      if (Array.isArray(computed)) for (const each of computed) result.push(each);
      else result.push(computed);
    }
    spec.closeView(saved);
    return result;
  }

  override release(): void {
    release(this.#first);
    release(this.#second);
    release(this.#third);
    release(this.#others);
    release(this.results);
  }

  override savedTensors(): [string, SavedTensor][] {
    const found: [string, SavedTensor][] = [];
    const collect = (value: unknown, name: string): void => {
      if (value instanceof SavedTensor) found.push([name, value]);
      else if (Array.isArray(value)) for (const [i, each] of value.entries()) collect(each, `${name}[${i}]`);
    };
    for (const [i, { name }] of this.spec.schema.params.entries()) collect(this.arg(i), name);
    for (const [i, name] of this.spec.outputNames.entries())
      collect(Array.isArray(this.results) ? this.results[i] : this.results, name);
    return found;
  }
}

function countEdges(spec: OpSpec, args: readonly unknown[]): number {
  let count = 0;
  for (let i = 0; i < args.length; i++) {
    if (!spec.edges[i]) continue;
    const arg = args[i];
    if (arg instanceof Tensor || spec.isAbsentTensor(i, arg)) count++;
    else if (isTensorList(arg)) count += arg.length;
  }
  return count;
}

function hasGradient(grads: readonly (Tensor | null)[]): boolean {
  for (let i = 0; i < grads.length; i++) if (grads[i] !== null) return true;
  return false;
}

function release(value: unknown): void {
  if (value instanceof SavedTensor) value.release();
  else if (Array.isArray(value)) for (let i = 0; i < value.length; i++) release(value[i]);
}

function keep(value: unknown, whole: boolean): unknown {
  if (value instanceof Tensor) return whole ? new SavedTensor(value) : metaOf(value);
  if (isTensorList(value)) return value.map((t) => keep(t, whole));
  return value;
}

/** The argument of an op is a tensor, of which only this is left. */
class Meta implements TensorMeta {
  constructor(
    readonly shape: number[],
    readonly dtype: DType,
    readonly strides: number[],
  ) {}
  get ndim(): number {
    return this.shape.length;
  }
}

const newMeta = (t: Tensor): Meta => new Meta(t.shape, t.dtype, t.strides);

/** That of `t`: `known` itself where it says the same. */
function metaLike(t: Tensor, known: unknown): Meta {
  if (known instanceof Meta && known.shape === t.shape && known.dtype === t.dtype && known.strides === t.strides)
    return known;
  return newMeta(t);
}

const wrappedMetas = new Map<DType, Meta>();

function metaOf(t: Tensor): TensorMeta {
  // Most often the node that made it has the same already.
  if (!t.wrappedNumber) return metaLike(t, t.gradFn?.output(t.output_nr));
  let meta = wrappedMetas.get(t.dtype);
  if (meta === undefined) {
    meta = newMeta(t);
    wrappedMetas.set(t.dtype, meta);
  }
  return meta;
}

function isTensorValue(value: unknown): boolean {
  return value instanceof Tensor || value instanceof SavedTensor || value instanceof Meta;
}

function isTensorList(value: unknown): value is Tensor[] {
  return Array.isArray(value) && value.length > 0 && value[0] instanceof Tensor;
}

function tensorCount(value: unknown): number {
  if (isTensorValue(value)) return 1;
  return Array.isArray(value) && value.length > 0 && isTensorValue(value[0]) ? value.length : 0;
}

function requiresGrad(value: unknown): boolean {
  if (value instanceof Tensor) return value.requires_grad;
  return isTensorList(value) && value.some((t) => t.requires_grad);
}

/** Positions of the arguments that want a gradient, as bits; 0: the graph need not know of the call. */
function needsOf(spec: OpSpec, args: readonly unknown[]): number {
  if (!mode.grad || !spec.differentiable) return 0;
  let needs = 0;
  for (let i = 0; i < args.length; i++) if (spec.grads[i] !== null && requiresGrad(args[i])) needs |= 1 << i;
  return needs;
}

/** Runs `f` as PyTorch runs a kernel: no graph is recorded, no observer is told. */
export function belowAutograd<T>(f: () => T): T {
  const grad = mode.grad;
  const observer = seam.observer;
  mode.grad = false;
  seam.observer = null;
  try {
    return f();
  } finally {
    mode.grad = grad;
    seam.observer = observer;
  }
}

function runForward(spec: OpSpec, args: unknown[]): any {
  const grad = mode.grad;
  const observer = seam.observer;
  if (!grad && observer === null) return apply(spec.forward, args);
  mode.grad = false;
  seam.observer = null;
  try {
    return apply(spec.forward, args);
  } finally {
    mode.grad = grad;
    seam.observer = observer;
  }
}

/** `f(...args)`, which is slower. */
function apply(f: (...args: any[]) => any, args: readonly unknown[]): any {
  switch (args.length) {
    case 1:
      return f(args[0]);
    case 2:
      return f(args[0], args[1]);
    case 3:
      return f(args[0], args[1], args[2]);
    case 4:
      return f(args[0], args[1], args[2], args[3]);
    default:
      return f(...args);
  }
}

/** Runs a declared op: forward, then its node where an input requires grad. */
export function runOp(spec: OpSpec, args: unknown[]): any {
  if (spec.composite) {
    const out = spec.forward(...args);
    return spec.schema.returns.length > 0 ? spec.resultsClass.of(...out) : out;
  }
  if (forward.level >= 0 && hasTangent(args)) return runDual(args, (again) => runOp(spec, again));
  const needs = needsOf(spec, args);
  const out = runForward(spec, args);
  if (out instanceof Tensor) {
    finish(spec, args, out);
    if (needs !== 0) record(spec, args, needs, out);
    seam.observer?.op?.(spec.schema.full, args, [out]);
    return out;
  }
  if (!Array.isArray(out)) return out;
  for (const each of out) finish(spec, args, each);
  if (needs !== 0) recordAll(spec, args, needs, out);
  seam.observer?.op?.(spec.schema.full, args, out);
  return spec.schema.returns.length > 0 ? spec.resultsClass.of(...out) : out;
}

function finish(spec: OpSpec, args: readonly unknown[], out: Tensor): void {
  if (spec.schema.isView) attachView(out, args[0] as Tensor, spec.schema.returnsList);
  else if (out.dtype.roundsAfterwards) round(out);
}

/** What no array of JavaScript rounds by itself. */
function round(t: Tensor): void {
  const { data } = t.storageOf;
  const { cast } = t.dtype;
  for (let i = 0; i < data.length; i++) data[i] = cast(data[i]);
}

function record(spec: OpSpec, args: unknown[], needs: number, out: Tensor): void {
  if (!isDifferentiable(spec, out, 0)) return;
  const node = new OpNode(spec, args, needs);
  place(out, node, 0);
  node.save(args, out);
}

function recordAll(spec: OpSpec, args: unknown[], needs: number, outputs: readonly Tensor[]): void {
  let node: OpNode | null = null;
  for (let i = 0; i < outputs.length; i++) {
    if (!isDifferentiable(spec, outputs[i], i)) continue;
    node ??= new OpNode(spec, args, needs);
    place(outputs[i], node, i);
  }
  node?.save(args, outputs);
}

function isDifferentiable(spec: OpSpec, out: Tensor, i: number): boolean {
  if (!out.dtype.is_floating_point) return false;
  return spec.differentiableOutputs === null || spec.differentiableOutputs.includes(spec.outputNames[i]);
}

function place(out: Tensor, node: OpNode, output: number): void {
  out.gradFn = node;
  out.output_nr = output;
  out.gradFnVersion = out.versions.n;
}

/** Makes `view` a view: it shares the base's memory, version counter and fate. */
function attachView(view: Tensor, source: Tensor, oneOfSeveral: boolean): void {
  if (view === source || view.storageOf !== source.storageOf) return;
  view._base = source._base ?? source;
  view.versions = source.versions;
  view.gradFnVersion = view.versions.n;
  view.inference = source.inference;
  view.viewOrigin = mode.grad ? (oneOfSeveral ? "one of several" : source.viewOrigin) : "no_grad";
}

/** `x.name_(…)`: computes, writes the result into the first argument's memory, and moves that tensor to the new node. */
export function runInPlace(spec: OpSpec, args: unknown[]): Tensor {
  const self = args[0] as Tensor;
  if (spec.schema.isView) return reshapeInPlace(spec, self, args);
  const needs = needsOf(spec, args);
  const records = needs !== 0;
  checkInPlace(self, records);
  if (forward.level >= 0 && hasTangent(args)) return runDualInPlace(spec, args);
  // The derivative may want the old value, which is about to be overwritten.
  const kept = records && savesSelf(spec, args) ? [belowAutograd(() => self.clone()), ...args.slice(1)] : args;
  const out = runForward(spec, args) as Tensor;
  if (!sameShape(out.shape, self.shape)) {
    throw new RuntimeError(
      `output with shape ${sizeText(self.shape)} doesn't match the broadcast shape ${sizeText(out.shape)}`,
    );
  }
  checkCanCast(out.dtype, self.dtype);
  const node = records ? new OpNode(spec, args, needs) : null;
  self.storageOf.aboutToChange();
  copyInto(self, out);
  self.versions.n++;
  if (node !== null) {
    rebaseHistory(self, node);
    node.save(kept, self);
  }
  seam.observer?.op?.(`${spec.schema.name}_`, args, [self]);
  return self;
}

/** In place on dual tensors: the tangent is that of the out-of-place op. */
function runDualInPlace(spec: OpSpec, args: unknown[]): Tensor {
  const self = args[0] as Tensor;
  const before = self.detach().clone();
  const { tangents, level } = forward;
  if (tangents.has(self)) tangents.set(before, tangents.get(self)!);
  const moved: Tensor = runDual([before, ...args.slice(1)], (again) => runOp(spec, again));
  forward.level = -1;
  try {
    runInPlace(spec, args);
  } finally {
    forward.level = level;
  }
  const tangent = tangents.get(moved);
  if (tangent !== undefined) tangents.set(self, tangent);
  return self;
}

/** `x.unsqueeze_(…)`: the memory stays, the tensor takes another geometry over it. */
function reshapeInPlace(spec: OpSpec, self: Tensor, args: unknown[]): Tensor {
  const needs = needsOf(spec, args);
  const records = mode.grad && requiresGrad(self);
  checkInPlace(self, records);
  const before = alias(self, self.shape, self.strides, self.offset);
  const node = records ? new OpNode(spec, args, needs) : null;
  const view = runForward(spec, args) as Tensor;
  const { shape, strides, offset } = view;
  Object.assign(self, { shape, strides, offset });
  self.versions.n++;
  if (node !== null) {
    if (self._base === null) {
      self.gradFn = node;
      self.output_nr = 0;
    } else {
      self.gradFnVersion = -1;
    }
    node.save([before, ...args.slice(1)], self);
  }
  seam.observer?.op?.(`${spec.schema.name}_`, args, [self]);
  return self;
}

function savesSelf(spec: OpSpec, args: unknown[]): boolean {
  return spec.grads.some((grad, i) => grad !== null && requiresGrad(args[i]) && grad.saves.includes(0));
}
