/** Products of vectors and matrices. */
import { aliasOf, type Op, op } from "../dispatch";
import { bool, type DType, float32 } from "../dtype";
import { RuntimeError } from "../errors";
import { zip } from "../kernels/elementwise";
import {
  batchProduct,
  checkBatches,
  checkMatrices,
  innerProduct,
  matrixProduct,
  matrixVectorProduct,
} from "../kernels/matmul";
import { resultType } from "../promotion";
import { broadcastShapes, isExpandableTo, numel, sizeText, wrapDim } from "../shape";
import { alias, allocate, fromData, type Tensor } from "../tensor";
import { unsafeView } from "./shaping";

type Layout = Pick<Tensor, "shape" | "strides">;

/** Whether a matrix lies in memory by columns; its gradient then does too. */
const byColumns = ({ shape, strides }: Layout): boolean => strides[0] === 1 && strides[1] === shape[0];

/** G Bᵀ, the gradient of A in A B. */
const leftGradient = (g: Tensor, b: Tensor, a: Layout): Tensor => (byColumns(a) ? b.mm(g.t()).t() : g.mm(b.t()));

/** Aᵀ G, the gradient of B in A B. */
const rightGradient = (g: Tensor, a: Tensor, b: Layout): Tensor => (byColumns(b) ? g.t().mm(a).t() : a.t().mm(g));

// d (A B) = dA B + A dB
export const mm = op("mm(Tensor self, Tensor mat2) -> Tensor", {
  doc: "Product of two matrices: `[n, k] · [k, m] → [n, m]`.",
  forward: (a, b) => {
    notOfBool("addmm_impl_cpu_", a);
    return matrixProduct(a, b);
  },
  grad: {
    self: ["mat2", (g, s) => leftGradient(g, s.mat2, s.self)],
    mat2: ["self", (g, s) => rightGradient(g, s.self, s.mat2)],
  },
});

export const bmm = op("bmm(Tensor self, Tensor mat2) -> Tensor", {
  doc: "Products of matrices in a batch: `[b, n, k] · [b, k, m] → [b, n, m]`.",
  forward: (a, b) => {
    notOfBool("bmm", a);
    return batchProduct(a, b);
  },
  grad: {
    self: ["mat2", (g, s) => g.bmm(s.mat2.transpose(1, 2))],
    mat2: ["self", (g, s) => s.self.transpose(1, 2).bmm(g)],
  },
});

// d (A v) = dA v + A dv
export const mv = op("mv(Tensor self, Tensor vec) -> Tensor", {
  doc: "Product of a matrix and a vector: `[n, k] · [k] → [n]`.",
  forward: (m, v) => {
    if (m.ndim !== 2 || v.ndim !== 1) {
      throw new RuntimeError(`vector + matrix @ vector expected, got 1, ${m.ndim}, ${v.ndim}`);
    }
    if (m.shape[1] !== v.shape[0]) {
      throw new RuntimeError(`size mismatch, got ${m.shape[0]}, ${m.shape.join("x")},${v.shape[0]}`);
    }
    notOfBool("addmv_impl_cpu", m);
    return matrixVectorProduct(m, v);
  },
  grad: { self: ["vec", (g, s) => g.outer(s.vec)], vec: ["self", (g, s) => s.self.t().mv(g)] },
});

// d (a · b) = b · da + a · db
export const dot = op("dot(Tensor self, Tensor tensor) -> Tensor", {
  doc: "Inner product of two vectors of one length.",
  forward: (a, b) => {
    if (a.ndim !== 1 || b.ndim !== 1) {
      throw new RuntimeError(`1D tensors expected, but got ${a.ndim}D and ${b.ndim}D tensors`);
    }
    if (a.shape[0] !== b.shape[0]) {
      throw new RuntimeError(
        `inconsistent tensor size, expected tensor [${a.shape[0]}] and src [${b.shape[0]}] to have the same number of elements, but got ${a.shape[0]} and ${b.shape[0]} elements respectively`,
      );
    }
    if (a.dtype !== b.dtype) {
      throw new RuntimeError(
        `dot : expected both vectors to have same dtype, but found ${a.dtype.scalarName} and ${b.dtype.scalarName}`,
      );
    }
    notOfBool("dot", a);
    return innerProduct(a, b);
  },
  grad: { self: ["tensor", (g, s) => g.mul(s.tensor)], tensor: ["self", (g, s) => g.mul(s.self)] },
});

