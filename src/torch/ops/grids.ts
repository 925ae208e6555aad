/** Images read at the points of a grid (Jaderberg et al., 2015). */
import { notDifferentiable, type Op, op } from "../dispatch";
import { NotImplementedError, RuntimeError, ValueError } from "../errors";
import { elements } from "../kernels/copy";
import { numel, sameShape, sizeText } from "../shape";
import { allocate, fromData, type Tensor } from "../tensor";
import { warn } from "../warnings";

type PaddingMode = "zeros" | "border" | "reflection";

/** A coordinate and its derivative by the grid's. */
interface Coordinate {
  at: number;
  slope: number;
}

/** From −1…1 to pixels. */
function toPixels(x: number, size: number, align: boolean): Coordinate {
  return align
    ? { at: ((x + 1) / 2) * (size - 1), slope: (size - 1) / 2 }
    : { at: ((x + 1) * size - 1) / 2, slope: size / 2 };
}

function clipped({ at, slope }: Coordinate, size: number): Coordinate {
  if (!(at > 0)) return { at: 0, slope: 0 };
  return at >= size - 1 ? { at: size - 1, slope: 0 } : { at, slope };
}

/** Mirrored at the edges, which lie on the border pixels' centres or half a pixel outside. */
function reflected({ at, slope }: Coordinate, size: number, align: boolean): Coordinate {
  const low = align ? 0 : -0.5;
  const span = align ? size - 1 : size;
  if (span === 0) return { at: 0, slope: 0 };
  const sign = at < low ? -1 : 1;
  const distance = Math.abs(at - low);
  const extra = distance % span;
  const flips = Math.floor(distance / span);
  return flips % 2 === 0 ? { at: extra + low, slope: slope * sign } : { at: span - extra + low, slope: -slope * sign };
}

function placed(c: Coordinate, size: number, mode: PaddingMode, align: boolean): Coordinate {
  if (mode === "border") return clipped(c, size);
  return mode === "reflection" ? clipped(reflected(c, size, align), size) : c;
}

