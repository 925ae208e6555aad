/** `torch.nn.init`: first values, drawn from the default stream in PyTorch's order. All change the tensor in place, unrecorded, and return it. */
import { withoutGrad } from "../autograd/gradMode";
import { ValueError } from "../errors";
import { diagonal, eye as identity, randperm } from "../generated/functions";
import { qr } from "../generated/linalg";
import { erf } from "../kernels/special";
import { leading } from "../keywords";
import type { Tensor } from "../tensor";
import { warn } from "../warnings";
import { bind, required } from "./arguments";

type Either<P extends unknown[], K> = P | [...any[], K];

const linear = ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"];

/** The gain that keeps variances through a nonlinearity; `param` is the slope of `leaky_relu`. Throws ValueError. */
export function calculate_gain(nonlinearity: string, param: number | null = null): number {
  if (linear.includes(nonlinearity) || nonlinearity === "sigmoid") return 1;
  switch (nonlinearity) {
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.sqrt(2);
    case "leaky_relu": {
      const slope = param ?? 0.01;
      if (typeof slope !== "number") throw new ValueError(`negative_slope ${slope} not a valid number`);
      return Math.sqrt(2 / (1 + slope ** 2));
    }
    case "selu":
      return 3 / 4;
    default:
      throw new ValueError(`Unsupported nonlinearity ${nonlinearity}`);
  }
}

/** How many numbers flow into and out of each unit of a weight. Throws ValueError below two dimensions. */
export function _calculate_fan_in_and_fan_out(tensor: Tensor): [number, number] {
  if (tensor.ndim < 2) {
    throw new ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
  }
  const field = tensor.shape.slice(2).reduce((n, s) => n * s, 1);
  return [tensor.shape[1] * field, tensor.shape[0] * field];
}

function fanOf(tensor: Tensor, mode: string): number {
  if (!["fan_in", "fan_out"].includes(mode.toLowerCase())) {
    throw new ValueError(`Mode ${mode.toLowerCase()} not supported, please use one of ['fan_in', 'fan_out']`);
  }
  return _calculate_fan_in_and_fan_out(tensor)[mode.toLowerCase() === "fan_in" ? 0 : 1];
}

/** Uniform numbers in [a, b). */
export function uniform_(
  tensor: Tensor,
  ...args: Either<[a?: number, b?: number], { a?: number; b?: number }>
): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const { a, b } = bind("uniform_", { a: 0, b: 1 }, args);
  return withoutGrad(() => tensor.uniform_(a, b));
}

/** Normal numbers. */
export function normal_(
  tensor: Tensor,
  ...args: Either<[mean?: number, std?: number], { mean?: number; std?: number }>
): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const { mean, std } = bind("normal_", { mean: 0, std: 1 }, args);
  return withoutGrad(() => tensor.normal_(mean, std));
}

/** Φ, the distribution of a standard normal number. */
const normalCdf = (x: number): number => (1 + erf(x / Math.sqrt(2))) / 2;

/** Normal numbers between `a` and `b`: uniform ones through the inverse of the distribution. */
export function trunc_normal_(
  tensor: Tensor,
  ...args: Either<
    [mean?: number, std?: number, a?: number, b?: number],
    { mean?: number; std?: number; a?: number; b?: number }
  >
): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const { mean, std, a, b } = bind("trunc_normal_", { mean: 0, std: 1, a: -2, b: 2 }, args);
  if (mean < a - 2 * std || mean > b + 2 * std) {
    warn("mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.");
  }
  return withoutGrad(() => {
    const low = normalCdf((a - mean) / std);
    const high = normalCdf((b - mean) / std);
    tensor.uniform_(2 * low - 1, 2 * high - 1);
    tensor.erfinv_();
    return tensor
      .mul_(std * Math.sqrt(2))
      .add_(mean)
      .clamp_(a, b);
  });
}

/** One value everywhere. */
export function constant_(tensor: Tensor, val: number | { val: number }): Tensor {
  [tensor, val] = leading(["tensor"], [tensor, val]);
  return withoutGrad(() => tensor.fill_(typeof val === "number" ? val : val.val));
}

/** Ones. */
export const ones_ = (tensor: Tensor): Tensor => constant_(tensor, 1);

/** Zeros. */
export const zeros_ = (tensor: Tensor): Tensor => withoutGrad(() => tensor.zero_());

/** The identity matrix, as far as it fits. Throws ValueError unless there are two dimensions. */
export function eye_(tensor: Tensor): Tensor {
  if (tensor.ndim !== 2) throw new ValueError("Only tensors with 2 dimensions are supported");
  return withoutGrad(() => tensor.copy_(identity(tensor.shape[0], tensor.shape[1])));
}

/** A convolution that passes its channels on, in each of `groups`. Throws ValueError unless there are 3 to 5 dimensions. */
export function dirac_(tensor: Tensor, ...args: Either<[groups?: number], { groups?: number }>): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const { groups } = bind("dirac_", { groups: 1 }, args);
  if (tensor.ndim < 3 || tensor.ndim > 5) {
    throw new ValueError("Only tensors with 3, 4, or 5 dimensions are supported");
  }
  const [out, channels, ...field] = tensor.shape;
  if (out % groups !== 0) throw new ValueError("dim 0 must be divisible by groups");
  const perGroup = out / groups;
  return withoutGrad(() => {
    tensor.zero_();
    for (let g = 0; g < groups; g++) {
      for (let d = 0; d < Math.min(perGroup, channels); d++) {
        tensor.index_put_([g * perGroup + d, d, ...field.map((s) => Math.floor(s / 2))], 1);
      }
    }
    return tensor;
  });
}

