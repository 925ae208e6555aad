import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const trunk = new nn.Linear(6, 6);
const head = new nn.Linear(6, 2);
const optimizer = new optim.Adam([{ params: trunk.parameters(), lr: 1e-4 }, { params: head.parameters() }], { lr: 1e-2 });
trunk.requires_grad_(false);
for (let epoch = 0; epoch < 8; epoch++) {
  if (epoch === 4) trunk.requires_grad_(true);
  const loss = head(trunk(torch.randn(16, 6)).relu()).pow(2).mean();
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
