import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Linear(2, 1);
const opt = new optim.SGD(model.parameters(), { lr: 0.1 });
const x = torch.randn(8, 2);
const y = torch.randn(8, 1);
for (let epoch = 0; epoch < 5; epoch++) {
  const loss = F.mse_loss(model(x), y); // expect: grad-no-backward
  opt.zero_grad();
  opt.step();
  console.log(epoch, loss.item());
}
