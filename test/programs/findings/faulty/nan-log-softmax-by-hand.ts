import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const model = new nn.Linear(4, 3);
torch.no_grad(() => model.weight.mul_(400));
const opt = new optim.SGD(model.parameters(), { lr: 0.1 });
const x = torch.randn(6, 4);
const y = torch.randint(0, 3, [6]);
for (let i = 0; i < 3; i++) {
  const p = torch.softmax(model(x), 1);
  const logp = p.log(); // expect: nan-origin
  const loss = logp.gather(1, y.unsqueeze(1)).mean().neg();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
