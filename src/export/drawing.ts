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
