/** What outlives a run so that questions can be asked of it: results and saved tensors, with the values of their time. */
import type { Node } from "../torch/autograd/node";
import type { HeldTensor, SavedTensor } from "../torch/autograd/saved";
import { type Keeper, type KeptTensor, Storage, Tensor } from "../torch/tensor";

/** A saved tensor, taken before its node let go of it. */
export interface Held {
  name: string;
  saved: SavedTensor;
  held: HeldTensor;
  keeper: Keeper | null;
}

/** A larger result (in elements) is not copied when it is changed in place: a loop of such changes would fill the memory. */
const COPIED_MAX = 1 << 14;

/** Lets each node hold its call, for as long as the program or the trace holds the node. `name` ends in `_` for a change in place. */
export function keepCall(name: string, inputs: readonly unknown[], outputs: readonly Tensor[]): void {
  const fn = outputs.find(({ gradFn }) => gradFn !== null)?.gradFn;
  if (!fn) return;
  const kept = inputs.map(keepInput);
  if (name.endsWith("_")) kept[0] = null;
  fn.kept = { inputs: kept, outputs: outputs.map((tensor) => keep(tensor)) };
}

function keepInput(value: unknown): unknown {
  if (value instanceof Tensor) return keep(value);
  return Array.isArray(value) && value[0] instanceof Tensor ? value.map(keepInput) : value;
}

function keep(tensor: Tensor, max = COPIED_MAX): KeptTensor {
  const { storageOf } = tensor;
  if (storageOf.keeper === null && storageOf.data.length <= max) storageOf.keeper = { data: null };
  return { tensor, version: tensor.versions.n, keeper: storageOf.keeper };
}

export function isKept(value: unknown): value is KeptTensor {
  return (value as KeptTensor | null)?.tensor instanceof Tensor;
}

/** The tensor as it was; null where it has been changed since and nobody has the old values. */
export function asItWas({ tensor, version, keeper }: KeptTensor): Tensor | null {
  if (tensor.versions.n === version) return tensor;
  if (!keeper?.data) return null;
  const { dtype, shape, strides, offset } = tensor;
  return new Tensor(new Storage(keeper.data), dtype, shape, strides, offset);
}

/** To be called before the node runs: it lets go of them afterwards. */
export function holdSaved(node: Node): Held[] {
  const all: Held[] = [];
  for (const [name, saved] of node.savedTensors()) {
    const held = saved.hold();
    if (!held) continue;
    const keeper = held.tensor ? keep(held.tensor, Number.POSITIVE_INFINITY).keeper : null;
    all.push({ name, saved, held, keeper });
  }
  return all;
}

/** Gives the nodes back what they had saved, while `f` runs. */
export function withSaved<T>(held: Iterable<Held>, f: () => T): T {
  const undo: (() => void)[] = [];
  try {
    for (const { saved, held: tensor, keeper } of held) {
      undo.push(saved.lend(tensor, keeper?.data ? new Storage(keeper.data) : null));
    }
    return f();
  } finally {
    for (const back of undo.reverse()) back();
  }
}
