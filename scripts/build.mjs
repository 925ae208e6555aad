/** `npm run build`: everything that runs, into dist/. */
import { runMain } from "./lib/step.mjs";
import { build } from "./lib/tools.mjs";

await runMain(build);
