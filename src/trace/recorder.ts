/** Builds a trace from captured values and from what the engine's observer sees. */
import type { Node } from "../torch/autograd/node";
import { instances } from "../torch/nn/registry";
import { is_lazy } from "../torch/nn/uninitialized";
import type { Observer } from "../torch/observer";
import { Tensor } from "../torch/tensor";
import { Calls } from "./calls";
import { Executions } from "./executions";
import type { Made } from "./facts";
import { HistoryRecorder } from "./history";
import { type Held, holdSaved, keepCall } from "./keep";
import type { Capture, GraphEdge, GraphNode, SourceBlock, SourceRange, Trace, ValueSummary } from "./model";
import { toNum } from "./num";
import { type Learning, Parameters } from "./parameters";
import { Passes } from "./passes";
import { type Entry, type Origin, Structure } from "./structure";
import { nameModuleParameters, summariseArrived, summariseFlow, summariseGradient, summariseTensor } from "./summary";
import type { Holder } from "./witness/scene";

/** A captured place, with ranges that name their file. */
export interface CaptureSite {
  kind: Capture["kind"];
  name: string;
  range: SourceRange;
  uses: SourceRange[];
}

export interface RecorderOptions {
  /** The innermost place of the user's own text that is running. */
  where(): SourceRange | undefined;
  /** Type and short text of values that are neither tensors nor numbers. */
  lookAt(values: readonly unknown[]): { type: string; text: string }[];
  /** Calls into the program's own objects: `act` may throw, and be cut off where it does not end. */
  within?(act: () => void): void;
  /** Whether looking at a value's class would run the program's code. */
  isProxy?(value: object): boolean;
  /** Called now and then while the program runs. */
  tick?(): void;
  /** Keep what the last pass saved and made, and how parameters fared, for a panel that may ask. */
  live?: boolean;
}

interface Slot {
  site: CaptureSite;
  count: number;
  last: unknown;
  version: number;
  history: HistoryRecorder | null;
}

/** Captures of plain values from one tick to the next; a tensor's capture always ticks. */
const TICK_EVERY = 256;

type GraphParts = Pick<
  Trace,
  | "captures"
  | "nodes"
  | "edges"
  | "passes"
  | "parameters"
  | "calls"
  | "blocks"
  | "executions"
  | "omittedNodes"
  | "omittedPasses"
>;

const UNSEEN: Origin = { site: -1, variable: -1 };

/** Parameters that a trace tells of. */
const PARAMETERS_MAX = 2_000;

/** Longest array that is searched for tensors whose graph nobody else names. */
const SEARCHED_MAX = 256;

export class Recorder {
  private readonly slots: Slot[] = [];
  private readonly origins = new WeakMap<Node, Origin>();
  /** Where a tensor was first seen: by an expression, by a variable. It outlives changes in place, which give a new grad_fn. */
  private readonly firstSeen = new WeakMap<Tensor, Origin>();
  private readonly calls = new Calls();
  private readonly executions = new Executions();
  private readonly structure = new Structure((node) => this.originOf(node), this.calls);
  private readonly modules = new WeakMap<object, number>();
  private parameterNames: ReadonlyMap<Tensor, string> = new Map();
  private readonly passes = new Passes();
  private readonly parameters = new Parameters();
  /** Backward passes that run, the innermost last: a hook may start another. */
  private readonly running: { roots: number[]; order: number[]; createGraph: boolean; node: Node | null }[] = [];

  constructor(private readonly options: RecorderOptions) {
    const noteInPlace = (name: string, outputs: readonly Tensor[]) => {
      const fn = name.endsWith("_") && outputs[0] ? gradFnOf(outputs[0]) : null;
      if (fn) this.calls.madeInPlace(fn);
    };
    this.observer.op = (name, inputs, outputs) => {
      if (options.live) keepCall(name, inputs, outputs);
      noteInPlace(name, outputs);
    };
  }

  /** The number that the next site will get. */
  get siteCount(): number {
    return this.slots.length;
  }

