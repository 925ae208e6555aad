import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
let best = torch.tensor(Infinity);
const lin = new nn.Linear(3, 1);
for (let i = 0; i < 4; i++) {
  const loss = lin(torch.randn(5, 3)).pow(2).mean();
  best = torch.minimum(best, loss.detach());
  lin.zero_grad();
  loss.backward();
}
console.log(best.item());
