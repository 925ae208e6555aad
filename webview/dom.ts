/** Elements without markup: text is always text. */

import type { SourceRange, TraceFile } from "../src/trace/model";

type Children = readonly (Node | string | null)[];

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  children: Children = [],
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

export function svg(
  tag: string,
  attributes: Record<string, string | number>,
  children: readonly Node[] = [],
): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The panel has no #${id}.`);
  return found as T;
}

/** `line 12`, or `layers.ts:12` for a place outside the program itself. */
export function placeLabel(files: readonly TraceFile[], { file, start }: SourceRange): string {
  if (file === 0) return `line ${start.line + 1}`;
  return `${files[file]?.path.split(/[\\/]/).at(-1) ?? ""}:${start.line + 1}`;
}
