/** What the engine's sources say of each operator, for hovers: its sentence, and its derivative as the comment above it or as it is written. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `derivatives` are formulas, or the engine's own lines where those are short.
 * @typedef {{ docs: string[], derivatives: string[] }} OperatorDoc
 */

const DECLARATION = /((?:^\/\/ .*\n)*)(?:^export )?const \w+ = \w+\(\s*(["`])([a-z_0-9]\w*)/gm;
const TYPINGS = /\/\*\* (.+) \*\/\s+(?:export const )?(\w+)[(:]/g;
/** A derivative that is one short expression reads as a formula. */
const GRAD = /(\w+): (?:\[\s*"[^"]*",\s*)?\(g(?:, s)?\) => ([^{}\n]{1,70}?)\]?,? ?(?=\},?$|\n|, \w+: [[(])/g;

/**
 * @param {string} engine src/torch
 * @returns {Record<string, OperatorDoc>} by name
 */
export function operatorDocs(engine) {
  const docs = /** @type {Record<string, OperatorDoc>} */ ({});
  const add = (/** @type {string} */ name, /** @type {keyof OperatorDoc} */ kind, /** @type {string} */ text) => {
    docs[name] ??= { docs: [], derivatives: [] };
    if (!docs[name][kind].includes(text)) docs[name][kind].push(text);
  };
  for (const file of ["methods.ts", "functions.ts", "functional.ts", "linalg.ts", "special.ts", "fft.ts"]) {
    const text = readFileSync(join(engine, "generated", file), "utf8");
    for (const [, doc, name] of text.matchAll(TYPINGS)) if (!name.endsWith("_")) add(name, "docs", doc);
  }
  const ops = join(engine, "ops");
  for (const file of readdirSync(ops).filter((name) => name.endsWith(".ts"))) {
    const text = readFileSync(join(ops, file), "utf8");
    const found = [...text.matchAll(DECLARATION)];
    for (const [i, match] of found.entries()) {
      const name = match[3].replace(/^(?:linalg|special|fft)_/, "");
      if (!docs[name]) continue;
      const formula = derivativeOf(match[1]);
      if (formula) add(name, "derivatives", formula);
      else for (const line of gradsOf(text.slice(match.index, found[i + 1]?.index))) add(name, "derivatives", line);
    }
  }
  // Where mathematics says it, code need not.
  for (const doc of Object.values(docs)) {
    const formulas = doc.derivatives.filter((line) => !/^∂\w+: /.test(line));
    if (formulas.length > 0) doc.derivatives = formulas;
  }
  return docs;
}

/** Comment lines of mathematics: `d sin x = cos x dx`. @param {string} comment */
function derivativeOf(comment) {
  const lines = comment.split("\n").map((line) => line.replace(/^\/\/ ?/, "").trim());
  return lines.filter((line) => /(^|\s)[d∂]\s?[^\s]+.*[=→]|^The gradient|^Slope/.test(line)).join("\n");
}

/** @param {string} declared */
function gradsOf(declared) {
  const own = declared.slice(0, /^\S*\)+;$/m.exec(declared)?.index ?? declared.length);
  const grad = /\bgrad: \{([\s\S]*?)\n? *\},?\n/.exec(`${own}\n`)?.[1];
  if (!grad) return [];
  return [...`${grad}\n`.matchAll(GRAD)].map(([, input, code]) => `∂${input}: ${code.replace(/\bs\./g, "").trim()}`);
}
