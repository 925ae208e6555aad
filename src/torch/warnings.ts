/** Warnings go to stderr, once each. */

const said = new Set<string>();

/** Writes `UserWarning: …` to stderr the first time a text comes. */
export function warn(text: string): void {
  if (said.has(text)) return;
  said.add(text);
  // The engine knows no platform: `console` is the one thing that Node, browsers and workers share.
  const { console } = globalThis as unknown as { console?: { warn(text: string): void } };
  console?.warn(`UserWarning: ${text}`);
}
