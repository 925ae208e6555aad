/** The formulas of operators, ready to be shown. */
import { type Expression, parse } from "./expression";
import { ELEMENTWISE, STRUCTURED } from "./table";

export { type Expression, parse, show } from "./expression";
export { ELEMENTWISE, STRUCTURED } from "./table";

export type OpFormula =
  /** `by`: ∂ result / ∂ argument. */
  | { kind: "elementwise"; value: Expression; by: Map<string, Expression> }
  /** `by`: what goes to the argument. */
  | { kind: "structured"; value: string; by: Map<string, string> };

/** Of a grad_fn by its name, `MulBackward0`; undefined for one that the table does not have. */
export function formulaOf(gradFn: string): OpFormula | undefined {
  const name = gradFn.replace(/Backward\d+$/, "");
  const elementwise = ELEMENTWISE[name];
  if (elementwise) {
    const by = Object.entries(elementwise.by).map(([argument, text]) => [argument, parse(text)] as const);
    return { kind: "elementwise", value: parse(elementwise.value), by: new Map(by) };
  }
  const structured = STRUCTURED[name];
  return structured && { kind: "structured", value: structured.value, by: new Map(Object.entries(structured.by)) };
}

/** `1 * x` and `x * 1` are x, `x + 0` is x: what defaults such as alpha = 1 leave of a formula. */
export function simplify(expression: Expression, isOne: (name: string) => boolean): Expression {
  const again = (part: Expression): Expression => simplify(part, isOne);
  switch (expression.kind) {
    case "name":
      return isOne(expression.name) ? { kind: "number", text: "1" } : expression;
    case "number":
      return expression;
    case "negate":
      return { kind: "negate", of: again(expression.of) };
    case "call":
      return { ...expression, args: expression.args.map(again) };
    case "binary": {
      const left = again(expression.left);
      const right = again(expression.right);
      const one = (part: Expression): boolean => part.kind === "number" && part.text === "1";
      if (expression.operator === "*" && one(left)) return right;
      if ((expression.operator === "*" || expression.operator === "/") && one(right)) return left;
      return { ...expression, left, right };
    }
  }
}
