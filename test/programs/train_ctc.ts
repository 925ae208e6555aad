import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;

torch.manual_seed(66);
class Rec extends nn.Module {
  rnn = new nn.LSTM(5, 8, { num_layers: 2, bidirectional: true, batch_first: true, dropout: 0.1 });
  fc = new nn.Linear(16, 6);
  forward(x: any) {
    const [h] = this.rnn(x);
    return F.log_softmax(this.fc(h), { dim: 2 }).transpose(0, 1);
  }
}
const net = new Rec(), ctc = new nn.CTCLoss({ blank: 0, zero_infinity: true });
const xs = torch.randn(4, 12, 5), targets = torch.randint(1, 6, [4, 5]);
const int = { dtype: torch.int64 };
const il = torch.tensor([12, 12, 10, 11], int), tl = torch.tensor([5, 3, 4, 2], int);
const opt = new torch.optim.Adam(net.parameters(), { lr: 0.01 });
let lp: any;
for (let s = 0; s < 15; s++) {
  lp = net(xs); const loss = ctc(lp, targets, il, tl);
  opt.zero_grad(); loss.backward();
  if (s === 0) {
    console.log(`${lp.index(0, 0)} ${loss}`);
    for (const [n, p] of net.named_parameters()) console.log(`${n} ${p.grad.flatten().index(":4")}`);
  }
  nn.utils.clip_grad_value_(net.parameters(), 0.5); opt.step();
  if (s % 5 === 4) console.log(loss.item().toFixed(6));
}
console.log(`${net} ${ctc}`);
for (const reduction of ["none", "sum", "mean"]) console.log(String(F.ctc_loss(lp.detach(), torch.cat([0, 1, 2, 3].map((i) => targets.index(i, `:${tl.index(i).item()}`))), il, tl, { reduction })));
const g = torch.randn(6, 2, 4).log_softmax(2).requires_grad_(); F.ctc_loss(g, torch.tensor([[1, 1], [2, 3]], int), torch.tensor([6, 5], int), torch.tensor([2, 1], int)).backward(); console.log(String(g.grad));
