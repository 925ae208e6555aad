import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const embed = new nn.Embedding(10, 4);
const out = new nn.Linear(4, 10);
const opt = new optim.SGD(out.parameters(), { lr: 0.1 });
for (let i = 0; i < 4; i++) {
  const ids = torch.randint(0, 10, [6]);
  const loss = F.cross_entropy(out(embed(ids)), ids);
  opt.zero_grad({ set_to_none: true });
  loss.backward();
  opt.step();
}