/** Half to even, as C's nearbyint. */
function nearest(x: number): number {
  const r = Math.round(x);
  return Math.abs(x - Math.trunc(x)) === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

const A = -0.75;
/** Weights of four neighbours of a point `t` behind the second one, and their derivatives by t. */
function cubic(t: number): { weight: number; slope: number }[] {
  return [t + 1, t, 1 - t, 2 - t].map((x, i) => {
    const inner = i === 1 || i === 2;
    const weight = inner ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
    const slope = inner ? (3 * (A + 2) * x - 2 * (A + 3)) * x : (3 * A * x - 10 * A) * x + 8 * A;
    return { weight, slope: i < 2 ? slope : -slope };
  });
}

/** What one axis of one point reads: pixels, weights and their derivatives. */
interface Tap {
  pixel: number;
  weight: number;
  slope: number;
}

function taps(x: number, size: number, mode: string, padding: PaddingMode, align: boolean): Tap[] {
  if (mode === "bicubic") {
    const c = toPixels(x, size, align);
    const first = Math.floor(c.at);
    return cubic(c.at - first).map(({ weight, slope }, i) => ({
      pixel: placed({ at: first - 1 + i, slope: 1 }, size, padding, align).at,
      weight,
      slope: slope * c.slope,
    }));
  }
  const c = placed(toPixels(x, size, align), size, padding, align);
  if (mode === "nearest") return [{ pixel: nearest(c.at), weight: 1, slope: 0 }];
  const low = Math.floor(c.at);
  const t = c.at - low;
  return [
    { pixel: low, weight: 1 - t, slope: -c.slope },
    { pixel: low + 1, weight: t, slope: c.slope },
  ];
}

interface Settings {
  mode: string;
  padding: PaddingMode;
  align: boolean;
}

/** Calls `f` for each pixel that each point reads: its weight, and the weight's derivative by each coordinate of the grid. */
function walk(
  input: { shape: number[] },
  grid: Tensor,
  { mode, padding, align }: Settings,
  f: (n: number, point: number, pixel: number, weight: number, slopes: number[]) => void,
): void {
  const size = input.shape.slice(2);
  const k = size.length;
  const points = numel(grid.shape.slice(1, -1));
  const data = elements(grid);
  for (let n = 0; n < input.shape[0]; n++) {
    for (let p = 0; p < points; p++) {
      // The grid names x first, the image has it last.
      const axes = size.map((s, d) => taps(data[(n * points + p) * k + (k - 1 - d)], s, mode, padding, align));
      const visit = (d: number, pixel: number, weight: number, slopes: number[]): void => {
        if (d === k) {
          f(n, p, pixel, weight, slopes);
          return;
        }
        for (const tap of axes[d]) {
          if (!(tap.pixel >= 0 && tap.pixel < size[d])) continue;
          const next = slopes.map((s) => s * tap.weight);
          next[k - 1 - d] = weight * tap.slope;
          visit(d + 1, pixel * size[d] + tap.pixel, weight * tap.weight, next);
        }
      };
      visit(0, 0, 1, new Array(k).fill(0));
    }
  }
}

const settingsOf = (s: { mode: string; padding_mode: string; align_corners: boolean }): Settings => ({
  mode: s.mode,
  padding: s.padding_mode as PaddingMode,
  align: s.align_corners,
});

const SAMPLE = "grid_sampler(Tensor input, Tensor grid, str mode, str padding_mode, bool align_corners) -> Tensor";
const SAMPLE_BACKWARD =
  "grid_sampler_backward(Tensor grad_output, Tensor input, Tensor grid, str mode, str padding_mode, bool align_corners) -> (Tensor grad_input, Tensor grad_grid)";

function sampler(n: 2 | 3): Op<typeof SAMPLE> {
  const backward = op(SAMPLE_BACKWARD, {
    doc: "The gradients of the image and of the grid.",
    forward: (g, input, grid, mode, padding_mode, align_corners) => {
      const [, channels] = input.shape;
      const plane = numel(input.shape.slice(2));
      const points = numel(grid.shape.slice(1, -1));
      const gi = new Float64Array(input.numel());
      const gg = new Float64Array(grid.numel());
      const dy = elements(g);
      const data = elements(input);
      walk(input, grid, settingsOf({ mode, padding_mode, align_corners }), (b, p, pixel, weight, slopes) => {
        for (let c = 0; c < channels; c++) {
          const d = dy[(b * channels + c) * points + p];
          const at = (b * channels + c) * plane + pixel;
          gi[at] += d * weight;
          for (let k = 0; k < n; k++) gg[(b * points + p) * n + k] += d * data[at] * slopes[k];
        }
      });
      const [outInput, outGrid] = [allocate(input.shape, input.dtype), allocate(grid.shape, grid.dtype)];
      outInput.storageOf.data.set(gi);
      outGrid.storageOf.data.set(gg);
      return [outInput, outGrid];
    },
    ...notDifferentiable(`grid_sampler_${n}d_backward`, ["grad_output", "input", "grid"]),
    variants: [],
  });
  return op(SAMPLE, {
    doc: "Pixels read at points.",
    forward: (input, grid, mode, padding_mode, align_corners) => {
      const [batch, channels] = input.shape;
      const points = grid.shape.slice(1, -1);
      const out = allocate([batch, channels, ...points], input.dtype);
      const count = numel(points);
      const plane = numel(input.shape.slice(2));
      const sum = new Float64Array(out.numel());
      const data = elements(input);
      walk(input, grid, settingsOf({ mode, padding_mode, align_corners }), (b, p, pixel, weight) => {
        for (let c = 0; c < channels; c++) {
          sum[(b * channels + c) * count + p] += weight * data[(b * channels + c) * plane + pixel];
        }
      });
      out.storageOf.data.set(sum);
      return out;
    },
    grad: {
      input: ["input grid", (g, s) => backward(g, s.input, s.grid, s.mode, s.padding_mode, s.align_corners)[0]],
      grid: ["input grid", (g, s) => backward(g, s.input, s.grid, s.mode, s.padding_mode, s.align_corners)[1]],
    },
    node: `GridSampler${n}DBackward0`,
    variants: [],
  });
}

const samplers = { 4: sampler(2), 5: sampler(3) };

op(
  "grid_sample(Tensor input, Tensor grid, str mode='bilinear', str padding_mode='zeros', bool? align_corners=None) -> Tensor",
  {
    doc: 'An image `[n, c, h, w]` read at points `[n, ho, wo, 2]` (x, y from −1 to 1): "bilinear", "nearest" or "bicubic", with "zeros", "border" or "reflection" outside. Volumes likewise with one dimension more.',
    forward: (input, grid, mode, padding, align) => {
      if (!["bilinear", "nearest", "bicubic"].includes(mode)) {
        throw new ValueError(
          `nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '${mode}'`,
        );
      }
      if (!["zeros", "border", "reflection"].includes(padding)) {
        throw new ValueError(
          `nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: '${padding}'`,
        );
      }
      if (align === null) {
        warn(
          "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.",
        );
      }
      if (input.shape[0] !== grid.shape[0]) {
        throw new RuntimeError(
          `grid_sampler(): expected grid and input to have same batch size, but got input with sizes ${sizeText(input.shape)} and grid with sizes ${sizeText(grid.shape)}`,
        );
      }
      if (grid.shape[grid.ndim - 1] !== input.ndim - 2) {
        throw new RuntimeError(
          `grid_sampler(): expected grid to have size ${input.ndim - 2} in last dimension, but got grid with sizes ${sizeText(grid.shape)}`,
        );
      }
      if ((input.ndim !== 4 && input.ndim !== 5) || input.ndim !== grid.ndim) {
        throw new RuntimeError(
          `grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but got input with sizes ${sizeText(input.shape)} and grid with sizes ${sizeText(grid.shape)}`,
        );
      }
      if (input.ndim === 5 && mode === "bicubic") {
        throw new RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input");
      }
      return samplers[input.ndim as 4 | 5](input, grid, mode, padding, align ?? false);
    },
    composite: true,
    variants: ["nn.functional"],
  },
);

/** Points x, y, (z,) 1 of an image's pixels, from −1 to 1: the corners' centres, or with the border half a pixel outside. */
function basePoints(size: readonly number[], align: boolean, dtype: Tensor["dtype"]): Tensor {
  const k = size.length;
  const steps = size.map((n) =>
    Array.from({ length: n }, (_, i) => {
      if (n <= 1) return 0;
      const x = -1 + (2 * i) / (n - 1);
      return align ? x : (x * (n - 1)) / n;
    }),
  );
  const count = numel(size);
  const data = dtype.allocate(count * (k + 1));
  for (let p = 0; p < count; p++) {
    let rest = p;
    for (let d = k - 1; d >= 0; d--) {
      data[p * (k + 1) + (k - 1 - d)] = steps[d][rest % size[d]];
      rest = Math.floor(rest / size[d]);
    }
    data[p * (k + 1) + k] = 1;
  }
  return fromData(data, dtype, [count, k + 1]);
}

const affine = op("affine_grid_generator(Tensor theta, int[] size, bool align_corners) -> Tensor", {
  doc: "The pixels' points, moved by an affine map for each example.",
  forward: (theta, size, align) => {
    const spatial = size.slice(2);
    const base = basePoints(spatial, align, theta.dtype);
    return base.matmul(theta.transpose(1, 2)).view([size[0], ...spatial, spatial.length]);
  },
  // Σ gᵀ · base over the points
  grad: {
    theta: (g: Tensor, s) => {
      const spatial = s.size.slice(2);
      const base = basePoints(spatial, s.align_corners, g.dtype);
      return g.reshape([s.size[0], -1, spatial.length]).transpose(1, 2).matmul(base);
    },
  },
  variants: ["function"],
});

op("affine_grid(Tensor theta, int[] size, bool? align_corners=None) -> Tensor", {
  doc: "The grid for `grid_sample` of affine maps `[n, 2, 3]` (or `[n, 3, 4]`) onto images of a size.",
  forward: (theta, size, align) => {
    if (align === null) {
      warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for details.",
      );
    }
    if (!theta.is_floating_point()) {
      throw new ValueError(`Expected theta to have floating point type, but got torch.${theta.dtype.name}`);
    }
    if (size.length !== 4 && size.length !== 5) {
      throw new NotImplementedError(
        `affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size ${sizeText(size)}.`,
      );
    }
    const k = size.length - 2;
    if (theta.ndim !== 3 || !sameShape(theta.shape.slice(1), [k, k + 1])) {
      throw new ValueError(
        `Expected a batch of ${k}D affine matrices of shape Nx${k}x${k + 1} for size ${sizeText(size)}. Got torch.Size(${sizeText(theta.shape)}).`,
      );
    }
    if (Math.min(...size) <= 0) {
      throw new ValueError(`Expected non-zero, positive output size. Got ${sizeText(size)}`);
    }
    return affine(theta, size, align ?? false);
  },
  composite: true,
  variants: ["nn.functional"],
});
