/** Sums of products over named or numbered dimensions: einsum, tensordot, inner, chains of matrices. */
import { op } from "../dispatch";
import { RuntimeError } from "../errors";
import { numel, sizeText, wrapDim, wrapDims } from "../shape";
import type { Tensor } from "../tensor";
import { cat } from "./joining";
import { bmm, mm } from "./linalg";

/**
 * Σ over `sumDims` of left · right, both with all dimensions lined up (1 where one lacks it): a batched matrix product with
 * the dimensions grouped into batch, left only, right only and summed ones. Summed dimensions stay, with size 1.
 */
function sumProduct(left: Tensor, right: Tensor, sumDims: readonly number[]): Tensor {
  if (sumDims.length === 0) return left.mul(right);
  const groups = { batch: [] as number[], left: [] as number[], sum: [] as number[], right: [] as number[] };
  for (let i = 0; i < left.ndim; i++) {
    const inLeft = left.shape[i] !== 1;
    const inRight = right.shape[i] !== 1;
    if (sumDims.includes(i)) {
      groups.sum.push(i);
      if (inLeft && !inRight) left = left.sum([i], true);
      else if (inRight && !inLeft) right = right.sum([i], true);
    } else if (inLeft && inRight) groups.batch.push(i);
    else if (inLeft) groups.left.push(i);
    else groups.right.push(i);
  }
  const sizeOf = (t: Tensor, dims: readonly number[]) => numel(dims.map((d) => t.shape[d]));
  const batch = sizeOf(left, groups.batch);
  const order = [...groups.batch, ...groups.left, ...groups.sum, ...groups.right];
  const rightOrder = [...groups.batch, ...groups.sum, ...groups.right, ...groups.left];
  const a = left.permute(order).reshape([batch, sizeOf(left, groups.left), sizeOf(left, groups.sum)]);
  const b = right.permute(rightOrder).reshape([batch, sizeOf(right, groups.sum), sizeOf(right, groups.right)]);
  const shape = [
    ...groups.batch.map((d) => left.shape[d]),
    ...groups.left.map((d) => left.shape[d]),
    ...groups.sum.map(() => 1),
    ...groups.right.map((d) => right.shape[d]),
  ];
  return bmm(a, b)
    .view(shape)
    .permute(order.map((_, d) => order.indexOf(d)));
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ELLIPSIS = ".";

/** Labels of one operand, with one `.` for an ellipsis. */
function labelsOf(text: string, operand: number): string[] {
  const out: string[] = [];
  const s = text.replaceAll(" ", "");
  for (let i = 0; i < s.length; i++) {
    if (s[i] === ".") {
      if (s.slice(i, i + 3) !== "..." || out.includes(ELLIPSIS)) {
        throw new RuntimeError(
          out.includes(ELLIPSIS)
            ? `einsum(): found '.' for operand ${operand} for which an ellipsis was already found`
            : `einsum(): found '.' for operand ${operand} that is not part of any ellipsis`,
        );
      }
      out.push(ELLIPSIS);
      i += 2;
    } else if (LETTERS.includes(s[i])) {
      out.push(s[i]);
    } else {
      throw new RuntimeError(
        `einsum(): invalid subscript given at index ${i} in the equation string, subscripts must be in [a-zA-Z]`,
      );
    }
  }
  return out;
}

/** The dimensions of the result (ellipsis first where no output is given), then those to sum, by label. */
interface Plan {
  order: string[];
  outputs: number;
}

function plan(inputs: string[][], output: string | null): Plan {
  const count = new Map<string, number>();
  for (const labels of inputs) for (const l of labels) count.set(l, (count.get(l) ?? 0) + 1);
  const named = [...count.keys()].filter((l) => l !== ELLIPSIS).sort((a, b) => LETTERS.indexOf(a) - LETTERS.indexOf(b));
  let kept: string[];
  if (output === null) {
    kept = [...(count.has(ELLIPSIS) ? [ELLIPSIS] : []), ...named.filter((l) => count.get(l) === 1)];
  } else {
    kept = labelsOf(output, inputs.length);
    kept.forEach((l, i) => {
      if (kept.indexOf(l) !== i)
        throw new RuntimeError(`einsum(): output subscript ${l} appears more than once in the output`);
      if (!count.has(l) && l !== ELLIPSIS) {
        throw new RuntimeError(`einsum(): output subscript ${l} does not appear in the equation for any input operand`);
      }
    });
  }
  const summed = [...(count.has(ELLIPSIS) ? [ELLIPSIS] : []), ...named].filter((l) => !kept.includes(l));
  return { order: [...kept, ...summed], outputs: kept.length };
}

/** A label that stands twice takes the diagonal. */
function diagonals(t: Tensor, labels: string[], operand: number): { t: Tensor; labels: string[] } {
  for (let i = 0; i < labels.length; i++) {
    const j = labels.indexOf(labels[i], i + 1);
    if (labels[i] === ELLIPSIS || j < 0) continue;
    if (t.shape[i] !== t.shape[j]) {
      throw new RuntimeError(
        `einsum(): subscript ${labels[i]} is repeated for operand ${operand} but the sizes don't match, ${t.shape[j]} != ${t.shape[i]}`,
      );
    }
    // The diagonal comes last; back to where its label stands first.
    t = t.diagonal(0, i, j);
    t = t.movedim(-1, i);
    labels = labels.filter((_, k) => k !== j);
    i--;
  }
  return { t, labels };
}

export const einsum = op("einsum(str equation, Tensor[] operands) -> Tensor", {
  doc: 'Einstein\'s sum of products: `einsum("ij,jk->ik", a, b)` multiplies matrices. Labels missing on the right are summed; `...` stands for broadcast dimensions.',
  forward: (equation, operands) => {
    if (operands.length === 0) throw new RuntimeError("einsum(): must provide at least one operand");
    const [left, right] = equation.split("->");
    const texts = left.split(",");
    if (texts.length !== operands.length) {
      throw new RuntimeError(
        texts.length < operands.length
          ? "einsum(): more operands were provided than specified in the equation"
          : "einsum(): fewer operands were provided than specified in the equation",
      );
    }
    const subscripts = texts.map(labelsOf);
    const { order, outputs } = plan(subscripts, right ?? null);
    const widest = operands.reduce((most, t, i) => {
      const own = t.ndim - subscripts[i].filter((l) => l !== ELLIPSIS).length;
      if (own < 0 || (own > 0 && !subscripts[i].includes(ELLIPSIS))) {
        throw new RuntimeError(
          own < 0 && subscripts[i].includes(ELLIPSIS)
            ? `einsum(): the number of subscripts in the equation (${t.ndim - own}) is more than the number of dimensions (${t.ndim}) for operand ${i}`
            : `einsum(): the number of subscripts in the equation (${t.ndim - own}) does not match the number of dimensions (${t.ndim}) for operand ${i} and no ellipsis was given`,
        );
      }
      return Math.max(most, own);
    }, 0);
    const wide = (labels: readonly string[]) =>
      labels.flatMap((l) => (l === ELLIPSIS ? Array.from({ length: widest }, (_, k) => `.${k}`) : [l]));
    const all = wide(order);
    const outputDims = wide(order.slice(0, outputs)).length;
    const sizes = new Map<string, number>();
    const aligned = operands.map((operand, i) => {
      const own = operand.ndim - subscripts[i].filter((l) => l !== ELLIPSIS).length;
      const labels = subscripts[i].flatMap((l) =>
        l === ELLIPSIS ? Array.from({ length: own }, (_, k) => `.${widest - own + k}`) : [l],
      );
      const { t, labels: kept } = diagonals(operand, labels, i);
      kept.forEach((l, d) => {
        const known = sizes.get(l) ?? 1;
        if (known !== 1 && t.shape[d] !== 1 && known !== t.shape[d]) {
          throw new RuntimeError(
            `einsum(): subscript ${l} has size ${t.shape[d]} for operand ${i} which does not broadcast with previously seen size ${known}`,
          );
        }
        if (known === 1) sizes.set(l, t.shape[d]);
      });
      const present = all.filter((l) => kept.includes(l));
      let lined = t.permute(present.map((l) => kept.indexOf(l)));
      all.forEach((l, d) => {
        if (!kept.includes(l)) lined = lined.unsqueeze(d);
      });
      return lined;
    });
    return contract(aligned, all.length, outputDims);
  },
  composite: true,
  variants: ["function"],
});

/** From left to right; a dimension is summed as soon as no later operand has it. */
function contract(operands: Tensor[], dims: number, outputs: number): Tensor {
  const uses = Array.from({ length: dims }, (_, d) => operands.filter((t) => t.shape[d] !== 1).length);
  let result = operands[0];
  for (const operand of operands.slice(1)) {
    let a = result;
    let b = operand;
    const both: number[] = [];
    const onlyA: number[] = [];
    const onlyB: number[] = [];
    for (let d = outputs; d < dims; d++) {
      if (a.shape[d] !== 1 && b.shape[d] !== 1) {
        if (--uses[d] === 1) {
          both.push(d);
          uses[d] = 0;
        }
      } else if (uses[d] === 1) {
        if (a.shape[d] !== 1) {
          onlyA.push(d);
          uses[d] = 0;
        } else if (b.shape[d] !== 1) {
          onlyB.push(d);
          uses[d] = 0;
        }
      }
    }
    if (onlyA.length > 0) a = a.sum(onlyA, true);
    if (onlyB.length > 0) b = b.sum(onlyB, true);
    result = sumProduct(a, b, both);
  }
  if (dims === outputs) return result;
  if (operands.length > 1) return result.view(result.shape.slice(0, outputs));
  return result.sum(Array.from({ length: dims - outputs }, (_, i) => outputs + i));
}

function contractDims(a: Tensor, b: Tensor, dimsA: readonly number[], dimsB: readonly number[]): Tensor {
  if (dimsA.length !== dimsB.length) {
    throw new RuntimeError("both dimension lists should have same length");
  }
  const first = wrapDims(dimsA, a.ndim);
  const second = wrapDims(dimsB, b.ndim);
  if (dimsA.length === 0) {
    first.length = 0;
    second.length = 0;
  }
  first.forEach((d, i) => {
    const e = second[i];
    if (a.shape[d] === b.shape[e]) return;
    if (b.shape[e] === 1) a = a.sum([d], true);
    else if (a.shape[d] === 1) b = b.sum([e], true);
    else {
      throw new RuntimeError(
        `contracted dimensions need to match, but first has size ${a.shape[d]} in dim ${dimsA[i]} and second has size ${b.shape[e]} in dim ${dimsB[i]}`,
      );
    }
  });
  const keptA = a.shape.map((_, i) => i).filter((i) => !first.includes(i));
  const keptB = b.shape.map((_, i) => i).filter((i) => !second.includes(i));
  const common = numel(first.map((d) => a.shape[d]));
  const left = a.permute([...keptA, ...first]).reshape([numel(keptA.map((d) => a.shape[d])), common]);
  const right = b.permute([...second, ...keptB]).reshape([common, numel(keptB.map((d) => b.shape[d]))]);
  return mm(left, right).reshape([...keptA.map((d) => a.shape[d]), ...keptB.map((d) => b.shape[d])]);
}

const range = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i);