// d (β C + α A B) = β dC + α dA B + α A dB
export const addmm = op("addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", {
  doc: "`beta · self + alpha · mat1 @ mat2`, with `self` broadcast.",
  forward: (c, a, b, beta, alpha) => {
    checkOneDtype(c, b);
    if (a.dtype !== b.dtype) throw new RuntimeError("mat1 and mat2 must have the same dtype");
    notOfBool("addmm_impl_cpu_", a);
    checkMatrices(a, b);
    return accumulated(
      c,
      [a.shape[0], b.shape[1]],
      a.dtype,
      beta,
      alpha,
      (sum, k) => matrixProduct(a, b, sum, k),
      true,
    );
  },
  grad: {
    self: (g, s) => (s.beta === 1 ? g : g.mul(s.beta)),
    mat1: ["mat2", (g, s) => scale(leftGradient(g, s.mat2, s.mat1), s.alpha)],
    mat2: ["mat1", (g, s) => scale(rightGradient(g, s.mat1, s.mat2), s.alpha)],
  },
  inPlace: true,
});

const scale = (t: Tensor, k: number | boolean): Tensor => (k === 1 ? t : t.mul(k));

/**
 * `beta · c + alpha · product`, in the product's dtype and shape; where beta is 0, c does not count, whatever it holds.
 * A product of float32 adds itself, times the number, to the sum it is given, which is its own unless it only `reads` it.
 */
function accumulated(
  c: Tensor,
  shape: number[],
  dtype: DType,
  beta: number | boolean,
  alpha: number | boolean,
  product: (sum: Tensor | null, alpha: number) => Tensor,
  reads = false,
): Tensor {
  if (!isExpandableTo(c.shape, shape)) {
    throw new RuntimeError(
      `The expanded size of the tensor (${shape[shape.length - 1]}) must match the existing size (${c.shape[c.ndim - 1]}) at non-singleton dimension ${shape.length - 1}.  Target sizes: ${sizeText(shape)}.  Tensor sizes: ${sizeText(c.shape)}`,
    );
  }
  // Factors are numbers of the dtype: whole ones next to integers.
  const [b, a] = [beta, alpha].map((k) => (dtype.is_floating_point ? Number(k) : Math.trunc(Number(k))));
  if (dtype === float32) {
    if (b === 0) return product(null, a);
    if (reads) return product(scale(c, b), a);
    const sum = allocate(shape, dtype);
    sum.copy_(scale(c, b));
    return product(sum, a);
  }
  const scaled = scale(product(null, 1), a);
  if (b === 0) return scaled;
  return zip(scaled, scale(c.to(dtype), b), (x, y) => x + y, dtype);
}

function checkOneDtype(c: Tensor, product: Tensor): void {
  if (c.dtype !== product.dtype) throw new RuntimeError("self and mat2 must have the same dtype");
}

function notOfBool(kernel: string, ...tensors: Tensor[]): void {
  if (tensors.some((t) => t.dtype === bool)) throw new RuntimeError(`"${kernel}" not implemented for 'Bool'`);
}

// d (β c + α A v) = β dc + α dA v + α A dv
export const addmv = op("addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor", {
  doc: "`beta · self + alpha · mat @ vec`, with `self` broadcast.",
  forward: (c, m, v, beta, alpha) => {
    const fits = m.ndim === 2 && v.ndim === 1 && m.shape[1] === v.shape[0];
    if (!fits || !(c.numel() === 1 || c.numel() === m.shape[0])) {
      throw new RuntimeError(`size mismatch, got ${c.ndim === 0 ? 1 : c.shape[0]}, ${m.shape.join("x")},${v.shape[0]}`);
    }
    notOfBool("addmv_impl_cpu", m);
    return accumulated(c, [m.shape[0]], m.dtype, beta, alpha, (sum, k) => matrixVectorProduct(m, scale(v, k), sum));
  },
  grad: {
    self: (g, s) => scale(g, s.beta),
    mat: ["vec", (g, s) => scale(g.outer(s.vec), s.alpha)],
    vec: ["mat", (g, s) => scale(s.mat.t().mv(g), s.alpha)],
  },
  inPlace: true,
});