/** U(−a, a) with a = gain √(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010). */
export function xavier_uniform_(tensor: Tensor, ...args: Either<[gain?: number], { gain?: number }>): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const { gain } = bind("xavier_uniform_", { gain: 1 }, args);
  const [fanIn, fanOut] = _calculate_fan_in_and_fan_out(tensor);
  const a = Math.sqrt(3) * gain * Math.sqrt(2 / (fanIn + fanOut));
  return uniform_(tensor, -a, a);
}

/** N(0, σ²) with σ = gain √(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010). */
export function xavier_normal_(tensor: Tensor, ...args: Either<[gain?: number], { gain?: number }>): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const { gain } = bind("xavier_normal_", { gain: 1 }, args);
  const [fanIn, fanOut] = _calculate_fan_in_and_fan_out(tensor);
  return normal_(tensor, 0, gain * Math.sqrt(2 / (fanIn + fanOut)));
}

type Kaiming = Either<
  [a?: number, mode?: string, nonlinearity?: string],
  { a?: number; mode?: string; nonlinearity?: string }
>;
const kaiming = { a: 0, mode: "fan_in", nonlinearity: "leaky_relu" };

/** σ = gain / √fan, or null for a tensor without elements. */
function kaimingStd(fn: string, tensor: Tensor, args: Kaiming): number | null {
  const { a, mode, nonlinearity } = bind(fn, kaiming, args);
  if (tensor.shape.includes(0)) {
    warn("Initializing zero-element tensors is a no-op");
    return null;
  }
  return calculate_gain(nonlinearity, a) / Math.sqrt(fanOf(tensor, mode));
}

/** U(−b, b) with b = gain √(3 / fan) (He et al., 2015); `a` is the slope of the leaky ReLU that follows. */
export function kaiming_uniform_(tensor: Tensor, ...args: Kaiming): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const std = kaimingStd("kaiming_uniform_", tensor, args);
  if (std === null) return tensor;
  const bound = Math.sqrt(3) * std;
  return uniform_(tensor, -bound, bound);
}

/** N(0, σ²) with σ = gain / √fan (He et al., 2015). */
export function kaiming_normal_(tensor: Tensor, ...args: Kaiming): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const std = kaimingStd("kaiming_normal_", tensor, args);
  return std === null ? tensor : normal_(tensor, 0, std);
}

/** A (semi-)orthogonal matrix times `gain`; dimensions after the first are flattened (Saxe et al., 2013). Throws ValueError below two dimensions. */
export function orthogonal_(tensor: Tensor, ...args: Either<[gain?: number], { gain?: number }>): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const { gain } = bind("orthogonal_", { gain: 1 }, args);
  if (tensor.ndim < 2) throw new ValueError("Only tensors with 2 or more dimensions are supported");
  if (tensor.numel() === 0) return tensor;
  return withoutGrad(() => {
    const rows = tensor.shape[0];
    const cols = tensor.numel() / rows;
    const drawn = tensor.new_empty([rows, cols]).normal_(0, 1);
    const [q, r] = qr(rows < cols ? drawn.t() : drawn);
    // The signs of R's diagonal make Q uniform (Mezzadri, 2006).
    const even = q.mul(diagonal(r).sign());
    return tensor.copy_((rows < cols ? even.t() : even).reshape(tensor.shape)).mul_(gain);
  });
}

/** Normal numbers, with the fraction `sparsity` of each column set to 0 (Martens, 2010). Throws ValueError unless there are two dimensions. */
export function sparse_(
  tensor: Tensor,
  ...args: Either<[sparsity: number, std?: number], { sparsity?: number; std?: number }>
): Tensor {
  [tensor, ...args as any[]] = leading(["tensor"], [tensor, ...args]);
  const { sparsity, std } = bind("sparse_", { sparsity: required, std: 0.01 }, args);
  if (tensor.ndim !== 2) throw new ValueError("Only tensors with 2 dimensions are supported");
  const [rows, cols] = tensor.shape;
  const zeros = Math.ceil(sparsity * rows);
  return withoutGrad(() => {
    tensor.normal_(0, std);
    for (let c = 0; c < cols; c++) tensor.index_put_([randperm(rows).index(`:${zeros}`), c], 0);
    return tensor;
  });
}

/** The name of before PyTorch 0.4, which warns. */
function deprecated<A extends any[]>(name: string, fn: (...args: A) => Tensor): (...args: A) => Tensor {
  return (...args) => {
    warn(`nn.init.${name} is now deprecated in favor of nn.init.${name}_.`);
    return fn(...args);
  };
}

export const uniform = deprecated("uniform", uniform_);
export const normal = deprecated("normal", normal_);
export const constant = deprecated("constant", constant_);
export const eye = deprecated("eye", eye_);
export const dirac = deprecated("dirac", dirac_);
export const xavier_uniform = deprecated("xavier_uniform", xavier_uniform_);
export const xavier_normal = deprecated("xavier_normal", xavier_normal_);
export const kaiming_uniform = deprecated("kaiming_uniform", kaiming_uniform_);
export const kaiming_normal = deprecated("kaiming_normal", kaiming_normal_);
export const orthogonal = deprecated("orthogonal", orthogonal_);
export const sparse = deprecated("sparse", sparse_);