op("tensordot(Tensor self, Tensor other, int dims=2) -> Tensor", {
  doc: "The sum of products over the last `dims` dimensions of one tensor and the first of the other.",
  forward: (a, b, dims) => {
    if (dims < 0) throw new RuntimeError(`tensordot expects dims >= 0, but got dims=${dims}`);
    return contractDims(a, b, range(dims, -dims), range(dims));
  },
  composite: true,
  variants: ["function"],
});

op("tensordot.lists(Tensor self, Tensor other, int[][] dims) -> Tensor", {
  doc: "The sum of products over pairs of dimensions, named in one list for each tensor.",
  forward: (a, b, dims) => {
    const [first, second] = dims as unknown as [number[] | number, number[] | number];
    return contractDims(a, b, [first].flat(), [second].flat());
  },
  composite: true,
  variants: ["function"],
});

op("inner(Tensor self, Tensor other) -> Tensor", {
  doc: "The sum of products over the last dimensions of both.",
  forward: (a, b) => {
    if (a.ndim === 0 || b.ndim === 0) return a.mul(b);
    const [m, n] = [a.shape[a.ndim - 1], b.shape[b.ndim - 1]];
    if (m !== n) {
      throw new RuntimeError(
        `inner() the last dimension must match on both input tensors but got shapes ${sizeText(a.shape)} and ${sizeText(b.shape)}`,
      );
    }
    return contractDims(a, b, [-1], [-1]);
  },
  composite: true,
});

