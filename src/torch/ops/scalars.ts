/**
 * Arithmetic with a number as PyTorch's own code writes it (`t * 2` in C++): the same values as `mul` and its like, but a
 * node of another number (`MulBackward1`), which shows in the graphs of ops that are made of others.
 */
import { op } from "../dispatch";
import { wrapNumber } from "../promotion";
import { add, div, mul, sub } from "./arithmetic";

export const addScalar = op("add.Scalar(Tensor self, Scalar other) -> Tensor", {
  doc: "`self + other`",
  forward: (a, b) => add(a, wrapNumber(b), 1),
  grad: { self: (g) => g },
  node: "AddBackward1",
  variants: [],
});
export const subScalar = op("sub.Scalar(Tensor self, Scalar other) -> Tensor", {
  doc: "`self − other`",
  forward: (a, b) => sub(a, wrapNumber(b), 1),
  grad: { self: (g) => g },
  node: "SubBackward1",
  variants: [],
});
export const mulScalar = op("mul.Scalar(Tensor self, Scalar other) -> Tensor", {
  doc: "`self · other`",
  forward: (a, b) => mul(a, wrapNumber(b)),
  grad: { self: (g, s) => g.mul(s.other) },
  node: "MulBackward1",
  variants: [],
});
export const divScalar = op("div.Scalar(Tensor self, Scalar other) -> Tensor", {
  doc: "`self / other`",
  forward: (a, b) => div(a, wrapNumber(b)),
  grad: { self: (g, s) => g.div(s.other) },
  node: "DivBackward1",
  variants: [],
});