// d (β C + α Σ_b A_b B_b)
export const addbmm = op(
  "addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
  {
    doc: "`beta · self + alpha · Σ batch1 @ batch2` over the batch: `[b, n, k] · [b, k, m] → [n, m]`.",
    forward: (c, a, b, beta, alpha) => {
      checkOneDtype(c, b);
      notOfBool("addmm_impl_cpu_", a);
      checkBatches(a, b);
      const [batch, n] = a.shape;
      return accumulated(c, [n, b.shape[2]], a.dtype, beta, alpha, (sum, k) => {
        for (let i = 0; i < batch; i++) {
          const one = matrixProduct(a.select(0, i), b.select(0, i), a.dtype === float32 ? sum : null, k);
          sum = sum === null || a.dtype === float32 ? one : sum.add(one);
        }
        return sum ?? a.new_zeros([n, b.shape[2]]);
      });
    },
    grad: {
      self: (g, s) => scale(g, s.beta),
      batch1: [
        "batch2",
        (g, s) => scale(g.expand([s.batch1.shape[0], ...g.shape]).bmm(s.batch2.transpose(1, 2)), s.alpha),
      ],
      batch2: [
        "batch1",
        (g, s) => scale(s.batch1.transpose(1, 2).bmm(g.expand([s.batch2.shape[0], ...g.shape])), s.alpha),
      ],
    },
    inPlace: true,
  },
);

export const baddbmm = op(
  "baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
  {
    doc: "`beta · self + alpha · batch1 @ batch2` for each matrix of a batch.",
    forward: (c, a, b, beta, alpha) => {
      notOfBool("baddbmm", a);
      checkBatches(a, b);
      const shape = [a.shape[0], a.shape[1], b.shape[2]];
      return accumulated(c, shape, a.dtype, beta, alpha, (sum, k) => batchProduct(a, b, sum, k));
    },
    grad: {
      self: (g, s) => scale(g, s.beta),
      batch1: ["batch2", (g, s) => scale(g.bmm(s.batch2.transpose(1, 2)), s.alpha)],
      batch2: ["batch1", (g, s) => scale(s.batch1.transpose(1, 2).bmm(g), s.alpha)],
    },
    inPlace: true,
  },
);

// d (β C + α u vᵀ)
export const addr = op("addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", {
  doc: "`beta · self + alpha · vec1 ⊗ vec2`, with `self` broadcast.",
  forward: (c, u, v, beta, alpha) => {
    if (u.ndim !== 1 || v.ndim !== 1) {
      throw new RuntimeError(
        `addr: Expected 1-D argument ${u.ndim !== 1 ? "vec1" : "vec2"}, but got ${u.ndim !== 1 ? u.ndim : v.ndim}-D`,
      );
    }
    const dtype = resultType(c, u, v);
    for (const [name, k] of [
      ["beta", beta],
      ["alpha", alpha],
    ] as const) {
      if (typeof k === "boolean" && dtype !== bool)
        throw new RuntimeError(`Boolean ${name} only supported for Boolean results.`);
      if (!dtype.is_floating_point && !Number.isInteger(Number(k))) {
        throw new RuntimeError(`For integral input tensors, argument ${name} must not be a floating point number.`);
      }
    }
    const product = u.unsqueeze(1).mul(v).to(dtype);
    if (dtype !== bool) {
      return accumulated(c, product.shape, dtype, beta, alpha, (sum, k) =>
        sum ? sum.add(scale(product, k)) : scale(product, k),
      );
    }
    const counted = alpha ? product : product.zeros_like();
    return beta ? counted.logical_or(c) : counted;
  },
  grad: {
    self: (g, s) => scale(g, s.beta),
    vec1: ["vec2", (g, s) => scale(g.mv(s.vec2), s.alpha)],
    vec2: ["vec1", (g, s) => scale(g.t().mv(s.vec1), s.alpha)],
  },
  inPlace: true,
});

export const vdot = op("vdot(Tensor self, Tensor other) -> Tensor", {
  doc: "Inner product of two vectors of one length; the same as `dot` for real numbers.",
  forward: (a, b) => dot(a, b),
  grad: { self: ["other", (g, s) => g.mul(s.other)], other: ["self", (g, s) => g.mul(s.self)] },
});

/** a × b for runs of three numbers along a dimension. */
function crossForward(a: Tensor, b: Tensor, dim: number): Tensor {
  const shape = broadcastShapes(a.shape, b.shape);
  const d = wrapDim(dim, shape.length);
  const part = (t: Tensor, i: number) => t.expand(shape).select(d, i);
  const component = (i: number, j: number) =>
    part(a, i)
      .mul(part(b, j))
      .sub(part(a, j).mul(part(b, i)))
      .unsqueeze(d);
  const out = allocate(shape, a.mul(b).dtype);
  for (const [k, [i, j]] of [
    [1, 2],
    [2, 0],
    [0, 1],
  ].entries()) {
    out.narrow(d, k, 1).copy_(component(i, j));
  }
  return out;
}

const LINALG_CROSS = "linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor";

