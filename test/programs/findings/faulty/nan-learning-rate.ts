import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const w = torch.ones(2, { requires_grad: true });
const opt = new optim.SGD([w], { lr: 5 });
for (let i = 0; i < 60; i++) {
  const cost = w.pow(4).sum(); // expect: nan-origin
  opt.zero_grad();
  cost.backward();
  opt.step();
}
