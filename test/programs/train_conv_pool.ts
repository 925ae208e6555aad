import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;

torch.manual_seed(3);

// bars: horizontal, vertical, diagonal; a small conv net with batch normalisation and every kind of pooling
const n = 96;
const y = torch.randint(0, 3, [n]);
const X = torch.randn(n, 1, 10, 10).mul(0.3);
for (let i = 0; i < n; i++) {
  const k = torch.randint(0, 10, [1]).item();
  const kind = y.index(i).item();
  if (kind === 0) X.index(i, 0, k, ":").add_(1);
  else if (kind === 1) X.index(i, 0, ":", k).add_(1);
  else X.index(i, 0).diagonal().add_(1);
}

class Block extends nn.Module {
  conv1: any; bn1: any; conv2: any; bn2: any; short: any;
  constructor(cin: number, cout: number, stride = 1) {
    super();
    this.conv1 = new nn.Conv2d(cin, cout, 3, { stride, padding: 1, bias: false });
    this.bn1 = new nn.BatchNorm2d(cout);
    this.conv2 = new nn.Conv2d(cout, cout, 3, { padding: 1, bias: false });
    this.bn2 = new nn.BatchNorm2d(cout);
    this.short = cin === cout && stride === 1 ? new nn.Identity() : new nn.Sequential(
      new nn.Conv2d(cin, cout, 1, { stride, bias: false }), new nn.BatchNorm2d(cout));
  }
  forward(x: torch.Tensor) {
    const out = F.relu(this.bn1(this.conv1(x)));
    return F.relu(this.bn2(this.conv2(out)).add(this.short(x)));
  }
}

const model = new nn.Sequential(
  new nn.Conv2d(1, 4, 3, { padding: 1 }), new nn.LeakyReLU(0.1), new nn.MaxPool2d(2),
  new Block(4, 4), new Block(4, 8, 2), new nn.AvgPool2d(3, { stride: 1, padding: 1 }), new nn.AdaptiveAvgPool2d(1),
  new nn.Flatten(), new nn.Linear(8, 3));
console.log([...model.parameters()].reduce((s, p) => s + p.numel(), 0));
const opt = new torch.optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 5e-4 });
const sched = new torch.optim.lr_scheduler.StepLR(opt, { step_size: 2, gamma: 0.5 });
for (let epoch = 0; epoch < 5; epoch++) {
  model.train();
  let total = 0;
  let right = 0;
  const xs = X.split(24);
  const ys = y.split(24);
  for (let b = 0; b < xs.length; b++) {
    const out = model(xs[b]);
    const loss = F.cross_entropy(out, ys[b]);
    opt.zero_grad({ set_to_none: true });
    loss.backward();
    opt.step();
    total += loss.item() * xs[b].shape[0];
    right += out.argmax(1).eq(ys[b]).sum().item();
  }
  sched.step();
  console.log(`epoch ${epoch} loss ${(total / n).toFixed(6)} right ${right} lr ${opt.param_groups[0].lr}`);
}
model.eval();
torch.no_grad(() => {
  const out = model(X);
  console.log(F.cross_entropy(out, y).item().toFixed(6), out.argmax(1).eq(y).sum().item());
  console.log(String(out.index(":2")));
  console.log(String(model(X.index(":1"))));
});
console.log(`${model[3].bn1.running_mean} ${model[3].bn1.running_var}`);
console.log(String(model[4].short[0].weight.grad.flatten().index(":6")));
console.log(String(model[4]));