// d (a × b) = da × b + a × db, so ga = b × g and gb = g × a
export const linalg_cross: Op<typeof LINALG_CROSS> = op(LINALG_CROSS, {
  doc: "The cross product of vectors of three along a dimension, broadcast.",
  forward: (a, b, dim) => {
    if (a.ndim !== b.ndim) {
      throw new RuntimeError("linalg.cross: inputs must have the same number of dimensions.");
    }
    const d = wrapDim(dim, a.ndim);
    if (a.shape[d] !== 3 || b.shape[d] !== 3) {
      throw new RuntimeError(
        `linalg.cross: inputs dimension ${dim} must have length 3. Got ${a.shape[d]} and ${b.shape[d]}`,
      );
    }
    return crossForward(a, b, d);
  },
  grad: {
    self: ["other", (g, s) => linalg_cross(s.other.expand(g.shape), g, s.dim).sum_to_size(s.self.shape)],
    other: ["self", (g, s) => linalg_cross(g, s.self.expand(g.shape), s.dim).sum_to_size(s.other.shape)],
  },
  variants: ["linalg"],
});

op("cross(Tensor self, Tensor other, int? dim=None) -> Tensor", {
  doc: "The cross product along a dimension of size 3, the first such one unless named.",
  forward: (a, b, dim) => {
    const d = dim ?? a.shape.indexOf(3);
    if (d < 0 && dim === null) throw new RuntimeError("no dimension of size 3 in input");
    return linalg_cross(a, b, d);
  },
  composite: true,
});

// d tr A = tr dA
op("trace(Tensor self) -> Tensor", {
  doc: "The sum of a matrix's diagonal.",
  forward: (t) => {
    if (t.ndim !== 2) throw new RuntimeError(`trace: expected a matrix, but got tensor with dim ${t.ndim}`);
    notOfBool("trace", t);
    return t.diagonal().sum();
  },
  grad: {
    self: (g, s) => {
      const [n, m] = s.self.shape;
      const at = allocate([n, m], bool);
      for (let i = 0; i < Math.min(n, m); i++) at.storageOf.data[i * m + i] = 1;
      return g.expand([n, m]).mul(at);
    },
  },
});

op("kron(Tensor self, Tensor other) -> Tensor", {
  doc: "The Kronecker product: every element of `self` times all of `other`, in blocks; the smaller one gets leading dimensions.",
  forward: (a, b) => {
    const dims = Math.max(a.ndim, b.ndim);
    const sizes = (t: Tensor) => [...new Array<number>(dims - t.ndim).fill(1), ...t.shape];
    const [left, right] = [sizes(a), sizes(b)];
    // Element (i, j) of block position i: the product [a₀, 1, a₁, 1, …] · [1, b₀, 1, b₁, …].
    const product = unsafeView(
      a,
      left.flatMap((n) => [n, 1]),
    ).mul(
      unsafeView(
        b,
        right.flatMap((n) => [1, n]),
      ),
    );
    return unsafeView(
      product,
      left.map((n, i) => n * right[i]),
    );
  },
  composite: true,
});

export const outer = op("outer(Tensor self, Tensor vec2) -> Tensor", {
  doc: "Every product of an element of one vector with one of another: `[n], [m] → [n, m]`.",
  forward: (a, b) => {
    if (a.ndim !== 1 || b.ndim !== 1) {
      throw new RuntimeError(
        `outer: Expected 1-D argument ${a.ndim !== 1 ? "self" : "vec2"}, but got ${a.ndim !== 1 ? a.ndim : b.ndim}-D`,
      );
    }
    return a.reshape([a.shape[0], 1]).mul(b);
  },
  composite: true,
});

// d (A B) = dA B + A dB
export const matmul = op("matmul(Tensor self, Tensor other) -> Tensor", {
  doc: "Python's `@`: inner product, matrix–vector, matrix or batched product by the number of dimensions; batches broadcast.",
  forward: (a, b) => {
    if (a.ndim === 0 || b.ndim === 0) {
      throw new RuntimeError(`both arguments to matmul need to be at least 1D, but they are ${a.ndim}D and ${b.ndim}D`);
    }
    if (a.ndim === 1 && b.ndim === 1) return dot(a, b);
    if (a.ndim === 2 && b.ndim === 1) return mv(a, b);
    if (a.ndim === 1 && b.ndim === 2) return withoutFirst(mm(a.unsqueeze(0), b));
    if (a.ndim === 2 && b.ndim === 2) return mm(a, b);
    if (folds(a, b.ndim) || folds(b, a.ndim)) return foldedProduct(a, b);
    return batchedProduct(a, b);
  },
  composite: true,
});

