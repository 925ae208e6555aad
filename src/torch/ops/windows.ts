/** Windows for signal processing. */
import { op } from "../dispatch";
import { type DType, get_default_dtype } from "../dtype";
import { RuntimeError } from "../errors";
import { i0 } from "../kernels/special";
import { allocate, type Tensor } from "../tensor";

/** `f(i, n − 1)` for i < n; a periodic window is a symmetric one of n + 1 without its last value. */
function sampled(
  name: string,
  length: number,
  periodic: boolean,
  dtype: DType | null,
  requires_grad: boolean,
  f: (i: number, last: number) => number,
): Tensor {
  if (length < 0) {
    throw new RuntimeError(`${name} requires non-negative window_length, got window_length=${length}`);
  }
  const type = dtype ?? get_default_dtype();
  if (!type.is_floating_point) {
    throw new RuntimeError(`${name} expects floating point dtypes, got: ${type}`);
  }
  const out = allocate([length], type);
  const last = periodic ? length : length - 1;
  for (let i = 0; i < length; i++) out.storageOf.data[i] = length === 1 ? 1 : f(i, last);
  return requires_grad ? out.requires_grad_() : out;
}

const cosine = (alpha: number, beta: number) => (i: number, last: number) =>
  alpha - beta * Math.cos((2 * Math.PI * i) / last);

type Simple =
  "hann_window(int window_length, bool periodic=True, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor";
const simple: [name: string, doc: string, f: (i: number, last: number) => number][] = [
  ["hann", "Hann's window ½ − ½ cos(2πi / N)", cosine(0.5, 0.5)],
  ["bartlett", "Bartlett's triangular window 1 − |2i / N − 1|", (i, last) => 1 - Math.abs((2 * i) / last - 1)],
  [
    "blackman",
    "Blackman's window 0.42 − 0.5 cos(2πi / N) + 0.08 cos(4πi / N)",
    (i, last) => 0.42 - 0.5 * Math.cos((2 * Math.PI * i) / last) + 0.08 * Math.cos((4 * Math.PI * i) / last),
  ],
];
const periodicNote =
  "`periodic` windows (N = window_length) repeat without a seam, symmetric ones have N = window_length − 1.";
for (const [name, doc, f] of simple) {
  const full = `${name}_window`;
  op(
    `${full}(int window_length, bool periodic=True, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor` as Simple,
    {
      doc: `${doc}. ${periodicNote}`,
      forward: (length, periodic, dtype, requires_grad) => sampled(full, length, periodic, dtype, requires_grad, f),
    },
  );
}
op(
  "hamming_window(int window_length, bool periodic=True, float alpha=0.54, float beta=0.46, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: `Hamming's window alpha − beta cos(2πi / N). ${periodicNote}`,
    forward: (length, periodic, alpha, beta, dtype, requires_grad) =>
      sampled("hamming_window", length, periodic, dtype, requires_grad, cosine(alpha, beta)),
  },
);
op(
  "kaiser_window(int window_length, bool periodic=True, float beta=12, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor",
  {
    doc: `Kaiser's window I₀(β √(1 − (2i / N − 1)²)) / I₀(β). ${periodicNote}`,
    forward: (length, periodic, beta, dtype, requires_grad) =>
      sampled("kaiser_window", length, periodic, dtype, requires_grad, (i, last) => {
        const x = (2 * i) / last - 1;
        return i0(beta * Math.sqrt(Math.max(0, 1 - x * x))) / i0(beta);
      }),
  },
);
