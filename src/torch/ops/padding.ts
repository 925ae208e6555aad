/** Padding of the last dimensions. */
import { type Op, op } from "../dispatch";
import { NotImplementedError, RuntimeError } from "../errors";
import { applyMaps, type LinearMap, linearMap, spreadMaps } from "../kernels/separable";
import { sizeText } from "../shape";
import { allocate, type Tensor } from "../tensor";

const CONSTANT = "constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor";

// What the padding added gets no gradient: it is cut off.
export const constant_pad_nd: Op<typeof CONSTANT> = op(CONSTANT, {
  doc: "A constant before and behind, pairs from the last dimension backwards; negative numbers cut off.",
  forward: (x, pad, value) => {
    if (pad.length % 2 !== 0) {
      throw new RuntimeError(`Length of pad must be even but instead it equals ${pad.length}`);
    }
    if (pad.length > 2 * x.ndim) {
      throw new RuntimeError(
        `Length of pad should be no more than twice the number of dimensions of the input. Pad length is ${pad.length}while the input has ${x.ndim}dimensions.`,
      );
    }
    const shape = [...x.shape];
    let source = x;
    const places: [number, number, number][] = [];
    for (let k = 0; k < pad.length / 2; k++) {
      const d = x.ndim - 1 - k;
      const [before, behind] = [pad[2 * k], pad[2 * k + 1]];
      shape[d] += before + behind;
      if (shape[d] < 0) {
        throw new RuntimeError(
          `The input size ${x.shape[d]}, plus negative padding ${before} and ${behind} resulted in a negative output size, which is invalid. Check dimension ${d} of your input.`,
        );
      }
      const start = Math.max(0, -before);
      const length = x.shape[d] - start - Math.max(0, -behind);
      source = source.narrow(d, Math.min(start, x.shape[d]), Math.max(0, length));
      places.push([d, Math.max(0, before), Math.max(0, length)]);
    }
    const out = allocate(shape, x.dtype);
    out.storageOf.data.fill(x.dtype.cast(Number(value)));
    let target = out;
    for (const [d, start, length] of places) target = target.narrow(d, Math.min(start, target.shape[d]), length);
    if (source.numel() > 0) target.copy_(source);
    return out;
  },
  grad: {
    self: (g, s) =>
      constant_pad_nd(
        g,
        s.pad.map((p) => -p),
        0,
      ),
  },
  variants: ["function"],
});

type Mode = "reflect" | "replicate";

/** Where output `i` of one dimension reads. */
function source(i: number, before: number, size: number, mode: Mode): number {
  const at = i - before;
  if (mode === "replicate") return Math.min(Math.max(at, 0), size - 1);
  const folded = at < 0 ? -at : at;
  return folded >= size ? 2 * (size - 1) - folded : folded;
}

/** Maps of the last dimensions, first to last. */
function padMaps(sizes: readonly number[], pad: readonly number[], mode: Mode): LinearMap[] {
  return sizes.map((size, i) => {
    const k = sizes.length - 1 - i;
    const before = pad[2 * k];
    return linearMap(size, size + before + pad[2 * k + 1], (o, add) => add(source(o, before, size, mode), 1));
  });
}

function checkPad(x: Tensor, pad: readonly number[], n: number, mode: Mode): void {
  const name = mode === "reflect" ? "reflection" : "replication";
  const lead = x.ndim - n;
  if (lead !== 1 && lead !== 2) {
    throw new RuntimeError(
      `Expected ${n + 1}D or ${n + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: ${sizeText(x.shape)}`,
    );
  }
  for (let k = 0; k < n; k++) {
    const d = x.ndim - 1 - k;
    const [before, behind] = [pad[2 * k], pad[2 * k + 1]];
    if (mode === "reflect" && (before >= x.shape[d] || behind >= x.shape[d])) {
      throw new RuntimeError(
        `Argument #${4 + 2 * k}: Padding size should be less than the corresponding input dimension, but got: padding (${before}, ${behind}) at dimension ${d} of input ${sizeText(x.shape)}`,
      );
    }
    if (x.shape[d] + before + behind < 1) {
      throw new RuntimeError(
        `input (${x.shape.slice(-n).join("x")}) is too small: calculated output of ${name}_pad${n}d has no elements`,
      );
    }
  }
}