  addBlocks(blocks: readonly SourceBlock[]): void {
    this.executions.addBlocks(blocks);
  }

  addSites(sites: readonly CaptureSite[]): void {
    for (const site of sites) {
      this.slots.push({ site, count: 0, last: undefined, version: 0, history: null });
      this.executions.addSite(site.range);
    }
  }

  /** Called by the program for each captured value; returns it. */
  readonly capture = <T>(id: number, value: T): T => {
    const slot = this.slots[id]!;
    slot.count++;
    this.executions.captured(id);
    slot.last = value;
    if (typeof value === "number") {
      slot.history ??= new HistoryRecorder();
      slot.history.push(value);
    } else if (this.isTensor(value)) {
      this.captureTensor(id, slot, value);
      this.options.tick?.();
      return value;
    }
    if (typeof value === "function" && instances.has(value) && !this.modules.has(value)) this.meetModule(id, value);
    if (++this.sinceTick >= TICK_EVERY) {
      this.sinceTick = 0;
      this.options.tick?.();
    }
    return value;
  };

  private sinceTick = 0;

  /** Asks without running code of the value's. */
  isTensor(value: unknown): value is Tensor {
    return (
      typeof value === "object" &&
      value !== null &&
      !this.options.isProxy?.(value) &&
      value instanceof Tensor &&
      // The prototype of a subclass is an instance of Tensor without a tensor's fields.
      value.versions !== undefined &&
      !is_lazy(value)
    );
  }

  /** `captureAll(result, id, value, …)`: for what changes several variables; returns the result. */
  readonly captureAll = (result: unknown, ...pairs: unknown[]): unknown => {
    for (let i = 0; i < pairs.length; i += 2) this.capture(pairs[i] as number, pairs[i + 1]);
    return result;
  };

  /** What a module brings with it was made where the module was. */
  private meetModule(site: number, module: object): void {
    this.modules.set(module, site);
    for (const parameter of (module as { parameters(): Iterable<Tensor> }).parameters()) {
      if (!this.firstSeen.has(parameter)) this.firstSeen.set(parameter, { site, variable: -1 });
    }
  }

  private captureTensor(id: number, slot: Slot, tensor: Tensor): void {
    slot.version = tensor._version;
    const isVariable = slot.site.kind === "variable";
    const seen = this.firstSeen.get(tensor);
    if (!seen) this.firstSeen.set(tensor, { site: id, variable: isVariable ? id : -1 });
    else if (isVariable && seen.variable < 0) seen.variable = id;
    const fn = gradFnOf(tensor);
    if (fn) {
      const origin = this.origins.get(fn);
      if (!origin) this.origins.set(fn, { site: id, variable: isVariable ? id : (seen?.variable ?? -1) });
      else if (isVariable && origin.variable < 0) origin.variable = id;
    }
    if (hasOneElement(tensor)) {
      slot.history ??= new HistoryRecorder();
      if (slot.history.wanted) slot.history.push(Number(tensor.storageOf.data[tensor.offset]));
      else slot.history.skip();
    }
  }

  /** To be installed as the engine's observer. */
  readonly observer: Observer = {
    backwardStart: (roots, createGraph) => {
      const nodes = roots.map(edgeOf).filter((node): node is Node => node !== null);
      this.walk(nodes);
      const indices = nodes.map((node) => this.structure.indexOf(node)!).filter((index) => index >= 0);
      this.running.push({ roots: indices, order: [], createGraph, node: null });
    },
    moduleStart: (module) => this.calls.start(module),
    moduleEnd: () => this.calls.end(),
    nodeMade: (node) => {
      const source = this.running.at(-1)?.node ?? null;
      this.calls.made(node, source);
      if (!source && !("variable" in node)) this.executions.made(node._sequence_nr());
    },
    nodeStart: (node, gradients) => {
      const index = this.structure.arrived(node, gradients, this.passes.count);
      const pass = this.running.at(-1);
      if (pass) pass.node = node;
      if (index < 0) return;
      pass?.order.push(index);
      if (!this.options.live) return;
      const entry = this.structure.entries[index]!;
      entry.held = holdSaved(node);
      if (entry.leaf && gradients[0]) this.parameters.arrived(entry.leaf, gradients[0]);
    },
    nodeEnd: (node, gradients) => this.structure.sent(node, gradients),
    backwardEnd: () => {
      const pass = this.running.pop();
      if (this.running.length === 0) {
        this.calls.stepDone();
        this.executions.stepDone();
      }
      if (pass) this.passes.add(pass.roots, pass.order, pass.createGraph, this.options.where);
    },
  };

