/** Looking at values that may not want to be looked at: getters, proxies and `inspect` methods that throw or never return. */
import { inspect } from "node:util";
import { Script } from "node:vm";

/** Enough for a model of thousands of parameters on a busy machine. */
const LIMIT_MS = 800;
/** Values that were given up on, after which no other is asked. */
const GIVE_UPS = 3;
const TEXT_MAX = 2_000;

export interface Looked {
  type: string;
  text: string;
}

const { runInThisContext } = Script.prototype;
let guarded: () => void = () => {};
const GUARDED = "gradlens.guarded";
Object.defineProperty(globalThis, Symbol.for(GUARDED), { value: () => guarded() });
const script = new Script(`globalThis[Symbol.for("${GUARDED}")]()`, { filename: "gradlens:guard" });

/** Calls `act`, for {@link LIMIT_MS} at most. Returns whether it came to its end; what it throws is thrown. */
export function within(act: () => void): boolean {
  const outer = guarded;
  guarded = act;
  try {
    runInThisContext.call(script, { timeout: LIMIT_MS });
    return true;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  } finally {
    guarded = outer;
  }
}

/** Type and short text of each value. */
export function lookAt(values: readonly unknown[]): Looked[] {
  const looked: Looked[] = [];
  for (let givenUp = 0; looked.length < values.length; ) {
    const finished = within(() => {
      while (looked.length < values.length) looked.push(look(values[looked.length]));
    });
    if (finished) break;
    looked.push({ type: "object", text: "<gives no answer: looking at it does not end>" });
    if (++givenUp < GIVE_UPS) continue;
    while (looked.length < values.length) looked.push({ type: "object", text: "<was not looked at>" });
  }
  return looked;
}

function look(value: unknown): Looked {
  try {
    // A module can be called, and is no mere function: it says itself what it is.
    if (typeof value === "function" && !(inspect.custom in value)) {
      const text = Function.prototype.toString.call(value);
      return { type: "function", text: `${/^class\b/.test(text) ? "class" : "function"} ${nameOf(value)}` };
    }
    const text = inspect(value, { depth: 1, maxArrayLength: 20, maxStringLength: 500, breakLength: 100 });
    return { type: typeName(value), text: text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text };
  } catch (error) {
    return { type: "object", text: `<throws when looked at: ${wordOf(error)}>` };
  }
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object" && typeof value !== "function") return typeof value;
  return String(value.constructor?.name || "object");
}

function nameOf(value: unknown): string {
  try {
    return String((value as { name: unknown }).name);
  } catch {
    return "";
  }
}

function wordOf(error: unknown): string {
  try {
    return String(error).slice(0, 200);
  } catch {
    return "an error that throws";
  }
}
