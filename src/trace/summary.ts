/** Values as the trace tells them. */
import { is_lazy } from "../torch/nn/uninitialized";
import { Tensor } from "../torch/tensor";
import { type Capture, FLOW_TEXT_MAX, type Flow, type Gradient, type Numbers, type TensorSummary } from "./model";
import { toNum } from "./num";
import { previewOf } from "./preview";
import { elements, norm, numbersOf, statistics, statisticsOf, unordered } from "./statistics";
import { present } from "./structure";

const known = new WeakMap<Tensor, { version: number; numbers: Numbers }>();

/** A tensor is often seen at several places, and again when a trace is asked for again. */
function numbersOfOne(tensor: Tensor): Numbers {
  const version = tensor._version;
  const before = known.get(tensor);
  if (before?.version === version) return before.numbers;
  const numbers = numbersOf([tensor]);
  const preview = numbers.values ? undefined : previewOf(tensor);
  if (preview) numbers.preview = preview;
  known.set(tensor, { version, numbers });
  return numbers;
}

/** `version` is the tensor's when it was captured. */
export function summariseTensor(tensor: Tensor, version: number): TensorSummary {
  return {
    ...numbersOfOne(tensor),
    shape: [...tensor.shape],
    dtype: String(tensor.dtype).replace("torch.", ""),
    requires_grad: tensor.requires_grad,
    is_leaf: tensor.is_leaf,
    grad_fn: tensor.grad_fn?.name() ?? null,
    modified: tensor._version - version,
  };
}

/** What went along an edge. */
export function summariseFlow(gradient: Tensor): Flow {
  const flow: Flow = { norm: toNum(norm([unordered(gradient)])) };
  if (gradient.numel() > FLOW_TEXT_MAX) return flow;
  return { ...flow, text: String(gradient), values: Array.from(elements(gradient), toNum) };
}

/** What arrived at a grad_fn for its outputs, taken together: a large graph has thousands of them, and text only where it is short. */
export function summariseArrived(gradients: readonly (Tensor | null)[]): Gradient {
  const arrived = present(gradients);
  const numel = arrived.reduce((sum, gradient) => sum + gradient.numel(), 0);
  if (numel <= FLOW_TEXT_MAX) return summariseGradient(gradients, "flow");
  const [one, another] = arrived;
  const single = one && !another;
  const stats = single ? statisticsOf(one) : statistics(arrived.map(unordered));
  return { text: "", stats, shape: single ? [...one.shape] : [numel], source: "flow" };
}

/** The gradients of a grad_fn's outputs, taken together. */
export function summariseGradient(gradients: readonly (Tensor | null)[], source: Gradient["source"]): Gradient {
  const arrived = present(gradients);
  const numbers = arrived.length === 1 ? numbersOfOne(arrived[0]!) : numbersOf(arrived);
  const shape = arrived.length === 1 ? [...arrived[0]!.shape] : [numbers.stats.numel];
  return { ...numbers, shape, source };
}

interface Holder {
  site: { kind: Capture["kind"]; name: string };
  value: unknown;
}

/** Parameters that only a module holds are named after it: `model.fc1.weight`. The outermost module names them. Fills `found`. */
export function nameModuleParameters(holders: readonly Holder[], found: Map<Tensor, string>): void {
  const paths = new Map<Tensor, string>();
  for (const { site, value } of holders) {
    if (site.kind !== "variable" || site.name.startsWith("this.")) continue;
    for (const [path, parameter] of namedParameters(value)) {
      const known = paths.get(parameter);
      if (known !== undefined && known.length >= path.length) continue;
      paths.set(parameter, path);
      found.set(parameter, `${site.name}.${path}`);
    }
  }
}

function namedParameters(value: unknown): [string, Tensor][] {
  try {
    const named = (value as { named_parameters?: unknown } | null | undefined)?.named_parameters;
    if (typeof named !== "function") return [];
    const pairs = [...(named.call(value) as Iterable<[string, Tensor]>)];
    return pairs.filter(([, parameter]) => parameter instanceof Tensor && !is_lazy(parameter));
  } catch {
    return [];
  }
}