  private originOf(node: Node): Origin | undefined {
    const leaf = (node as Node & { variable?: Tensor }).variable;
    return leaf ? (this.firstSeen.get(leaf) ?? UNSEEN) : this.origins.get(node);
  }

  /** Rises with everything that a trace would show. */
  get activity(): number {
    return this.slots.reduce((sum, { count }) => sum + count, this.passes.count);
  }

  /** The trace in the middle of the run, which goes on as if nobody had asked. */
  snapshot(): GraphParts {
    return this.structure.provisionally(() => this.finish());
  }

  /** The trace so far; may be asked for again later. */
  finish(): GraphParts {
    this.walkTheRest();
    const parameterNames = new Map<Tensor, string>();
    const holders = this.slots.map(({ site, last }) => ({ site, value: last }));
    const name = () => nameModuleParameters(holders, parameterNames);
    if (this.options.within) this.options.within(name);
    else name();
    this.parameterNames = parameterNames;
    const { entries } = this.structure;
    const learning = this.learning(parameterNames);
    const nodes = entries.map((entry): GraphNode => {
      const site = this.slots[entry.origin.site]?.site;
      const named = this.slots[entry.origin.variable]?.site.name ?? (entry.leaf && parameterNames.get(entry.leaf));
      return {
        name: entry.name.slice(entry.name.lastIndexOf(":") + 1),
        ...(named ? { variable: named } : {}),
        ...(site ? { range: site.range } : {}),
        shapes: entry.shapes,
        dtype: entry.dtype,
        sequence: entry.sequence,
        ...(entry.lastNode ? { gradient: summariseArrived(entry.lastGradients) } : {}),
        ...(entry.lastNode ? { norms: entry.norms.finish(entry.passes) } : {}),
        repeats: entry.repeats,
        ...(entry.lastNode ? { time: Math.round(entry.time * 1000) / 1000 } : {}),
        ...(entry.inPlace ? { inPlace: true } : {}),
        ...(entry.saved > 0 ? { saved: entry.saved } : {}),
        ...(entry.call >= 0 ? { call: entry.call } : {}),
        ...(entry.source >= 0 ? { derivativeOf: entry.source } : {}),
      };
    });
    return {
      captures: this.summarise(this.slots.filter((slot) => this.isShown(slot))),
      nodes,
      edges: entries.flatMap((entry, from) => edgesOf(from, entry, nodes)),
      passes: this.passes.finish(),
      ...(learning.length > 0 ? { parameters: this.parameters.finish(learning) } : {}),
      ...this.groups(),
      omittedNodes: this.structure.omitted,
      ...(this.passes.omitted > 0 ? { omittedPasses: this.passes.omitted } : {}),
    };
  }

  /** Every leaf that requires a gradient, of modules first. */
  private learning(moduleNames: ReadonlyMap<Tensor, string>): Learning[] {
    const found = new Map<Tensor, Learning>();
    for (const [leaf, name] of moduleNames) if (leaf.requires_grad) found.set(leaf, { leaf, name });
    for (const [node, { leaf, origin, norms, passes, lastNode }] of this.structure.entries.entries()) {
      if (!leaf || (found.size >= PARAMETERS_MAX && !found.has(leaf))) continue;
      const site = this.slots[origin.variable] ?? this.slots[origin.site];
      const name = found.get(leaf)?.name ?? site?.site.name ?? "leaf";
      found.set(leaf, { leaf, name, node, ...(lastNode ? { norms: norms.finish(passes) } : {}) });
    }
    return [...found.values()];
  }