op("bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor", {
  doc: "xᵀ W y + b for each output: `[*, n], [*, m], [out, n, m], [out] → [*, out]`.",
  forward: (x, y, weight, bias) => {
    if (x.ndim !== y.ndim) {
      throw new RuntimeError(`bilinear(): input dimensions do not match: got ${x.ndim} and ${y.ndim}`);
    }
    x.shape.slice(0, -1).forEach((size, i) => {
      if (size !== y.shape[i]) {
        throw new RuntimeError(
          `bilinear(): input batch dimensions do not match at dim ${i}: got ${size} and ${y.shape[i]}`,
        );
      }
    });
    const [out, n, m] = weight.shape;
    if (x.shape[x.ndim - 1] !== n) {
      throw new RuntimeError(
        `bilinear(): input1 size does not match weight size: got ${x.shape[x.ndim - 1]} but expected ${n}`,
      );
    }
    if (y.shape[y.ndim - 1] !== m) {
      throw new RuntimeError(
        `bilinear(): input2 size does not match weight size: got ${y.shape[y.ndim - 1]} but expected ${m}`,
      );
    }
    const batch = x.shape.slice(0, -1);
    const rows = numel(batch);
    const result = trilinear(x.reshape([rows, n]), weight, y.reshape([rows, m])).reshape([...batch, out]);
    return bias === null ? result : result.add(bias);
  },
  composite: true,
  variants: ["nn.functional"],
});

