/** Maxima of windows. */

/** What is larger, or NaN: then it wins. */
// @inline
function wins(x: v128, best: v128): v128 {
  return v128.or(f32x4.gt(x, best), f32x4.ne(x, x));
}

/**
 * The maxima of windows of two by two, side by side from the first corner on, of `planes` planes of `height` by `width` floats;
 * and as doubles the position in its plane of each.
 */
export function max_squares32(
  from: usize,
  planes: i32,
  height: i32,
  width: i32,
  rows: i32,
  columns: i32,
  values: usize,
  places: usize,
): void {
  const line = (<usize>width) << 2;
  for (let p = 0; p < planes; p++, from += line * <usize>height) {
    for (let i = 0; i < rows; i++) {
      const row = 2 * i * width;
      let above = from + ((<usize>row) << 2);
      let j = 0;
      for (; j + 4 <= columns; j += 4, above += 32, values += 16, places += 32) {
        const below = above + line;
        const x0 = v128.load(above);
        const x1 = v128.load(above, 16);
        const y0 = v128.load(below);
        const y1 = v128.load(below, 16);
        const corner = row + 2 * j;
        let best = i32x4.shuffle(x0, x1, 0, 2, 4, 6);
        let at = i32x4.add(i32x4.splat(corner), i32x4(0, 2, 4, 6));
        const right = i32x4.add(at, i32x4.splat(1));
        const under = i32x4.add(at, i32x4.splat(width));
        let x = i32x4.shuffle(x0, x1, 1, 3, 5, 7);
        let mask = wins(x, best);
        best = v128.bitselect(x, best, mask);
        at = v128.bitselect(right, at, mask);
        x = i32x4.shuffle(y0, y1, 0, 2, 4, 6);
        mask = wins(x, best);
        best = v128.bitselect(x, best, mask);
        at = v128.bitselect(under, at, mask);
        x = i32x4.shuffle(y0, y1, 1, 3, 5, 7);
        mask = wins(x, best);
        best = v128.bitselect(x, best, mask);
        at = v128.bitselect(i32x4.add(under, i32x4.splat(1)), at, mask);
        v128.store(values, best);
        v128.store(places, f64x2.convert_low_i32x4_s(at));
        v128.store(places, f64x2.convert_low_i32x4_s(i32x4.shuffle(at, at, 2, 3, 2, 3)), 16);
      }
      for (; j < columns; j++, above += 8, values += 4, places += 8) {
        let best = f32.load(above);
        let at = 0;
        for (let k = 1; k < 4; k++) {
          const x = f32.load(above + (k & 1 ? 4 : 0) + (k & 2 ? line : 0));
          // biome-ignore lint/suspicious/noSelfCompare: only NaN differs from itself
          if (x > best || x !== x) {
            best = x;
            at = k;
          }
        }
        f32.store(values, best);
        f64.store(places, <f64>(row + 2 * j + (at & 1) + (at & 2 ? width : 0)));
      }
    }
  }
}