/** PyTorch squeezes the row of a fresh product in place, which is a node but no view. */
const withoutFirst = op("_squeeze_fresh(Tensor self) -> Tensor", {
  doc: "A matrix of one row as a vector.",
  forward: (t) => alias(t, t.shape.slice(1), t.strides.slice(1), t.offset),
  grad: { self: (g) => g.unsqueeze(0) },
  node: "SqueezeBackward3",
  variants: [],
});

/** Whether all rows of `many` go against one matrix or vector in one product. A transposed batch is cheaper matrix by matrix. */
function folds(many: Tensor, otherDims: number): boolean {
  if (many.ndim < 3 || (otherDims !== 1 && otherDims !== 2)) return false;
  const [, n, k] = many.shape;
  return !(many.ndim === 3 && otherDims === 2 && many.strides[2] !== 1 && many.strides[0] === n * k);
}

/** Many rows against one matrix: all batch dimensions in one, one product. */
function foldedProduct(a: Tensor, b: Tensor): Tensor {
  const turned = b.ndim > a.ndim;
  const many = turned ? b.transpose(-2, -1) : a;
  const one = turned ? (a.ndim === 2 ? a.t() : a) : b;
  const batch = many.shape.slice(0, -1);
  const rows = many.reshape([numel(batch), many.shape[many.ndim - 1]]);
  if (one.ndim === 1) return unsafeView(mv(rows, one), batch);
  const out = unsafeView(mm(rows, one), [...batch, one.shape[1]]);
  return turned ? out.transpose(-2, -1).contiguous() : out;
}

function batchedProduct(a: Tensor, b: Tensor): Tensor {
  const left = a.ndim === 1 ? a.unsqueeze(0) : a;
  const right = b.ndim === 1 ? b.unsqueeze(1) : b;
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const flat = (t: Tensor) => t.expand([...batch, ...t.shape.slice(-2)]).reshape([numel(batch), ...t.shape.slice(-2)]);
  const n = left.shape[left.ndim - 2];
  const m = right.shape[right.ndim - 1];
  return unsafeView(bmm(flat(left), flat(right)), [
    ...batch,
    ...(a.ndim === 1 ? [] : [n]),
    ...(b.ndim === 1 ? [] : [m]),
  ]);
}

// dy = dx Wᵀ + x dWᵀ + db
export const linear = op("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", {
  doc: "`input @ weight.T + bias`: `[*, in], [out, in], [out] → [*, out]`.",
  forward: (input, weight, bias) => {
    if (bias === null) return matmul(input, weight.t());
    if (input.ndim === 2) return addmm(bias, input, weight.t(), 1, 1);
    if (input.ndim === 3 && input.is_contiguous()) {
      const [n, m, k] = input.shape;
      return addmm(bias, input.reshape([n * m, k]), weight.t(), 1, 1).view([n, m, weight.shape[0]]);
    }
    return matmul(input, weight.t()).add(bias);
  },
  composite: true,
  variants: ["nn.functional"],
});

function triangle(name: "tril" | "triu", word: string, keep: (row: number, column: number, k: number) => boolean) {
  return op(`${name}(Tensor self, int diagonal=0) -> Tensor` as "tril(Tensor self, int diagonal=0) -> Tensor", {
    doc: `The ${word} triangle of each matrix, zeros elsewhere.`,
    forward: (t, k) => {
      if (t.ndim < 2) throw new RuntimeError(`${name}: input tensor must have at least 2 dimensions`);
      const [n, m] = t.shape.slice(-2);
      const data = t.flatData();
      data.forEach((_, i) => {
        if (!keep(Math.floor(i / m) % n, i % m, k)) data[i] = 0;
      });
      return fromData(data, t.dtype, t.shape);
    },
    grad: { self: (g, s) => (name === "tril" ? g.tril(s.diagonal) : g.triu(s.diagonal)) },
    inPlace: true,
  });
}

export const tril = triangle("tril", "lower", (row, column, k) => column - row <= k);
export const triu = triangle("triu", "upper", (row, column, k) => column - row >= k);

aliasOf("linalg_matmul", "matmul", ["linalg"]);

op("linalg_diagonal(Tensor(a) A, *, int offset=0, int dim1=-2, int dim2=-1) -> Tensor(a)", {
  doc: "The diagonals of matrices in two dimensions; a view.",
  forward: (a, offset, dim1, dim2) => a.diagonal(offset, dim1, dim2),
  composite: true,
  variants: ["linalg"],
});
