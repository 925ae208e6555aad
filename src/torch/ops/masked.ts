/** `torch.masked`: reductions that leave out where a mask is false. */
import { op } from "../dispatch";
import { bool, type DType, float32, int64 } from "../dtype";
import { IndexError, RuntimeError, ValueError } from "../errors";
import { sameShape } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";
import { where } from "./arithmetic";
import { vector_norm } from "./norms";

/** The mask under the input's shape. */
function maskOf(input: Tensor, mask: Tensor): Tensor {
  if (mask.ndim > input.ndim) {
    throw new IndexError("_input_mask expected broadcastable mask (got mask dimensionality higher than of the input)");
  }
  const wide = sameShape(mask.shape, input.shape) ? mask : mask.expand(input.shape);
  return wide.dtype === bool ? wide : wide.to(bool);
}

/** The input with an operation's neutral element where it is masked out. */
function neutralised(input: Tensor, mask: Tensor | null, value: number): Tensor {
  if (mask === null) return input;
  return where(
    maskOf(input, mask),
    input,
    fromData(input.dtype.allocate(1).fill(input.dtype.cast(value)), input.dtype, []),
  );
}

const lowest: Record<string, [number, number]> = {
  int64: [-(2 ** 63), 2 ** 63],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int8: [-128, 127],
  uint8: [0, 255],
};

const least = (t: Tensor): number => (t.is_floating_point() ? Number.NEGATIVE_INFINITY : lowest[t.dtype.name][0]);
const most = (t: Tensor): number => (t.is_floating_point() ? Number.POSITIVE_INFINITY : lowest[t.dtype.name][1]);

/** Dimensions from the front, in order; all for None. */
function canonical(dim: readonly number[] | null, ndim: number): number[] {
  if (dim === null) return Array.from({ length: ndim }, (_, i) => i);
  const rank = Math.max(ndim, 1);
  const out: number[] = [];
  for (const d of dim) {
    if (d >= rank || d < -rank) {
      throw new IndexError(`Dimension out of range (expected to be in range of [${-rank}, ${rank - 1}], but got ${d})`);
    }
    const w = ((d % rank) + rank) % rank;
    if (out.includes(w)) throw new RuntimeError(`dim=${d} appears multiple times in the list of dims`);
    out.push(w);
  }
  return out.sort((a, b) => a - b);
}

/** Integers add up in int64. */
const totalType = (t: Tensor, dtype: DType | null): DType => dtype ?? (t.is_floating_point() ? t.dtype : int64);

const to = (t: Tensor, dtype: DType | null): Tensor => (dtype === null ? t : t.to(dtype));

function maskedSum(
  t: Tensor,
  dim: readonly number[] | null,
  keepdim: boolean,
  dtype: DType | null,
  mask: Tensor | null,
): Tensor {
  return neutralised(t, mask, 0).sum(canonical(dim, t.ndim), keepdim, { dtype: totalType(t, dtype) });
}

const REDUCTION = "*, bool? keepdim=False, ScalarType? dtype=None, Tensor? mask=None";

op(`masked_sum(Tensor input, int[1]? dim=None, ${REDUCTION}) -> Tensor`, {
  doc: "The sum of elements where the mask is true.",
  forward: (t, dim, keepdim, dtype, mask) => maskedSum(t, dim, keepdim ?? false, dtype, mask),
  composite: true,
  variants: ["masked"],
});

op(`masked_prod(Tensor input, int[1]? dim=None, ${REDUCTION}) -> Tensor`, {
  doc: "The product of elements where the mask is true.",
  forward: (t, dim, keepdim, dtype, mask) => {
    let out = neutralised(t, mask, 1).to(totalType(t, dtype));
    for (const d of canonical(dim, t.ndim).reverse()) out = out.prod(d, keepdim ?? false);
    return out;
  },
  composite: true,
  variants: ["masked"],
});

