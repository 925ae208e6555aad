import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { operatorDocs } from "../../scripts/lib/operator-docs.mjs";
import { operatorMarkdown } from "../../src/editor/hoverText";
import { OperatorDocs } from "../../src/editor/operatorDocs";

const all = operatorDocs(fileURLToPath(new URL("../../src/torch", import.meta.url)));

describe("what the engine says of an operator", () => {
  it.each([
    ["sin", "d sin x = cos x dx"],
    ["mul", "d (a b) = b da + a db"],
    ["matmul", "d (A B) = dA B + A dB"],
    ["softmax", "dy = y (dx − Σ y dx)"],
    ["mean", "∂ mean / ∂xᵢ = 1/n"],
  ])("%s: %s", (name, formula) => expect(all[name]!.derivatives).toContain(formula));

  it("is there for every method and function, one sentence for each overload", () => {
    expect(Object.keys(all).length).toBeGreaterThan(400);
    expect(all.sum!.docs).toHaveLength(2);
    for (const { docs } of Object.values(all)) for (const doc of docs) expect(doc).not.toBe("");
  });

  it("is found under the in-place name too, and never under a name of Object's", () => {
    const file = join(mkdtempSync(join(tmpdir(), "gradlens-docs-")), "operators.json");
    writeFileSync(file, JSON.stringify(all));
    const docs = new OperatorDocs(file);
    expect(docs.of("mul_")).toEqual(all.mul);
    expect(docs.of("constructor")).toBeUndefined();
    expect(docs.of("push")).toBeUndefined();
  });

  it("reads as a sentence and a formula", () => {
    expect(operatorMarkdown({ name: "sin", doc: all.sin! })).toBe(
      "**`sin`** Sine of each element (radians).\n\n```text\nd sin x = cos x dx\n```",
    );
  });
});