/** reflection_pad1d … replication_pad3d, each with the transposed map as its derivative. */
function padOps(mode: Mode, n: number): (x: Tensor, pad: number[]) => Tensor {
  const name = `${mode === "reflect" ? "reflection" : "replication"}_pad${n}d`;
  const text = `${name}(Tensor self, int[${2 * n}] padding) -> Tensor` as "pad(Tensor self, int[] padding) -> Tensor";
  const backwardText =
    `${name}_backward(Tensor grad_output, Tensor self, int[${2 * n}] padding) -> Tensor` as "pad_backward(Tensor grad_output, Tensor self, int[] padding) -> Tensor";
  const forward: Op<typeof text> = op(text, {
    doc: `Padding of the last ${n} dimension${n > 1 ? "s" : ""} by ${mode === "reflect" ? "mirroring" : "repeating the edge"}.`,
    forward: (x, pad) => {
      checkPad(x, pad, n, mode);
      return applyMaps(x, padMaps(x.shape.slice(-n), pad, mode));
    },
    grad: { self: ["self", (g, s) => backward(g, s.self, s.padding)] },
    variants: [],
  });
  const backward = op(backwardText, {
    doc: "The gradient added up where it was read.",
    forward: (g, x, pad) => spreadMaps(g, padMaps(x.shape.slice(-n), pad, mode)),
    grad: { grad_output: (g, s) => forward(g, s.padding), self: (_, s) => zerosFor(s.self) },
    variants: [],
  });
  return forward;
}

/** A derivative that is zero, but part of the graph as in PyTorch. */
export function zerosFor(meta: { shape: number[]; dtype: Tensor["dtype"] }): Tensor {
  return allocate(meta.shape, meta.dtype);
}

const padders = {
  reflect: [1, 2, 3].map((n) => padOps("reflect", n)),
  replicate: [1, 2, 3].map((n) => padOps("replicate", n)),
};

/** Copies of the other end before and behind, written into fresh memory as PyTorch does. */
function circular(x: Tensor, pad: readonly number[]): Tensor {
  const n = pad.length / 2;
  const shape = [...x.shape];
  for (let k = 0; k < n; k++) {
    const d = x.ndim - 1 - k;
    const [before, behind] = [pad[2 * k], pad[2 * k + 1]];
    shape[d] += before + behind;
    if (before > x.shape[d] || behind > x.shape[d]) {
      throw new RuntimeError("Padding value causes wrapping around more than once.");
    }
    if (shape[d] < 0) throw new RuntimeError("Negative padding value is resulting in an empty dimension");
  }
  const out = x.new_empty(shape);
  let from = x;
  let to = out;
  for (let k = 0; k < n; k++) {
    const d = x.ndim - 1 - k;
    const [before, behind] = [pad[2 * k], pad[2 * k + 1]];
    const kept = shape[d] - Math.max(before, 0) - Math.max(behind, 0);
    to = to.narrow(d, Math.max(before, 0), kept);
    from = from.narrow(d, Math.max(-before, 0), kept);
  }
  to.copy_(from);
  for (let k = 0; k < n; k++) {
    const d = x.ndim - 1 - k;
    const [before, behind] = [pad[2 * k], pad[2 * k + 1]];
    const end = shape[d];
    if (before > 0) out.narrow(d, 0, before).copy_(out.narrow(d, end - before - Math.max(behind, 0), before));
    if (behind > 0) out.narrow(d, end - behind, behind).copy_(out.narrow(d, Math.max(before, 0), behind));
  }
  return out;
}

export const pad = op("pad(Tensor input, int[] pad, str mode='constant', Scalar? value=None) -> Tensor", {
  doc: 'Padding of the last dimensions, pairs from the last one backwards: "constant" with `value`, "reflect", "replicate" or "circular".',
  forward: (x, pad, mode, value) => {
    if (pad.length % 2 !== 0) throw new RuntimeError("Padding length must be divisible by 2");
    if (pad.length > x.ndim * 2) throw new RuntimeError("Padding length too large");
    if (mode === "constant") return constant_pad_nd(x, pad, value ?? 0);
    if (value !== null && value !== 0) {
      throw new RuntimeError(`Padding mode "${mode}" doesn't take in value argument`);
    }
    const n = pad.length / 2;
    if (n <= 3 && (x.ndim === n + 1 || x.ndim === n + 2)) {
      if (mode === "reflect") return padders.reflect[n - 1](x, pad);
      if (mode === "replicate") return padders.replicate[n - 1](x, pad);
      if (mode === "circular") return circular(x, pad);
      throw new NotImplementedError(`Unrecognised padding mode ${mode}`);
    }
    throw new NotImplementedError("Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now");
  },
  composite: true,
  variants: ["nn.functional"],
});