  /** What an answer about node `index` of the trace is drawn from. */
  entry(index: number): Entry | undefined {
    return this.structure.entries[index];
  }

  private groups(): Pick<Trace, "calls" | "blocks" | "executions"> {
    const { blocks } = this.executions;
    const executions = this.executions.finish();
    const variables = new Map<unknown, string>();
    for (const { site, last } of this.slots) {
      if (site.kind === "variable" && !site.name.includes(".") && !variables.has(last)) variables.set(last, site.name);
    }
    const calls = this.calls.kept.map(({ module, ...call }) => {
      const name = call.parent < 0 ? variables.get(module.deref()) : undefined;
      return name === undefined ? call : { ...call, name };
    });
    return {
      ...(calls.length > 0 ? { calls } : {}),
      ...(blocks.length > 0 ? { blocks: [...blocks] } : {}),
      ...(executions.length > 0 ? { executions } : {}),
    };
  }

  /** A tensor by its name and by the expression that made it, as far as the program's text shows them. */
  seen(tensor: Tensor): Made {
    const origin = this.firstSeen.get(tensor);
    return this.made(origin, this.parameterNames.get(tensor));
  }

  /** The result of a grad_fn, likewise. */
  madeBy(node: Node): Made {
    const entry = this.structure.entries[this.structure.indexOf(node) ?? -1];
    return this.made(this.originOf(node) ?? entry?.origin, undefined);
  }

  moduleAt(module: object): SourceRange | undefined {
    return this.slots[this.modules.get(module) ?? -1]?.site.range;
  }

  /** A variable that holds the value. */
  nameOf(value: object): string | undefined {
    return this.slots.find(({ site, last }) => last === value && site.kind === "variable")?.site.name;
  }

  /** Number of a grad_fn's entry; -1 for none. */
  indexOf(node: Node): number {
    return this.structure.indexOf(node) ?? -1;
  }

  /** What the last backward pass found saved in a grad_fn. */
  heldBy(node: Node): readonly Held[] {
    const entry = this.entry(this.indexOf(node));
    return entry?.lastNode === node ? entry.held : [];
  }

  /** A result that some captured place still holds. */
  named(node: Node, output: number): Tensor | null {
    for (const { last, version } of this.slots) {
      if (this.isTensor(last) && last.gradFn === node && last.output_nr === output && last._version === version)
        return last;
    }
    return null;
  }

  /** Captured places, with their index in the trace where they are told of there. */
  *holders(): Generator<Holder> {
    let shown = 0;
    for (const slot of this.slots) {
      const { site, count, last } = slot;
      if (count === 0) continue;
      const safe = typeof last !== "object" || last === null || Array.isArray(last) || this.isTensor(last);
      yield {
        ...site,
        count,
        last: safe ? last : null,
        ...(!safe && !this.options.isProxy?.(last) ? { object: last } : {}),
        ...(this.isShown(slot) ? { capture: shown++ } : {}),
      };
    }
  }

  private made(origin: Origin | undefined, parameter: string | undefined): Made {
    const name = parameter ?? this.slots[origin?.variable ?? -1]?.site.name;
    const range = this.slots[origin?.site ?? -1]?.site.range;
    return { ...(name ? { name } : {}), ...(range ? { range } : {}) };
  }

  /** Graphs that nobody ran backward through. */
  private walkTheRest(): void {
    const roots: Node[] = [];
    for (const { last } of this.slots) {
      const candidates = Array.isArray(last) ? last.slice(0, SEARCHED_MAX) : [last];
      for (const value of candidates) {
        const fn = this.isTensor(value) ? gradFnOf(value) : null;
        if (fn && this.structure.indexOf(fn) === undefined) roots.push(fn);
      }
    }
    // One walk each: what two results share is known by the second.
    for (const root of roots) this.walk([root]);
  }

