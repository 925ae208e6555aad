import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 2));
const opt = new optim.SGD(model.parameters(), { lr: 0.01 });
for (let i = 0; i < 5; i++) {
  const out = model(torch.randn(6, 3));
  const first = out.index(":", 0).pow(2).mean();
  const second = out.index(":", 1).sub(1).pow(2).mean();
  opt.zero_grad();
  first.backward({ retain_graph: true });
  second.backward();
  opt.step();
}
