/** From what a user passes, positions and one trailing object of keywords, to an op's arguments. */
import { checkDevice, isDevice } from "./device";
import { type OpSpec, registry, runInPlace, runOp } from "./dispatch";
import { DType } from "./dtype";
import { isKeywords } from "./keywords";
import { wrapNumber } from "./promotion";
import { Generator } from "./random";
import type { Param } from "./schema";
import { Tensor } from "./tensor";

/** What a value that does not fit a parameter converts to. */
const MISMATCH = Symbol("mismatch");

/** NumPy's names, which PyTorch takes too. */
const aliases: Record<string, string> = { axis: "dim", keepdims: "keepdim" };

export type PublicFunction = (this: unknown, ...args: unknown[]) => any;

/**
 * The function of a name over all its overloads. Throws TypeError with PyTorch's texts when none takes the arguments.
 * As a method it takes `this` for the first argument.
 */
export function bindOverloads(name: string, specs: readonly OpSpec[], method: boolean): PublicFunction {
  const run = name.endsWith("_") && !name.startsWith("_") && specs[0].schema.name !== name ? runInPlace : runOp;
  if (method) {
    return function (this: unknown, ...args: unknown[]) {
      return call(name, specs, run, this, args, true);
    };
  }
  return (...args: unknown[]) => call(name, specs, run, undefined, args, false);
}

/** `self` is the first argument of a method; `args` are the others. */
function call(
  name: string,
  specs: readonly OpSpec[],
  run: (spec: OpSpec, args: unknown[]) => any,
  self: unknown,
  args: unknown[],
  method: boolean,
): any {
  let keywords: Record<string, unknown> | null = null;
  const last = args[args.length - 1];
  if (typeof last === "object" && !(last instanceof Tensor) && isKeywords(last)) {
    keywords = withoutPlacement(args.pop() as Record<string, unknown>, specs);
  }
  while (args.length > 0 && args[args.length - 1] === undefined) args.pop();
  for (let i = 0; i < specs.length; i++) {
    const bound = bind(specs[i], self, args, keywords, method);
    if (bound !== null) return run(specs[i], bound);
  }
  throw new TypeError(explain(name, specs, method ? [self, ...args] : args, keywords, method));
}

const placement = ["device", "layout", "pin_memory", "memory_format", "non_blocking", "copy"];

/** Where there is a dtype to choose, PyTorch also lets choose a device and a layout. There is one of each here. Throws for a device other than the CPU. */
function withoutPlacement(keywords: Record<string, unknown>, specs: readonly OpSpec[]): Record<string, unknown> {
  const takes = (name: string) => specs.some((s) => s.schema.params.some((p) => p.name === name));
  const key = placement.find((p) => p in keywords && !takes(p));
  if (key === undefined || !takes("dtype")) return keywords;
  if (key === "device") checkDevice(keywords.device);
  const { [key]: _, ...rest } = keywords;
  return withoutPlacement(rest, specs);
}

/** `view(2, 3)` for `view([2, 3])`, `meshgrid(a, b)`: where a list is all there is to pass, its entries may come one by one. */
function takesEntries(param: Param, value: unknown): boolean {
  return param.base === "int" ? typeof value === "number" : param.base === "Tensor" && value instanceof Tensor;
}

function bind(
  spec: OpSpec,
  self: unknown,
  args: readonly unknown[],
  keywords: Record<string, unknown> | null,
  method: boolean,
): unknown[] | null {
  const { params, positions } = spec.schema;
  const out = new Array<unknown>(params.length);
  const last = positions - 1;
  let used = 0;
  let position = 0;
  const first = method ? 1 : 0;
  for (let i = 0; i < params.length; i++) {
    const param = params[i];
    let value: unknown;
    if (i === 0 && method) {
      value = self;
    } else if (!param.keywordOnly && position < args.length) {
      value = args[position];
      if (param.list && i === last && (i === first || value instanceof Tensor) && takesEntries(param, value)) {
        value = args.slice(position);
        position = args.length;
      } else {
        position++;
      }
    } else if (keywords !== null) {
      const key = keywordFor(param, keywords, i === 0 && !method);
      if (key !== null) {
        value = keywords[key];
        used++;
      }
    }
    if (value === undefined) {
      if (param.default === undefined) return null;
      out[i] = param.default;
      continue;
    }
    const converted = convert(value, param, takesNumber(spec, i));
    if (converted === MISMATCH) return null;
    out[i] = converted;
  }
  if (position < args.length) return null;
  if (keywords !== null && used < definedKeys(keywords).length) return null;
  return out;
}

