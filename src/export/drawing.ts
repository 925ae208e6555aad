/** What the pictures of all formats have in common. */
import type { ViewFrame } from "../graph";

/** A closed group is a small pile: its lower cards stand out by so many pixels. */
export const STACK = [6, 3] as const;

/** Squares on a card's lower border, one for each saved tensor. */
export const SAVED = { left: 18, step: 8, size: 5, most: 4 } as const;

/** `encoder · 12 nodes`, and of a loop the step that is seen. */
export function frameTitle({ title, subtitle, steps }: ViewFrame): string {
  const step = steps ? `step ${steps.at + 1} of ${steps.count}` : "";
  return [title, subtitle, step].filter(Boolean).join(" · ");
}

/** Where on the lower border the mark of a change in place has its middle, after so many squares. */
export function inPlaceAt(saved: number): number {
  return SAVED.left + Math.min(saved, SAVED.most) * SAVED.step + 6;
}

/** A turned arrow about its middle: the page's colour behind it, its line, its head. */
export const IN_PLACE = {
  patch: 6.5,
  radius: 4,
  /** In radians, clockwise from the right. */
  from: -0.4,
  to: 1.5 * Math.PI,
  width: 1.6,
  head: [
    [-1, -7],
    [3.5, -4],
    [-1, -1],
  ],
} as const;

/** What of a canvas's context the mark needs. */
interface Brush {
  beginPath(): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
  fill(): void;
  stroke(): void;
  lineWidth: number;
  fillStyle: unknown;
  strokeStyle: unknown;
}

/** {@link IN_PLACE} with its middle at (x, y). */
export function paintInPlace(
  brush: Brush,
  x: number,
  y: number,
  { page, inPlace }: { page: string; inPlace: string },
): void {
  const { patch, radius, from, to, width, head } = IN_PLACE;
  brush.beginPath();
  brush.arc(x, y, patch, 0, 2 * Math.PI);
  brush.fillStyle = page;
  brush.fill();
  brush.beginPath();
  brush.arc(x, y, radius, from, to);
  brush.strokeStyle = inPlace;
  brush.lineWidth = width;
  brush.stroke();
  brush.beginPath();
  brush.moveTo(x + head[0][0], y + head[0][1]);
  for (const [dx, dy] of head.slice(1)) brush.lineTo(x + dx, y + dy);
  brush.closePath();
  brush.fillStyle = inPlace;
  brush.fill();
}

/** Labels of edges that would lie on each other: the first has the place. */
export class LabelPlaces {
  /** Middle, height and half of the width of each. */
  private readonly taken: number[] = [];

  /** Takes the place unless another label has it. */
  take(x: number, y: number, half: number): boolean {
    const { taken } = this;
    for (let i = 0; i < taken.length; i += 3)
      if (Math.abs(taken[i + 1]! - y) < LABEL_HEIGHT && Math.abs(taken[i]! - x) < taken[i + 2]! + half) return false;
    taken.push(x, y, half);
    return true;
  }
}

const LABEL_HEIGHT = 15;