function running(name: "cumsum" | "cumprod", word: string, neutral: number): void {
  op(
    `masked_${name}(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor` as "masked_cumsum(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
    {
      doc: `The running ${word} of elements where the mask is true.`,
      forward: (t, dim, dtype, mask) => {
        const x = neutralised(t, mask, neutral);
        const [d] = canonical([dim], t.ndim);
        return to(x[name](d, { dtype: dtype ?? t.dtype }), dtype);
      },
      composite: true,
      variants: ["masked"],
    },
  );
}
running("cumsum", "sum", 0);
running("cumprod", "product", 1);

function extreme(name: "amax" | "amin", word: string, neutral: (t: Tensor) => number): void {
  op(
    `masked_${name}(Tensor input, int[1]? dim=None, ${REDUCTION}) -> Tensor` as "masked_amax(Tensor input, int[1]? dim=None, *, bool? keepdim=False, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
    {
      doc: `The ${word} of elements where the mask is true.`,
      forward: (t, dim, keepdim, dtype, mask) =>
        to(neutralised(t, mask, neutral(t))[name](canonical(dim, t.ndim), keepdim ?? false), dtype),
      composite: true,
      variants: ["masked"],
    },
  );
}
extreme("amax", "largest", least);
extreme("amin", "smallest", most);

function position(name: "argmax" | "argmin", word: string, neutral: (t: Tensor) => number): void {
  op(
    `masked_${name}(Tensor input, int? dim=None, ${REDUCTION}) -> Tensor` as "masked_argmax(Tensor input, int? dim=None, *, bool? keepdim=False, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
    {
      doc: `Where the ${word} element stands among those where the mask is true, in the input's dtype.`,
      forward: (t, dim, keepdim, dtype, mask) =>
        neutralised(t, mask, neutral(t))
          [name](dim, keepdim ?? false)
          .to(dtype ?? t.dtype),
      composite: true,
      variants: ["masked"],
    },
  );
}
position("argmax", "largest", least);
position("argmin", "smallest", most);

/** How many elements count. */
function countOf(t: Tensor, dim: readonly number[] | null, keepdim: boolean, mask: Tensor | null): Tensor {
  const ones = allocate(t.shape, int64);
  ones.storageOf.data.fill(1);
  return maskedSum(ones, dim, keepdim, null, mask === null ? null : maskOf(t, mask));
}

op(`masked_mean(Tensor input, int[1]? dim=None, ${REDUCTION}) -> Tensor`, {
  doc: "The mean of elements where the mask is true; NaN where none is.",
  forward: (t, dim, keepdim, dtype, mask) => {
    const keep = keepdim ?? false;
    return maskedSum(t, dim, keep, dtype ?? t.dtype, mask).div(countOf(t, dim, keep, mask));
  },
  composite: true,
  variants: ["masked"],
});

op(
  "masked_median(Tensor input, int dim=-1, *, bool keepdim=False, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
  {
    doc: "The median of elements where the mask is true (the lower of two); NaN where none is.",
    forward: (t, dim, keepdim, dtype, mask) => {
      const [d] = canonical([dim], t.ndim);
      const x = t.is_floating_point() ? t : t.to(float32);
      const [out] = neutralised(x, mask, Number.NaN).nanmedian(d, keepdim);
      if (t.is_floating_point()) return out;
      if (out.isnan().any().item()) {
        throw new ValueError("masked median expects no fully masked out rows if dtype is not floating point");
      }
      return out.to(dtype ?? t.dtype);
    },
    composite: true,
    variants: ["masked"],
  },
);

op(`masked_logsumexp(Tensor input, int[1]? dim=None, ${REDUCTION}) -> Tensor`, {
  doc: "log Σ eˣ over elements where the mask is true.",
  forward: (t, dim, keepdim, dtype, mask) =>
    to(neutralised(t, mask, least(t)).logsumexp(canonical(dim, t.ndim), keepdim ?? false), dtype),
  composite: true,
  variants: ["masked"],
});

op(
  "masked_logaddexp(Tensor input, Tensor other, *, ScalarType? dtype=None, Tensor? input_mask=None, Tensor? other_mask=None) -> Tensor",
  {
    doc: "log(eˣ + eʸ), each term only where its mask is true.",
    forward: (a, b, dtype, first, second) =>
      to(neutralised(a, first, least(a)).logaddexp(neutralised(b, second, least(b))), dtype),
    composite: true,
    variants: ["masked"],
  },
);

