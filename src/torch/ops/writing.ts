/** Ops that exist only in place. */
import { op } from "../dispatch";
import { RuntimeError } from "../errors";
import { broadcastTo, castTo } from "../kernels/copy";
import { map } from "../kernels/elementwise";
import { wrapNumber } from "../promotion";
import { isExpandableTo, sizeText } from "../shape";

// These are declared as functions like every op; users see only `copy_`, `fill_`, `zero_` and `torch.fill`.
export const copy = op("copy(Tensor self, Tensor src) -> Tensor", {
  doc: "Writes `src`, broadcast and cast, into this tensor.",
  forward: (self, src) => {
    if (!isExpandableTo(src.shape, self.shape)) {
      throw new RuntimeError(
        `The expanded size of the tensor (${self.shape.at(-1) ?? 1}) must match the existing size (${src.shape.at(-1) ?? 1}) at non-singleton dimension ${Math.max(0, self.ndim - 1)}.  Target sizes: ${sizeText(self.shape)}.  Tensor sizes: ${sizeText(src.shape)}`,
      );
    }
    return broadcastTo(castTo(src, self.dtype), self.shape);
  },
  grad: { self: (g) => g.zeros_like(), src: (g) => g },
  node: "torch::autograd::CopyBackwards",
  inPlace: true,
  variants: ["in-place"],
});

export const fill = op("fill.Scalar(Tensor self, Scalar value) -> Tensor", {
  doc: "Writes one number everywhere.",
  forward: (self, value) => broadcastTo(castTo(wrapNumber(value), self.dtype), self.shape),
  grad: { self: (g) => g.zeros_like() },
  inPlace: true,
  variants: ["function", "in-place"],
});

export const fillTensor = op("fill.Tensor(Tensor self, Tensor value) -> Tensor", {
  doc: "Writes the value of a scalar tensor everywhere.",
  forward: (self, value) => {
    if (value.ndim > 0) {
      throw new RuntimeError(
        `fill_ only supports 0-dimension value tensor but got tensor with ${value.ndim} dimensions.`,
      );
    }
    return broadcastTo(castTo(value, self.dtype), self.shape);
  },
  grad: { self: (g) => g.zeros_like(), value: (g) => g.sum() },
  node: "FillBackward1",
  inPlace: true,
  variants: ["function", "in-place"],
});

export const zero = op("zero(Tensor self) -> Tensor", {
  doc: "Writes zeros.",
  forward: (self) => map(self, () => 0),
  grad: { self: (g) => g.zeros_like() },
  inPlace: true,
  variants: ["in-place"],
});
