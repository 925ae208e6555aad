/**
 * Every operator that `docs/parity.md` calls right must be right on every recorded case. The page is generated from
 * the same judgement by `npm run parity`, so what becomes right is added there and from then on kept.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { judge, operators } from "./operators";
import { rightOperators } from "./parity";

const page = readFileSync(join(import.meta.dirname, "../../docs/parity.md"), "utf8");
const right = rightOperators(page);

describe.each(operators().filter((o) => right.has(`${o.op} ${o.variant}`.trim())))("$op $variant", (operator) => {
  test.each(operator.cases.map((c, i) => [i, c] as const))("case %i", (_, c) => {
    const { forward, gradient, second } = judge(operator, c);
    expect({ forward, gradient: gradient ?? null, second: second ?? null }).toEqual({
      forward: null,
      gradient: null,
      second: null,
    });
  });
});

test("the page speaks of operators that are recorded", () => {
  expect(right.size).toBeGreaterThan(100);
  const recorded = new Set(operators().map((o) => `${o.op} ${o.variant}`.trim()));
  expect([...right].filter((name) => !recorded.has(name))).toEqual([]);
});
