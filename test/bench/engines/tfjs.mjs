/** The workloads of gradlens.ts in TensorFlow.js on its WebAssembly backend with SIMD, by its own optimisers and gradients. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { classes, numbers, serve } from "./serve.mjs";

const require = createRequire(join(process.cwd(), ".bench", "package.json"));
console.warn = () => {};
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
await tf.setBackend("wasm");
await tf.ready();
if (tf.getBackend() !== "wasm") throw new Error("The WebAssembly backend did not start.");
const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");

const size = (shape) => shape.reduce((a, b) => a * b, 1);
const tensor = (shape, seed, scale = 1) => tf.tensor(numbers(size(shape), seed, scale), shape);
/** A weight of PyTorch's `[out, in]` layout as the `[in, out]` that products here take. */
const weight = (out, input, seed, scale) => tf.variable(tensor([out, input], seed, scale).transpose());
const zeros = (n) => tf.variable(tf.zeros([n]));
const oneHot = (n, seed, limit) => tf.oneHot(tf.tensor1d(classes(n, seed, limit), "int32"), limit).toFloat();

function trainingStep(optimizer, loss, after = () => {}) {
  return () => {
    const value = optimizer.minimize(loss, true);
    after();
    const number = value.dataSync()[0];
    value.dispose();
    return number;
  };
}

const crossEntropy = (logits, y) => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), y), -1)));

