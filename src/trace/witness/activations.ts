/** What ReLUs, tanhs and sigmoids gave in the forward passes that backward came back through. */
import type { Node } from "../../torch/autograd/node";
import type { Tensor } from "../../torch/tensor";
import type { Activation } from "../facts";
import { HistoryRecorder } from "../history";
import type { SourceRange } from "../model";
import { elements } from "../statistics";
import type { Present, Scene } from "./scene";

interface Course {
  kind: Activation["kind"];
  units: number;
  samples: number;
  passes: number;
  /** Of each unit, the pass in which it was last awake. */
  awake: Int32Array | null;
  saturated: HistoryRecorder;
  module: object | null;
}

const KINDS: Record<string, Activation["kind"]> = {
  ReluBackward0: "relu",
  ClampBackward1: "relu",
  ClampMinBackward0: "relu",
  TanhBackward0: "tanh",
  SigmoidBackward0: "sigmoid",
};
/** Of a layer that falls silent, the share of units from which on it is told of. */
const SILENT_MIN = 0.5;
/** Elements looked at in one pass. */
const ELEMENTS_MAX = 1 << 20;
const SEARCH_DEPTH = 6;

export class Activations {
  private readonly courses = new Map<number, Course>();
  /** The module whose forward made a node, where a container called it. */
  private readonly modules = new WeakMap<Node, object>();

  constructor(
    private readonly present: Present,
    private readonly scene: Scene,
    private readonly isContainer: (module: object) => boolean,
  ) {}

  /** An op gave outputs: who called it? */
  op(outputs: readonly Tensor[]): void {
    const { modules } = this.present;
    if (modules.length < 2) return;
    const node = outputs[0]?.gradFn;
    if (node && node.name() in KINDS && this.isContainer(modules.at(-2)!)) this.modules.set(node, modules.at(-1)!);
  }

  runs(node: Node): void {
    const kind = KINDS[node.name()];
    if (kind === undefined) return;
    const index = this.scene.indexOf(node);
    const result = index < 0 ? undefined : resultOf(node, kind);
    if (!result || result.ndim === 0 || result.numel() === 0 || result.numel() > ELEMENTS_MAX) return;
    let course = this.courses.get(index);
    if (!course) {
      course = { kind, units: 0, samples: 0, passes: 0, awake: null, saturated: new HistoryRecorder(), module: null };
      this.courses.set(index, course);
    }
    course.module ??= this.modules.get(node) ?? null;
    course.passes++;
    if (kind === "relu") silence(course, node, result);
    else if (course.saturated.wanted) course.saturated.push(saturation(kind, result));
    else course.saturated.skip();
    course.samples = course.units > 0 ? result.numel() / course.units : result.shape[0]!;
  }

  finish(placeOfModule: (module: object) => SourceRange | undefined): Activation[] {
    return [...this.courses].map(([node, { kind, units, samples, passes, awake, saturated, module }]) => {
      const quiet = awake && Array.from(awake, (last) => passes - last);
      const silent = quiet ? quiet.filter((ago) => ago >= 3).length : 0;
      const place = module ? placeOfModule(module) : undefined;
      return {
        node,
        kind,
        units,
        samples,
        passes,
        ...(quiet && silent >= SILENT_MIN * units ? { quiet } : {}),
        ...(kind === "relu" ? {} : { saturated: saturated.finish() }),
        ...(place ? { module: place } : {}),
      };
    });
  }
}

/** What it gave; of a clamp at 0 what it was given, which is above 0 in the same places. */
function resultOf(node: Node, kind: Activation["kind"]): Tensor | undefined {
  const isClamp = kind === "relu" && node.name() !== "ReluBackward0";
  if (isClamp && (node as Node & { _saved_min?: unknown })._saved_min !== 0) return undefined;
  const wanted = isClamp ? "self" : "result";
  try {
    return node
      .savedTensors()
      .find(([name]) => name === wanted)?.[1]
      .unpack();
  } catch {
    return undefined;
  }
}

/** Notes which units any sample woke: channels of a convolution, otherwise the last dimension. */
function silence(course: Course, node: Node, result: Tensor): void {
  const dim = result.ndim >= 3 && isConvolved(node) ? 1 : result.ndim - 1;
  const units = result.shape[dim]!;
  if (course.awake?.length !== units) {
    course.awake = new Int32Array(units);
    course.units = units;
  }
  const inner = result.shape.slice(dim + 1).reduce((product, size) => product * size, 1);
  const values = elements(result);
  const { awake, passes } = course;
  for (let i = 0; i < values.length; i++) if (values[i]! > 0) awake[Math.floor(i / inner) % units] = passes;
}

/** Whether a convolution is near below: norms and pools may lie between. */
function isConvolved(node: Node): boolean {
  let next: Node | null = node;
  for (let i = 0; i < SEARCH_DEPTH && next; i++) {
    next = next.next_functions[0]?.[0] ?? null;
    if (next?.name().includes("Convolution")) return true;
    if (next && /^(?:Addmm|Mm|Bmm)/.test(next.name())) return false;
  }
  return false;
}

/** The share of elements beyond ±0.99; of a sigmoid, within 0.01 of 0 or 1. */
function saturation(kind: "tanh" | "sigmoid", result: Tensor): number {
  const values = elements(result);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (kind === "tanh" ? x > 0.99 || x < -0.99 : x > 0.99 || x < 0.01) count++;
  }
  return count / values.length;
}
