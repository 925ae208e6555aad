import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const images = torch.rand(32, 16).gt(0.5).to(torch.float32);
const auto = new nn.Sequential(new nn.Linear(16, 12), new nn.ReLU(), new nn.Linear(12, 16), new nn.Sigmoid());
const optimizer = new optim.Adam(auto.parameters(), { lr: 0.05 });
const bce = new nn.BCELoss();
for (let epoch = 0; epoch < 60; epoch++) {
  const loss = bce(auto(images), images);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
const shown = auto(images.narrow(0, 0, 1));
console.log(shown.round(), images.narrow(0, 0, 1));
