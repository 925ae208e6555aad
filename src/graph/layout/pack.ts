/** Pass 7: components side by side, in shelves, in their own order. */

export interface Box {
  width: number;
  height: number;
}

/** Width / height where no width is asked for. */
const PAGE = 1.6;

/** Upper left corners, and the size of the whole; rows are at most `wrapWidth` wide unless that is 0. */
export function pack(
  boxes: readonly Box[],
  gap: number,
  wrapWidth: number,
): { x: number[]; y: number[]; width: number; height: number } {
  const area = boxes.reduce((sum, box) => sum + (box.width + gap) * (box.height + gap), 0);
  const widest = boxes.reduce((most, box) => Math.max(most, box.width), 0);
  const limit = Math.max(widest, wrapWidth > 0 ? wrapWidth : Math.sqrt(area * PAGE));
  const result = { x: [] as number[], y: [] as number[], width: 0, height: 0 };
  let left = 0;
  let top = 0;
  let shelf = 0;
  for (const box of boxes) {
    if (left > 0 && left + box.width > limit) {
      left = 0;
      top += shelf + gap;
      shelf = 0;
    }
    result.x.push(left);
    result.y.push(top);
    left += box.width + gap;
    shelf = Math.max(shelf, box.height);
    result.width = Math.max(result.width, left - gap);
    result.height = Math.max(result.height, top + box.height);
  }
  return result;
}
