/**
 * What the operators compute and what their derivatives are, in the names of PyTorch's schemas; `g` is the gradient that
 * arrives, `result` what the operator gave. Element by element: {@link parse}d, `by` has ∂ result / ∂ argument.
 * Otherwise text, and `by` has what goes to the argument.
 */

interface Formula {
  value: string;
  by: Record<string, string>;
}

/** By the grad_fn's name without `Backward0`. */
export const ELEMENTWISE: Record<string, Formula> = {
  // ── arithmetic ──
  Add: { value: "self + alpha * other", by: { self: "1", other: "alpha" } },
  Sub: { value: "self - alpha * other", by: { self: "1", other: "-alpha" } },
  Rsub: { value: "other - alpha * self", by: { self: "-alpha", other: "1" } },
  Mul: { value: "self * other", by: { self: "other", other: "self" } },
  Div: { value: "self / other", by: { self: "1 / other", other: "-self / other ** 2" } },
  Neg: { value: "-self", by: { self: "-1" } },
  Pow: {
    value: "self ** exponent",
    by: { self: "exponent * self ** (exponent - 1)", exponent: "result * log(self)" },
  },
  Reciprocal: { value: "1 / self", by: { self: "-result ** 2" } },
  Addcmul: {
    value: "self + value * tensor1 * tensor2",
    by: { self: "1", tensor1: "value * tensor2", tensor2: "value * tensor1" },
  },
  Addcdiv: {
    value: "self + value * tensor1 / tensor2",
    by: { self: "1", tensor1: "value / tensor2", tensor2: "-value * tensor1 / tensor2 ** 2" },
  },
  Lerp: {
    value: "self + weight * (end - self)",
    by: { self: "1 - weight", end: "weight", weight: "end - self" },
  },
  Fmod: { value: "fmod(self, other)", by: { self: "1", other: "-trunc(self / other)" } },
  Remainder: { value: "self - other * floor(self / other)", by: { self: "1", other: "-floor(self / other)" } },
  Hypot: { value: "sqrt(self ** 2 + other ** 2)", by: { self: "self / result", other: "other / result" } },
  // ── powers and logarithms ──
  Sqrt: { value: "sqrt(self)", by: { self: "1 / (2 * result)" } },
  Rsqrt: { value: "1 / sqrt(self)", by: { self: "-result ** 3 / 2" } },
  Exp: { value: "exp(self)", by: { self: "result" } },
  Exp2: { value: "2 ** self", by: { self: "result * log(2)" } },
  Expm1: { value: "exp(self) - 1", by: { self: "result + 1" } },
  Log: { value: "log(self)", by: { self: "1 / self" } },
  Log2: { value: "log(self) / log(2)", by: { self: "1 / (self * log(2))" } },
  Log10: { value: "log(self) / log(10)", by: { self: "1 / (self * log(10))" } },
  Log1P: { value: "log(1 + self)", by: { self: "1 / (1 + self)" } },
  Logaddexp: {
    value: "log(exp(self) + exp(other))",
    by: { self: "exp(self - result)", other: "exp(other - result)" },
  },
  Xlogy: { value: "self * log(other)", by: { self: "log(other)", other: "self / other" } },
  Logit: { value: "log(self / (1 - self))", by: { self: "1 / (self * (1 - self))" } },
  // ── trigonometry ──
  Sin: { value: "sin(self)", by: { self: "cos(self)" } },
  Cos: { value: "cos(self)", by: { self: "-sin(self)" } },
  Tan: { value: "tan(self)", by: { self: "1 + result ** 2" } },
  Asin: { value: "asin(self)", by: { self: "1 / sqrt(1 - self ** 2)" } },
  Acos: { value: "acos(self)", by: { self: "-1 / sqrt(1 - self ** 2)" } },
  Atan: { value: "atan(self)", by: { self: "1 / (1 + self ** 2)" } },
  Atan2: {
    value: "atan2(self, other)",
    by: { self: "other / (self ** 2 + other ** 2)", other: "-self / (self ** 2 + other ** 2)" },
  },
  Sinh: { value: "sinh(self)", by: { self: "cosh(self)" } },
  Cosh: { value: "cosh(self)", by: { self: "sinh(self)" } },
  Tanh: { value: "tanh(self)", by: { self: "1 - result ** 2" } },
  Asinh: { value: "asinh(self)", by: { self: "1 / sqrt(self ** 2 + 1)" } },
  Acosh: { value: "acosh(self)", by: { self: "1 / sqrt(self ** 2 - 1)" } },
  Atanh: { value: "atanh(self)", by: { self: "1 / (1 - self ** 2)" } },
  // ── activations ──
  Sigmoid: { value: "1 / (1 + exp(-self))", by: { self: "result * (1 - result)" } },
  Relu: { value: "max(0, self)", by: { self: "is(self > 0)" } },
  LeakyRelu: {
    value: "max(0, self) + negative_slope * min(0, self)",
    by: { self: "is(self > 0) + negative_slope * is(self <= 0)" },
  },
  Elu: {
    value: "scale * (max(0, self) + alpha * (exp(min(0, input_scale * self)) - 1))",
    by: { self: "scale * (is(self > 0) + alpha * input_scale * exp(input_scale * self) * is(self <= 0))" },
  },
  Celu: {
    value: "max(0, self) + min(0, alpha * (exp(self / alpha) - 1))",
    by: { self: "is(self > 0) + exp(self / alpha) * is(self <= 0)" },
  },
  Softplus: { value: "log(1 + exp(beta * input)) / beta", by: { input: "1 / (1 + exp(-beta * input))" } },
  LogSigmoid: { value: "-log(1 + exp(-self))", by: { self: "1 / (1 + exp(self))" } },
  Silu: {
    value: "self / (1 + exp(-self))",
    by: { self: "(1 + self * (1 - 1 / (1 + exp(-self)))) / (1 + exp(-self))" },
  },
  Gelu: {
    value: "input * (1 + erf(input / sqrt(2))) / 2",
    by: { input: "(1 + erf(input / sqrt(2))) / 2 + input * exp(-input ** 2 / 2) / sqrt(2 * pi)" },
  },
  Hardtanh: {
    value: "min(max_val, max(min_val, self))",
    by: { self: "is(self > min_val) * is(self < max_val)" },
  },
  Hardsigmoid: { value: "min(1, max(0, self / 6 + 1 / 2))", by: { self: "is(abs(self) < 3) / 6" } },
  Softshrink: { value: "sign(input) * max(0, abs(input) - lambd)", by: { input: "is(abs(input) > lambd)" } },
  Hardshrink: { value: "self * is(abs(self) > lambd)", by: { self: "is(abs(self) > lambd)" } },
  Threshold: {
    value: "self * is(self > threshold) + value * is(self <= threshold)",
    by: { self: "is(self > threshold)" },
  },
  // ── bounds and steps ──
  ClampMin: { value: "max(min, self)", by: { self: "is(self >= min)" } },
  ClampMax: { value: "min(max, self)", by: { self: "is(self <= max)" } },
  Maximum: {
    value: "max(self, other)",
    by: {
      self: "is(self > other) + is(self == other) / 2",
      other: "is(other > self) + is(self == other) / 2",
    },
  },
  Minimum: {
    value: "min(self, other)",
    by: {
      self: "is(self < other) + is(self == other) / 2",
      other: "is(other < self) + is(self == other) / 2",
    },
  },
  Where: {
    value: "self * is(condition != 0) + other * is(condition == 0)",
    by: { self: "is(condition != 0)", other: "is(condition == 0)" },
  },
  MaskedFill: {
    value: "self * is(mask == 0) + value * is(mask != 0)",
    by: { self: "is(mask == 0)", value: "is(mask != 0)" },
  },
  Abs: { value: "abs(self)", by: { self: "sign(self)" } },
  Floor: { value: "floor(self)", by: { self: "0" } },
  Ceil: { value: "ceil(self)", by: { self: "0" } },
  Round: { value: "round(self)", by: { self: "0" } },
  Trunc: { value: "trunc(self)", by: { self: "0" } },
  Sign: { value: "sign(self)", by: { self: "0" } },
  Frac: { value: "self - trunc(self)", by: { self: "1" } },
  Clone: { value: "self", by: { self: "1" } },
  // ── special functions ──
  Erf: { value: "erf(self)", by: { self: "2 / sqrt(pi) * exp(-self ** 2)" } },
  Erfc: { value: "1 - erf(self)", by: { self: "-2 / sqrt(pi) * exp(-self ** 2)" } },
  Lgamma: { value: "lgamma(self)", by: { self: "digamma(self)" } },
};

