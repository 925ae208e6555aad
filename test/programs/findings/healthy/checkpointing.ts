import * as torch from "gradlens";
const { nn, optim } = torch;
const { checkpoint } = torch.utils.checkpoint;
torch.manual_seed(0);
const first = new nn.Linear(4, 8);
const block = new nn.Sequential(new nn.Linear(8, 8), new nn.ReLU(), new nn.Linear(8, 8));
const last = new nn.Linear(8, 1);
const opt = new optim.SGD([...first.parameters(), ...block.parameters(), ...last.parameters()], { lr: 0.05 });
for (let i = 0; i < 5; i++) {
  const h = first(torch.randn(8, 4));
  const out = last(i % 2 ? checkpoint(block, h) : checkpoint(block, h, { use_reentrant: false }));
  const loss = out.pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
