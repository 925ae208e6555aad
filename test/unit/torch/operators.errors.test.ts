/** What the operators refuse, in PyTorch's words. */
import * as torch from "gradlens";
import { expect, test } from "vitest";

const { zeros, ones } = torch;
const x = zeros(3, 4);
const long = (...v: number[]) => torch.tensor(v, { dtype: torch.int64 });

type Refusal = [what: () => unknown, name: string, message: string];

const refusals: Refusal[] = [
  [() => zeros(3).scatter(0, long(5), 1), "RuntimeError", "index 5 is out of bounds for dimension 0 with size 3"],
  [
    () => zeros(3).scatter(0, long(0).reshape([1, 1]), 1),
    "RuntimeError",
    "Index tensor must have the same number of dimensions as self tensor",
  ],
  [
    () => zeros(3).scatter(0, long(0, 1, 2, 0), ones(3)),
    "RuntimeError",
    "Expected index [4] to be smaller than self [3] apart from dimension 0 and to be smaller size than src [3]",
  ],
  [
    () => zeros(3).scatter(0, long(0), ones(3).double()),
    "RuntimeError",
    "scatter(): Expected self.dtype to be equal to src.dtype",
  ],
  [() => zeros(3).scatter(0, torch.tensor([0]), 1), "RuntimeError", "scatter(): Expected dtype int64 for index"],
  [
    () => zeros(3).scatter_reduce(0, long(0), ones(1), "foo"),
    "RuntimeError",
    "reduce argument must be either sum, prod, mean, amax or amin.",
  ],
  [
    () => zeros(3).scatter_add(0, long(4), ones(1)),
    "RuntimeError",
    "index 4 is out of bounds for dimension 0 with size 3",
  ],
  [() => zeros(3).gather(0, long(4)), "RuntimeError", "index 4 is out of bounds for dimension 0 with size 3"],
  [
    () => zeros(3).gather(0, long(1).reshape([1, 1])),
    "RuntimeError",
    "Index tensor must have the same number of dimensions as input tensor",
  ],
  [() => zeros(3).index_fill(0, long(4), 1), "IndexError", "index 4 is out of bounds for dimension 0 with size 3"],
  [
    () => zeros(3).index_copy(0, long(4), ones(1)),
    "IndexError",
    "index_copy_(): index 4 is out of bounds for dimension 0 with size 3",
  ],
  [
    () => zeros(3).index_copy(0, long(1), ones(2)),
    "IndexError",
    "index_copy_(): Number of indices (1) should be equal to source.size(dim) (2)",
  ],
  [
    () => zeros(3).index_copy(0, torch.tensor([1]), ones(1)),
    "RuntimeError",
    "index_copy_(): Expected a long tensor for index, but got Float",
  ],
  [
    () => zeros(3).index_reduce(0, long(1), ones(1), "sum"),
    "RuntimeError",
    "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got sum.",
  ],
  [() => zeros(3).index_reduce(0, long(7), ones(1), "prod"), "IndexError", "index out of range in self"],
  [() => zeros(3).index_add(0, long(7), ones(1)), "IndexError", "index out of range in self"],
  [() => zeros(3).index_select(0, long(7)), "IndexError", "index out of range in self"],
  [() => zeros(3).take(long(7)), "IndexError", "out of range: tried to access index 7 on a tensor of 3 elements."],
  [
    () => zeros(3).put(long(7), ones(1)),
    "IndexError",
    "out of range: tried to access index 7 on a tensor of 3 elements.",
  ],
  [
    () => zeros(3).put(long(1), ones(2)),
    "IndexError",
    "put_(): Expected source and index to have the same number of elements, but got source.numel() = 2, index.numel() = 1",
  ],
  [() => zeros(0).take(long(0)), "IndexError", "take(): tried to take from an empty tensor"],
  [
    () => zeros(3).masked_select(long(1, 0, 1)),
    "RuntimeError",
    "masked_select: expected BoolTensor or ByteTensor for mask",
  ],
  [
    () => zeros(3).masked_scatter(torch.tensor([true, true, true]), ones(2)),
    "RuntimeError",
    "Number of elements of source < number of ones in mask",
  ],
  [() => x.diagonal(0, 0, 0), "RuntimeError", "diagonal dimensions cannot be identical 0, 0"],
  [() => zeros(2, 2, 2).diag(), "RuntimeError", "matrix or a vector expected"],
  [
    () => x.select_scatter(ones(3), 0, 0),
    "RuntimeError",
    "expected src to have a size equal to the slice of self. src size = [3], slice size = [4]",
  ],
  [() => x.rot90(1, [0, 0]), "RuntimeError", "expected rotation dims to be different, but got dim0 = 0 and dim1 = 0"],
  [() => x.rot90(1, [0]), "RuntimeError", "expected total rotation dims == 2, but got dims = 1"],
  [() => x.roll(1, [0, 1]), "RuntimeError", "shifts and dimensions must align. shifts: 1, dims:2"],
  [() => x.movedim([0, 0], [0, 1]), "RuntimeError", "movedim: repeated dim in `source` ([0, 0])"],
  [() => x.unfold(0, 5, 1), "RuntimeError", "maximum size for tensor at dimension 0 is 3 but size is 5"],
  [
    () => x.unflatten(1, [3, 2]),
    "RuntimeError",
    "unflatten: Provided sizes [3, 2] don't multiply up to the size of dim 1 (4) in the input tensor",
  ],
  [
    () => x.hsplit(3),
    "RuntimeError",
    "torch.hsplit attempted to split along dimension 1, but the size of the dimension 4 is not divisible by the split_size 3!",
  ],
  [
    () => zeros([]).hsplit(2),
    "RuntimeError",
    "torch.hsplit requires a tensor with at least 1 dimension, but got a tensor with 0 dimensions!",
  ],
  [() => x.tensor_split(0), "RuntimeError", "number of sections must be larger than 0, got 0"],
  [() => torch.hstack([]), "RuntimeError", "hstack expects a non-empty TensorList"],
  [() => torch.cartesian_prod(x), "RuntimeError", "Expect a 1D vector, but got shape [3, 4]"],
  [
    () => torch.block_diag(zeros(2, 2, 2)),
    "RuntimeError",
    "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input 0 has 3 dimensions",
  ],
  [
    () => torch.broadcast_shapes([2], [3]),
    "RuntimeError",
    "Shape mismatch: objects cannot be broadcast to a single shape",
  ],
  [() => x.repeat_interleave(long(1, 2), 0), "RuntimeError", "repeats must have the same size as input along dim"],
  [() => x.repeat_interleave(long(-1, 2, 1), 0), "RuntimeError", "repeats can not be negative"],
  [() => x.kthvalue(0), "RuntimeError", "kthvalue(): selected number k out of range for dimension 1"],
  [() => x.topk(9), "RuntimeError", "selected index k out of range"],
  [
    () => x.split_with_sizes([1, 1]),
    "RuntimeError",
    "split_with_sizes expects split_sizes to sum exactly to 3 (input tensor's size at dimension 0), but got split_sizes=[1, 1]",
  ],
  [() => x.split(0), "RuntimeError", "split_size can only be 0 if dimension size is 0, but got dimension size of 3"],
  [
    () => x.take_along_dim(long(1), 0),
    "RuntimeError",
    "torch.take_along_dim(): input and indices should have the same number of dimensions, but got 2 dimensions for input, and 1 dimensions for indices",
  ],
  [() => torch.polygamma(-1, x), "RuntimeError", "polygamma(n, x) does not support negative n."],
  [() => x.mvlgamma(0), "RuntimeError", "p has to be greater than or equal to 1"],
  [() => torch.positive(torch.tensor(true)), "RuntimeError", "The `+` operator, on a bool tensor is not supported."],
  [() => torch.frexp(long(1)), "RuntimeError", "torch.frexp() only supports floating-point dtypes"],
  [() => long(1).round({ decimals: 1 }), "RuntimeError", "\"round_cpu\" not implemented for 'Long'"],
  [() => zeros(3).bernoulli_(2), "RuntimeError", "bernoulli_ expects p to be in [0, 1], but got p=2"],
  [() => zeros(3).exponential_(-1), "RuntimeError", "exponential_ expects lambda >= 0.0, but found lambda=-1"],
  [() => zeros(3).geometric_(0), "RuntimeError", "geometric_ expects p to be in (0, 1), but got p=0"],
  [() => zeros(3).normal_(0, -1), "RuntimeError", "normal expects std >= 0.0, but found std -1"],
  [
    () => zeros(3).uniform_(2, 1),
    "RuntimeError",
    "uniform_ expects to return a [from, to) range, but found from=2 > to=1",
  ],
  [() => zeros(3).random_(3, 2), "RuntimeError", "random_ expects 'from' to be less than 'to', but got from=3 >= to=2"],
  [() => long(1).exponential_(), "RuntimeError", "\"exponential_cpu\" not implemented for 'Long'"],
  [
    () => ones(4).multinomial(9),
    "RuntimeError",
    "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
  ],
  [
    () => torch.multinomial(zeros(3), 1),
    "RuntimeError",
    "invalid multinomial distribution (sum of probabilities <= 0)",
  ],
  [() => torch.poisson(torch.tensor([-1])), "RuntimeError", "invalid Poisson rate, expected rate to be non-negative"],
  [() => torch.nn.functional.dropout(x, 2), "ValueError", "dropout probability has to be between 0 and 1, but got 2"],
  [
    () => torch.histc(x, { bins: -1 }),
    "RuntimeError",
    "torch.histogram(): bins must be > 0, but got -1 for dimension 0",
  ],
  [
    () => x.clamp(zeros(2)),
    "RuntimeError",
    "The size of tensor a (4) must match the size of tensor b (2) at non-singleton dimension 1",
  ],
  [() => x.clamp(), "RuntimeError", "torch.clamp: At least one of 'min' or 'max' must not be None"],
  [() => torch.isclose(x, x, -1), "RuntimeError", "rtol must be greater than or equal to zero, but got -1"],
  [() => torch.isclose(x, x.double()), "RuntimeError", "Float did not match Double"],
  [() => torch.trapezoid(x, zeros(3)), "RuntimeError", "trapezoid: There must be one `x` value for each sample point"],
  [
    () => torch.cov(x, { fweights: torch.tensor([1, 2, 3, 4]) }),
    "RuntimeError",
    "cov(): expected fweights to have integral dtype but got fweights with Float dtype",
  ],
  [() => torch.renorm(x, 0, 0, 1), "RuntimeError", "renorm: non-positive-norm not supported"],
  [
    () => torch.segment_reduce(zeros(3), "sum", { lengths: long(1, 1) }),
    "RuntimeError",
    "segment_reduce(): Expected all rows of lengths along axis to sum to data.size(lengths.dim()-1) when !unsafe.",
  ],
  [
    () => torch.segment_reduce(zeros(3), "foo", { lengths: long(1, 2) }),
    "RuntimeError",
    "unsupported reduction given! foo",
  ],
  [
    () => x.div(2, { rounding_mode: "foo" }),
    "RuntimeError",
    "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found 'foo'",
  ],
  [() => long(1).fmod(long(0)), "RuntimeError", "ZeroDivisionError"],
  [() => torch.hypot(long(1), long(1)), "RuntimeError", "\"hypot_cpu\" not implemented for 'Long'"],
  [
    () => torch.heaviside(x, x.double()),
    "RuntimeError",
    "heaviside is not yet implemented for tensors with different dtypes.",
  ],
  [() => x.quantile(1.5), "RuntimeError", "quantile() q must be in the range [0, 1] but got 1.5"],
  [
    () => torch.searchsorted(zeros(2, 3), zeros(3)),
    "RuntimeError",
    "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value tensor must match, but we got boundaries tensor [2, 3] and input value tensor [3]",
  ],
  [() => zeros(2, 0).median(1), "IndexError", "median(): Expected reduction dim 1 to have non-zero size."],
  [() => torch.bincount(long(-1)), "RuntimeError", "bincount only supports 1-d non-negative integral inputs."],
  [() => zeros(3, { requires_grad: true }).resize_(2), "RuntimeError", "cannot resize variables that require grad"],
  [
    () => zeros(3).mT,
    "RuntimeError",
    "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.",
  ],
  [() => zeros(3).imag, "RuntimeError", "imag is not implemented for tensors with non-complex dtypes."],
];

test.each(refusals.map(([f, name, message]) => ({ f, name, message })))("$name: $message", ({ f, name, message }) => {
  expect(f).toThrow(expect.objectContaining({ name, message }));
});

test.each([
  ["floor_divide", (t: torch.Tensor) => t.floor_divide(2)],
  ["heaviside", (t: torch.Tensor) => t.heaviside(t)],
  ["aminmax", (t: torch.Tensor) => t.aminmax().min],
])("%s has a node, which refuses a gradient", (name, f) => {
  const out = f(ones(3, { requires_grad: true }));
  expect(out.grad_fn.name()).toBe("torch::autograd::NotImplemented");
  expect(() => out.sum().backward()).toThrow(`derivative for aten::${name} is not implemented`);
});
