import assert from "node:assert/strict";
import { find, hoverAt, openExample, openText, run, select } from "./programs";
import { test } from "./suite";

/** The article's chain, as `next_functions` gives it. */
const CHAIN = ["SumBackward0", "AddBackward0", "MulBackward0", "SinBackward0", "AccumulateGrad"];

test("the article's program: selection, graph, hover", async () => {
  const editor = await openExample("what-is-autograd.ts");
  select(editor, "const x =", "\nout.backward();");
  const trace = await run("runSelection");
  assert.equal(trace.status, "ok");
  const name = (node: number) => trace.nodes[node]!.name;
  assert.deepEqual(trace.passes[0]?.order.map(name), CHAIN);
  assert.deepEqual(
    trace.edges.map(({ from, to }) => `${name(from)} → ${name(to)}`).sort(),
    CHAIN.slice(1)
      .map((next, i) => `${CHAIN[i]} → ${next}`)
      .sort(),
  );
  const { document } = editor;
  const hover = await hoverAt(document, find(document, "x = torch").start);
  // d sum(2 sin x + 1) / dx = 2 cos x, from 2 cos 0 to 2 cos 15°.
  assert.match(hover, /2\.0000e\+00,\s+1\.9319e\+00/);
  assert.match(hover, /float32/);
});

test("the whole file of each example runs", async () => {
  for (const name of ["what-is-autograd.ts", "two-moons.ts"]) {
    await openExample(name);
    const trace = await run("runFile");
    assert.equal(trace.status, "ok", `${name}: ${trace.error?.message}`);
    assert.ok(trace.figures.length > 0, `${name} draws no figure`);
  }
});

test("what runs is the text in the editor, saved or not", async () => {
  const editor = await openText("const x = torch.tensor([1, 2]);\n");
  await editor.edit((edit) => edit.replace(find(editor.document, "[1, 2]"), "[30, 40]"));
  await run("runFile");
  assert.match(await hoverAt(editor.document, find(editor.document, "x").start), /30.*40/);
});

test("a selection brings the statements above it that it needs", async () => {
  const editor = await openText(
    "const unused = missing.name;\nconst x = torch.ones([3], { requires_grad: true });\nconst y = x.mul(5).sum();\ny.backward();\n",
  );
  select(editor, "const y", "y.backward();");
  const trace = await run("runSelection");
  assert.equal(trace.status, "ok", trace.error?.message);
  assert.match(await hoverAt(editor.document, find(editor.document, "x =").start), /5/);
});
