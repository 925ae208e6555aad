/**
 * Fourier transforms whose results are real. Real input stands for a spectrum without imaginary parts; the transforms with
 * complex results throw NotImplementedError.
 */
import { type Op, op } from "../dispatch";
import { type DType, get_default_dtype } from "../dtype";
import { NotImplementedError, RuntimeError } from "../errors";
import { elements } from "../kernels/copy";
import { resized, type Spectrum, transformAlong } from "../kernels/fourier";
import { floatType } from "../promotion";
import { numel, wrapDim, wrapDims } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";

/** What the sum is multiplied by: 1 / n backwards ("backward"), 1 / √n ("ortho"), 1 / n forwards ("forward"). */
function scaleOf(norm: string | null, n: number, inverse: boolean): number {
  switch (norm ?? "backward") {
    case "backward":
      return inverse ? 1 / n : 1;
    case "forward":
      return inverse ? 1 : 1 / n;
    case "ortho":
      return 1 / Math.sqrt(n);
    default:
      throw new RuntimeError(`Invalid normalization mode: "${norm}"`);
  }
}

/** Real numbers as a spectrum. */
const spectrum = (t: Tensor): Spectrum => ({
  re: Float64Array.from(elements(t)),
  im: new Float64Array(t.numel()),
  shape: [...t.shape],
});

function real({ re, shape }: Spectrum, scale: number, dtype: DType): Tensor {
  const out = allocate(shape, dtype);
  out.storageOf.data.set(re.map((v) => v * scale));
  return out;
}

const HERMITIAN = "_fft_c2r(Tensor self, int[] dim, int[] sizes, float scale, bool inverse) -> Tensor";
const ADJOINT = "_fft_c2r_adjoint(Tensor grad, int[] shape, int[] dim, float scale, bool inverse) -> Tensor";

/**
 * The transform over `dim` to `sizes` of a spectrum that is Hermitian in the last of them, of which half is stored:
 * y_k = x₀ + Σ 2 Re(x_j e^(±2πi jk / n)) + (−1)ᵏ x_{n/2}. Linear and real, so the derivative is its transpose.
 */
const hermitian: Op<typeof HERMITIAN> = op(HERMITIAN, {
  doc: "A Hermitian spectrum's real transform.",
  forward: (t, dim, sizes, scale, inverse) => {
    const last = dim[dim.length - 1];
    const n = sizes[sizes.length - 1];
    let s = spectrum(t);
    dim.slice(0, -1).forEach((d, i) => {
      s = resized(s, d, sizes[i]);
      transformAlong(s, d, inverse);
    });
    const half = resized(s, last, Math.floor(n / 2) + 1);
    s = mirrored(half, last, n);
    transformAlong(s, last, inverse);
    return real(s, scale, t.dtype);
  },
  grad: { self: (g, s) => adjoint(g, s.self.shape, s.dim, s.scale, s.inverse) },
  node: "FftC2RBackward0",
  variants: [],
});

/** The whole spectrum of a real signal from its first half: x_{n−j} is x_j's conjugate. */
function mirrored(half: Spectrum, dim: number, n: number): Spectrum {
  const known = half.shape[dim];
  const full = resized(half, dim, n);
  const inner = numel(full.shape.slice(dim + 1));
  const outer = numel(full.shape.slice(0, dim));
  const at = (o: number, k: number, i: number) => (o * n + k) * inner + i;
  // Read from the half: beyond the middle only what is there counts.
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      for (let k = known; k < n; k++) {
        full.re[at(o, k, i)] = full.re[at(o, n - k, i)];
        full.im[at(o, k, i)] = -full.im[at(o, n - k, i)];
      }
      full.im[at(o, 0, i)] = 0;
      if (n % 2 === 0) full.im[at(o, n / 2, i)] = 0;
    }
  }
  return full;
}

// The conjugate transform of the cotangent: entries with a mirror image count twice.
const adjoint: Op<typeof ADJOINT> = op(ADJOINT, {
  doc: "The transpose of a Hermitian spectrum's real transform.",
  forward: (g, shape, dim, scale, inverse) => {
    const last = dim[dim.length - 1];
    const n = g.shape[last];
    const half = Math.floor(n / 2) + 1;
    let s = spectrum(g);
    transformAlong(s, last, !inverse);
    s = resized(s, last, half);
    const inner = numel(s.shape.slice(last + 1));
    for (let i = 0; i < s.re.length; i++) {
      const k = Math.floor(i / inner) % half;
      const single = k === 0 || (n % 2 === 0 && k === n / 2);
      s.re[i] *= single ? 1 : 2;
      s.im[i] *= single ? 0 : 2;
    }
    s = resized(s, last, shape[last]);
    for (const d of dim.slice(0, -1)) {
      transformAlong(s, d, !inverse);
      s = resized(s, d, shape[d]);
    }
    return real(s, scale, g.dtype);
  },
  grad: {
    grad: (g, s) =>
      hermitian(
        g,
        s.dim,
        s.dim.map((d) => s.grad.shape[d]),
        s.scale,
        s.inverse,
      ),
  },
  node: "FftR2CBackward0",
  variants: [],
});

/** Sizes and dimensions that go together: the last ones for sizes alone, all for neither. */
function plan(
  t: Tensor,
  s: number[] | null,
  dim: number[] | null,
  name: string,
): { dims: number[]; sizes: (number | null)[] } {
  const dims =
    dim !== null
      ? wrapDims(dim, t.ndim)
      : s !== null
        ? Array.from({ length: s.length }, (_, i) => t.ndim - s.length + i)
        : t.shape.map((_, i) => i);
  if (dim !== null && dim.length === 0) dims.length = 0;
  if (new Set(dims).size !== dims.length) throw new RuntimeError("FFT dims must be unique");
  if (s !== null && s.length !== dims.length) {
    throw new RuntimeError("When given, dim and shape arguments must have the same length");
  }
  if (s !== null && s.length > t.ndim) {
    throw new RuntimeError(`Got shape with ${s.length} values but input tensor only has ${t.ndim} dimensions.`);
  }
  if (dims.length === 0) throw new RuntimeError(`${name} must transform at least one axis`);
  return { dims, sizes: s === null ? dims.map(() => null) : s.map((v) => (v === -1 ? null : v)) };
}

