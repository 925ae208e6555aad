/** Runs a recorded case of the operator database: forward, first and second derivative. */
import * as torch from "gradlens";
import { decode, difference, type Recorded, readText } from "./support";

export interface Case {
  args: Recorded[];
  kwargs: Record<string, Recorded>;
  out: Recorded;
  gout?: number[];
  grads?: Recorded[];
  grads2?: Recorded[];
  grad_fn?: string;
}

export interface Operator {
  op: string;
  variant: string;
  cases: Case[];
}

export function operators(): Operator[] {
  return readText("opinfo.jsonl.gz")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Recorded with the arguments in another order than the function's. */
const reordered: Record<string, (args: any[], kwargs: any) => any> = {
  einsum: ([tensors, equation]) => call("einsum", [equation, ...tensors]),
  polygamma: ([x, n], k) => call("polygamma", [n, x, k]),
  "special.polygamma": ([x, n], k) => call("special.polygamma", [n, x, k]),
  where: ([self, condition, other]) => call("where", [condition, self, other]),
  "nn.functional.embedding": ([weight, indices, ...rest], k) =>
    call("nn.functional.embedding", [indices, weight, ...rest, k]),
  "nn.functional.embedding_bag": ([weight, indices, ...rest], k) =>
    call("nn.functional.embedding_bag", [indices, weight, ...rest, k]),
};

const properties = new Set(["T", "mT", "H", "mH", "real"]);
const onAClone = new Set(["resize_", "resize_as_", "zero_"]);

const rightHand: Record<string, (x: any, y: any) => any> = {
  __radd__: (x, y) => torch.add(y, x),
  __rsub__: (x, y) => torch.sub(y, x),
  __rmul__: (x, y) => torch.mul(y, x),
  __rdiv__: (x, y) => torch.div(y, x),
  __rpow__: (x, y) => torch.pow(y, x),
  __rmod__: (x, y) => torch.remainder(y, x),
  __rand__: (x, y) => x.bitwise_and(y),
  __ror__: (x, y) => x.bitwise_or(y),
  __rxor__: (x, y) => x.bitwise_xor(y),
  __rmatmul__: (x, y) => torch.matmul(y, x),
};

function lookUp(name: string): any {
  return name.split(".").reduce<any>((o, part) => o?.[part], torch);
}

/** Calls `torch.<name>`, or the method of the first argument, with the last argument as keywords when it is a plain object. */
function call(name: string, args: any[]): any {
  const f = lookUp(name);
  if (typeof f === "function") return f(...args);
  return args[0][name](...args.slice(1));
}

/** Whether the engine has the operator at all. */
export function exists({ op, variant }: Operator): boolean {
  if (op in rightHand || properties.has(op) || op === "__getitem__") return true;
  if (op === "linalg.pinv" && variant === "singular") return lookUp(op) !== undefined;
  return (
    typeof lookUp(op) === "function" || typeof (torch.Tensor.prototype as any)[op] === "function" || op === "slice"
  );
}

function run({ op, variant }: Operator, args: any[], kwargs: Record<string, any>): any {
  const keywords = Object.keys(kwargs).length > 0 ? [kwargs] : [];
  if (op in rightHand) return rightHand[op](args[0], args[1]);
  if (properties.has(op)) return args[0][op];
  if (op === "__getitem__") return args[0].index(...(Array.isArray(args[1]) ? args[1] : [args[1]]));
  if (op === "slice") {
    const [x, dim = 0, start = null, end = null, step = 1] = args;
    return x.index(...new Array(dim < 0 ? dim + x.ndim : dim).fill(":"), torch.slice(start, end, step));
  }
  if (onAClone.has(op)) return args[0].clone()[op](...args.slice(1), ...keywords);
  if (op === "linalg.pinv" && variant === "singular") return lookUp(op)(args[0].matmul(args[1].mT), ...keywords);
  if (op === "linalg.lstsq" && variant === "grad_oriented") return lookUp(op)(...args, ...keywords)[0];
  // Names that are dtypes too are the conversions.
  if (lookUp(op) instanceof torch.dtype) return args[0][op](...args.slice(1), ...keywords);
  const special = reordered[op];
  return special ? special(args, kwargs) : call(op, [...args, ...keywords]);
}

const weights = (t: torch.Tensor, phase: number): torch.Tensor =>
  torch
    .tensor(
      Array.from({ length: t.numel() }, (_, k) => Math.round(Math.cos(1.3 * (k + 1) + phase) * 1e4) / 1e4),
      { dtype: t.dtype },
    )
    .reshape(t.shape);

const weighted = (ts: torch.Tensor[], phase: (i: number) => number): torch.Tensor =>
  ts.map((t, i) => t.mul(weights(t, phase(i))).sum()).reduce((a, b) => a.add(b));

export interface Verdict {
  forward: string | null;
  /** undefined where nothing is recorded. */
  gradient?: string | null;
  second?: string | null;
}

const attempt = (f: () => string | null): string | null => {
  try {
    return f();
  } catch (e: any) {
    return `${e?.name}: ${e?.message}`;
  }
};

/** Runs a case's forward; its leaves are appended to `leaves` in the order of the recorded gradients. */
export function forward(operator: Operator, c: Case, leaves: torch.Tensor[], double = false): any {
  const args = decode(c.args, leaves, double);
  const kwargs: Record<string, any> = {};
  for (const name of Object.keys(c.kwargs).sort()) kwargs[name] = decode(c.kwargs[name], leaves, double);
  return run(operator, args, kwargs);
}

/** The scalar whose gradient is recorded: the outputs that carry gradient, weighted. */
export function scalarOf(out: any, c: Case): torch.Tensor {
  const flat: any[] = Array.isArray(out) ? out.flat(Infinity) : [out];
  return weighted(
    c.gout!.map((i) => flat[i]),
    (i) => 0.1 * c.gout![i],
  );
}

/** What is wrong with each part of a case; null for what is right. */
export function judge(operator: Operator, c: Case): Verdict {
  let out: any;
  const leaves: torch.Tensor[] = [];
  const value = attempt(() => {
    out = forward(operator, c, leaves);
    const wrong = difference(out, c.out, "out");
    if (wrong !== null || c.grad_fn === undefined || !(out instanceof torch.Tensor)) return wrong;
    const name = out.grad_fn?.name();
    return name === c.grad_fn ? null : `grad_fn is ${name}, not ${c.grad_fn}`;
  });
  const verdict: Verdict = { forward: value };
  if (c.grads === undefined) return verdict;
  if (value !== null && out === undefined) return { forward: value, gradient: value, second: c.grads2 && value };
  let grads: (torch.Tensor | null)[] = [];
  verdict.gradient = attempt(() => {
    const scalar = scalarOf(out, c);
    grads = torch.autograd.grad(scalar, leaves, { create_graph: c.grads2 !== undefined, allow_unused: true });
    return difference(grads, c.grads, "grad");
  });
  if (c.grads2 === undefined) return verdict;
  verdict.second = attempt(() => {
    const present = grads.flatMap((g, i) => (g?.requires_grad ? [{ g, i }] : []));
    const scalar = present.map(({ g, i }) => g.mul(weights(g, 0.7 + 0.1 * i)).sum()).reduce((a, b) => a.add(b));
    return difference(torch.autograd.grad(scalar, leaves, { allow_unused: true }), c.grads2, "grad2");
  });
  return verdict;
}
