// The output saturates because it is right.
import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Sequential(new nn.Linear(1, 8), new nn.Tanh(), new nn.Linear(8, 1), new nn.Sigmoid());
const opt = new optim.Adam(model.parameters(), { lr: 0.1 });
const x = torch.linspace(-3, 3, 16).unsqueeze(1);
const y = x.gt(0).float();
for (let i = 0; i < 200; i++) {
  const loss = F.binary_cross_entropy(model(x), y);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
