import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

const features = new nn.Sequential(new nn.Linear(8, 8), new nn.ReLU());
const head = new nn.Linear(8, 2);

function embed(x: torch.Tensor): torch.Tensor {
  return torch.no_grad(() => features(x)); // expect: grad-no-grad
}

const optimizer = new optim.Adam([...features.parameters(), ...head.parameters()], { lr: 1e-3 });
for (let step = 0; step < 5; step++) {
  const x = torch.randn(16, 8);
  const y = torch.randint(0, 2, [16]);
  const loss = nn.functional.cross_entropy(head(embed(x)), y);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