/** By the grad_fn's name without `Backward0`. */
export const STRUCTURED: Record<string, Formula> = {
  // ── products ──
  Mm: { value: "self @ mat2", by: { self: "g @ mat2ᵀ", mat2: "selfᵀ @ g" } },
  Bmm: { value: "self[b] @ mat2[b]", by: { self: "g[b] @ mat2[b]ᵀ", mat2: "self[b]ᵀ @ g[b]" } },
  Mv: { value: "self @ vec", by: { self: "g ⊗ vec", vec: "selfᵀ @ g" } },
  Dot: { value: "Σᵢ selfᵢ · tensorᵢ", by: { self: "g · tensor", tensor: "g · self" } },
  Addmm: {
    value: "beta · self + alpha · mat1 @ mat2",
    by: { self: "beta · g, summed where self was broadcast", mat1: "alpha · g @ mat2ᵀ", mat2: "alpha · mat1ᵀ @ g" },
  },
  Addmv: {
    value: "beta · self + alpha · mat @ vec",
    by: { self: "beta · g", mat: "alpha · g ⊗ vec", vec: "alpha · matᵀ @ g" },
  },
  Baddbmm: {
    value: "beta · self[b] + alpha · batch1[b] @ batch2[b]",
    by: { self: "beta · g", batch1: "alpha · g[b] @ batch2[b]ᵀ", batch2: "alpha · batch1[b]ᵀ @ g[b]" },
  },
  Convolution: {
    value: "bias + weight ⋆ input",
    by: {
      input: "g ⋆ᵀ weight (transposed convolution)",
      weight: "correlation of input with g",
      bias: "Σ g over all but the channels",
    },
  },
  // ── reductions ──
  Sum: { value: "Σ self", by: { self: "g, spread over what was summed" } },
  Mean: { value: "Σ self / n", by: { self: "g / n, spread over the n elements" } },
  Prod: { value: "Π self", by: { self: "g · result / self" } },
  Cumsum: { value: "resultᵢ = Σⱼ≤ᵢ selfⱼ", by: { self: "Σⱼ≥ᵢ gⱼ" } },
  Cumprod: { value: "resultᵢ = Πⱼ≤ᵢ selfⱼ", by: { self: "Σⱼ≥ᵢ gⱼ · resultⱼ / selfᵢ" } },
  Amax: { value: "largest of self", by: { self: "g, shared by the elements that are largest" } },
  Amin: { value: "smallest of self", by: { self: "g, shared by the elements that are smallest" } },
  Max: { value: "largest of self", by: { self: "g where the largest was found, 0 elsewhere" } },
  Min: { value: "smallest of self", by: { self: "g where the smallest was found, 0 elsewhere" } },
  Median: { value: "middle element of self", by: { self: "g where it was found, 0 elsewhere" } },
  Var: { value: "Σ (self − mean)² / (n − correction)", by: { self: "g · 2 (self − mean) / (n − correction)" } },
  Std: {
    value: "√(Σ (self − mean)² / (n − correction))",
    by: { self: "g · (self − mean) / (result · (n − correction))" },
  },
  Logsumexp: { value: "log Σ exp(self)", by: { self: "g · exp(self − result)" } },
  LinalgVectorNorm: { value: "(Σ |self|^ord)^(1/ord)", by: { self: "g · sign(self) · (|self| / result)^(ord − 1)" } },
  Norm: { value: "(Σ |self|^p)^(1/p)", by: { self: "g · sign(self) · (|self| / result)^(p − 1)" } },
  Trace: { value: "Σᵢ selfᵢᵢ", by: { self: "g on the diagonal" } },
  // ── softmax and losses ──
  Softmax: { value: "exp(self) / Σ exp(self)", by: { self: "result · (g − Σ g · result)" } },
  LogSoftmax: { value: "self − log Σ exp(self)", by: { self: "g − exp(result) · Σ g" } },
  MseLoss: {
    value: "mean (self − target)²",
    by: { self: "g · 2 (self − target) / n", target: "−g · 2 (self − target) / n" },
  },
  SmoothL1Loss: {
    value: "mean of ½ d² / beta where |d| < beta, else |d| − beta / 2; d = self − target",
    by: { self: "g / n · clamp(d / beta, −1, 1)", target: "−g / n · clamp(d / beta, −1, 1)" },
  },
  HuberLoss: {
    value: "mean of ½ d² where |d| ≤ delta, else delta (|d| − delta / 2); d = self − target",
    by: { self: "g / n · clamp(d, −delta, delta)", target: "−g / n · clamp(d, −delta, delta)" },
  },
  BinaryCrossEntropy: {
    value: "−mean (target log self + (1 − target) log(1 − self))",
    by: { self: "g / n · (self − target) / (self (1 − self))" },
  },
  BinaryCrossEntropyWithLogits: {
    value: "−mean (target log σ(self) + (1 − target) log(1 − σ(self)))",
    by: { self: "g / n · (σ(self) − target)" },
  },
  NllLoss: {
    value: "−mean selfᵢ at column targetᵢ",
    by: { self: "−g / n at (i, targetᵢ), 0 elsewhere" },
  },
  // ── normalisation ──
  NativeLayerNorm: {
    value: "(input − μ) / √(σ² + eps) · weight + bias",
    by: {
      input: "(h − mean h − x̂ · mean(h · x̂)) / √(σ² + eps), h = g · weight",
      weight: "Σ g · x̂",
      bias: "Σ g",
    },
  },
  NativeBatchNorm: {
    value: "(input − μ) / √(σ² + eps) · weight + bias",
    by: {
      input: "(h − mean h − x̂ · mean(h · x̂)) / √(σ² + eps), h = g · weight",
      weight: "Σ g · x̂",
      bias: "Σ g",
    },
  },
  NativeGroupNorm: {
    value: "(input − μ) / √(σ² + eps) · weight + bias, by group",
    by: { weight: "Σ g · x̂", bias: "Σ g" },
  },
  // ── shape: the same elements elsewhere ──
  View: { value: "self in another shape", by: { self: "g in self's shape" } },
  ReshapeAlias: { value: "self in another shape", by: { self: "g in self's shape" } },
  UnsafeView: { value: "self in another shape", by: { self: "g in self's shape" } },
  Transpose: { value: "self, two dimensions swapped", by: { self: "g, swapped back" } },
  T: { value: "selfᵀ", by: { self: "gᵀ" } },
  Permute: { value: "self, dimensions reordered", by: { self: "g, in the old order" } },
  Unsqueeze: { value: "self with one more dimension", by: { self: "g without it" } },
  Squeeze: { value: "self without dimensions of size 1", by: { self: "g with them" } },
  Expand: { value: "self, repeated to a larger shape", by: { self: "Σ g over the repetitions" } },
  Repeat: { value: "self, tiled", by: { self: "Σ g over the tiles" } },
  Flip: { value: "self, reversed", by: { self: "g, reversed back" } },
  Roll: { value: "self, shifted around", by: { self: "g, shifted back" } },
  Cat: { value: "the tensors, one after the other", by: { tensors: "its own part of g" } },
  Stack: { value: "the tensors, along a new dimension", by: { tensors: "its own slice of g" } },
  Split: { value: "parts of self", by: { self: "the gs, put together again" } },
  SplitWithSizes: { value: "parts of self", by: { self: "the gs, put together again" } },
  Unbind: { value: "slices of self", by: { self: "the gs, stacked again" } },
  ConstantPadNd: { value: "self, padded", by: { self: "g without the padding" } },
  Tril: { value: "self on and below a diagonal, 0 above", by: { self: "g there, 0 above" } },
  Triu: { value: "self on and above a diagonal, 0 below", by: { self: "g there, 0 below" } },
  Diagonal: { value: "a diagonal of self", by: { self: "g on that diagonal, 0 elsewhere" } },
  // ── indexing: gradients go back to where the elements came from ──
  Select: { value: "one slice of self", by: { self: "g in that slice, 0 elsewhere" } },
  Slice: { value: "self[start:end:step]", by: { self: "g in that range, 0 elsewhere" } },
  Index: { value: "self[indices]", by: { self: "g added at the indices, 0 elsewhere" } },
  IndexSelect: { value: "self at index", by: { self: "g added at index, 0 elsewhere" } },
  Gather: { value: "self at index, along a dimension", by: { self: "g added at index, 0 elsewhere" } },
  ScatterAdd: { value: "self, src added at index", by: { self: "g", src: "g at index" } },
  IndexPut: { value: "self, values put at indices", by: { self: "g, 0 at indices", values: "g at indices" } },
  MaskedSelect: { value: "self where mask", by: { self: "g where mask, 0 elsewhere" } },
  Embedding: { value: "weight[indices]", by: { weight: "g added up by row of weight" } },
  Sort: { value: "self, in order", by: { self: "g, in the old order" } },
  Topk: { value: "the k largest of self", by: { self: "g where they were found, 0 elsewhere" } },
  // ── pooling ──
  MaxPool2DWithIndices: { value: "largest of each window", by: { input: "g where the largest was found" } },
  AvgPool2D: { value: "mean of each window", by: { input: "g / n, spread over each window" } },
  AdaptiveAvgPool2D: { value: "mean of each window", by: { self: "g / n, spread over each window" } },
  // ── linear algebra ──
  LinalgInvEx: { value: "A⁻¹", by: { A: "−result[0]ᵀ @ g @ result[0]ᵀ" } },
  LinalgSolveEx: { value: "X with A @ X = B", by: { A: "−(A⁻ᵀ @ g) ⊗ X", B: "A⁻ᵀ @ g" } },
  LinalgDet: { value: "det A", by: { A: "g · result · A⁻ᵀ" } },
  LinalgSlogdet: { value: "log |det A|", by: { A: "g · A⁻ᵀ" } },
};
