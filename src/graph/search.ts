/**
 * Finding nodes: words and filters, side by side where all must hold, `|` between alternatives, `-` before what must not be.
 *
 * `relu`, `"h 1"`, `op:Mul`, `name:h`, `module:blocks.0`, `shape:64x*` or `[64, *]`, `line:12`, `line:10-20`, `dtype:float64`,
 * `norm>1`, `numel>=1000`, `repeats>1`, `min<0`, `nan`, `inf`, `zero`, `leaf`, `nograd`
 */
import type { GraphNode, Trace } from "../trace/model";
import { toNumber } from "./format";
import { callPath } from "./match";

type Graph = Pick<Trace, "nodes" | "calls">;
type Test = (node: GraphNode, graph: Graph) => boolean;

/** `error` says in words what cannot be understood. */
export type Query = { matches: (graph: Graph) => number[] } | { error: string };

/** The nodes that `text` asks for, in the order of the forward pass; undefined for a query of nothing. */
export function parseQuery(text: string): Query | undefined {
  const alternatives: Test[][] = [[]];
  for (const token of tokens(text)) {
    if (token.text === "|" && !token.quoted) {
      alternatives.push([]);
      continue;
    }
    const parsed = parseTerm(token);
    if ("error" in parsed) return parsed;
    alternatives.at(-1)!.push(parsed.test);
  }
  const wanted = alternatives.filter((tests) => tests.length > 0);
  if (wanted.length === 0) return undefined;
  return {
    matches: (graph) => {
      const found: number[] = [];
      graph.nodes.forEach((node, index) => {
        if (wanted.some((tests) => tests.every((test) => test(node, graph)))) found.push(index);
      });
      return found.sort((a, b) => graph.nodes[a]!.sequence - graph.nodes[b]!.sequence || a - b);
    },
  };
}

interface Token {
  text: string;
  quoted: boolean;
  negated: boolean;
}

/** Split at blanks, but not within quotes and brackets. */
function tokens(text: string): Token[] {
  const found = text.matchAll(/(-?)(?:"([^"]*)"?|(\||(?:\[[^\]]*\]?|[^\s"|[])+))/g);
  return [...found].map(([, minus, quoted, plain]) => {
    // A minus before a number belongs to it.
    const negated = minus === "-";
    return { text: quoted ?? plain ?? "", quoted: quoted !== undefined, negated };
  });
}

type Parsed = { test: Test } | { error: string };

function parseTerm({ text, quoted, negated }: Token): Parsed {
  const parsed = quoted ? { test: contains(text) } : parsePlain(text);
  if ("error" in parsed || !negated) return parsed;
  return { test: (node, graph) => !parsed.test(node, graph) };
}

function parsePlain(text: string): Parsed {
  const word = WORDS[text.toLowerCase()];
  if (word) return { test: word };
  if (text.startsWith("[")) return shapeTest(text);
  const compared = /^([a-z]+)(<=|>=|!=|=|<|>)(.*)$/i.exec(text);
  if (compared) return comparison(compared[1]!.toLowerCase(), compared[2]!, compared[3]!);
  const [, key, value] = /^([a-z]+):(.*)$/i.exec(text) ?? [];
  if (key === undefined) return { test: contains(text) };
  return filter(key.toLowerCase(), value!.replace(/^"|"$/g, ""), text);
}

const WORDS: Record<string, Test> = {
  leaf: (node) => node.name === "AccumulateGrad",
  nan: (node) => (node.gradient?.stats.nan ?? 0) > 0,
  inf: (node) => (node.gradient?.stats.inf ?? 0) > 0,
  zero: ({ gradient }) => gradient !== undefined && gradient.stats.zeros === gradient.stats.numel,
  nograd: (node) => node.gradient === undefined,
};

const NUMBERS: Record<string, (node: GraphNode) => number | undefined> = {
  norm: (node) => statistic(node, "norm"),
  min: (node) => statistic(node, "min"),
  max: (node) => statistic(node, "max"),
  mean: (node) => statistic(node, "mean"),
  numel: (node) => node.shapes[0]?.reduce((product, size) => product * size, 1),
  dim: (node) => node.shapes[0]?.length,
  repeats: (node) => node.repeats,
  line: lineOf,
};

