// One loop, three models: each is its own.
import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
const results: { name: string; loss: number }[] = [];
for (const width of [4, 8, 16]) {
  torch.manual_seed(0);
  const model = new nn.Sequential(new nn.Linear(2, width), new nn.ReLU(), new nn.Linear(width, 1));
  const opt = new optim.Adam(model.parameters(), { lr: 0.02 });
  let last = 0;
  for (let i = 0; i < 15; i++) {
    const x = torch.randn(16, 2);
    const loss = F.mse_loss(model(x), x.prod(1, { keepdim: true }));
    opt.zero_grad();
    loss.backward();
    opt.step();
    last = loss.item();
  }
  results.push({ name: `width ${width}`, loss: last });
}
console.log(results.length);