  /** Enters what can be reached, and keeps the executions that made what is new of it. */
  private walk(roots: readonly Node[]): void {
    const { entries } = this.structure;
    const known = entries.length;
    this.structure.walk(roots);
    if (entries.length > known) this.executions.keep(entries.slice(known).map(({ sequence }) => sequence));
  }

  private summarise(slots: readonly Slot[]): Capture[] {
    const others = slots.filter(({ last }) => typeof last !== "number" && !this.isTensor(last));
    const looked = this.options.lookAt(others.map(({ last }) => last));
    const said = new Map(others.map((slot, i) => [slot, looked[i]!]));
    return slots.map((slot) => {
      const { site, count, last, history } = slot;
      const other = said.get(slot);
      return {
        kind: site.kind,
        name: site.name,
        range: site.range,
        ...(site.uses.length > 0 ? { uses: site.uses } : {}),
        count,
        last: other
          ? { kind: "other", ...other }
          : typeof last === "number"
            ? { kind: "number", value: toNum(last) }
            : this.summariseTensor(last as Tensor, slot.version),
        ...(history ? { history: history.finish() } : {}),
      };
    });
  }

  /** Calls and properties (`this.weight`) are of interest for the tensors they hold. */
  private isShown({ site, count, last }: Slot): boolean {
    const isName = site.kind === "variable" && !site.name.includes(".");
    return count > 0 && (isName || this.isTensor(last));
  }

  /** The tensor of one of the trace's captures, with its gradient. */
  heldAt(capture: number): { tensor: Tensor; gradient: Tensor | null } | undefined {
    const tensor = this.slots.filter((slot) => this.isShown(slot))[capture]?.last;
    return this.isTensor(tensor) ? { tensor, gradient: tensor.grad ?? this.flowOf(tensor).flow } : undefined;
  }

  /** The node that a tensor's gradient goes to, and what the last backward carried there. */
  private flowOf(tensor: Tensor): { index: number; flow: Tensor | null } {
    const edge = edgeOf(tensor);
    const index = edge ? (this.structure.indexOf(edge) ?? -1) : -1;
    const entry = this.structure.entries[index];
    return { index, flow: (entry?.lastNode === edge && entry?.lastGradients[tensor.output_nr]) || null };
  }

  private summariseTensor(tensor: Tensor, version: number): ValueSummary {
    const { index, flow } = this.flowOf(tensor);
    const summary = summariseTensor(tensor, version);
    if (tensor.grad) summary.gradient = summariseGradient([tensor.grad], "grad");
    else if (flow) summary.gradient = summariseGradient([flow], "flow");
    return { kind: "tensor", tensor: summary, ...(index >= 0 ? { node: index } : {}) };
  }
}

/** A view whose memory changed under it may refuse to say its grad_fn: that is for the program to find out, not for us. */
function gradFnOf(tensor: Tensor): Node | null {
  try {
    return tensor.grad_fn;
  } catch {
    return null;
  }
}

/** Where a tensor's gradient goes: its grad_fn, or a leaf's AccumulateGrad. */
function edgeOf(tensor: Tensor): Node | null {
  return gradFnOf(tensor) ?? (tensor.accumulator as Node | null);
}

function hasOneElement({ shape }: Tensor): boolean {
  for (const size of shape) if (size !== 1) return false;
  return true;
}

function edgesOf(from: number, { next, lastSent }: Entry, nodes: readonly GraphNode[]): GraphEdge[] {
  const edges: GraphEdge[] = [];
  for (let i = 0; i < next.length; i += 2) {
    const to = next[i]!;
    const output = next[i + 1]!;
    if (to < 0) continue;
    const sent = lastSent[i / 2];
    const shape = nodes[to]!.shapes[output] ?? [];
    edges.push({ from, to, input: i / 2, output, shape, ...(sent ? { flow: summariseFlow(sent) } : {}) });
  }
  return edges;
}