const OPERATORS: Record<string, (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

function comparison(key: string, operator: string, value: string): Parsed {
  const read = NUMBERS[key];
  if (!read) return { error: `${key} is no number; there are ${Object.keys(NUMBERS).join(", ")}` };
  const limit =
    value.trim() === "" ? Number.NaN : Number(value.replace(/^−/, "-").replace(/^(-?)(∞|inf)$/i, "$1Infinity"));
  if (Number.isNaN(limit)) return { error: `${key}${operator} needs a number, as in ${key}${operator}1e-3` };
  return {
    test: (node) => {
      const number = read(node);
      return number !== undefined && OPERATORS[operator]!(number, limit);
    },
  };
}

function filter(key: string, value: string, text: string): Parsed {
  const part = value.toLowerCase();
  const having = (test: Test): Parsed =>
    value === "" ? { error: `${key}: needs a word, as in ${key}:${key === "op" ? "Mul" : "h"}` } : { test };
  const has = (of: (node: GraphNode, graph: Graph) => string): Parsed =>
    having((node, graph) => of(node, graph).toLowerCase().includes(part));
  switch (key) {
    case "op":
      return having((node) => hasOp(node, part));
    case "name":
      return has((node) => node.variable ?? "");
    case "dtype":
      return has((node) => node.dtype);
    case "module":
      return has(moduleOf);
    case "shape":
      return shapeTest(value);
    case "is":
      return WORDS[part] ? { test: WORDS[part] } : { error: `is: takes ${Object.keys(WORDS).join(", ")}` };
    case "line": {
      const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(value) ?? [];
      if (from === undefined) return { error: "line: needs a number or two, as in line:12 or line:10-20" };
      const [low, high] = [Number(from), Number(to ?? from)];
      return { test: (node) => coversLines(node, low, high) };
    }
    default:
      // A variable may be called so: `blocks.0:weight`.
      return NUMBERS[key] ? comparison(key, "=", value) : { test: contains(text) };
  }
}

/** `64x*`, `[64, *]`, `64,16`: sizes, a star for any. */
function shapeTest(text: string): Parsed {
  const inner = text
    .trim()
    .replace(/^\[|\]$/g, "")
    .trim();
  const sizes = inner === "" ? [] : inner.split(/\s*[,x×]\s*|\s+/);
  const bad = sizes.find((size) => !/^(\d+|\*)$/.test(size));
  if (bad !== undefined) return { error: "A shape is sizes and stars, as in [64, *] or shape:64x16" };
  return {
    test: (node) =>
      node.shapes.some(
        (shape) => shape.length === sizes.length && sizes.every((size, i) => size === "*" || Number(size) === shape[i]),
      ),
  };
}

/** In the variable's name, the op's, the module's path or its class. */
function contains(text: string): Test {
  const part = text.toLowerCase();
  return (node, graph) =>
    hasOp(node, part) || [node.variable ?? "", moduleOf(node, graph)].some((name) => name.toLowerCase().includes(part));
}

/** Path and class of the module that made a node: `model/blocks.0 Linear`. */
function moduleOf({ call }: GraphNode, { calls }: Graph): string {
  return `${callPath(calls, call)} ${calls?.[call ?? -1]?.type ?? ""}`;
}

/** A leaf accumulates, but nobody who looks for `mul` means it. */
function hasOp({ name }: GraphNode, part: string): boolean {
  return name === "AccumulateGrad" ? name.toLowerCase().startsWith(part) : name.toLowerCase().includes(part);
}

function statistic(node: GraphNode, name: "norm" | "min" | "max" | "mean"): number | undefined {
  return node.gradient ? toNumber(node.gradient.stats[name]) : undefined;
}

function lineOf({ range }: GraphNode): number | undefined {
  return range ? range.start.line + 1 : undefined;
}

function coversLines({ range }: GraphNode, low: number, high: number): boolean {
  return range !== undefined && range.start.line + 1 <= high && range.end.line + 1 >= low;
}
