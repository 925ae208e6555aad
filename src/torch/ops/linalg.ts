/** Products of vectors and matrices. */
import { op } from "../dispatch";
import { RuntimeError } from "../errors";
import { zip } from "../kernels/elementwise";
import { batchProduct, matrixProduct } from "../kernels/matmul";
import { broadcastShapes, numel } from "../shape";
import { fromData, type Tensor } from "../tensor";

// d (A B) = dA B + A dB
export const mm = op("mm(Tensor self, Tensor mat2) -> Tensor", {
  doc: "Product of two matrices: `[n, k] · [k, m] → [n, m]`.",
  forward: matrixProduct,
  grad: { self: ["mat2", (g, s) => g.mm(s.mat2.t())], mat2: ["self", (g, s) => s.self.t().mm(g)] },
});

export const bmm = op("bmm(Tensor self, Tensor mat2) -> Tensor", {
  doc: "Products of matrices in a batch: `[b, n, k] · [b, k, m] → [b, n, m]`.",
  forward: batchProduct,
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
    return matrixProduct(m, v.unsqueeze(1)).view([m.shape[0]]);
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
    return matrixProduct(a.unsqueeze(0), b.unsqueeze(1)).view([]);
  },
  grad: { self: ["tensor", (g, s) => g.mul(s.tensor)], tensor: ["self", (g, s) => g.mul(s.self)] },
});

// d (β C + α A B) = β dC + α dA B + α A dB
export const addmm = op("addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", {
  doc: "`beta · self + alpha · mat1 @ mat2`, with `self` broadcast.",
  forward: (c, a, b, beta, alpha) => {
    const product = matrixProduct(a, b);
    const scaled = alpha === 1 ? product : product.mul(alpha);
    return zip(scaled, beta === 1 ? c : c.mul(beta), (x, y) => x + y);
  },
  grad: {
    self: (g, s) => (s.beta === 1 ? g : g.mul(s.beta)),
    mat1: ["mat2", (g, s) => scale(g.mm(s.mat2.t()), s.alpha)],
    mat2: ["mat1", (g, s) => scale(s.mat1.t().mm(g), s.alpha)],
  },
  inPlace: true,
});

const scale = (t: Tensor, k: number | boolean): Tensor => (k === 1 ? t : t.mul(k));

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

export const matmul = op("matmul(Tensor self, Tensor other) -> Tensor", {
  doc: "Python's `@`: inner product, matrix–vector, matrix or batched product by the number of dimensions; batches broadcast.",
  forward: (a, b) => {
    if (a.ndim === 0 || b.ndim === 0) {
      throw new RuntimeError(`both arguments to matmul need to be at least 1D, but they are ${a.ndim}D and ${b.ndim}D`);
    }
    if (a.ndim === 1 && b.ndim === 1) return dot(a, b);
    if (a.ndim === 2 && b.ndim === 1) return mv(a, b);
    if (a.ndim === 1 && b.ndim === 2) return mm(a.unsqueeze(0), b).squeeze(0);
    if (a.ndim === 2 && b.ndim === 2) return mm(a, b);
    if (b.ndim <= 2 && a.ndim >= 3) return foldedProduct(a, b);
    return batchedProduct(a, b);
  },
  composite: true,
});

/** Many rows against one matrix: all batch dimensions in one, one product. */
function foldedProduct(a: Tensor, b: Tensor): Tensor {
  const rows = a.reshape([numel(a.shape.slice(0, -1)), a.shape[a.ndim - 1]]);
  if (b.ndim === 1) return mv(rows, b).reshape(a.shape.slice(0, -1));
  return mm(rows, b).reshape([...a.shape.slice(0, -1), b.shape[1]]);
}

function batchedProduct(a: Tensor, b: Tensor): Tensor {
  const left = a.ndim === 1 ? a.unsqueeze(0) : a;
  const right = b.ndim === 1 ? b.unsqueeze(1) : b;
  const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2));
  const flat = (t: Tensor) => t.expand([...batch, ...t.shape.slice(-2)]).reshape([numel(batch), ...t.shape.slice(-2)]);
  const n = left.shape[left.ndim - 2];
  const m = right.shape[right.ndim - 1];
  const out = bmm(flat(left), flat(right));
  return out.view([...batch, ...(a.ndim === 1 ? [] : [n]), ...(b.ndim === 1 ? [] : [m])]);
}

export const linear = op("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", {
  doc: "`input @ weight.T + bias`: `[*, in], [out, in], [out] → [*, out]`.",
  forward: (input, weight, bias) => {
    if (bias === null) return matmul(input, weight.t());
    if (input.ndim === 2) return addmm(bias, input, weight.t(), 1, 1);
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
