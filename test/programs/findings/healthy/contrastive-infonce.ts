import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const encoder = new nn.Sequential(new nn.Linear(8, 32), new nn.BatchNorm1d(32), new nn.ReLU(), new nn.Linear(32, 16));
const temperature = new nn.Parameter(torch.tensor(0.07).log());
const optimizer = new optim.Adam([...encoder.parameters(), temperature], { lr: 1e-3 });
for (let i = 0; i < 6; i++) {
  const x = torch.randn(16, 8);
  const a = F.normalize(encoder(x.add(torch.randn(16, 8).mul(0.1))));
  const b = F.normalize(encoder(x.add(torch.randn(16, 8).mul(0.1))));
  const z = torch.cat([a, b]);
  const similarity = z.matmul(z.t()).div(temperature.exp());
  const self = torch.eye(32, { dtype: torch.bool });
  const logits = similarity.masked_fill(self, -Infinity);
  const labels = torch.arange(32).add(16).remainder(32);
  const loss = F.cross_entropy(logits, labels);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
