import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
interface Metrics {
  loss: number[];
  smooth: number;
  last?: torch.Tensor;
}
const metrics: Metrics = { loss: [], smooth: 0 };
const model = new nn.Linear(3, 1);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, nesterov: true, momentum: 0.9 });
for (let step = 1; step <= 30; step++) {
  const x = torch.randn(8, 3);
  const loss = model(x).sub(x.sum(1, { keepdim: true })).pow(2).mean();
  optimizer.zero_grad();
  loss.backward();
  const norm = nn.utils.clip_grad_norm_(model.parameters(), 5);
  optimizer.step();
  metrics.loss.push(loss.item());
  metrics.smooth = 0.9 * metrics.smooth + 0.1 * loss.item();
  metrics.last = loss.detach();
  if (step % 10 === 0) console.log(step, metrics.smooth.toFixed(4), Number(norm).toFixed(3), metrics.last.item());
}