function definedKeys(keywords: Record<string, unknown>): string[] {
  return Object.keys(keywords).filter((key) => keywords[key] !== undefined);
}

function keywordFor(param: Param, keywords: Record<string, unknown>, first: boolean): string | null {
  if (param.name in keywords) return param.name;
  if (first && param.name === "self" && "input" in keywords) return "input";
  for (const [alias, name] of Object.entries(aliases)) if (name === param.name && alias in keywords) return alias;
  return null;
}

function takesNumber({ numbers }: OpSpec, position: number): boolean {
  return numbers === "other" ? position > 0 : numbers;
}

function convert(value: unknown, param: Param, numbers: boolean): unknown {
  if (value === null) return param.optional ? null : MISMATCH;
  if (param.list) {
    if (param.listSize > 0 && !Array.isArray(value)) {
      const one = convertOne(value, param.base, numbers);
      return one === MISMATCH ? MISMATCH : new Array(param.listSize).fill(one);
    }
    if (!Array.isArray(value)) return MISMATCH;
    const entry = (v: unknown): unknown => {
      if (v === null && param.optionalEntries) return null;
      if (!param.nested || !Array.isArray(v)) return convertOne(v, param.base, false);
      const list = v.map((e) => convertOne(e, param.base, false));
      return list.includes(MISMATCH) ? MISMATCH : list;
    };
    const out = value.map(entry);
    return out.includes(MISMATCH) ? MISMATCH : out;
  }
  return convertOne(value, param.base, numbers);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function convertOne(value: unknown, base: string, numbers: boolean): unknown {
  switch (base) {
    case "Tensor":
      if (value instanceof Tensor) return value;
      return numbers && (isNumber(value) || typeof value === "boolean") ? wrapNumber(value) : MISMATCH;
    case "Scalar":
      if (value instanceof Tensor) return value.ndim === 0 && !value.requires_grad ? value.item() : MISMATCH;
      return isNumber(value) ? Number(value) : typeof value === "boolean" ? value : MISMATCH;
    case "float":
      return isNumber(value) ? Number(value) : MISMATCH;
    case "int":
      if (value instanceof Tensor && value.ndim === 0 && !value.is_floating_point()) return value.item();
      return isNumber(value) && Number.isInteger(Number(value)) ? Number(value) : MISMATCH;
    case "bool":
      return typeof value === "boolean" ? value : MISMATCH;
    case "str":
      return typeof value === "string" ? value : MISMATCH;
    case "ScalarType":
      return value instanceof DType ? value : MISMATCH;
    case "Device":
      return isDevice(value) ? value : MISMATCH;
    case "Function":
      return typeof value === "function" ? value : MISMATCH;
    case "Generator":
      return value instanceof Generator ? value : MISMATCH;
    default:
      throw new Error(`schema type ${base}`);
  }
}

/** Python's name for what was passed. */
function typeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (value instanceof Tensor) return "Tensor";
  if (value instanceof DType) return "torch.dtype";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  return typeof value === "object" ? (value.constructor?.name ?? "dict") : typeof value;
}

const typeTexts: Record<string, string> = {
  Scalar: "Number",
  ScalarType: "torch.dtype",
  Device: "torch.device",
  "int[]": "tuple of ints",
  "Tensor[]": "tuple of Tensors",
};

function typeText(param: Param): string {
  const key = param.base + (param.list ? "[]" : "");
  return typeTexts[key] ?? key;
}

