/** The workloads on this engine, as it is shipped. */
import { readFileSync } from "node:fs";
import * as torch from "gradlens";
// @ts-expect-error: plain JavaScript, which the peers read as it is
import { classes, numbers, serve } from "./serve.mjs";

const { nn, optim } = torch;
const F = nn.functional;

const tensor = (shape: number[], seed: number, scale = 1): torch.Tensor =>
  torch
    .tensor(
      numbers(
        shape.reduce((a, b) => a * b, 1),
        seed,
        scale,
      ),
    )
    .reshape(shape);
const labels = (n: number, seed: number, limit: number): torch.Tensor =>
  torch.tensor([...classes(n, seed, limit)], { dtype: torch.int64 });

/** Every parameter gets the numbers that all engines use. */
function seeded<M extends torch.nn.Module>(model: M, scale: number): M {
  let seed = 100;
  torch.no_grad(() => {
    for (const p of model.parameters()) p.copy_(tensor([...p.shape], seed++, p.ndim > 1 ? scale : 0));
  });
  return model;
}

function trainingStep(optimizer: torch.optim.Optimizer, loss: () => torch.Tensor): () => number {
  return () => {
    optimizer.zero_grad(true);
    const l = loss();
    l.backward();
    optimizer.step();
    return l.item();
  };
}

class LSTMNet extends nn.Module {
  memory = new nn.LSTM(32, 64, { batch_first: true });
  out = new nn.Linear(64, 10);
  override forward(x: torch.Tensor): torch.Tensor {
    const [outputs] = this.memory(x);
    return this.out(outputs.select(1, -1));
  }
}

const [vocabulary, context, width, heads] = [64, 32, 64, 4];

class Attention extends nn.Module {
  qkv = new nn.Linear(width, 3 * width);
  out = new nn.Linear(width, width);
  override forward(x: torch.Tensor, future: torch.Tensor): torch.Tensor {
    const [batch, time] = x.shape;
    const split = (t: torch.Tensor) => t.view([batch, time, heads, width / heads]).transpose(1, 2);
    const [q, k, v] = this.qkv(x).split(width, 2).map(split);
    const scores = q
      .matmul(k.transpose(-2, -1))
      .mul(1 / Math.sqrt(width / heads))
      .masked_fill(future, Number.NEGATIVE_INFINITY);
    return this.out(F.softmax(scores, -1).matmul(v).transpose(1, 2).reshape([batch, time, width]));
  }
}

class Block extends nn.Module {
  norm1 = new nn.LayerNorm(width);
  attention = new Attention();
  norm2 = new nn.LayerNorm(width);
  up = new nn.Linear(width, 4 * width);
  down = new nn.Linear(4 * width, width);
  override forward(x: torch.Tensor, future: torch.Tensor): torch.Tensor {
    x = x.add(this.attention(this.norm1(x), future));
    return x.add(this.down(F.gelu(this.up(this.norm2(x)))));
  }
}

class GPT extends nn.Module {
  token = new nn.Embedding(vocabulary, width);
  position = new nn.Embedding(context, width);
  block1 = new Block();
  block2 = new Block();
  norm = new nn.LayerNorm(width);
  head = new nn.Linear(width, vocabulary);
  places = torch.arange(context);
  future = torch.ones(context, context, { dtype: torch.bool }).triu(1);
  override forward(index: torch.Tensor): torch.Tensor {
    const x = this.token(index).add(this.position(this.places));
    return this.head(this.norm(this.block2(this.block1(x, this.future), this.future)));
  }
}

const [, , threads] = process.argv;
if (threads !== undefined) torch.set_num_threads(Number(threads));

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
await serve(version, {
  ops(n: number) {
    const x = torch.ones(4, { requires_grad: true });
    return () => {
      x.grad = null;
      let y: torch.Tensor = x;
      for (let i = 0; i < n / 2; i++) y = y.mul(1.0001).add(0.1);
      const sum = y.sum();
      sum.backward();
      return sum.item();
    };
  },
  moons(batch: number) {
    const model = seeded(
      new nn.Sequential(
        new nn.Linear(2, 16),
        new nn.ReLU(),
        new nn.Linear(16, 16),
        new nn.ReLU(),
        new nn.Linear(16, 1),
      ),
      0.5,
    );
    const x = tensor([batch, 2], 1);
    const y = tensor([batch, 1], 2).sign();
    const parameters = [...model.parameters()];
    const optimizer = new optim.SGD(parameters, { lr: 0.01 });
    return trainingStep(optimizer, () => {
      const data = y.mul(model(x)).neg().add(1).relu().mean();
      let squares: torch.Tensor = parameters[0].mul(parameters[0]).sum();
      for (const p of parameters.slice(1)) squares = squares.add(p.mul(p).sum());
      return data.add(squares.mul(1e-4));
    });
  },
  mlp(batch: number) {
    const model = seeded(new nn.Sequential(new nn.Linear(784, 256), new nn.ReLU(), new nn.Linear(256, 10)), 0.05);
    const x = tensor([batch, 784], 1);
    const y = labels(batch, 2, 10);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
    return trainingStep(optimizer, () => F.cross_entropy(model(x), y));
  },
  conv(batch: number) {
    const model = seeded(
      new nn.Sequential(
        new nn.Conv2d(1, 8, 3),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(8, 16, 3),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(400, 10),
      ),
      0.2,
    );
    const x = tensor([batch, 1, 28, 28], 1);
    const y = labels(batch, 2, 10);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
    return trainingStep(optimizer, () => F.cross_entropy(model(x), y));
  },
  lstm(batch: number) {
    const model = seeded(new LSTMNet(), 0.2);
    const x = tensor([batch, 16, 32], 1);
    const y = labels(batch, 2, 10);
    const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
    return trainingStep(optimizer, () => F.cross_entropy(model(x), y));
  },
  gpt(batch: number) {
    const model = seeded(new GPT(), 0.1);
    torch.no_grad(() => {
      for (const m of model.modules()) if (m instanceof nn.LayerNorm) m.weight.fill_(1);
    });
    const index = labels(batch * context, 1, vocabulary).reshape([batch, context]);
    const next = labels(batch * context, 2, vocabulary);
    const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3, weight_decay: 0.01 });
    return trainingStep(optimizer, () => F.cross_entropy(model(index).reshape([-1, vocabulary]), next));
  },
  transcendentals(n: number) {
    const x = tensor([n], 1, 2);
    return () => x.exp().log1p().sin().tanh().sigmoid().select(0, 0).item();
  },
  transcendentalsBackward(n: number) {
    const x = tensor([n], 1, 2).requires_grad_();
    return () => {
      x.grad = null;
      const sum = x.exp().log1p().sin().tanh().sigmoid().sum();
      sum.backward();
      return sum.item();
    };
  },
  matmul(n: number) {
    const [a, b] = [tensor([n, n], 1), tensor([n, n], 2)];
    return () => a.matmul(b).select(0, 0).select(0, 0).item();
  },
});
