/** Watches a run for what its gradients may suffer from, and tells it as facts. */
import { FunctionCtx } from "../../torch/autograd/function";
import type { Node } from "../../torch/autograd/node";
import { Sequential } from "../../torch/nn";
import type { Observer } from "../../torch/observer";
import { Tensor } from "../../torch/tensor";
import type { Facts, Overwritten } from "../facts";
import type { SourceRange, TraceError } from "../model";
import { Activations } from "./activations";
import { Flow } from "./flow";
import { KeptGraphs } from "./kept";
import { NonFiniteNumbers } from "./nonFinite";
import { Nulls } from "./nulls";
import { Present, type Scene } from "./scene";
import { Steps } from "./steps";
import { Writes } from "./writes";

export type { Scene } from "./scene";

type AccumulateGrad = Node & { variable?: Tensor };

export class Witness {
  private readonly present = new Present();
  private readonly flow: Flow;
  private readonly nulls: Nulls;
  private readonly steps: Steps;
  private readonly kept: KeptGraphs;
  private readonly writes: Writes;
  private readonly numbers: NonFiniteNumbers;
  private readonly activations: Activations;
  private gradOutputs: readonly (Tensor | null)[] = [];

  constructor(private readonly scene: Scene) {
    const { present } = this;
    this.flow = new Flow(present, scene);
    this.nulls = new Nulls(present, scene, this.flow);
    this.steps = new Steps(present, scene);
    this.kept = new KeptGraphs(scene);
    this.writes = new Writes(present, scene);
    this.numbers = new NonFiniteNumbers(present, scene);
    this.activations = new Activations(present, scene, (module) => module instanceof Sequential);
  }

  /** Called by the program where it reads the `.grad` of something and relies on it; returns that thing. */
  read<T>(object: T, at: SourceRange, use: "used" | "printed"): T {
    this.nulls.read(object, at, use);
    return object;
  }

  /** Variables whose `.grad` the program means to read. */
  expects(names: readonly string[]): void {
    this.nulls.expects(names);
  }

  readonly observer: Observer = {
    op: (name, inputs, outputs) => {
      const { present } = this;
      const ours = present.ours;
      if (this.numbers.watching && (ours || present.step !== null)) this.numbers.op(name, inputs, outputs);
      this.writes.op(name, inputs, outputs);
      if (!ours) return;
      this.flow.op(name, inputs, outputs);
      this.steps.op(inputs, outputs);
      this.activations.op(outputs);
    },
    backwardStart: (roots, createGraph, capture) => {
      const { present } = this;
      present.pass = present.moments.of(`backward of ${roots[0]?.gradFn?.name()}`);
      present.depth++;
      present.passes++;
      this.kept.pass(createGraph, capture);
      if (present.depth === 1 && this.numbers.watching) this.numbers.pass(roots);
      this.flow.pass(roots);
      if (capture) return;
      present.backwards++;
      this.nulls.backward(present.pass);
    },
    nodeStart: (node, gradients) => {
      const { variable } = node as AccumulateGrad;
      this.gradOutputs = gradients;
      if (variable) {
        if (this.numbers.watching) this.numbers.leaf(gradients[0] ?? null);
        this.steps.arriving(variable);
        return;
      }
      this.kept.runs(node);
      this.activations.runs(node);
      this.present.inCustom = node instanceof FunctionCtx;
    },
    nodeEnd: (node, gradients) => {
      const { variable } = node as AccumulateGrad;
      if (variable) {
        this.steps.arrived(variable);
        this.nulls.arrived(variable);
      } else if (this.numbers.watching) {
        this.numbers.node(node, this.gradOutputs, gradients);
      }
      this.present.inCustom = false;
    },
    backwardEnd: () => {
      this.present.depth--;
      this.present.inCustom = false;
      if (this.present.depth === 0) this.present.pass = null;
    },
    refused: (tensor) => this.nulls.refused(tensor),
    changed: (tensor, version) => this.writes.changed(tensor, version),
    taken: (tensor, by, values) => {
      if (this.present.ours) this.flow.taken(tensor, by, values);
    },
    replaced: (tensor, source) => this.steps.replaced(tensor, source),
    asked: (tensor, value) => this.nulls.asked(tensor, value),
    modeEnter: (enabled) => this.present.enterMode(enabled),
    modeExit: () => this.present.exitMode(),
    optimises: (parameters) => this.nulls.optimises(parameters),
    stepStart: (optimizer, parameters) => {
      const list = [...parameters];
      this.steps.beforeStep(list);
      this.nulls.step(list);
      this.present.step = this.present.moments.of(optimizer);
    },
    stepEnd: (optimizer, parameters) => {
      const list = [...parameters];
      this.nulls.step(list);
      this.steps.afterStep(optimizer, list);
      this.present.step = null;
    },
    moduleStart: (module) => void this.present.modules.push(module),
    moduleEnd: () => void this.present.modules.pop(),
  };

  /** The facts so far; `error` is what ended the program. */
  finish(error: TraceError | undefined): Facts {
    const { scene } = this;
    const holders = [...scene.holders()];
    for (const { kind, last, name } of holders) {
      const isLoss = last instanceof Tensor && last.numel() === 1 && last.requires_grad && !last.is_leaf;
      if (kind === "variable" && isLoss && /loss|cost|objective|error|nll|elbo/i.test(name)) this.numbers.loss(last);
    }
    const nonFinite = this.numbers.finish();
    const overwritten = this.writes.finish();
    const changed = holders.some(
      ({ last }) => last instanceof Tensor && last.requires_grad && last.is_leaf && this.steps.wasChanged(last),
    );
    const nulls = this.nulls.finish(error?.range);
    const captures = holders.flatMap(({ capture, last }) => {
      const asks =
        capture !== undefined && last instanceof Tensor && last.gradient === null && last.is_floating_point();
      return asks ? [{ capture, why: this.nulls.why(last) }] : [];
    });
    this.nulls.release();
    return {
      nulls,
      captures,
      ...(nonFinite ? { nonFinite } : {}),
      activations: this.activations.finish((module) => scene.moduleAt(module)),
      clipped: this.steps.clipped || changed,
      accumulated: this.steps.finish(),
      kept: this.kept.finish(error && refusalOf(error, overwritten)),
      ...(overwritten ? { overwritten } : {}),
    };
  }
}

/** What backward found of a graph that it had run through before. */
function refusalOf({ message }: TraceError, overwritten: Overwritten | undefined): "freed" | "stepped" | undefined {
  if (/backward through the graph a second time/.test(message)) return "freed";
  return overwritten?.inStep && /modified by an inplace operation/.test(message) ? "stepped" : undefined;
}
