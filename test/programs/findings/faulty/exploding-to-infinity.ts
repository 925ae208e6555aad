import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
class Rnn extends nn.Module {
  wx = new nn.Linear(2, 10);
  wh = new nn.Linear(10, 10);
  out = new nn.Linear(10, 1);
  forward(xs: torch.Tensor) {
    let h = torch.zeros(xs.shape[1], 10);
    for (const x of xs) {
      const next = this.wx(x).add(this.wh(h)); // expect: exploding nan-origin
      h = torch.relu(next);
    }
    return this.out(h);
  }
}
const rnn = new Rnn();
torch.no_grad(() => nn.init.eye_(rnn.wh.weight).mul_(2));
const opt = new torch.optim.SGD(rnn.parameters(), { lr: 1e-20 });
for (let i = 0; i < 3; i++) {
  opt.zero_grad();
  rnn(torch.rand(40, 4, 2)).pow(2).mean().backward();
  opt.step();
}
