import * as torch from "gradlens";
const {
  BatchSampler, ChainDataset, ConcatDataset, DataLoader, Dataset, IterableDataset, RandomSampler, SequentialSampler, Subset,
  SubsetRandomSampler, TensorDataset, WeightedRandomSampler, default_collate, random_split,
} = torch.utils.data;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

const X = torch.arange(20.0, { dtype: torch.float32 }).reshape(10, 2);
const y = torch.arange(10).remainder(3);
const ds = new TensorDataset(X, y);
console.log(`${ds.length}`);

// in order, the last batch short
let loader = new DataLoader(ds, { batch_size: 4 });
console.log(`${loader.length} ${loader.batch_size}`);
for (const [xb, yb] of loader) console.log(`${[...xb.shape].join(",")} ${yb}`);
for (const [xb, yb] of new DataLoader(ds, { batch_size: 4, drop_last: true })) console.log(`${xb.index(0)} ${yb.dtype}`);

// a seeded shuffle: two epochs differ, the same seed repeats
torch.manual_seed(0);
loader = new DataLoader(ds, { batch_size: 5, shuffle: true });
for (let epoch = 0; epoch < 2; epoch++) {
  let i = 0;
  for (const [xb, yb] of loader) console.log(`${epoch} ${i++} ${xb.index(":", 0).div(2).long()} ${yb}`);
}
torch.manual_seed(0);
console.log(String(loader[Symbol.iterator]().next().value[0].index(":", 0).div(2).long()));
console.log(String(torch.randn(2)));

// a generator of its own leaves the global stream alone
const g = new torch.Generator();
g.manual_seed(42);
torch.manual_seed(1);
loader = new DataLoader(ds, { batch_size: 10, shuffle: true, generator: g });
for (const [xb, yb] of loader) console.log(String(yb));
console.log(String(torch.rand(1)));
torch.manual_seed(1);
console.log(String(torch.rand(1)));

// splits, subsets and sums
const [train, val] = random_split(ds, [7, 3], { generator: new torch.Generator().manual_seed(0) });
console.log(`${train.length} ${val.length} ${[...val.indices].join(",")}`);
for (const [xb, yb] of new DataLoader(val, { batch_size: 3 })) console.log(String(xb));
const sub = new Subset(ds, [1, 3, 5]);
const both = new ConcatDataset([sub, val]);
console.log(`${sub.length} ${both.length}`);
console.log(String([...new DataLoader(both, { batch_size: 6 })][0][1]));

// weighted sampling
torch.manual_seed(3);
const sampler = new WeightedRandomSampler(torch.tensor([0.1, 0.1, 5.0, 0.1, 5.0, 0.1, 0.1, 0.1, 0.1, 0.1]), { num_samples: 8, replacement: true });
console.log([...sampler].join(","));
torch.manual_seed(3);
for (const [xb, yb] of new DataLoader(ds, { batch_size: 4, sampler })) console.log(String(yb));

// a collate function
function collate(batch: any[]) {
  const xs = torch.stack(batch.map((b) => b[0]));
  return [xs.sum(0), batch.length];
}

for (const [total, n] of new DataLoader(ds, { batch_size: 6, collate_fn: collate })) console.log(`${total} ${n}`);

// mini-batch training
torch.manual_seed(5);
const data = torch.randn(60, 3);
const target = data.mul(torch.tensor([1.0, -1.0, 2.0])).sum(1).add(0.5);
const w = torch.zeros(3, { requires_grad: true });
const b = torch.zeros(1, { requires_grad: true });
const opt = new torch.optim.SGD([w, b], { lr: 0.1 });
loader = new DataLoader(new TensorDataset(data, target), { batch_size: 16, shuffle: true });
for (let epoch = 0; epoch < 4; epoch++) {
  let total = 0.0;
  for (const [xb, yb] of loader) {
    const loss = xb.mul(w).sum(1).add(b).sub(yb).pow(2).mean();
    opt.zero_grad();
    loss.backward();
    opt.step();
    total += loss.item() * xb.shape[0];
  }
  console.log(`epoch ${epoch} loss ${(total / 60).toFixed(4)}`);
}

// datasets of one's own
class Squares extends Dataset {
  constructor(readonly n: number) {
    super();
  }
  __len__() {
    return this.n;
  }
  __getitem__(i: number) {
    return { x: torch.tensor([i, i * i]), label: i, name: `s${i}`, half: i / 2 + 0.25 };
  }
}

const squares = new Squares(7);
for (const batch of new DataLoader(squares, { batch_size: 3 })) {
  console.log(`${batch.x} ${batch.label} ${batch.name.join(" ")} ${batch.half}`);
}
const twice = squares.__add__(squares);
console.log(`${twice.length} ${twice.__getitem__(9).label} ${twice.__getitem__(-1).name}`);

