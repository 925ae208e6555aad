import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const lin = new nn.Linear(3, 2);
const opt = new optim.SGD(lin.parameters(), { lr: 0.1 });
const x = torch.randn(4, 3);
x.index_put_([2], 0);
const mask = torch.tensor([1, 1, 0, 1]).unsqueeze(1);
for (let i = 0; i < 3; i++) {
  const normalised = x.div(x.norm({ dim: 1, keepdim: true })); // expect: nan-origin
  const loss = lin(normalised).mul(mask).pow(2).sum();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