await serve(`${tf.version.tfjs}${simd ? "" : " without SIMD"}`, {
  ops(n) {
    const x = tf.ones([4]);
    const chain = (x) => {
      let y = x;
      for (let i = 0; i < n / 2; i++) y = y.mul(1.0001).add(0.1);
      return y.sum();
    };
    return () =>
      tf.tidy(() => {
        const { value, grad } = tf.valueAndGrad(chain)(x);
        grad.dataSync();
        return value.dataSync()[0];
      });
  },
  moons(batch) {
    const parameters = [
      weight(16, 2, 100, 0.5),
      zeros(16),
      weight(16, 16, 102, 0.5),
      zeros(16),
      weight(1, 16, 104, 0.5),
      zeros(1),
    ];
    const [w1, b1, w2, b2, w3, b3] = parameters;
    const x = tensor([batch, 2], 1);
    const y = tensor([batch, 1], 2).sign();
    return trainingStep(tf.train.sgd(0.01), () => {
      const hidden = x.matMul(w1).add(b1).relu().matMul(w2).add(b2).relu();
      const data = tf
        .scalar(1)
        .sub(y.mul(hidden.matMul(w3).add(b3)))
        .relu()
        .mean();
      return data.add(tf.addN(parameters.map((p) => p.mul(p).sum())).mul(1e-4));
    });
  },
  mlp(batch) {
    const [w1, b1, w2, b2] = [weight(256, 784, 100, 0.05), zeros(256), weight(10, 256, 102, 0.05), zeros(10)];
    const x = tensor([batch, 784], 1);
    const y = oneHot(batch, 2, 10);
    return trainingStep(tf.train.sgd(0.01), () => crossEntropy(x.matMul(w1).add(b1).relu().matMul(w2).add(b2), y));
  },
  conv(batch) {
    // Its layout is [batch, height, width, channels].
    const filter = (out, input, seed) => tf.variable(tensor([out, input, 3, 3], seed, 0.2).transpose([2, 3, 1, 0]));
    const [k1, b1, k2, b2] = [filter(8, 1, 100), zeros(8), filter(16, 8, 102), zeros(16)];
    const [w, b] = [weight(10, 400, 104, 0.2), zeros(10)];
    const x = tensor([batch, 1, 28, 28], 1).transpose([0, 2, 3, 1]);
    const y = oneHot(batch, 2, 10);
    return trainingStep(tf.train.sgd(0.01), () => {
      const first = x.conv2d(k1, 1, "valid").add(b1).relu().maxPool(2, 2, "valid");
      const second = first.conv2d(k2, 1, "valid").add(b2).relu().maxPool(2, 2, "valid");
      return crossEntropy(second.transpose([0, 3, 1, 2]).reshape([batch, 400]).matMul(w).add(b), y);
    });
  },
  lstm(batch) {
    const [wi, wh] = [weight(256, 32, 100, 0.2), weight(256, 64, 101, 0.2)];
    const [bi, bh] = [zeros(256), zeros(256)];
    const [w, b] = [weight(10, 64, 104, 0.2), zeros(10)];
    const x = tensor([batch, 16, 32], 1);
    const y = oneHot(batch, 2, 10);
    return trainingStep(tf.train.adam(1e-3), () => {
      let h = tf.zeros([batch, 64]);
      let c = tf.zeros([batch, 64]);
      const inputs = x
        .reshape([batch * 16, 32])
        .matMul(wi)
        .add(bi)
        .reshape([batch, 16, 256])
        .unstack(1);
      for (const input of inputs) {
        const [i, f, g, o] = input.add(h.matMul(wh).add(bh)).split(4, 1);
        c = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
        h = o.sigmoid().mul(c.tanh());
      }
      return crossEntropy(h.matMul(w).add(b), y);
    });
  },
  gpt(batch) {
    const [vocabulary, context, width, heads] = [64, 32, 64, 4];
    const parameters = [];
    const keep = (p) => {
      parameters.push(p);
      return p;
    };
    // PyTorch's order of parameters, with which the numbers go.
    let seed = 100;
    const table = (n) => keep(tf.variable(tensor([n, width], seed++, 0.1)));
    const linear = (out, input) => {
      const w = keep(weight(out, input, seed++, 0.1));
      seed++;
      return [w, keep(zeros(out))];
    };
    const norm = () => {
      seed += 2;
      return [keep(tf.variable(tf.ones([width]))), keep(zeros(width))];
    };
    const [token, position] = [table(vocabulary), table(context)];
    const blocks = [0, 1].map(() => {
      const norm1 = norm();
      const [qkv, out] = [linear(3 * width, width), linear(width, width)];
      const norm2 = norm();
      const [up, down] = [linear(4 * width, width), linear(width, 4 * width)];
      return { norm1, qkv, out, norm2, up, down };
    });
    const last = norm();
    const head = linear(vocabulary, width);
    // The gradient of a gather has no kernel in this backend: the table is reached by a product.
    const index = oneHot(batch * context, 1, vocabulary);
    const y = oneHot(batch * context, 2, vocabulary);
    const blocked = tf.linalg
      .bandPart(tf.ones([context, context]), -1, 0)
      .sub(1)
      .mul(1e9);
    const apply = (x, [w, b]) => x.matMul(w).add(b);
    const normalized = (x, [gain, shift]) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(gain).add(shift);
    };
    const gelu = (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1));
    const split = (t) => t.reshape([batch, context, heads, width / heads]).transpose([0, 2, 1, 3]);
    const attention = (x, { qkv, out }) => {
      const [q, k, v] = apply(x, qkv).split(3, 1).map(split);
      const scores = tf
        .matMul(q, k, false, true)
        .mul((width / heads) ** -0.5)
        .add(blocked);
      const mixed = tf.matMul(scores.softmax(), v).transpose([0, 2, 1, 3]);
      return apply(mixed.reshape([batch * context, width]), out);
    };
    const decay = () =>
      tf.tidy(() => {
        for (const p of parameters) p.assign(p.mul(1 - 1e-3 * 0.01));
      });
    return trainingStep(
      tf.train.adam(1e-3),
      () => {
        let x = index.matMul(token).add(position.tile([batch, 1]));
        for (const block of blocks) {
          x = x.add(attention(normalized(x, block.norm1), block));
          x = x.add(apply(gelu(apply(normalized(x, block.norm2), block.up)), block.down));
        }
        return crossEntropy(apply(normalized(x, last), head), y);
      },
      decay,
    );
  },
  transcendentals(n) {
    const x = tensor([n], 1, 2);
    return () => tf.tidy(() => x.exp().log1p().sin().tanh().sigmoid().slice(0, 1).dataSync()[0]);
  },
  transcendentalsBackward(n) {
    const x = tensor([n], 1, 2);
    const f = tf.valueAndGrad((x) => x.exp().log1p().sin().tanh().sigmoid().sum());
    return () => tf.tidy(() => f(x).value.dataSync()[0]);
  },
  matmul(n) {
    const [a, b] = [tensor([n, n], 1), tensor([n, n], 2)];
    return () => tf.tidy(() => a.matMul(b).slice([0, 0], [1, 1]).dataSync()[0]);
  },
});
