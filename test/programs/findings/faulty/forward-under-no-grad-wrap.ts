import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const emb = new nn.Linear(3, 3);
const head = new nn.Linear(3, 1);
const opt = new optim.SGD([...emb.parameters(), ...head.parameters()], { lr: 0.1 });
const x = torch.randn(4, 3);
function features() {
  return torch.no_grad(() => { // expect: grad-no-grad
    const a = emb(x);
    const b = torch.relu(a);
    return b.mul(2);
  });
}
for (let i = 0; i < 3; i++) {
  const loss = head(features()).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
