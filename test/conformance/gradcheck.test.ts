/**
 * Every differentiable operator in float64 against central differences: the recorded gradients are float32, and show
 * a derivative that is right to three digits only.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as torch from "gradlens";
import { describe, expect, test } from "vitest";
import { type Case, forward, type Operator, operators, scalarOf } from "./operators";
import { rightOperators } from "./parity";

const STEP = 1e-6;
/** Elements looked at in each input. */
const PROBES = 6;

const right = rightOperators(readFileSync(join(import.meta.dirname, "../../docs/parity.md"), "utf8"));

/** Where rounding to float32 is the operator itself, so that a small step is lost. */
const rounding = new Set(["float", "half", "bfloat16"]);

/** Where a difference is not the derivative that PyTorch means. */
const conventional = new Set([
  // Only one triangle is read, and the derivative is that of the symmetric matrix (or whole factor) it stands for.
  "cholesky",
  "cholesky_inverse",
  "cholesky_solve",
  "linalg.cholesky",
  "linalg.cholesky_ex",
  "linalg.pinv hermitian",
  // Of several elements put in one place the last stays, and all get its gradient.
  "nn.functional.max_unpool3d",
  // Where nothing is left by the mask the result is infinite or NaN, whatever the input.
  "masked.mean",
  "masked.logaddexp",
  "masked.logsumexp",
]);

function value(operator: Operator, c: Case, changed: { leaf: number; at: number; by: number }): number {
  const leaves: torch.Tensor[] = [];
  // The leaves are made by decoding: change one of their elements before the operator sees it.
  const moved = structuredClone(c);
  const records: any[] = [];
  collect(moved.args, records);
  for (const name of Object.keys(moved.kwargs).sort()) collect(moved.kwargs[name], records);
  records[changed.leaf].data[changed.at] += changed.by;
  return scalarOf(forward(operator, moved, leaves, true), moved).item();
}

function collect(v: any, into: any[]): void {
  if (Array.isArray(v)) for (const item of v) collect(item, into);
  else if (typeof v === "object" && v !== null && v.$t && v.rg) into.push(v);
}

const small = (c: Case) => c.grads?.some((g) => g !== null && g.data.length > 0) ?? false;

function checkable(): [string, Operator, Case][] {
  return operators()
    .filter((o) => right.has(`${o.op} ${o.variant}`.trim()) && !rounding.has(o.op))
    .filter((o) => !conventional.has(`${o.op} ${o.variant}`.trim()))
    .flatMap((o) => {
      const c = o.cases.find(small);
      return c === undefined ? [] : [[`${o.op} ${o.variant}`.trim(), o, c] as [string, Operator, Case]];
    });
}

describe("derivatives are those of central differences", () => {
  test.each(checkable())("%s", (_, operator, c) => {
    const leaves: torch.Tensor[] = [];
    const out = forward(operator, c, leaves, true);
    const grads = torch.autograd.grad(scalarOf(out, c), leaves, { allow_unused: true });
    leaves.forEach((leaf, i) => {
      const n = leaf.numel();
      const flat = grads[i]?.flatData();
      for (let k = 0; k < Math.min(n, PROBES); k++) {
        const at = Math.floor((k * n) / Math.min(n, PROBES));
        const up = value(operator, c, { leaf: i, at, by: STEP });
        const down = value(operator, c, { leaf: i, at, by: -STEP });
        const expected = (up - down) / (2 * STEP);
        const got = flat?.[at] ?? 0;
        // What rounding leaves of the difference of two large numbers is no slope.
        const noise = (4 * Number.EPSILON * Math.max(Math.abs(up), Math.abs(down))) / STEP;
        const close =
          Math.abs(got - expected) <= 1e-4 * Math.max(1, Math.abs(expected)) + noise ||
          (Number.isNaN(got) && Number.isNaN(expected));
        expect(close, `input ${i}[${at}]: ${got} by backward, ${expected} by differences`).toBe(true);
      }
    });
  });
});
