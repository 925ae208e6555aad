/** Where the kernels' constants end and the engine's scratch memory begins. */
export function scratchBase(): usize {
  return __heap_base;
}

/** Rows of `bytes`, a multiple of 4, that stand `line` bytes apart are moved together. */
export function compact(c: usize, line: usize, rows: i32, bytes: usize): void {
  let to = c + bytes;
  for (let i: usize = 1; i < <usize>rows; i++) {
    let from = c + i * line;
    const end = to + bytes;
    for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
    for (; to < end; to += 4, from += 4) i32.store(to, i32.load(from));
  }
}
