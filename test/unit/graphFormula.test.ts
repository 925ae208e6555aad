import { describe, expect, test } from "vitest";
import { ELEMENTWISE, type Expression, formulaOf, parse, STRUCTURED, show, simplify } from "../../src/graph/formula";
import * as torch from "../../src/torch";
import { OpNode, registry } from "../../src/torch/dispatch";

describe("a formula is shown as mathematics", () => {
  test.each([
    ["g * cos(self)", "g · cos(self)"],
    ["-self / other ** 2", "−self / other²"],
    ["1 / (2 * result)", "1 / (2 · result)"],
    ["a - (b - c)", "a − (b − c)"],
    ["a - b - c", "a − b − c"],
    ["sqrt(1 - self ** 2)", "√(1 − self²)"],
    ["self ** (exponent - 1)", "self^(exponent − 1)"],
    ["is(self >= 0) * abs(x)", "[self ≥ 0] · |x|"],
    ["-1 / sqrt(2 * pi)", "−1 / √(2 · π)"],
  ])("%s", (text, shown) => expect(show(parse(text))).toBe(shown));

  test("with numbers in the names' places, a negative one in brackets", () => {
    const numbers: Record<string, string> = { self: "-2.", other: "3." };
    expect(show(parse("self * other"), (name) => numbers[name]!)).toBe("-2. · 3.");
    expect(show(parse("other * self"), (name) => numbers[name]!)).toBe("3. · (-2.)");
    expect(show(parse("self ** 2"), (name) => numbers[name]!)).toBe("(-2.)²");
  });

  test("without factors of one", () => {
    expect(show(simplify(parse("self + alpha * other"), (name) => name === "alpha"))).toBe("self + other");
  });

  test.each(["1 +", "(a", "a b", "f(", "* a"])("what is none is refused: %s", (text) =>
    expect(() => parse(text)).toThrow(SyntaxError),
  );
});

test("every formula is that of an operator, and speaks of its arguments", () => {
  const specs = new Map<string, string[]>();
  for (const { nodeName, schema, outputNames } of registry) {
    const name = nodeName.replace(/Backward\d+$/, "");
    specs.set(name, [...(specs.get(name) ?? []), ...schema.params.map((param) => param.name), ...outputNames]);
  }
  for (const [name, { by }] of Object.entries({ ...ELEMENTWISE, ...STRUCTURED })) {
    expect(specs.has(name), name).toBe(true);
    for (const argument of Object.keys(by)) expect(specs.get(name), name).toContain(argument);
  }
});

// What the engine's own derivative gives must be what the formula says, at points of either sign.
const FUNCTIONS: Record<string, (...args: number[]) => number> = {
  ...(Object.fromEntries(
    Object.getOwnPropertyNames(Math).flatMap((name) =>
      typeof (Math as any)[name] === "function" ? [[name, (Math as any)[name]]] : [],
    ),
  ) as Record<string, (...args: number[]) => number>),
  is: (condition) => condition,
  fmod: (a, b) => a % b,
  erf: (x) => torch.erf(torch.tensor(x, { dtype: torch.float64 })).item(),
  lgamma: (x) => torch.lgamma(torch.tensor(x, { dtype: torch.float64 })).item(),
  digamma: (x) => torch.digamma(torch.tensor(x, { dtype: torch.float64 })).item(),
};

function evaluate(expression: Expression, names: Record<string, number>): number {
  const value = (part: Expression): number => evaluate(part, names);
  switch (expression.kind) {
    case "number":
      return Number(expression.text);
    case "name": {
      const found = expression.name === "pi" ? Math.PI : names[expression.name];
      if (found === undefined) throw new Error(`nothing named ${expression.name}`);
      return found;
    }
    case "negate":
      return -value(expression.of);
    case "call":
      return FUNCTIONS[expression.name]!(...expression.args.map(value));
    case "binary": {
      const [a, b] = [value(expression.left), value(expression.right)];
      const results: Record<string, number> = {
        "+": a + b,
        "-": a - b,
        "*": a * b,
        "/": a / b,
        "**": a ** b,
        "<": Number(a < b),
        ">": Number(a > b),
        "<=": Number(a <= b),
        ">=": Number(a >= b),
        "==": Number(a === b),
        "!=": Number(a !== b),
      };
      return results[expression.operator]!;
    }
  }
}

const number = (x: number) => torch.tensor(x, { dtype: torch.float64, requires_grad: true });
const flag = (x: number) => torch.tensor(x !== 0);
/** Operators that are not called by their schema's arguments alone, or not defined at the first points. */
const CALLS: Record<
  string,
  {
    points: number[][];
    call: (...args: torch.Tensor[]) => torch.Tensor;
    names: string[];
    rest?: Record<string, number>;
  }
