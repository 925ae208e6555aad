/** Short-time Fourier transforms in their real form: real and imaginary parts as a last dimension of size 2. */
import { type Op, op } from "../dispatch";
import { NotImplementedError, RuntimeError } from "../errors";
import { elements } from "../kernels/copy";
import { transform } from "../kernels/fourier";
import { numel, sizeText } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { col2im } from "./convolution";
import { constant_pad_nd, pad } from "./padding";

const FRAMES = "_stft_spectra(Tensor frames, int bins) -> Tensor";
const ADJOINT = "_stft_signals(Tensor spectra, int length) -> Tensor";

// X_k = Σ x_j e^(−2πi jk / n) for the first bins: [*, frames, n] → [*, bins, frames, 2]
const spectra: Op<typeof FRAMES> = op(FRAMES, {
  doc: "Spectra of frames.",
  forward: (x, bins) => {
    const [count, n] = x.shape.slice(-2);
    const batch = x.shape.slice(0, -2);
    const out = allocate([...batch, bins, count, 2], x.dtype);
    const data = elements(x);
    for (let b = 0; b < numel(batch); b++) {
      for (let t = 0; t < count; t++) {
        const re = Float64Array.from(data.subarray((b * count + t) * n, (b * count + t + 1) * n));
        const im = new Float64Array(n);
        transform(re, im, false);
        for (let k = 0; k < bins; k++) {
          const at = ((b * bins + k) * count + t) * 2;
          out.storageOf.data[at] = re[k];
          out.storageOf.data[at + 1] = im[k];
        }
      }
    }
    return out;
  },
  grad: { frames: (g, s) => signals(g, s.frames.shape[s.frames.shape.length - 1]) },
  node: "ViewAsRealBackward0",
  variants: [],
});

// Its transpose: x_j = Re Σ X_k e^(2πi jk / n)
const signals: Op<typeof ADJOINT> = op(ADJOINT, {
  doc: "Frames from spectra.",
  forward: (s, n) => {
    const [bins, count] = s.shape.slice(-3);
    const batch = s.shape.slice(0, -3);
    const out = allocate([...batch, count, n], s.dtype);
    const data = elements(s);
    for (let b = 0; b < numel(batch); b++) {
      for (let t = 0; t < count; t++) {
        const re = new Float64Array(n);
        const im = new Float64Array(n);
        for (let k = 0; k < bins; k++) {
          const at = ((b * bins + k) * count + t) * 2;
          re[k] = data[at];
          im[k] = data[at + 1];
        }
        transform(re, im, true);
        out.storageOf.data.set(re, (b * count + t) * n);
      }
    }
    return out;
  },
  grad: { spectra: (g, s) => spectra(g, s.spectra.shape[s.spectra.shape.length - 3]) },
  node: "FftC2RBackward0",
  variants: [],
});

/** The window under the transform's length: zeros on both sides of a shorter one, ones where none is given. */
function fitted(window: Tensor | null, length: number, n: number, like: Tensor): Tensor {
  const w = window ?? like.new_ones([length]);
  if (length === n) return w;
  const left = Math.floor((n - length) / 2);
  return constant_pad_nd(w, [left, n - length - left], 0);
}

op(
  "stft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool center=True, str pad_mode='reflect', bool normalized=False, bool? onesided=None, bool? return_complex=None) -> Tensor",
  {
    doc: "Spectra of windows a hop apart: `[*, samples] → [*, bins, frames, 2]`, real and imaginary parts. A complex result throws NotImplementedError.",
    forward: (input, n, hop, win, window, center, padMode, normalized, onesided, complex) => {
      if (complex === true) {
        throw new NotImplementedError(
          "torch.stft: with return_complex=True its result is complex, and complex tensors are not supported",
        );
      }
      const step = hop ?? Math.floor(n / 4);
      const length = win ?? n;
      const fail = (what: string): never => {
        throw new RuntimeError(
          `stft(torch.${input.dtype.scalarName}Tensor${sizeText(input.shape)}, n_fft=${n}, hop_length=${step}, win_length=${length}, window=${window === null ? "None" : `torch.${window.dtype.scalarName}Tensor{${sizeText(window.shape)}}`}, normalized=${Number(normalized)}, onesided=${onesided === null ? "None" : Number(onesided)}, return_complex=${complex === null ? "None" : 0}) : ${what}`,
        );
      };
      if (input.ndim !== 1 && input.ndim !== 2) fail("expected a 1D or 2D tensor");
      let x = input;
      if (center) {
        const half = Math.floor(n / 2);
        const lead = [...new Array(3 - input.ndim).fill(1), ...input.shape];
        const padded = pad(input.view(lead), [half, half], padMode, null);
        x = padded.view([...input.shape.slice(0, -1), padded.shape[2]]);
      }
      const samples = x.shape[x.ndim - 1];
      if (n <= 0 || n > samples) fail(`expected 0 < n_fft < ${samples}, but got n_fft=${win ?? n}`);
      if (step <= 0) fail(`expected hop_length > 0, but got hop_length=${step}`);
      if (length <= 0 || length > n) fail(`expected 0 < win_length <= n_fft, but got win_length=${length}`);
      if (window !== null && (window.ndim !== 1 || window.shape[0] !== length)) {
        fail(
          `expected a 1D window tensor of size equal to win_length=${length}, but got window with size ${sizeText(window.shape)}`,
        );
      }
      let frames = x.unfold(-1, n, step);
      if (window !== null || length < n) frames = frames.mul(fitted(window, length, n, x));
      const bins = (onesided ?? true) ? Math.floor(n / 2) + 1 : n;
      return spectra(normalized ? frames.div(Math.sqrt(n)) : frames, bins);
    },
    composite: true,
  },
);

