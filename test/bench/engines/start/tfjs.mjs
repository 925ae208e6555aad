import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(join(process.cwd(), ".bench", "package.json"));
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
console.warn = () => {};
await tf.setBackend("wasm");
console.log(
  tf
    .grad((x) => x.pow(2).sum())(tf.tensor([1, 2, 3]))
    .arraySync(),
);
