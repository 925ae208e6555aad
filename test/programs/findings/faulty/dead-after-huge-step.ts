import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

const model = new nn.Sequential(
  new nn.Linear(10, 32),
  new nn.ReLU(), // expect: dead-relu
  new nn.Linear(32, 1),
);
const optimizer = new optim.SGD(model.parameters(), { lr: 30 });
const X = torch.rand(64, 10);
const Y = X.sum(1, { keepdim: true }).neg();
for (let epoch = 0; epoch < 12; epoch++) {
  const loss = model(X).sub(Y).abs().mean();
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
