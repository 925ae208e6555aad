/** What becomes of a gradient between backward and the next: used in a step, cleared, added to. */
import { Tensor } from "../../torch/tensor";
import type { Accumulated, Made } from "../facts";
import { elements } from "../statistics";
import type { Moment, Present, Scene } from "./scene";

interface Course {
  gradient: Tensor | null;
  /** The gradient's version when it was last added to, or used. */
  version: number;
  /** A step was made with it. */
  used: boolean;
  /** It has been added to since, without being cleared. */
  stale: Moment | null;
}

interface Fault {
  backward: Moment;
  step: Moment | null;
  optimizer: object | null;
  parameters: Set<Tensor>;
  times: number;
}

export class Steps {
  private readonly courses = new WeakMap<Tensor, Course>();
  private readonly gradients = new WeakSet<Tensor>();
  /** The parameter whose memory it is. */
  private readonly owners = new WeakMap<object, Tensor>();
  /** Results computed from gradients: what a step by hand subtracts. */
  private readonly derived = new WeakSet<Tensor>();
  private readonly faults = new Map<object, Fault>();
  clipped = false;

  constructor(
    private readonly present: Present,
    private readonly scene: Scene,
  ) {}

  /** A gradient is about to be added to the leaf's. */
  arriving(leaf: Tensor): void {
    const course = this.courses.get(leaf);
    if (leaf.rare?.hooks?.size) this.clipped = true;
    if (!course) return;
    const gradient = leaf.gradient;
    const kept = gradient !== null && gradient === course.gradient && !isZero(gradient, course);
    if (!kept) {
      course.used = false;
      course.stale = null;
    } else if (course.stale || (course.used && gradient._version === course.version)) {
      course.stale = this.present.pass;
    }
  }

  /** It has been added. */
  arrived(leaf: Tensor): void {
    const { gradient } = leaf;
    if (gradient === null) return;
    const course = this.courses.get(leaf);
    if (course) {
      course.gradient = gradient;
      course.version = gradient._version;
      course.used = false;
    } else {
      this.courses.set(leaf, { gradient, version: gradient._version, used: false, stale: null });
      this.owners.set(leaf.storageOf, leaf);
    }
    this.gradients.add(gradient);
  }

  /** An optimiser begins its step: whatever changed a gradient since backward scaled or cut it. */
  beforeStep(parameters: Iterable<Tensor>): void {
    for (const parameter of parameters) {
      const course = this.courses.get(parameter);
      if (course?.gradient && course.gradient._version !== course.version && !course.used) this.clipped = true;
    }
  }

  afterStep(optimizer: object, parameters: Iterable<Tensor>): void {
    for (const parameter of parameters) this.use(parameter, optimizer);
  }

  /** Steps by hand: `w.sub_(w.grad.mul(lr))`. */
  op(inputs: readonly unknown[], outputs: readonly Tensor[]): void {
    const [self] = outputs;
    const inPlace = self !== undefined && self === inputs[0];
    if (inPlace && this.gradients.has(self)) return;
    let fromGradient = false;
    for (let i = inPlace ? 1 : 0; i < inputs.length && !fromGradient; i++) {
      const input = inputs[i];
      fromGradient = input instanceof Tensor && (this.gradients.has(input) || this.derived.has(input));
    }
    if (!fromGradient) return;
    const owner = inPlace ? this.owners.get(self.storageOf) : undefined;
    if (owner) this.use(owner, null);
    else for (const output of outputs) this.derived.add(output);
  }

  /** `w.data = w.data.sub(…)` */
  replaced(tensor: Tensor, source: Tensor): void {
    if (this.derived.has(source)) this.use(tensor, null);
  }

  private use(parameter: Tensor, optimizer: object | null): void {
    const course = this.courses.get(parameter);
    const { gradient } = parameter;
    if (!course || gradient === null || gradient !== course.gradient) return;
    if (course.stale && !isZero(gradient, course)) this.fault(course.stale, optimizer, parameter);
    course.used = true;
    course.stale = null;
    course.version = gradient._version;
  }

  private fault(backward: Moment, optimizer: object | null, parameter: Tensor): void {
    const key = optimizer ?? this;
    const known = this.faults.get(key);
    if (known) {
      known.parameters.add(parameter);
      known.times++;
    } else {
      const step = this.present.step;
      this.faults.set(key, { backward, step, optimizer, parameters: new Set([parameter]), times: 1 });
    }
  }

  finish(): Accumulated[] {
    const { scene } = this;
    return [...this.faults.values()].map(({ backward, step, optimizer, parameters, times }) => {
      const name = optimizer ? scene.nameOf(optimizer) : undefined;
      const at = step?.range(scene);
      const made: Made | undefined = name ? { name } : undefined;
      return {
        ...ranged("backward", backward.range(scene)),
        ...ranged("step", at),
        ...(made ? { optimizer: made } : {}),
        parameters: [...parameters].map((parameter) => scene.seen(parameter).name ?? "a parameter"),
        times: Math.ceil(times / parameters.size),
      };
    });
  }

  /** Whether a gradient was changed since it was last seen to arrive, other than to zero. */
  wasChanged(leaf: Tensor): boolean {
    const course = this.courses.get(leaf);
    return Boolean(
      course?.gradient &&
        course.gradient === leaf.gradient &&
        course.gradient._version !== course.version &&
        !isZero(course.gradient, course),
    );
  }
}

function ranged<K extends string>(key: K, range: Accumulated["backward"]): { [P in K]?: NonNullable<typeof range> } {
  return (range ? { [key]: range } : {}) as never;
}

/** Cleared in place. Its memory is looked at only if something changed it. */
function isZero(gradient: Tensor, course: Course): boolean {
  if (gradient._version === course.version) return false;
  const values = elements(gradient);
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) return false;
  return true;
}
