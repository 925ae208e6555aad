/** Weights made anew before every call: weight and spectral normalisation through forward pre-hooks. */
import { withoutGrad } from "../../autograd/gradMode";
import { RuntimeError, ValueError } from "../../errors";
import { dot, mv } from "../../generated/functions";
import { leading } from "../../keywords";
import { weightNorm } from "../../ops/normalization";
import type { Tensor } from "../../tensor";
import { bind } from "../arguments";
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "../conv";
import * as F from "../functional";
import type { Module } from "../module";
import { Parameter } from "../parameter";
import { STATE } from "../registry";

type Either<P extends unknown[], K> = P | [...any[], K];

/** A forward pre-hook that makes a weight anew, and what takes it away again. Copies of a module share it: it asks for its module. */
interface Normalisation {
  (module: Module): void;
  kind: "weight_norm" | "spectral_norm";
  weight: string;
  remove(module: Module): void;
}

/** The number and the hook of a normalisation. */
const found = (module: Module, name: string, kind: Normalisation["kind"]): [number, Normalisation] | undefined =>
  [...(module._forward_pre_hooks as Map<number, any>)].find(([, hook]) => hook.kind === kind && hook.weight === name);

function refuseSecond(module: Module, name: string, kind: Normalisation["kind"]): void {
  if (found(module, name, kind) !== undefined) {
    throw new RuntimeError(`Cannot register two ${kind} hooks on the same parameter ${name}`);
  }
}

function take(module: Module, name: string, kind: Normalisation["kind"]): void {
  const entry = found(module, name, kind);
  if (entry === undefined) throw new ValueError(`${kind} of '${name}' not found in ${module}`);
  entry[1].remove(module);
  module._forward_pre_hooks.delete(entry[0]);
}

/** Norms over all dimensions but one (over all for −1), of a shape that broadcasts. */
function normExcept(v: Tensor, dim: number): Tensor {
  if (dim === -1) return v.norm();
  const shape = v.shape.map((s, d) => (d === dim ? s : 1));
  if (dim === 0) return v.contiguous().view([v.shape[0], -1]).norm(2, 1).view(shape);
  if (dim === v.ndim - 1) return v.contiguous().view([-1, v.shape[dim]]).norm(2, 0).view(shape);
  return normExcept(v.transpose(0, dim), 0).transpose(0, dim);
}

/** g v / ‖v‖; one node where `dim` is the first or the last, as in PyTorch. */
function normalised(v: Tensor, g: Tensor, dim: number): Tensor {
  if (dim === 0 || dim === v.ndim - 1) return weightNorm(v, g, dim)[0];
  return v.mul(g.div(normExcept(v, dim)));
}

/**
 * Replaces a weight by g v / ‖v‖ with parameters `weight_g` and `weight_v` (Salimans and Kingma, 2016): a norm for each
 * index of `dim`, one for all with null. Throws RuntimeError the second time.
 */
export function weight_norm<M extends Module>(
  module: M,
  ...args: Either<[name?: string, dim?: number | null], { name?: string; dim?: number | null }>
): M {
  [module, ...args as any[]] = leading(["module"], [module, ...args]);
  const o = bind("weight_norm", { name: "weight", dim: 0 }, args);
  const name: string = o.name;
  const dim: number = o.dim ?? -1;
  refuseSecond(module, name, "weight_norm");
  const m: Module = module;
  const weight: Tensor = m[name];
  const compute = (module: Module): Tensor => normalised(module[`${name}_v`], module[`${name}_g`], dim);
  delete m[name];
  m.register_parameter(`${name}_g`, new Parameter(withoutGrad(() => normExcept(weight, dim))));
  m.register_parameter(`${name}_v`, new Parameter(weight.detach()));
  m[name] = compute(m);
  const hook = (module: Module): void => {
    module[name] = compute(module);
  };
  const remove = (module: Module): void => {
    const plain = withoutGrad(() => compute(module));
    for (const n of [name, `${name}_g`, `${name}_v`]) delete module[n];
    module[name] = new Parameter(plain);
  };
  m.register_forward_pre_hook(Object.assign(hook, { kind: "weight_norm" as const, weight: name, remove }));
  return module;
}