function maskedNorm(
  t: Tensor,
  ord: number,
  dim: readonly number[] | null,
  keepdim: boolean,
  dtype: DType | null,
  mask: Tensor | null,
): Tensor {
  const neutral = ord === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : 0;
  return vector_norm(neutralised(t, mask, neutral), ord, canonical(dim, t.ndim), keepdim, dtype ?? t.dtype);
}

op(`masked_norm(Tensor input, float? ord=2, int[1]? dim=None, ${REDUCTION}) -> Tensor`, {
  doc: "The p-norm of elements where the mask is true.",
  forward: (t, ord, dim, keepdim, dtype, mask) => maskedNorm(t, ord ?? 2, dim, keepdim ?? false, dtype, mask),
  composite: true,
  variants: ["masked"],
});

/** Squared distances from the mean over their count, or over one less. */
function spread(
  t: Tensor,
  dim: readonly number[] | null,
  unbiased: boolean,
  keepdim: boolean,
  dtype: DType | null,
  mask: Tensor | null,
): Tensor {
  const type = dtype ?? (t.is_floating_point() ? t.dtype : float32);
  let count = countOf(t, dim, true, mask);
  const centred = t.sub(maskedSum(t, dim, true, type, mask).div(count));
  const total = maskedSum(centred.mul(centred), dim, keepdim, type, mask === null ? null : maskOf(t, mask));
  if (!keepdim) count = count.reshape(total.shape);
  if (unbiased) count = count.sub(1).clamp({ min: 0 });
  return total.div(count).to(type);
}

const SPREAD = `Tensor input, int[1]? dim=None, bool? unbiased=False, ${REDUCTION}` as const;

op(`masked_var(${SPREAD}) -> Tensor`, {
  doc: "The variance of elements where the mask is true, over their count (or one less, for `unbiased`).",
  forward: (t, dim, unbiased, keepdim, dtype, mask) => spread(t, dim, unbiased ?? false, keepdim ?? false, dtype, mask),
  composite: true,
  variants: ["masked"],
});
op(`masked_std(${SPREAD}) -> Tensor`, {
  doc: "The standard deviation of elements where the mask is true.",
  forward: (t, dim, unbiased, keepdim, dtype, mask) =>
    spread(t, dim, unbiased ?? false, keepdim ?? false, dtype, mask).sqrt(),
  composite: true,
  variants: ["masked"],
});

type Softmax = "masked_softmax(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor";

for (const [name, doc, f] of [
  ["softmax", "softmax", (x: Tensor, d: number, dtype: DType) => x.softmax(d, { dtype })],
  ["log_softmax", "log of softmax", (x: Tensor, d: number, dtype: DType) => x.log_softmax(d, { dtype })],
] as const) {
  op(`masked_${name}(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor` as Softmax, {
    doc: `The ${doc} of elements where the mask is true.`,
    forward: (t, dim, dtype, mask) => f(neutralised(t, mask, least(t)), canonical([dim], t.ndim)[0], dtype ?? t.dtype),
    composite: true,
    variants: ["masked"],
  });
}
op("masked_softmin(Tensor input, int dim, *, ScalarType? dtype=None, Tensor? mask=None) -> Tensor", {
  doc: "softmax(−x) of elements where the mask is true.",
  forward: (t, dim, dtype, mask) =>
    neutralised(t, mask, most(t))
      .neg()
      .softmax(canonical([dim], t.ndim)[0], { dtype: dtype ?? t.dtype }),
  composite: true,
  variants: ["masked"],
});

op(
  "masked_normalize(Tensor input, float ord, int dim, *, float eps=1e-12, ScalarType? dtype=None, Tensor? mask=None) -> Tensor",
  {
    doc: "x / max(‖x‖ₚ, ε) along a dimension, over elements where the mask is true.",
    forward: (t, ord, dim, eps, dtype, mask) => {
      const length = maskedNorm(t, ord, [dim], true, dtype, mask);
      return neutralised(t, mask, 0).div(length.maximum(length.new_full([], eps)));
    },
    composite: true,
    variants: ["masked"],
  },
);