function realTransform(
  t: Tensor,
  s: number[] | null,
  dim: number[] | null,
  norm: string | null,
  inverse: boolean,
  name: string,
): Tensor {
  const { dims, sizes } = plan(t, s, dim, name);
  const full = sizes.map((size, i) => {
    if (size !== null) return size;
    return i === dims.length - 1 ? 2 * (t.shape[dims[i]] - 1) : t.shape[dims[i]];
  });
  for (const n of full) {
    if (n < 1) throw new RuntimeError(`Invalid number of data points (${n}) specified`);
  }
  const x = t.is_floating_point() ? t : t.to(floatType(t.dtype));
  return hermitian(x, dims, full, scaleOf(norm, numel(full), inverse), inverse);
}

const oneDimensional: [string, boolean, string][] = [
  [
    "hfft",
    false,
    "The transform of a real signal's spectrum, of which half is given: its result is real. The inverse of `ihfft`.",
  ],
  ["irfft", true, "The inverse of `rfft`: a real signal from half its spectrum."],
];
for (const [name, inverse, doc] of oneDimensional) {
  type One = "f(Tensor self, int? n=None, int dim=-1, str? norm=None) -> Tensor";
  type Many = "f(Tensor self, int[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor";
  op(`fft_${name}(Tensor self, int? n=None, int dim=-1, str? norm=None) -> Tensor` as One, {
    doc,
    forward: (t, n, dim, norm) => realTransform(t, n === null ? null : [n], [dim], norm, inverse, name),
    composite: true,
    variants: ["fft"],
  });
  op(`fft_${name}2(Tensor self, int[1]? s=None, int[1] dim=[-2,-1], str? norm=None) -> Tensor` as Many, {
    doc: `${doc} Over two dimensions, the last halved.`,
    forward: (t, s, dim, norm) => realTransform(t, s, dim, norm, inverse, `${name}2`),
    composite: true,
    variants: ["fft"],
  });
  op(`fft_${name}n(Tensor self, int[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor` as Many, {
    doc: `${doc} Over several dimensions, the last halved.`,
    forward: (t, s, dim, norm) => realTransform(t, s, dim, norm, inverse, `${name}n`),
    composite: true,
    variants: ["fft"],
  });
}

const complexOnes = ["fft", "ifft", "rfft", "ihfft"].flatMap((n) => [n, `${n}2`, `${n}n`]);
for (const name of complexOnes) {
  const size =
    /[2n]$/.test(name) && name !== "fftn" ? "int[1]? s=None, int[1]? dim=None" : "int[1]? n=None, int[1]? dim=None";
  op(
    `fft_${name}(Tensor self, ${size}, str? norm=None) -> Tensor` as "f(Tensor self, int[1]? n=None, int[1]? dim=None, str? norm=None) -> Tensor",
    {
      doc: "Its result is complex: throws NotImplementedError.",
      forward: () => {
        throw new NotImplementedError(
          `torch.fft.${name}: its result is complex, and complex tensors are not supported`,
        );
      },
      composite: true,
      variants: ["fft"],
    },
  );
}

function shifted(t: Tensor, dim: number[] | null, shift: (n: number) => number): Tensor {
  const dims = dim === null ? t.shape.map((_, i) => i) : dim.map((d) => wrapDim(d, t.ndim));
  return t.roll(
    dims.map((d) => shift(t.shape[d])),
    dims,
  );
}

op("fft_fftshift(Tensor self, int[1]? dim=None) -> Tensor", {
  doc: "The zero frequency moved to the middle.",
  forward: (t, dim) => shifted(t, dim, (n) => Math.floor(n / 2)),
  composite: true,
  variants: ["fft"],
});
op("fft_ifftshift(Tensor self, int[1]? dim=None) -> Tensor", {
  doc: "The zero frequency moved from the middle to the front.",
  forward: (t, dim) => shifted(t, dim, (n) => Math.floor((n + 1) / 2)),
  composite: true,
  variants: ["fft"],
});

function frequencies(
  count: number,
  n: number,
  d: number,
  at: (i: number) => number,
  dtype: DType | null,
  grad: boolean,
): Tensor {
  const type = dtype ?? get_default_dtype();
  const data = type.allocate(count);
  for (let i = 0; i < count; i++) data[i] = type.cast(at(i) / (n * d));
  const out = fromData(data, type, [count]);
  if (grad) out.requires_grad = true;
  return out;
}

op("fft_fftfreq(int n, float d=1, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "The frequencies of a transform of length `n` with samples `d` apart: 0, 1, …, −2, −1 over n d.",
  forward: (n, d, dtype, grad) => frequencies(n, n, d, (i) => (i < Math.floor((n + 1) / 2) ? i : i - n), dtype, grad),
  variants: ["fft"],
});
op("fft_rfftfreq(int n, float d=1, *, ScalarType? dtype=None, bool requires_grad=False) -> Tensor", {
  doc: "The frequencies of a real transform of length `n`: 0, 1, … up to n / 2, over n d.",
  forward: (n, d, dtype, grad) => frequencies(Math.floor(n / 2) + 1, n, d, (i) => i, dtype, grad),
  variants: ["fft"],
});
