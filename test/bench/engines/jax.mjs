/** The workloads of gradlens.ts in jax-js on its WebAssembly backend; training steps are compiled whole by `jit`. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { classes, numbers, serve } from "./serve.mjs";

const peers = join(process.cwd(), ".bench");
const require = createRequire(join(peers, "package.json"));
const { init, defaultDevice, blockUntilReady, jit, lax, nn, numpy: np, tree, valueAndGrad } = require("@jax-js/jax");
if (!(await init("wasm")).includes("wasm")) throw new Error("The WebAssembly backend did not start.");
defaultDevice("wasm");
const { version } = JSON.parse(readFileSync(join(peers, "node_modules", "@jax-js", "jax", "package.json"), "utf8"));

const size = (shape) => shape.reduce((a, b) => a * b, 1);
const tensor = (shape, seed, scale = 1) => np.array(numbers(size(shape), seed, scale)).reshape(shape);
/** A weight of PyTorch's `[out, in]` layout as the `[in, out]` that products here take. */
const weight = (out, input, seed, scale) => tensor([out, input], seed, scale).transpose().mul(1);
const oneHot = (n, seed, limit) => nn.oneHot(np.array(classes(n, seed, limit)), limit);
const crossEntropy = (logits, y) => nn.logSoftmax(logits, -1).mul(y).sum(-1).mean().neg();
const linear = (x, w, b) => np.matmul(x, w).add(b);

/** Compiles `(parameters, state, …data) → [loss, parameters, state]` and keeps what it returns for the next step. */
function trainingStep(parameters, state, update, loss, ...data) {
  const step = jit((parameters, state, ...data) => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(parameters), ...data);
    return [value, ...update(parameters, grads, state)];
  });
  return async () => {
    const [value, ...next] = step(parameters, state, ...data.map((d) => d.ref));
    [parameters, state] = next;
    await blockUntilReady(parameters);
    return (await value.data())[0];
  };
}

const sgd = (lr) => (parameters, grads, state) => [parameters.map((p, i) => p.sub(grads[i].mul(lr))), state];

/** Adam with its corrections, and with decoupled decay: AdamW. */
const adam = (lr, decay) => (parameters, grads, state) => {
  const t = state.t.add(1);
  const correction1 = np.subtract(1, np.power(0.9, t.ref));
  const correction2 = np.sqrt(np.subtract(1, np.power(0.999, t.ref)));
  const m = grads.map((g, i) => state.m[i].mul(0.9).add(g.ref.mul(0.1)));
  const v = grads.map((g, i) => state.v[i].mul(0.999).add(g.ref.mul(g).mul(0.001)));
  const next = parameters.map((p, i) =>
    p
      .mul(1 - lr * decay)
      .sub(m[i].ref.div(np.sqrt(v[i].ref).div(correction2.ref).add(1e-8)).mul(lr).div(correction1.ref)),
  );
  return [next, { t, m, v }];
};
const moments = (parameters) => ({
  t: np.array(0, { dtype: np.float32 }),
  m: parameters.map((p) => np.zeros(p.shape)),
  v: parameters.map((p) => np.zeros(p.shape)),
});

