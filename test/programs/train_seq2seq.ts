import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;

torch.manual_seed(21);

// translate letters to their successors, with attention and teacher forcing
const [V, SOS, EOS, H] = [9, 0, 1, 12];
const long = { dtype: torch.int64 };

class Encoder extends nn.Module {
  embedding = new nn.Embedding(V, H);
  gru = new nn.GRU(H, H);
  forward(tokens: torch.Tensor) {
    return this.gru(this.embedding(tokens).unsqueeze(1));
  }
}

class Decoder extends nn.Module {
  embedding = new nn.Embedding(V, H);
  dropout = new nn.Dropout(0.1);
  attn = new nn.Linear(2 * H, H);
  v = new nn.Parameter(torch.rand(H));
  cell = new nn.GRUCell(2 * H, H);
  out = new nn.Linear(H, V);
  forward(token: torch.Tensor, hidden: torch.Tensor, memory: torch.Tensor) {
    const e = this.dropout(this.embedding(token));
    const energy = torch.tanh(this.attn(torch.cat([hidden.expand(memory.size(0), -1), memory], { dim: 1 })));
    const weights = F.softmax(energy.matmul(this.v), { dim: 0 });
    const context = weights.matmul(memory);
    hidden = this.cell(torch.cat([e, context]).unsqueeze(0), hidden);
    return [F.log_softmax(this.out(hidden), { dim: 1 }), hidden, weights];
  }
}

const [encoder, decoder] = [new Encoder(), new Decoder()];
const params = [...encoder.parameters(), ...decoder.parameters()];
let opt: any = new torch.optim.Adadelta(params, { lr: 1.0 });
const swa = new torch.optim.lr_scheduler.OneCycleLR(opt, { max_lr: 2.0, total_steps: 60, pct_start: 0.3, anneal_strategy: "linear", cycle_momentum: false });
let weights: any;
for (let step = 0; step < 60; step++) {
  const n = torch.randint(2, 6, [1]).item();
  const src = torch.randint(2, V, [n]);
  const dst = torch.cat([src.sub(1).remainder(V - 2).add(2), torch.tensor([EOS], long)]);
  let [memory, hidden] = encoder(src);
  [memory, hidden] = [memory.index(":", 0), hidden.index(0)];
  const force = torch.rand(1).item() < 0.5;
  let token = torch.tensor(SOS, long);
  let loss: any = 0;
  for (let t = 0; t <= n; t++) {
    let logp: any;
    [logp, hidden, weights] = decoder(token, hidden, memory);
    loss = torch.add(loss, F.nll_loss(logp, dst.index(`${t}:${t + 1}`)));
    token = force ? dst.index(t) : logp.argmax(1).index(0).detach();
  }
  opt.zero_grad();
  loss.backward();
  nn.utils.clip_grad_norm_(params, 1.0, { norm_type: 1 });
  opt.step();
  swa.step();
  if (step % 12 === 0 || step === 59) console.log(`${step} ${(loss.item() / (n + 1)).toFixed(6)} lr ${opt.param_groups[0].lr.toFixed(5)} ${force}`);
}
console.log(String(weights.detach()));
decoder.eval();
const words: string[] = [];
torch.no_grad(() => {
  const src = torch.tensor([2, 5, 8], long);
  let [memory, hidden] = encoder(src);
  [memory, hidden] = [memory.index(":", 0), hidden.index(0)];
  let token = torch.tensor(SOS, long);
  while (words.length < 6 && token.item() !== EOS) {
    let logp: any;
    [logp, hidden] = decoder(token, hidden, memory);
    const [values, tokens] = logp.topk(2);
    token = tokens.index(0, 0);
    words.push(`(${token.item()}, ${Number(values.index(0, 0).item().toFixed(3))})`);
  }
});
console.log(`[${words.join(", ")}]`);

// n-grams: an embedding bag and a continuous bag of words
const corpus = torch.randint(0, 12, [80]);
corpus.index_put_(["1::2"], corpus.index("::2").add(3).remainder(12));
const places = Array.from({ length: 76 }, (_, i) => i + 2);
const ctx = torch.stack(places.map((i) => corpus.index(`${i - 2}:${i + 3}`).index([0, 1, 3, 4])));
const target = torch.stack(places.map((i) => corpus.index(i)));
const cbow = new nn.Sequential(new nn.EmbeddingBag(12, 6, { mode: "mean" }), new nn.Linear(6, 12, { bias: false }));
opt = new torch.optim.Adagrad(cbow.parameters(), { lr: 0.3, lr_decay: 1e-3 });
for (let step = 0; step < 30; step++) {
  const loss = F.cross_entropy(cbow(ctx), target);
  opt.zero_grad();
  loss.backward();
  opt.step();
  if (step % 10 === 9) console.log(`cbow ${loss.item().toFixed(5)}`);
}
const emb = cbow[0].weight.detach();
console.log(String(F.normalize(emb).matmul(F.normalize(emb).t()).index(0, ":4")));
