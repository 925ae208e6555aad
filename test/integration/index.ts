/** The module that VS Code calls inside its extension host. */
import "./activation.test";
import "./run.test";
import "./accidents.test";
import "./findings.test";
import "./live.test";
import "./playground.test";
import "./soak.test";
import "./speed.test";
import { runAll } from "./suite";

export const run = runAll;