await serve(version, {
  ops(n) {
    const chain = (x) => {
      let y = x;
      for (let i = 0; i < n / 2; i++) y = y.mul(1.0001).add(0.1);
      return y.sum();
    };
    return async () => {
      const [value, gradient] = valueAndGrad(chain)(np.ones([4]));
      await gradient.data();
      return (await value.data())[0];
    };
  },
  moons(batch) {
    const parameters = [
      weight(16, 2, 100, 0.5),
      np.zeros([16]),
      weight(16, 16, 102, 0.5),
      np.zeros([16]),
      weight(1, 16, 104, 0.5),
      np.zeros([1]),
    ];
    const loss = ([w1, b1, w2, b2, w3, b3], x, y) => {
      const squares = [w1, b1, w2, b2, w3, b3].map((p) => p.ref.mul(p.ref).sum()).reduce((a, b) => a.add(b));
      const hidden = nn.relu(linear(nn.relu(linear(x, w1, b1)), w2, b2));
      return nn
        .relu(np.subtract(1, y.mul(linear(hidden, w3, b3))))
        .mean()
        .add(squares.mul(1e-4));
    };
    return trainingStep(parameters, [], sgd(0.01), loss, tensor([batch, 2], 1), np.sign(tensor([batch, 1], 2)));
  },
  mlp(batch) {
    const parameters = [weight(256, 784, 100, 0.05), np.zeros([256]), weight(10, 256, 102, 0.05), np.zeros([10])];
    const loss = ([w1, b1, w2, b2], x, y) => crossEntropy(linear(nn.relu(linear(x, w1, b1)), w2, b2), y);
    return trainingStep(parameters, [], sgd(0.01), loss, tensor([batch, 784], 1), oneHot(batch, 2, 10));
  },
  conv(batch) {
    const parameters = [
      tensor([8, 1, 3, 3], 100, 0.2),
      np.zeros([8, 1, 1]),
      tensor([16, 8, 3, 3], 102, 0.2),
      np.zeros([16, 1, 1]),
      weight(10, 400, 104, 0.2),
      np.zeros([10]),
    ];
    const layer = (x, k, b) =>
      lax.reduceWindow(nn.relu(lax.convGeneralDilated(x, k, [1, 1], "VALID").add(b)), (w) => np.max(w), [2, 2], [2, 2]);
    const loss = ([k1, b1, k2, b2, w, b], x, y) =>
      crossEntropy(linear(layer(layer(x, k1, b1), k2, b2).reshape([batch, 400]), w, b), y);
    return trainingStep(parameters, [], sgd(0.01), loss, tensor([batch, 1, 28, 28], 1), oneHot(batch, 2, 10));
  },
  lstm(batch) {
    const parameters = [
      weight(256, 32, 100, 0.2),
      weight(256, 64, 101, 0.2),
      np.zeros([256]),
      np.zeros([256]),
      weight(10, 64, 104, 0.2),
      np.zeros([10]),
    ];
    const loss = ([wi, wh, bi, bh, w, b], x, y) => {
      const inputs = linear(x.reshape([batch * 16, 32]), wi, bi).reshape([batch, 16, 256]);
      let h = np.zeros([batch, 64]);
      let c = np.zeros([batch, 64]);
      for (let t = 0; t < 16; t++) {
        const gates = inputs.ref.slice([], t).add(linear(h, wh.ref, bh.ref));
        const [i, f, g, o] = np.split(gates, 4, 1);
        c = nn
          .sigmoid(f)
          .mul(c)
          .add(nn.sigmoid(i).mul(np.tanh(g)));
        h = nn.sigmoid(o).mul(np.tanh(c.ref));
      }
      for (const spent of [inputs, wh, bh, c]) spent.dispose();
      return crossEntropy(linear(h, w, b), y);
    };
    const data = [tensor([batch, 16, 32], 1), oneHot(batch, 2, 10)];
    return trainingStep(parameters, moments(parameters), adam(1e-3, 0), loss, ...data);
  },
  gpt(batch) {
    const [vocabulary, context, width, heads] = [64, 32, 64, 4];
    // PyTorch's order of parameters, with which the numbers go.
    let seed = 100;
    const pair = (out, input) => {
      const w = weight(out, input, seed, 0.1);
      seed += 2;
      return [w, np.zeros([out])];
    };
    const norm = () => {
      seed += 2;
      return [np.ones([width]), np.zeros([width])];
    };
    const parameters = [tensor([vocabulary, width], seed++, 0.1), tensor([context, width], seed++, 0.1)];
    for (let block = 0; block < 2; block++) {
      parameters.push(...norm(), ...pair(3 * width, width), ...pair(width, width));
      parameters.push(...norm(), ...pair(4 * width, width), ...pair(width, 4 * width));
    }
    parameters.push(...norm(), ...pair(vocabulary, width));
    const normalized = (x, gain, shift) => {
      const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
      const variance = np.mean(centred.ref.mul(centred.ref), -1, { keepdims: true });
      return centred
        .div(np.sqrt(variance.add(1e-5)))
        .mul(gain)
        .add(shift);
    };
    const split = (t) => t.reshape([batch, context, heads, width / heads]).transpose([0, 2, 1, 3]);
    const loss = (parameters, index, y, blocked) => {
      const rest = [...parameters];
      const take = () => rest.shift();
      const table = take();
      let x = np.matmul(index, table).reshape([batch, context, width]).add(take());
      x = x.reshape([batch * context, width]);
      for (let block = 0; block < 2; block++) {
        const qkv = linear(normalized(x.ref, take(), take()), take(), take());
        const [q, k, v] = np.split(qkv, 3, 1).map(split);
        const scores = np
          .matmul(q, k.transpose([0, 1, 3, 2]))
          .mul((width / heads) ** -0.5)
          .add(blocked.ref);
        const mixed = np
          .matmul(nn.softmax(scores, -1), v)
          .transpose([0, 2, 1, 3])
          .reshape([batch * context, width]);
        x = x.add(linear(mixed, take(), take()));
        const up = linear(normalized(x.ref, take(), take()), take(), take());
        x = x.add(linear(nn.gelu(up, { approximate: false }), take(), take()));
      }
      blocked.dispose();
      return crossEntropy(linear(normalized(x, take(), take()), take(), take()), y);
    };
    const data = [
      oneHot(batch * context, 1, vocabulary),
      oneHot(batch * context, 2, vocabulary),
      np.triu(np.ones([context, context]), 1).mul(-1e9),
    ];
    return trainingStep(parameters, moments(parameters), adam(1e-3, 0.01), loss, ...data);
  },
  transcendentals(n) {
    const x = tensor([n], 1, 2);
    const f = jit((x) => nn.sigmoid(np.tanh(np.sin(np.log1p(np.exp(x))))));
    return async () => (await f(x.ref).data())[0];
  },
  transcendentalsBackward(n) {
    const x = tensor([n], 1, 2);
    const f = jit(valueAndGrad((x) => nn.sigmoid(np.tanh(np.sin(np.log1p(np.exp(x))))).sum()));
    return async () => {
      const [value, gradient] = f(x.ref);
      await blockUntilReady(gradient);
      gradient.dispose();
      return (await value.data())[0];
    };
  },
  matmul(n) {
    const [a, b] = [tensor([n, n], 1), tensor([n, n], 2)];
    return async () => (await np.matmul(a.ref, b.ref).data())[0];
  },
});