> = {
  Add: { points: [[2, -3]], names: ["self", "other"], rest: { alpha: 1 }, call: (a, b) => a!.add(b!) },
  Sub: { points: [[2, -3]], names: ["self", "other"], rest: { alpha: 2 }, call: (a, b) => a!.sub(b!, { alpha: 2 }) },
  Rsub: { points: [[2, -3]], names: ["self", "other"], rest: { alpha: 1 }, call: (a, b) => a!.rsub(b!) },
  Pow: {
    points: [
      [2, 3],
      [1.5, -0.5],
    ],
    names: ["self", "exponent"],
    call: (a, b) => a!.pow(b!),
  },
  Addcmul: {
    points: [[1, 2, 3]],
    names: ["self", "tensor1", "tensor2"],
    rest: { value: 0.5 },
    call: (a, b, c) => a!.addcmul(b!, c!, { value: 0.5 }),
  },
  Addcdiv: {
    points: [[1, 2, 3]],
    names: ["self", "tensor1", "tensor2"],
    rest: { value: 0.5 },
    call: (a, b, c) => a!.addcdiv(b!, c!, { value: 0.5 }),
  },
  Lerp: { points: [[1, 4, 0.3]], names: ["self", "end", "weight"], call: (a, b, c) => a!.lerp(b!, c!) },
  LeakyRelu: {
    points: [[2], [-2]],
    names: ["self"],
    rest: { negative_slope: 0.1 },
    call: (a) => torch.nn.functional.leaky_relu(a!, 0.1),
  },
  Elu: {
    points: [[2], [-2]],
    names: ["self"],
    rest: { alpha: 0.7, scale: 1, input_scale: 1 },
    call: (a) => torch.nn.functional.elu(a!, 0.7),
  },
  Celu: { points: [[2], [-2]], names: ["self"], rest: { alpha: 0.7 }, call: (a) => torch.celu(a!, 0.7) },
  Softplus: {
    points: [[2], [-2]],
    names: ["input"],
    rest: { beta: 2 },
    call: (a) => torch.nn.functional.softplus(a!, 2),
  },
  LogSigmoid: { points: [[2], [-2]], names: ["self"], call: (a) => torch.nn.functional.logsigmoid(a!) },
  Silu: { points: [[2], [-2]], names: ["self"], call: (a) => torch.nn.functional.silu(a!) },
  Gelu: { points: [[2], [-0.5]], names: ["input"], call: (a) => torch.nn.functional.gelu(a!) },
  Hardtanh: {
    points: [[0.5], [-2], [2]],
    names: ["self"],
    rest: { min_val: -1, max_val: 1 },
    call: (a) => torch.nn.functional.hardtanh(a!),
  },
  Hardsigmoid: { points: [[0.5], [-4]], names: ["self"], call: (a) => torch.nn.functional.hardsigmoid(a!) },
  Softshrink: {
    points: [[2], [0.2], [-2]],
    names: ["input"],
    rest: { lambd: 0.5 },
    call: (a) => torch.nn.functional.softshrink(a!, 0.5),
  },
  Hardshrink: {
    points: [[2], [0.2]],
    names: ["self"],
    rest: { lambd: 0.5 },
    call: (a) => torch.nn.functional.hardshrink(a!, 0.5),
  },
  Threshold: {
    points: [[2], [0.2]],
    names: ["self"],
    rest: { threshold: 1, value: 7 },
    call: (a) => torch.nn.functional.threshold(a!, 1, 7),
  },
  ClampMin: { points: [[2], [-2]], names: ["self"], rest: { min: 1 }, call: (a) => a!.clamp_min(1) },
  ClampMax: { points: [[2], [-2]], names: ["self"], rest: { max: 1 }, call: (a) => a!.clamp_max(1) },
  Maximum: {
    points: [
      [2, 3],
      [2, 2],
    ],
    names: ["self", "other"],
    call: (a, b) => a!.maximum(b!),
  },
  Minimum: {
    points: [
      [2, 3],
      [2, 2],
    ],
    names: ["self", "other"],
    call: (a, b) => a!.minimum(b!),
  },
  Where: {
    points: [[2, 3]],
    names: ["self", "other"],
    rest: { condition: 1 },
    call: (a, b) => torch.where(flag(1), a!, b!),
  },
  MaskedFill: {
    points: [[2, 5]],
    names: ["self", "value"],
    rest: { mask: 1 },
    call: (a, v) => a!.masked_fill(flag(1), v!),
  },
  Acosh: { points: [[2]], names: ["self"], call: (a) => a!.acosh() },
  Asin: { points: [[0.3], [-0.3]], names: ["self"], call: (a) => a!.asin() },
  Acos: { points: [[0.3], [-0.3]], names: ["self"], call: (a) => a!.acos() },
  Atanh: { points: [[0.3], [-0.3]], names: ["self"], call: (a) => a!.atanh() },
  Logit: { points: [[0.3]], names: ["self"], call: (a) => a!.logit() },
};

test.each(Object.keys(ELEMENTWISE))("the engine agrees: %s", (name) => {
  const formula = formulaOf(`${name}Backward0`)!;
  if (formula.kind !== "elementwise") throw new Error("not by element");
  const argumentsOf = Object.keys(ELEMENTWISE[name]!.by);
  const special = CALLS[name];
  const positive = ["Sqrt", "Rsqrt", "Log", "Log2", "Log10", "Log1P", "Lgamma", "Xlogy"].includes(name);
  const points =
    special?.points ?? [[1.3, 2.2], ...(positive ? [] : [[-0.7, 1.9]])].map((p) => p.slice(0, argumentsOf.length));
  const method = registry.find(({ nodeName }) => nodeName.replace(/Backward\d+$/, "") === name)!.schema.name;
  const call = special?.call ?? ((a: any, ...rest: any[]) => a[method](...rest));
  for (const point of points) {
    const tensors = point.map(number);
    const result = call(...tensors) as torch.Tensor;
    const fn = result.grad_fn;
    expect(fn instanceof OpNode && fn.name().replace(/Backward\d+$/, "")).toBe(name);
    const names = { ...special?.rest, result: result.item() } as Record<string, number>;
    for (const [i, argument] of (special?.names ?? argumentsOf).entries()) names[argument] = point[i]!;
    expect(evaluate(formula.value, names)).toBeCloseTo(result.item(), 5);
    result.backward();
    for (const [i, argument] of (special?.names ?? argumentsOf).entries()) {
      expect(evaluate(formula.by.get(argument)!, names), `by ${argument} at ${point}`).toBeCloseTo(
        tensors[i]!.grad?.item() ?? 0,
        5,
      );
    }
  }
});
