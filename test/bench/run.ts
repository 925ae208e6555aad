/**
 * `npm run bench [engine|growth|window|live|layout|panel]… [workload…]`: without names, all of it. Prints figures; never a
 * verdict that depends on the machine's mood.
 */
import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "./engine";
import { growthBench, plotName } from "./growth";
import { layoutBench } from "./layout";
import { measure, measureStart } from "./measure";
import { engines } from "./peers";
import { markdown, type Row, terminalTable } from "./report";
import { GROWTH, WORKLOADS } from "./workloads";

const PARTS = ["engine", "growth", "window", "live", "layout", "panel"];
const START = { title: "fresh process to first gradient" };

const asked = process.argv.slice(2);
const parts = asked.filter((name) => PARTS.includes(name));
const only = asked.filter((name) => !PARTS.includes(name));
const wants = (part: string) => parts.length === 0 || parts.includes(part);

async function table(taking: readonly Engine[]): Promise<void> {
  const rows: Row[] = [];
  for (const workload of WORKLOADS) {
    if (only.length > 0 && !only.includes(workload.name)) continue;
    console.log(`→ ${workload.title}`);
    rows.push({ workload, times: await measure(taking, workload.name, workload.size) });
    for (const engine of taking) engine.close();
  }
  if (only.length === 0) {
    console.log(`→ ${START.title}`);
    rows.push({ workload: START, times: await measureStart(taking) });
  }
  console.log(`\n${terminalTable(rows, taking)}\n`);
  if (only.length > 0) return;
  writeFileSync(
    join("docs", "performance.md"),
    markdown(
      rows,
      taking,
      GROWTH.map(plotName).filter((name) => existsSync(join("docs", "images", name))),
    ),
  );
}

if (wants("engine") || wants("growth")) {
  const taking = await engines();
  try {
    if (wants("growth") && only.length === 0) await growthBench(taking);
    if (wants("engine")) await table(taking);
  } finally {
    for (const engine of taking) engine.close();
  }
}
for (const part of ["window", "live"]) {
  if (!wants(part) || only.length > 0) continue;
  const { status } = spawnSync(process.execPath, [`test/bench/${part}.mjs`], { stdio: "inherit" });
  if (status !== 0) process.exitCode = status ?? 1;
}
if (wants("layout") && only.length === 0) await layoutBench();
if (wants("panel") && only.length === 0) {
  const speed = ["scripts/test-webview.mjs", "--no-build", "test/webview/speed.test.ts"];
  const { status } = spawnSync(process.execPath, speed, { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
