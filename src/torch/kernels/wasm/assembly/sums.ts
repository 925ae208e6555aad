/** Sums in the order of ../../sum.ts. */

/**
 * Adds `rows` rows of `vectors` vectors, `stride` bytes apart, to the accumulators of the lowest of four levels; after
 * every 2^power rows a level is emptied into the next. `i` rows were added before. `rows` is a multiple of 2^power.
 */
export function cascade32(from: usize, stride: usize, rows: i32, i: i32, power: i32, vectors: i32, acc: usize): void {
  const step = 1 << power;
  const width = (<usize>vectors) << 4;
  for (const end = i + rows; i < end; ) {
    for (let v: usize = 0; v < width; v += 16) {
      let sum = v128.load(acc + v);
      let at = from + v;
      for (let j = 0; j < step; j++, at += stride) sum = f32x4.add(sum, v128.load(at));
      v128.store(acc + v, sum);
    }
    from += stride << power;
    i += step;
    for (let level = 1; level < 4; level++) {
      const to = acc + width * level;
      for (let v: usize = 0; v < width; v += 16) {
        v128.store(to + v, f32x4.add(v128.load(to + v), v128.load(to + v - width)));
        v128.store(to + v - width, f32x4.splat(0));
      }
      if ((i & ((step - 1) << (level * power))) !== 0) break;
    }
  }
}

/** Adds `rows` rows to the accumulators. */
export function add_rows32(from: usize, stride: usize, rows: i32, vectors: i32, acc: usize): void {
  for (let j = 0; j < rows; j++, from += stride) {
    for (let v: usize = 0; v < (<usize>vectors) << 4; v += 16) {
      v128.store(acc + v, f32x4.add(v128.load(acc + v), v128.load(from + v)));
    }
  }
}
