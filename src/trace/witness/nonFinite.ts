/**
 * The first op, forward or backward, that made NaN or infinity out of finite numbers, once such a number reaches a root or
 * the gradient of a leaf. What the program itself puts in (a mask of −∞, missing data) counts only if nothing takes it out.
 */
import type { Node } from "../../torch/autograd/node";
import { forEachOffset, Tensor } from "../../torch/tensor";
import type { NonFinite } from "../facts";
import { toNum } from "../num";
import { elements, statistics, unordered } from "../statistics";
import { Moment, type Present, type Scene } from "./scene";

interface Origin {
  phase: NonFinite["phase"];
  by: string;
  at: Moment | null;
  node: Node | null;
  /** Of data: the tensor that came with it. */
  data: Tensor | null;
  inStep: boolean;
  detail: Pick<NonFinite, "kind" | "shape" | "index" | "inputs">;
}

/** Origins remembered; a program that keeps making such numbers that reach nothing is left alone after that. */
const ORIGINS_MAX = 500;

export class NonFiniteNumbers {
  /** By memory. */
  private readonly marks = new WeakMap<object, Origin>();
  private origins = 0;
  /** The first node of the running pass that made such a gradient of finite ones. */
  private inPass: Origin | null = null;
  private rootMark: Origin | null = null;
  private found: { origin: Origin; reached: NonFinite["reached"]; at: Moment | null } | undefined;

  constructor(
    private readonly present: Present,
    private readonly scene: Scene,
  ) {}

  get watching(): boolean {
    return this.found === undefined && this.origins < ORIGINS_MAX;
  }

  op(name: string, inputs: readonly unknown[], outputs: readonly Tensor[]): void {
    for (const output of outputs) {
      if (!output.is_floating_point()) continue;
      const inPlace = output === inputs[0];
      const shared =
        !inPlace && inputs.some((input) => input instanceof Tensor && input.storageOf === output.storageOf);
      if (shared) continue;
      if (allFinite(output)) {
        if (inPlace) this.marks.delete(output.storageOf);
        continue;
      }
      this.marks.set(output.storageOf, this.origin(name, inputs, output));
    }
  }

  pass(roots: readonly Tensor[]): void {
    this.inPass = null;
    this.rootMark = null;
    for (const root of roots) {
      if (allFinite(root)) continue;
      this.rootMark = this.marks.get(root.storageOf) ?? this.data(root);
      this.reach(this.rootMark, "loss");
    }
  }

  /** A node turned the gradients of its outputs into those of its inputs. */
  node(node: Node, gradOutputs: readonly (Tensor | null)[], gradInputs: readonly (Tensor | null)[]): void {
    if (this.inPass !== null) return;
    const position = gradInputs.findIndex((gradient) => gradient !== null && !allFinite(gradient));
    if (position < 0 || gradOutputs.some((gradient) => gradient !== null && !allFinite(gradient))) return;
    const bad = gradInputs[position]!;
    const made = this.marks.get(bad.storageOf);
    if (made?.phase === "forward" && made.at && this.present.inCustom) {
      this.inPass = made;
      return;
    }
    const inputs: [string, unknown][] = gradOutputs.map((gradient, i) => [
      i === 0 ? "gradient" : `gradient ${i}`,
      gradient,
    ]);
    for (const [name, saved] of node.savedTensors()) {
      try {
        const tensor = saved.unpack();
        const mark = this.marks.get(tensor.storageOf);
        // What the forward pass had made already, the loss may not have shown.
        if (mark && mark.phase !== "data" && !allFinite(tensor)) {
          this.inPass = mark;
          return;
        }
        inputs.push([name, tensor]);
      } catch {
        // Freed or changed: then it is not told.
      }
    }
    this.inPass = {
      phase: "backward",
      by: node.name(),
      at: null,
      node,
      data: null,
      inStep: false,
      detail: detail(bad, inputs),
    };
  }

  /** A gradient arrives at a leaf. */
  leaf(gradient: Tensor | null): void {
    if (gradient === null || this.found || allFinite(gradient)) return;
    const origin = this.rootMark ?? this.inPass;
    if (origin) this.reach(origin, "gradient");
  }

  /** A loss that the program did not dare to differentiate. */
  loss(tensor: Tensor): void {
    const origin = this.marks.get(tensor.storageOf);
    if (origin && !this.found && !allFinite(tensor)) this.reach(origin, "loss");
  }

