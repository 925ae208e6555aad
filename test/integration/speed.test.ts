import assert from "node:assert/strict";
import * as vscode from "vscode";
import { activate, find, hoverAt, nextRun, openExample, select } from "./programs";
import { note, test } from "./suite";

const REPETITIONS = 7;

test("from the command to hovers and the drawn graph, in a warm window", async () => {
  const { session, panel } = await activate();
  const editor = await openExample("what-is-autograd.ts");
  select(editor, "const x =", "\nout.backward();");
  const x = find(editor.document, "x = torch").start;
  const runs: number[] = [];
  const hovers: number[] = [];
  const graphs: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    const finished = nextRun(session).then(() => runs.push(performance.now() - start));
    const drawn = new Promise<void>((resolve) => {
      const subscription = panel.onDidDraw(() => {
        subscription.dispose();
        graphs.push(performance.now() - start);
        resolve();
      });
    });
    await vscode.commands.executeCommand("gradlens.runSelection");
    await finished;
    // VS Code asks every provider for a hover, TypeScript's too.
    assert.match(await hoverAt(editor.document, x), /2\.0000e\+00/);
    hovers.push(performance.now() - start);
    await drawn;
    // The spare process warms up while a person reads.
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const [run, hover, graph] = [runs, hovers, graphs].map(median);
  note(`medians: run ${run} ms, hovers ${hover} ms, graph ${graph} ms (goal: 150 ms)`);
  // Ten times the goal: only what hangs fails here; `npm run bench` measures.
  assert.ok(graph! < 1500, `graph drawn after ${graph} ms`);
});

const median = (times: number[]) => Math.round(times.sort((a, b) => a - b)[times.length >> 1]!);
