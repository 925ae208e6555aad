/** `npm run bench [window|engine]…`: without names, all of it. Prints figures; never a verdict that depends on the machine's mood. */
import { spawnSync } from "node:child_process";
import { engineBench } from "./engine";

const asked = process.argv.slice(2);
const wants = (name: string) => asked.length === 0 || asked.includes(name);

if (wants("engine")) engineBench();
if (wants("window")) {
  const { status } = spawnSync(process.execPath, ["test/bench/window.mjs"], { stdio: "inherit" });
  process.exitCode = status ?? 1;
}