// oₐₖ = Σᵢⱼ xₐᵢ Wₖᵢⱼ yₐⱼ
const trilinear = op("_trilinear(Tensor i1, Tensor i2, Tensor i3) -> Tensor", {
  doc: "Rows of one matrix and rows of another through a stack of matrices.",
  forward: (x, w, y) => contracted(x, w, y),
  grad: {
    i1: ["i2 i3", (g, s) => einsum("ak,kij,aj->ai", [g, s.i2, s.i3])],
    i2: ["i1 i3", (g, s) => einsum("ak,ai,aj->kij", [g, s.i1, s.i3])],
    i3: ["i1 i2", (g, s) => einsum("ak,kij,ai->aj", [g, s.i2, s.i1])],
  },
  variants: [],
});

const contracted = (x: Tensor, w: Tensor, y: Tensor): Tensor => einsum("ai,kij,aj->ak", [x, w, y]);

/** The cheapest order of products of a chain, by dynamic programming over its sizes. */
function chainOrder(sizes: readonly number[]): number[][] {
  const n = sizes.length - 1;
  const cost = range(n).map(() => new Array<number>(n).fill(0));
  const split = range(n).map(() => new Array<number>(n).fill(0));
  for (let length = 1; length < n; length++) {
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      cost[i][j] = Number.POSITIVE_INFINITY;
      for (let k = i; k < j; k++) {
        const c = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
        if (c < cost[i][j]) {
          cost[i][j] = c;
          split[i][j] = k;
        }
      }
    }
  }
  return split;
}

