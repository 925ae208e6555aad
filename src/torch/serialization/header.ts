/** The JSON header of a safetensors file, read strictly: JSON.parse would let a repeated key win in silence. */
import { RuntimeError } from "../errors";

export type Json = null | boolean | number | string | Json[] | Map<string, Json>;

/** Deeper nesting has no meaning in a header, and would exhaust the stack. */
const DEEPEST = 64;

/** Parses JSON text; objects become maps in their own order. Throws RuntimeError for anything malformed and for repeated keys. */
export function parseHeader(text: string): Json {
  let at = 0;

  function fail(what: string): never {
    throw new RuntimeError(`Error while deserializing header: ${what} at position ${at}`);
  }
  const space = () => {
    while (at < text.length && " \t\n\r".includes(text[at])) at++;
  };
  const expect = (literal: string) => {
    if (!text.startsWith(literal, at)) fail(`expected '${literal}'`);
    at += literal.length;
  };

  function string(): string {
    if (text[at] !== '"') fail("expected a string");
    const start = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at++;
    try {
      return JSON.parse(text.slice(start, at));
    } catch {
      at = start;
      return fail("malformed string");
    }
  }

  function number(): number {
    const match = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    match.lastIndex = at;
    const found = match.exec(text);
    if (found === null) fail("expected a value");
    at += found[0].length;
    return Number(found[0]);
  }

  /** What stands between two brackets, separated by commas. */
  function list(close: string, entry: () => void): void {
    at++;
    space();
    if (text[at] === close) {
      at++;
      return;
    }
    for (;;) {
      entry();
      space();
      if (text[at] === close) break;
      expect(",");
      space();
    }
    at++;
  }

  function value(depth: number): Json {
    if (depth > DEEPEST) fail("too many levels");
    space();
    switch (text[at]) {
      case "{": {
        const out = new Map<string, Json>();
        list("}", () => {
          const key = string();
          if (out.has(key)) fail(`the key '${key}' comes twice`);
          space();
          expect(":");
          out.set(key, value(depth + 1));
        });
        return out;
      }
      case "[": {
        const out: Json[] = [];
        list("]", () => void out.push(value(depth + 1)));
        return out;
      }
      case '"':
        return string();
      case "t":
        expect("true");
        return true;
      case "f":
        expect("false");
        return false;
      case "n":
        expect("null");
        return null;
      default:
        return number();
    }
  }

  const out = value(0);
  space();
  if (at < text.length) fail("more text than one value");
  return out;
}
