/** How parameters fared over the backward passes: values, updates, distributions. */
import type { Tensor } from "../torch/tensor";
import { HistoryRecorder, Thinned } from "./history";
import { DISTRIBUTIONS_MAX, type Distribution, type History, type Parameter } from "./model";
import { toNum } from "./num";
import { distribution, elements, norm, statistics, unordered } from "./statistics";

/** A leaf that a trace tells of. */
export interface Learning {
  leaf: Tensor;
  name: string;
  node?: number;
  norms?: History;
}

/** Points kept of what takes a copy of the parameter to know. */
const POINTS_MAX = 128;

type Bins = Omit<Distribution, "step">;

class Course {
  steps = 0;
  readonly values = new HistoryRecorder(POINTS_MAX);
  readonly updates = new HistoryRecorder(POINTS_MAX);
  readonly gradientBins = new Thinned<Bins | null>(DISTRIBUTIONS_MAX);
  readonly valueBins = new Thinned<Bins | null>(DISTRIBUTIONS_MAX);
  /** The value at the last pass, where its update is wanted. */
  private before: ArrayLike<number> | null = null;

  arrived(leaf: Tensor, gradient: Tensor): void {
    const now = elements(leaf);
    if (this.before) this.updates.push(change(this.before, now));
    this.before = null;
    if (this.updates.wanted) this.before = Float64Array.from(now);
    else this.updates.skip();
    if (this.values.wanted) this.values.push(norm([now]));
    else this.values.skip();
    if (this.gradientBins.wanted) {
      this.gradientBins.push(distribution(unordered(gradient)));
      this.valueBins.push(distribution(now));
    } else {
      this.gradientBins.skip();
      this.valueBins.skip();
    }
    this.steps++;
  }

  finish(leaf: Tensor): Partial<Parameter> {
    const updates = this.updates.finish();
    if (this.before) {
      updates.values.push(toNum(change(this.before, elements(leaf))));
      updates.total++;
    }
    return {
      valueNorms: this.values.finish(),
      updates,
      gradientBins: distributions(this.gradientBins),
      valueBins: distributions(this.valueBins),
    };
  }
}

export class Parameters {
  private readonly courses = new WeakMap<Tensor, Course>();

  /** A gradient is about to be added to the leaf's. */
  arrived(leaf: Tensor, gradient: Tensor): void {
    const course = this.courses.get(leaf) ?? new Course();
    this.courses.set(leaf, course);
    course.arrived(leaf, gradient);
  }

  finish(all: readonly Learning[]): Parameter[] {
    return all.map(({ leaf, name, node, norms }) => ({
      name,
      ...(node === undefined ? {} : { node }),
      shape: [...leaf.shape],
      dtype: String(leaf.dtype).replace("torch.", ""),
      value: statistics([unordered(leaf)]),
      ...(leaf.grad ? { gradient: statistics([unordered(leaf.grad)]) } : {}),
      ...(norms ? { gradientNorms: norms } : {}),
      ...this.courses.get(leaf)?.finish(leaf),
    }));
  }
}

/** ‖after − before‖ / ‖before‖ */
function change(before: ArrayLike<number>, after: ArrayLike<number>): number {
  let [moved, size] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    moved += (after[i]! - before[i]!) ** 2;
    size += before[i]! ** 2;
  }
  return moved === 0 ? 0 : Math.sqrt(moved / size);
}

function distributions({ kept: { stride, values } }: Thinned<Bins | null>): Distribution[] {
  return values.flatMap((bins, i) => (bins ? [{ step: i * stride, ...bins }] : []));
}
