/** Means over windows, added up element by element in the input's precision and then divided, as PyTorch's pooling does. */
import { numel } from "../shape";
import { allocate, type Tensor } from "../tensor";
import { elements } from "./copy";

/** Elements from `first` up to `last` of an axis, which count as `count`. */
interface Span {
  first: number;
  last: number;
  count: number;
}

/** The windows of the last dimensions, and what a window's sum is divided by, one after the other, from its counts. */
export interface Spans {
  axes: Span[][];
  divisors(...counts: number[]): number[];
}

const ONE: Span[] = [{ first: 0, last: 1, count: 1 }];

/** Calls `visit` for each window of a plane, with its place among the windows. */
function eachWindow({ axes, divisors }: Spans, visit: (to: number, spans: Span[], by: number[]) => void): void {
  const [depth, height, width] = [...new Array<Span[]>(3 - axes.length).fill(ONE), ...axes];
  let to = 0;
  for (const d of depth) {
    for (const h of height) {
      for (const w of width) visit(to++, [d, h, w], divisors(...[d.count, h.count, w.count].slice(-axes.length)));
    }
  }
}

/** Planes of the last dimensions: height and width of one, its size, and how many. */
function planes(shape: readonly number[], n: number): { h: number; w: number; plane: number; count: number } {
  const size = shape.slice(-n);
  return {
    h: size[n - 2] ?? 1,
    w: size[n - 1],
    plane: numel(size),
    count: numel(shape.slice(0, shape.length - n)),
  };
}

/** The mean of each window. */
export function averageWindows(x: Tensor, spans: Spans): Tensor {
  const n = spans.axes.length;
  const { h, w, plane, count } = planes(x.shape, n);
  const counts = spans.axes.map((axis) => axis.length);
  const out = allocate([...x.shape.slice(0, x.ndim - n), ...counts], x.dtype);
  const from = elements(x);
  const to = out.storageOf.data;
  const { cast } = x.dtype;
  const results = numel(counts);
  eachWindow(spans, (place, [a, b, c], by) => {
    for (let p = 0; p < count; p++) {
      let sum = 0;
      for (let i = a.first; i < a.last; i++) {
        for (let j = b.first; j < b.last; j++) {
          const row = p * plane + (i * h + j) * w;
          for (let k = row + c.first; k < row + c.last; k++) sum = cast(sum + from[k]);
        }
      }
      for (const divisor of by) sum = cast(sum / divisor);
      to[p * results + place] = sum;
    }
  });
  return out;
}

/** The gradient of each window, spread over its elements: into a tensor of `shape`. */
export function spreadWindows(g: Tensor, shape: readonly number[], spans: Spans): Tensor {
  const n = spans.axes.length;
  const { h, w, plane, count } = planes(shape, n);
  const out = allocate([...shape], g.dtype);
  const from = elements(g);
  const to = out.storageOf.data;
  const { cast } = g.dtype;
  const results = numel(spans.axes.map((axis) => axis.length));
  eachWindow(spans, (place, [a, b, c], by) => {
    for (let p = 0; p < count; p++) {
      const share = by.reduce((value, divisor) => cast(value / divisor), from[p * results + place]);
      for (let i = a.first; i < a.last; i++) {
        for (let j = b.first; j < b.last; j++) {
          const row = p * plane + (i * h + j) * w;
          for (let k = row + c.first; k < row + c.last; k++) to[k] += share;
        }
      }
    }
  });
  return out;
}
