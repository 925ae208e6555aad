import * as torch from "gradlens";
import { Mlp, accuracy } from "../support/mlp";
const { nn, optim } = torch;
torch.manual_seed(0);
const model = new Mlp([4, 16, 3]);
const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-2 });
const x = torch.randn(48, 4);
const y = x.argmax(1).clamp({ max: 2 });
for (let epoch = 0; epoch < 10; epoch++) {
  model.train();
  const loss = nn.functional.cross_entropy(model(x), y);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
  model.eval();
  const score = torch.no_grad(() => accuracy(model(x), y));
  console.log(epoch, loss.item(), score);
}