function multiDot(tensors: readonly Tensor[]): Tensor {
  if (tensors.length < 2) throw new RuntimeError(`multi_dot(): expected at least 2 tensors but got ${tensors.length}`);
  const last = tensors.length - 1;
  const first = tensors[0].ndim === 1 ? tensors[0].unsqueeze(0) : tensors[0];
  const end = tensors[last].ndim === 1 ? tensors[last].unsqueeze(-1) : tensors[last];
  tensors.forEach((t, i) => {
    const edge = i === 0 || i === last;
    if (t.ndim !== 2 && !(edge && t.ndim === 1)) {
      const words =
        i === 0
          ? "the first tensor must be 1D or 2D"
          : i === last
            ? "the last tensor must be 1D or 2D"
            : `tensor ${i} must be 2D`;
      throw new RuntimeError(`multi_dot(): ${words} but got ${t.ndim}D`);
    }
  });
  const chain = [first, ...tensors.slice(1, last), end];
  const shape = [
    ...(tensors[0].ndim === 1 ? [] : [first.shape[0]]),
    ...(tensors[last].ndim === 1 ? [] : [end.shape[1]]),
  ];
  chain.forEach((t, i) => {
    if (i > 0 && chain[i - 1].shape[1] !== t.shape[0]) {
      const p = chain[i - 1].shape;
      throw new RuntimeError(
        `multi_dot(): tensors ${i - 1} and ${i} with shapes ${sizeText(p)} and ${sizeText(t.shape)} cannot be multiplied`,
      );
    }
  });
  const split = chainOrder([chain[0].shape[0], ...chain.map((t) => t.shape[1])]);
  const multiply = (i: number, j: number): Tensor =>
    i === j ? chain[i] : mm(multiply(i, split[i][j]), multiply(split[i][j] + 1, j));
  return multiply(0, last).view(shape);
}

op("linalg_multi_dot(Tensor[] tensors) -> Tensor", {
  doc: "The product of a chain of matrices, in the order that costs least; the first and the last may be vectors.",
  forward: multiDot,
  composite: true,
  variants: ["linalg"],
});

op("chain_matmul(Tensor[] matrices) -> Tensor", {
  doc: "The product of a chain of matrices; `torch.linalg.multi_dot` is its newer name.",
  forward: (matrices) => (matrices.length === 1 ? matrices[0] : multiDot(matrices)),
  composite: true,
});

op("linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor", {
  doc: "The sum of products along a dimension, broadcast.",
  forward: (x, y, dim) => {
    if (!x.is_floating_point()) {
      throw new RuntimeError(
        `linalg.vecdot: Expected a floating point or complex tensor as input. Got ${x.dtype.scalarName}`,
      );
    }
    if (x.ndim === 1 && y.ndim === 1) return x.vdot(y);
    return x.mul(y).sum([wrapDim(dim, Math.max(x.ndim, y.ndim))]);
  },
  composite: true,
  variants: ["linalg"],
});

op("linalg_vander(Tensor x, *, int? N=None) -> Tensor", {
  doc: "Powers 0 to N − 1 of each element as rows (Vandermonde): `[*, n] → [*, n, N]`, N = n by default.",
  forward: (given, n) => {
    // A scalar is a vector of one.
    const x = given.ndim === 0 ? given.unsqueeze(0) : given;
    const count = n ?? x.shape[x.ndim - 1];
    if (count <= 1) throw new RuntimeError("N must be greater than 1.");
    const powers = x
      .unsqueeze(-1)
      .expand([...x.shape, count - 1])
      .cumprod(-1);
    return cat([x.new_ones([...x.shape, 1]), powers], -1);
  },
  composite: true,
  variants: ["linalg"],
});