/** Why no overload took the arguments, in PyTorch's words. */
function explain(
  name: string,
  specs: readonly OpSpec[],
  args: readonly unknown[],
  keywords: Record<string, unknown> | null,
  method: boolean,
): string {
  const skip = method ? 1 : 0;
  for (const key of keywords === null ? [] : definedKeys(keywords)) {
    const known = specs.some((s) => s.schema.params.some((p, i) => keywordFor(p, { [key]: 0 }, i === 0 && !method)));
    if (!known) return `${name}() got an unexpected keyword argument '${key}'`;
    const position = specs[0].schema.params.findIndex((p) => keywordFor(p, { [key]: 0 }, !method) !== null);
    if (specs.length === 1 && position >= 0 && position < args.length) {
      return `${name}() got multiple values for argument '${key}'`;
    }
  }
  if (specs.length === 1) {
    const { params } = specs[0].schema;
    const positional = params.filter((p) => !p.keywordOnly);
    const shown = (p: Param, i: number) => (i === 0 && !method && p.name === "self" ? "input" : p.name);
    for (let i = skip; i < Math.min(args.length, positional.length); i++) {
      if (convert(args[i], positional[i], takesNumber(specs[0], i)) === MISMATCH) {
        return `${name}(): argument '${shown(positional[i], i)}' (position ${i + 1 - skip}) must be ${typeText(positional[i])}, not ${typeName(args[i])}`;
      }
    }
    if (args.length > positional.length) {
      const n = positional.length - skip;
      return `${name}() takes ${n} positional argument${n === 1 ? "" : "s"} but ${args.length - skip} ${args.length - skip === 1 ? "was" : "were"} given`;
    }
    const missing = params.filter(
      (p, i) =>
        p.default === undefined && i >= args.length && keywordFor(p, keywords ?? {}, i === 0 && !method) === null,
    );
    if (missing.length > 0) {
      const names = missing.map((p) => `"${shown(p, params.indexOf(p))}"`).join(", ");
      return `${name}() missing ${missing.length} required positional arguments: ${names}`;
    }
    for (const p of params) {
      const key = keywordFor(p, keywords ?? {}, false);
      if (key !== null && convert(keywords![key], p, takesNumber(specs[0], params.indexOf(p))) === MISMATCH) {
        return `${name}(): argument '${key}' must be ${typeText(p)}, not ${typeName(keywords![key])}`;
      }
    }
  }
  const got = [
    ...args.slice(skip).map(typeName),
    ...Object.entries(keywords ?? {}).map(([key, value]) => `${key}=${typeName(value)}`),
  ];
  const forms = specs.map((s) => ` * (${s.schema.params.slice(skip).map(paramText).join(", ")})`);
  return `${name}() received an invalid combination of arguments - got (${got.join(", ")}), but expected one of:\n${forms.join("\n")}`;
}

function paramText(param: Param): string {
  return `${typeText(param)} ${param.name}`;
}

/** `torch.linalg.inv` is declared as `linalg_inv`, `torch.special.i1` as `special_i1`, …; inside its module the prefix goes. */
function publicName(spec: OpSpec, variant: string): string {
  const { name } = spec.schema;
  return name.startsWith(`${variant}_`) ? name.slice(variant.length + 1) : name;
}

/** The overloads of each public name among `variant`s (`function`, `method`, `nn.functional`, …). */
export function overloadsOf(variant: string): Map<string, OpSpec[]> {
  const out = new Map<string, OpSpec[]>();
  const add = (name: string, spec: OpSpec) => {
    const list = out.get(name);
    if (list === undefined) out.set(name, [spec]);
    else list.push(spec);
  };
  for (const spec of registry) {
    const here = spec.variants.includes(variant);
    if (here) add(publicName(spec, variant), spec);
    const onlyInPlace = variant === "method" && spec.variants.includes("in-place");
    if (spec.inPlace && (here || onlyInPlace) && (variant === "method" || variant === "function"))
      add(`${spec.schema.name}_`, spec);
  }
  for (const specs of out.values()) specs.sort(tensorsFirst);
  return out;
}

/** As in PyTorch, an overload with a tensor goes before one with a number in its place: a scalar tensor fits both. */
function tensorsFirst(a: OpSpec, b: OpSpec): number {
  const rank = (p: Param | undefined) => {
    if (p === undefined || p.list) return 0;
    return p.base === "Tensor" ? -1 : p.base === "Scalar" || p.base === "int" ? 1 : 0;
  };
  for (let i = 0; i < a.schema.params.length; i++) {
    const [ra, rb] = [rank(a.schema.params[i]), rank(b.schema.params[i])];
    if (ra * rb === -1) return ra;
  }
  return 0;
}

/** The public functions of a variant, by name. */
export function functionsOf(variant: string): Record<string, PublicFunction> {
  const out: Record<string, PublicFunction> = {};
  for (const [name, specs] of overloadsOf(variant)) {
    out[name] = bindOverloads(name, specs, false);
    Object.defineProperty(out[name], "name", { value: name });
  }
  return out;
}

/** Puts every method of the registry on `Tensor`. */
export function installMethods(): void {
  for (const [name, specs] of overloadsOf("method")) {
    Object.defineProperty(Tensor.prototype, name, {
      value: bindOverloads(name, specs, true),
      writable: true,
      configurable: true,
    });
  }
}