class Stream extends IterableDataset {
  constructor(readonly start: number, readonly end: number) {
    super();
  }
  *[Symbol.iterator]() {
    for (let i = this.start; i < this.end; i++) yield [torch.tensor(i), i % 2 === 0];
  }
}

for (const [x, even] of new DataLoader(new Stream(0, 5), { batch_size: 2 })) console.log(`${x} ${even}`);
for (const [x, even] of new DataLoader(new Stream(0, 5), { batch_size: 2, drop_last: true })) console.log(`${x} ${even}`);
for (const [x, even] of new DataLoader(new Stream(3, 5), { batch_size: null })) console.log(`${x} ${even}`);
console.log(`${[...new DataLoader(new ChainDataset([new Stream(0, 3), new Stream(5, 9)]), { batch_size: 4 })].length}`);

// samplers by themselves
const text = (v: any): string => (Array.isArray(v) ? `[${v.map(text).join(", ")}]` : String(v));
torch.manual_seed(9);
console.log(text([...new SequentialSampler(range(4))]));
console.log(text([...new RandomSampler(range(6))]));
console.log(text([...new RandomSampler(range(4), { num_samples: 10 })]));
console.log(text([...new RandomSampler(range(5), { replacement: true, num_samples: 40 })]));
console.log(text([...new SubsetRandomSampler([3, 1, 4, 1, 5])]));
console.log(text([...new WeightedRandomSampler([0.2, 0.5, 0.3], 3, { replacement: false })]));
console.log(`${text([...new BatchSampler(new SequentialSampler(range(7)), 3, false)])} ${text([...new BatchSampler(range(7), 3, true)])}`);
console.log(`${new RandomSampler(range(6)).length} ${new BatchSampler(range(7), 3, false).length} ${new BatchSampler(range(7), 3, true).length}`);
const own = new torch.Generator().manual_seed(7);
loader = new DataLoader(range(5), { batch_size: 5, shuffle: true, generator: own });
console.log(text(range(3).map(() => loader[Symbol.iterator]().next().value.tolist())));
console.log(text(range(2).map(() => [...loader].map((x) => x.tolist()))));
console.log(String(torch.rand(2)));
for (const b of new DataLoader(ds, { batch_sampler: [[0, 9], [4], [1, 2, 3]] })) console.log(String(b[1]));
for (const x of new DataLoader(torch.arange(3), { batch_size: null })) console.log(String(x));
const [ones, floats] = default_collate([[torch.ones(2), 1.5], [torch.zeros(2), 2.5]]);
console.log(text([ones, floats]));
console.log(`${text(default_collate([[1, 2], [3, 4], [5, 6]]))} ${default_collate([true, false])}`);
console.log(`${text(random_split(range(11), [0.5, 0.3, 0.2]).map((s) => s.length))} ${text(random_split(range(6), [2, 4]).map((s) => s.indices))}`);

const attempts: (() => unknown)[] = [
  () => new DataLoader(ds, { shuffle: true, sampler: new SequentialSampler(ds) }),
  () => new DataLoader(ds, { batch_size: 0 }),
  () => new DataLoader(ds, { batch_size: null, drop_last: true }),
  () => new DataLoader(ds, { batch_size: 2, batch_sampler: [[0]] }),
  () => new DataLoader(new Stream(0, 1), { shuffle: true }),
  () => new DataLoader(new Stream(0, 1)).length,
  () => new DataLoader(ds, { num_workers: -1 }),
  () => new DataLoader([], { shuffle: true }),
  () => random_split(ds, [3, 3]),
  () => new TensorDataset(torch.ones(2), torch.ones(3)),
  () => new ConcatDataset([]),
  () => new RandomSampler(ds, { num_samples: 0 }),
  () => new WeightedRandomSampler([[0.5]], 2),
  () => new BatchSampler(range(3), 1.5, false),
  () => default_collate([[1, 2], [3]]),
];
for (const attempt of attempts) {
  try {
    attempt();
    console.log("fine");
  } catch (e: any) {
    console.log(`${e.name} ${e.message}`);
  }
}

{
  // mini-batch training
  torch.manual_seed(5);
  const data = torch.randn(60, 3);
  const target = data.matmul(torch.tensor([1.0, -1.0, 2.0])).add(0.5);
  const model = new torch.nn.Linear(3, 1);
  const opt = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
  loader = new DataLoader(new TensorDataset(data, target), { batch_size: 16, shuffle: true });
  for (let epoch = 0; epoch < 4; epoch++) {
    let total = 0.0;
    for (const [xb, yb] of loader) {
      const loss = torch.nn.functional.mse_loss(model(xb).squeeze(1), yb);
      opt.zero_grad();
      loss.backward();
      opt.step();
      total += loss.item() * xb.shape[0];
    }
    console.log(`epoch ${epoch} loss ${(total / 60).toFixed(4)}`);
  }
}
