/** Where the kernels' constants end and the engine's scratch memory begins. */
export function scratchBase(): usize {
  return __heap_base;
}

/** `bytes`, a multiple of 4, to a place before, or elsewhere. */
// @inline
function copyLine(from: usize, to: usize, bytes: usize): void {
  const end = to + bytes;
  for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
  for (; to < end; to += 4, from += 4) i32.store(to, i32.load(from));
}

/** Rows of `bytes` that stand `line` bytes apart are moved together. */
export function compact(c: usize, line: usize, rows: i32, bytes: usize): void {
  for (let i: usize = 1; i < <usize>rows; i++) copyLine(c + i * line, c + i * bytes, bytes);
}

/** Floats of four dimensions, their steps in bytes, one after the other. */
export function gather32(
  from: usize,
  to: usize,
  n0: i32,
  step0: usize,
  n1: i32,
  step1: usize,
  n2: i32,
  step2: usize,
  n3: i32,
  step3: usize,
): void {
  const line = (<usize>n3) << 2;
  for (let i = 0; i < n0; i++, from += step0) {
    let p = from;
    for (let j = 0; j < n1; j++, p += step1) {
      let q = p;
      for (let k = 0; k < n2; k++, q += step2, to += line) {
        if (step3 === 4) copyLine(q, to, line);
        else gatherLine(q, step3, to, line);
      }
    }
  }
}

// @inline
function gatherLine(from: usize, step: usize, to: usize, bytes: usize): void {
  for (const end = to + bytes; to < end; to += 4, from += step) i32.store(to, i32.load(from));
}
