import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;

torch.manual_seed(0);

// four noisy blobs, an MLP with batch normalisation and dropout, Adam with a cosine schedule
const centres = torch.tensor([[2.0, 0.0], [-2.0, 0.5], [0.0, 2.0], [0.5, -2.0]]);
const y = torch.arange(200).remainder(4);
const X = centres.index(y).add(torch.randn(200, 2).mul(0.6));

class Net extends nn.Module {
  body: torch.nn.Sequential;
  head: torch.nn.Linear;
  constructor(hidden = 24, p = 0.2) {
    super();
    this.body = new nn.Sequential(
      new nn.Linear(2, hidden), new nn.BatchNorm1d(hidden), new nn.ReLU(), new nn.Dropout(p),
      new nn.Linear(hidden, hidden), new nn.BatchNorm1d(hidden, { momentum: 0.05 }), new nn.ELU(), new nn.Dropout(p));
    this.head = new nn.Linear(hidden, 4);
  }
  forward(x: torch.Tensor) {
    return this.head(this.body(x));
  }
}

const net = new Net();
console.log(String(net));
const opt = new torch.optim.Adam(net.parameters(), { lr: 0.01, weight_decay: 1e-4 });
const sched = new torch.optim.lr_scheduler.CosineAnnealingLR(opt, { T_max: 300 });
for (let step = 0; step < 300; step++) {
  const ix = torch.randperm(200).index(":32");
  const loss = F.cross_entropy(net(X.index(ix)), y.index(ix), { label_smoothing: 0.05 });
  opt.zero_grad();
  loss.backward();
  const norm = nn.utils.clip_grad_norm_(net.parameters(), 1.0);
  opt.step();
  sched.step();
  if (step % 50 === 0 || step === 299) {
    console.log(`${String(step).padStart(3)} loss ${loss.item().toFixed(6)} norm ${norm.item().toFixed(5)} lr ${sched.get_last_lr()[0].toFixed(8)}`);
  }
}

net.eval();
const logits = torch.no_grad(() => net(X));
console.log("accuracy", logits.argmax(1).eq(y).float().mean().item());
console.log(String(logits.index(":3")));
console.log(`${net.body[1].running_mean.index(":5")} ${net.body[1].num_batches_tracked}`);
console.log(String(net.body[5].running_var.index(":5")));
console.log(String(F.softmax(logits, { dim: 1 }).max({ dim: 1 }).values.index(":6")));
const confusion = torch.zeros(4, 4, { dtype: torch.int64 });
const predicted = logits.argmax(1);
for (let i = 0; i < y.shape[0]; i++) confusion.index(y.index(i), predicted.index(i)).add_(1);
console.log(String(confusion));