/** Makes the weight a plain parameter again. Throws ValueError where none was normalised. */
export function remove_weight_norm<M extends Module>(module: M, name = "weight"): M {
  take(module, name, "weight_norm");
  return module;
}

/** The weight as a matrix whose rows are the indices of `dim`. */
export function asMatrix(weight: Tensor, dim: number): Tensor {
  const front = dim === 0 ? weight : weight.movedim(dim, 0);
  return front.reshape([front.shape[0], -1]);
}

/** The dimension of a layer's outputs in its weight. */
export const outputDim = (module: Module): number =>
  module instanceof ConvTranspose1d || module instanceof ConvTranspose2d || module instanceof ConvTranspose3d ? 1 : 0;

/**
 * Divides a weight by its largest singular value (Miyato et al., 2018), estimated by `n_power_iterations` before every
 * call in training, from the buffers `weight_u` and `weight_v`. Throws RuntimeError the second time, ValueError for no iterations.
 */
export function spectral_norm<M extends Module>(
  module: M,
  ...args: Either<
    [name?: string, n_power_iterations?: number, eps?: number, dim?: number | null],
    { name?: string; n_power_iterations?: number; eps?: number; dim?: number | null }
  >
): M {
  [module, ...args as any[]] = leading(["module"], [module, ...args]);
  const spec = { name: "weight", n_power_iterations: 1, eps: 1e-12, dim: null };
  const o = bind("spectral_norm", spec, args);
  const { n_power_iterations, eps } = o;
  const name: string = o.name;
  const dim: number = o.dim ?? outputDim(module);
  refuseSecond(module, name, "spectral_norm");
  if (n_power_iterations <= 0) {
    throw new ValueError(
      `Expected n_power_iterations to be positive, but got n_power_iterations=${n_power_iterations}`,
    );
  }
  const m: Module = module;
  const weight = m[STATE].parameters.get(name) ?? null;
  if (weight === null) throw new ValueError(`\`SpectralNorm\` cannot be applied as parameter \`${name}\` is None`);
  const unit = (t: Tensor): Tensor => F.normalize(t, { dim: 0, eps });
  const compute = (module: Module, iterate: boolean): Tensor => {
    const original: Tensor = module[`${name}_orig`];
    let [u, v]: Tensor[] = [module[`${name}_u`], module[`${name}_v`]];
    const matrix = asMatrix(original, dim);
    if (iterate) {
      withoutGrad(() => {
        for (let i = 0; i < n_power_iterations; i++) {
          v.copy_(unit(mv(matrix.t(), u)));
          u.copy_(unit(mv(matrix, v)));
        }
        // The graph keeps these: the next call will change the buffers.
        [u, v] = [u.clone(), v.clone()];
      });
    }
    return original.div(dot(u, mv(matrix, v)));
  };
  const [u, v] = withoutGrad(() => asMatrix(weight, dim).shape.map((n) => unit(weight.new_empty([n]).normal_(0, 1))));
  delete m[name];
  m.register_parameter(`${name}_orig`, weight);
  m[name] = weight.data;
  m.register_buffer(`${name}_u`, u);
  m.register_buffer(`${name}_v`, v);
  const hook = (module: Module): void => {
    module[name] = compute(module, module.training);
  };
  const remove = (module: Module): void => {
    const plain = withoutGrad(() => compute(module, false));
    for (const n of [name, `${name}_u`, `${name}_v`, `${name}_orig`]) delete module[n];
    module.register_parameter(name, new Parameter(plain.detach()));
  };
  m.register_forward_pre_hook(Object.assign(hook, { kind: "spectral_norm" as const, weight: name, remove }));
  return module;
}

/** Makes the weight a plain parameter again. Throws ValueError where none was normalised. */
export function remove_spectral_norm<M extends Module>(module: M, name = "weight"): M {
  take(module, name, "spectral_norm");
  return module;
}