  finish(): NonFinite | undefined {
    if (!this.found) return undefined;
    const { origin, reached, at } = this.found;
    const { phase, by, node, data, inStep, detail } = origin;
    const made = node ? this.scene.madeBy(node) : data ? this.scene.seen(data) : {};
    const range = origin.at?.range(this.scene) ?? made.range;
    const atRange = at?.range(this.scene);
    return {
      phase,
      by,
      inStep,
      ...detail,
      reached,
      ...(data && made.name ? { name: made.name } : {}),
      ...(range ? { range } : {}),
      ...(atRange ? { at: atRange } : {}),
    };
  }

  private reach(origin: Origin, reached: NonFinite["reached"]): void {
    this.found ??= { origin, reached, at: this.present.pass };
  }

  private origin(name: string, inputs: readonly unknown[], output: Tensor): Origin {
    const tensors = inputs
      .flatMap((input) => (Array.isArray(input) ? input : [input]))
      .filter((each) => each instanceof Tensor);
    const inPlaceFill = /^(?:fill|copy|zero|normal|uniform)_/.test(name);
    const bad = tensors.filter(
      (tensor, i) => !(i === 0 && tensor === output && inPlaceFill) && tensor !== output && !allFinite(tensor),
    );
    const own = tensors.includes(output) ? this.marks.get(output.storageOf) : undefined;
    const marks = bad.map((tensor) => this.marks.get(tensor.storageOf) ?? this.data(tensor));
    if (own) marks.push(own);
    const computed = marks.find(({ phase }) => phase !== "data");
    if (computed) return computed;
    const makesNan = hasNan(output) && !bad.some(hasNan) && !(own && own.detail.kind === "nan");
    if (marks.length > 0 && !makesNan) return marks[0]!;
    const given = inputs.some((input) => typeof input === "number" && !Number.isFinite(input));
    const made = tensors.length === 0 || (given && !makesNan);
    this.origins++;
    const named: [string, unknown][] = inputs.flatMap((input, i) =>
      input === output ? [] : [[nameOf(this.scene, input, i), input] as [string, unknown]],
    );
    return {
      phase: made ? "data" : "forward",
      by: name.split(".")[0]!,
      at: this.present.step ?? new Moment(),
      node: null,
      data: null,
      inStep: this.present.step !== null,
      detail: detail(output, named),
    };
  }

  /** A tensor that came into being with such numbers in it. */
  private data(tensor: Tensor): Origin {
    const origin: Origin = {
      phase: "data",
      by: "data",
      at: null,
      node: null,
      data: tensor,
      inStep: false,
      detail: detail(tensor, []),
    };
    this.marks.set(tensor.storageOf, origin);
    return origin;
  }
}

/** One pass over the memory: 0 · x is 0 for finite x alone. */
function allFinite(tensor: Tensor): boolean {
  if (!tensor.is_floating_point()) return true;
  const values = unordered(tensor);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

function hasNan(tensor: Tensor): boolean {
  const values = unordered(tensor);
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

function nameOf(scene: Scene, value: unknown, position: number): string {
  return (value instanceof Tensor && scene.seen(value).name) || `argument ${position + 1}`;
}

/** The first NaN or infinity, and what stood at its index in the inputs. */
function detail(bad: Tensor, inputs: readonly [name: string, value: unknown][]): Origin["detail"] {
  const values = elements(bad);
  let at = 0;
  while (at < values.length && Number.isFinite(values[at])) at++;
  const index = unravel(at, bad.shape);
  return {
    kind: Number.isNaN(values[at]) ? "nan" : "inf",
    shape: [...bad.shape],
    index,
    inputs: inputs.flatMap(([name, value]): NonFinite["inputs"] => {
      if (typeof value === "number") return [{ name, value: toNum(value) }];
      if (!(value instanceof Tensor) || value.numel() === 0) return [];
      const element = elementAt(value, index, bad.shape);
      if (element !== undefined) return [{ name, value: toNum(element) }];
      const { min, max } = statistics([elements(value)]);
      return [{ name, min, max }];
    }),
  };
}

function unravel(at: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    index.unshift(at % shape[d]!);
    at = Math.floor(at / shape[d]!);
  }
  return index;
}

/** The element that broadcasting puts at an index of `shape`; undefined where the tensor is not broadcast to it. */
function elementAt(tensor: Tensor, index: readonly number[], shape: readonly number[]): number | undefined {
  const skipped = shape.length - tensor.shape.length;
  if (skipped < 0 || tensor.shape.some((size, d) => size !== 1 && size !== shape[d + skipped])) return undefined;
  let offset = tensor.storage_offset();
  const strides = tensor.stride();
  for (const [d, size] of tensor.shape.entries()) if (size !== 1) offset += index[d + skipped]! * strides[d]!;
  let found: number | undefined;
  forEachOffset([], [], offset, (at) => {
    found = Number(tensor.storageOf.data[at]);
  });
  return found;
}