op(
  "istft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool center=True, bool normalized=False, bool? onesided=None, int? length=None, bool return_complex=False) -> Tensor",
  {
    doc: "The signal of overlapping spectra, the inverse of `stft` in the least-squares sense: `[*, bins, frames, 2] → [*, samples]`.",
    forward: (input, n, hop, win, window, center, normalized, onesided, wanted, complex) => {
      if (complex) {
        throw new NotImplementedError(
          "torch.istft: with return_complex=True its result is complex, and complex tensors are not supported",
        );
      }
      const step = hop ?? Math.floor(n / 4);
      const width = win ?? n;
      const fail = (what: string): never => {
        throw new RuntimeError(
          `istft(torch.${input.dtype.scalarName}Tensor${sizeText(input.shape)}, n_fft=${n}, hop_length=${step}, win_length=${width}) : ${what}`,
        );
      };
      if (input.numel() === 0) fail("input tensor cannot be empty.");
      if (input.ndim !== 3 && input.ndim !== 4) fail(`expected a tensor with 3 or 4 dimensions, but got ${input.ndim}`);
      if (input.shape[input.ndim - 1] !== 2)
        fail(
          `expected the last dimension to be 2 (corresponding to real and imaginary parts), but got ${input.shape[input.ndim - 1]}`,
        );
      const x = input.ndim === 3 ? input.unsqueeze(0) : input;
      const [, bins, count] = x.shape;
      const half = (onesided ?? bins !== n) === true;
      if (half && Math.floor(n / 2) + 1 !== bins) {
        fail(
          `expected the frequency dimension (3rd to the last) of the input tensor to match n_fft / 2 + 1 when onesided=True, but got ${bins}`,
        );
      }
      if (!half && bins !== n) {
        fail(
          `expected the frequency dimension (3rd to the last) of the input tensor to match n_fft when onesided=False, but got ${bins}`,
        );
      }
      if (step <= 0 || step > width) fail("expected 0 < hop_length <= win_length");
      if (width <= 0 || width > n) fail("expected 0 < win_length <= n_fft");
      // Half of the spectrum says all; a bin with a mirror image stands for two.
      const kept = Math.floor(n / 2) + 1;
      const share = x.new_ones([kept, 1, 1]);
      share.storageOf.data.fill(2).fill(1, 0, 1);
      if (n % 2 === 0) share.storageOf.data[kept - 1] = 1;
      const halves = half ? x : x.narrow(1, 0, kept);
      const w = fitted(window, width, n, x);
      const frames = signals(halves.mul(share).mul(normalized ? 1 / Math.sqrt(n) : 1 / n), n).mul(w);
      const full = n + step * (count - 1);
      const overlapped = (columns: Tensor) => col2im(columns, [1, full], [1, n], [1, 1], [0, 0], [1, step]).squeeze(2);
      const signal = overlapped(frames.transpose(1, 2));
      const envelope = overlapped(w.mul(w).view([1, n, 1]).expand([1, n, count]));
      const start = center ? Math.floor(n / 2) : 0;
      const end = wanted !== null ? start + wanted : center ? full - Math.floor(n / 2) : full;
      const size = Math.max(0, Math.min(end, full) - start);
      const scale = envelope.narrow(2, start, size);
      if (Array.from(elements(scale)).some((v) => !(Math.abs(v) > 1e-11))) fail("window overlap add min: 1");
      let out = signal.narrow(2, start, size).div(scale).squeeze(1);
      if (input.ndim === 3) out = out.squeeze(0);
      return end > full ? constant_pad_nd(out, [0, end - full], 0) : out;
    },
    composite: true,
  },
);
