import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), ".bench", "package.json"));
const { init, defaultDevice, grad, numpy: np } = require("@jax-js/jax");
await init("wasm");
defaultDevice("wasm");
console.log(grad((x) => x.ref.mul(x).sum())(np.array([1, 2, 3])).js());
