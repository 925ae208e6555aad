/**
 * Formulas as data: `g * cos(self)` is read once, and shown with names or with numbers in their place.
 * `is(self > 0)` is 1 where the condition holds and 0 elsewhere, written `[self > 0]`.
 */

export type Expression =
  | { kind: "number"; text: string }
  | { kind: "name"; name: string }
  | { kind: "negate"; of: Expression }
  | { kind: "binary"; operator: string; left: Expression; right: Expression }
  | { kind: "call"; name: string; args: Expression[] };

/** How tightly operators bind, loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ["<", ">", "<=", ">=", "==", "!="],
  ["+", "-"],
  ["*", "/"],
];
const POWER = LEVELS.length + 1;

/** Throws SyntaxError: the table of formulas is at fault. */
export function parse(text: string): Expression {
  const tokens = text.match(/\d+\.?\d*(?:e-?\d+)?|[A-Za-z_]\w*|\*\*|<=|>=|==|!=|\S/g) ?? [];
  let at = 0;
  const fail = (): never => {
    throw new SyntaxError(`Formula '${text}': '${tokens[at] ?? "its end"}' is not expected`);
  };
  const take = (token: string): boolean => tokens[at] === token && ++at > 0;

  const binary = (level: number): Expression => {
    if (level === LEVELS.length) return unary();
    let left = binary(level + 1);
    while (LEVELS[level]!.includes(tokens[at] ?? "")) {
      const operator = tokens[at++]!;
      left = { kind: "binary", operator, left, right: binary(level + 1) };
    }
    return left;
  };
  const unary = (): Expression => (take("-") ? { kind: "negate", of: unary() } : power());
  const power = (): Expression => {
    const base = atom();
    return take("**") ? { kind: "binary", operator: "**", left: base, right: unary() } : base;
  };
  const atom = (): Expression => {
    if (take("(")) {
      const inner = binary(0);
      return take(")") ? inner : fail();
    }
    const token = tokens[at++] ?? fail();
    if (/^\d/.test(token)) return { kind: "number", text: token };
    if (!/^[A-Za-z_]/.test(token)) {
      at--;
      return fail();
    }
    if (!take("(")) return { kind: "name", name: token };
    const args = [binary(0)];
    while (take(",")) args.push(binary(0));
    return take(")") ? { kind: "call", name: token, args } : fail();
  };

  const whole = binary(0);
  return at === tokens.length ? whole : fail();
}

const SIGNS: Record<string, string> = {
  "*": " · ",
  "/": " / ",
  "-": " − ",
  "<=": " ≤ ",
  ">=": " ≥ ",
  "!=": " ≠ ",
  "==": " = ",
};
const RAISED: Record<string, string> = { "2": "²", "3": "³", "4": "⁴" };

/** As mathematics; `name` says what stands for a name: another one, or a number. */
export function show(expression: Expression, name: (name: string) => string = (same) => same): string {
  return shown(expression, name).text;
}

interface Shown {
  text: string;
  /** How tightly its outermost operator binds; higher than any for what stands alone. */
  level: number;
}

const ALONE = POWER + 1;

function shown(expression: Expression, name: (name: string) => string): Shown {
  const within = (part: Expression, level: number): string => {
    const inner = shown(part, name);
    return inner.level < level ? `(${inner.text})` : inner.text;
  };
  switch (expression.kind) {
    case "number":
      return { text: expression.text, level: ALONE };
    case "name": {
      const text = expression.name === "pi" ? "π" : name(expression.name);
      return { text, level: /^[-−]/.test(text) ? 1 : /[\s+*/]/.test(text) ? 0 : ALONE };
    }
    case "negate":
      return { text: `−${within(expression.of, 2)}`, level: 1 };
    case "call":
      return { text: call(expression.name, expression.args, name), level: ALONE };
    case "binary": {
      const { operator, left, right } = expression;
      if (operator === "**") {
        const raised = right.kind === "number" ? RAISED[right.text] : undefined;
        return { text: `${within(left, ALONE)}${raised ?? `^${within(right, ALONE)}`}`, level: POWER };
      }
      const level = LEVELS.findIndex((operators) => operators.includes(operator));
      const sign = SIGNS[operator] ?? ` ${operator} `;
      const before = shown(left, name);
      // A sign in front of a product is the product's.
      const signed = /^[-−]/.test(before.text) && before.level === 1 && left.kind !== "binary";
      const start = before.level < level && !signed ? `(${before.text})` : before.text;
      return { text: `${start}${sign}${within(right, level + 1)}`, level: signed ? Math.min(level, 1) : level };
    }
  }
}

function call(name: string, args: readonly Expression[], names: (name: string) => string): string {
  const inner = args.map((each) => shown(each, names));
  const [first] = inner;
  if (name === "is") return `[${first!.text}]`;
  if (name === "abs") return `|${first!.text}|`;
  if (name === "sqrt") return first!.level === ALONE ? `√${first!.text}` : `√(${first!.text})`;
  return `${name}(${inner.map(({ text }) => text).join(", ")})`;
}
