/**
 * PyTorch's function schemas, read twice from one string: by the compiler, which types an op's forward and derivative
 * from it, and at load, for binding what users pass.
 *
 *     sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor
 */
import type { Device } from "./device";
import type { DType } from "./dtype";
import type { Generator } from "./random";
import type { Tensor } from "./tensor";

// ── for the compiler ────────────────────────────────────────────────────────────────────────────────────────────

/** A number (Python's int or float by its value) or a boolean. */
export type Scalar = number | boolean;

interface BaseTypes {
  Tensor: Tensor;
  Scalar: Scalar;
  int: number;
  float: number;
  bool: boolean;
  str: string;
  ScalarType: DType;
  Device: string | Device;
  Generator: Generator;
  /** A distance: a function of two tensors. */
  Function: (a: Tensor, b: Tensor) => Tensor;
}

type TypeOf<T extends string> = T extends `${infer B}?`
  ? TypeOf<B> | null
  : T extends `${infer B}[${string}]`
    ? TypeOf<B>[]
    : T extends `${infer B}(${string})`
      ? TypeOf<B>
      : T extends keyof BaseTypes
        ? BaseTypes[T]
        : never;

type Split<S extends string> = S extends `${infer A}, ${infer Rest}` ? [A, ...Split<Rest>] : S extends "" ? [] : [S];
type Inside<S extends string> = S extends `${string}(${infer Rest}` ? Before<Rest> : never;
type Before<S extends string> = S extends `${infer A}) -> ${string}` ? A : never;
type ReturnText<S extends string> = S extends `${string}) -> ${infer R}` ? R : never;

type ArgType<A extends string> = A extends `${infer T} ${string}` ? TypeOf<T> : never;
type ArgName<A extends string> = A extends `${string} ${infer N}=${string}`
  ? N
  : A extends `${string} ${infer N}`
    ? N
    : never;

type ArgTuple<P extends string[]> = P extends [infer A extends string, ...infer Rest extends string[]]
  ? A extends "*"
    ? ArgTuple<Rest>
    : [ArgType<A>, ...ArgTuple<Rest>]
  : [];

/** The tuple of an op's arguments, in schema order. */
export type Args<S extends string> = ArgTuple<Split<Inside<S>>>;

/** The arguments by name. */
export type NamedArgs<S extends string> = { [A in Split<Inside<S>>[number] as ArgName<A>]: ArgType<A> };

/** What an op gives: a tensor, a tuple of them, a list, a number; `Any` where that depends on its arguments. */
export type Result<S extends string> =
  ReturnText<S> extends `(${string}`
    ? Tensor[]
    : ReturnText<S> extends `Tensor${string}[]`
      ? Tensor[]
      : ReturnText<S> extends "Any"
        ? any
        : ReturnText<S> extends "Scalar"
          ? number
          : ReturnText<S> extends "bool"
            ? boolean
            : Tensor;

// ── at load ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Param {
  name: string;
  /** `Tensor`, `Scalar`, `int`, … without `?`, `[]` and alias marks. */
  base: string;
  list: boolean;
  /** `int?[]`: an entry may be None. */
  optionalEntries: boolean;
  /** `int[][]`: entries are lists, or one number for a list of one. */
  nested: boolean;
  /** `int[2]` takes one number for both; 0 where there is no such count. */
  listSize: number;
  optional: boolean;
  keywordOnly: boolean;
  /** What stands for an argument not given; undefined when it must be. */
  default: unknown;
}

export interface Schema {
  /** `sum.dim_IntList`. */
  full: string;
  /** `sum`. */
  name: string;
  params: Param[];
  /** How many of them, the first ones, may come without a keyword. */
  positions: number;
  /** Names of the results where there are several (`values`, `indices`). */
  returns: string[];
  returnsList: boolean;
  /** A plain value: `bool`, `Scalar`, `Any`; null for tensors. */
  returnsValue: string | null;
  /** The result shares memory with its first argument. */
  isView: boolean;
}

const cache = new Map<string, Schema>();

export function parseSchema(text: string): Schema {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const match = /^([\w.]+)\((.*)\) -> (.*)$/.exec(text);
  if (match === null) throw new Error(`bad schema: ${text}`);
  const [, full, inside, returned] = match;
  const params: Param[] = [];
  let keywordOnly = false;
  for (const part of inside === "" ? [] : inside.split(", ")) {
    if (part === "*") {
      keywordOnly = true;
      continue;
    }
    const [, type, name, fallback] = /^(\S+) (\w+)(?:=(.*))?$/.exec(part)!;
    const optional = type.endsWith("?");
    const bare = optional ? type.slice(0, -1) : type;
    params.push({
      name,
      base: bare.replace(/[?([].*$/, ""),
      list: /\[\d*\]$/.test(bare),
      optionalEntries: bare.includes("?["),
      nested: bare.endsWith("[][]"),
      listSize: Number(/\[(\d+)\]$/.exec(bare)?.[1] ?? 0),
      optional,
      keywordOnly,
      default: fallback === undefined ? undefined : parseDefault(fallback),
    });
  }
  const several = /^\((.*)\)$/.exec(returned);
  const schema: Schema = {
    full,
    name: full.split(".")[0],
    params,
    positions: params.filter((p) => !p.keywordOnly).length,
    returns: several ? several[1].split(", ").map((r) => r.split(" ")[1]) : [],
    returnsList: returned.includes("[]"),
    returnsValue: ["bool", "Scalar", "Any"].includes(returned) ? returned : null,
    isView: returned.includes("(a)"),
  };
  cache.set(text, schema);
  return schema;
}

function parseDefault(text: string): unknown {
  if (text === "None") return null;
  if (text === "True" || text === "False") return text === "True";
  if (text.startsWith("[")) return text === "[]" ? [] : text.slice(1, -1).split(",").map(Number);
  if (text.startsWith("'")) return text.slice(1, -1);
  return Number(text);
}
