import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const model = new nn.Linear(4, 4);
const h = torch.sigmoid(model(torch.randn(3, 4)));
const total = h.pow(2).sum();
for (let i = 0; i < 2; i++) {
  h.add_(0.5); // expect: inplace-on-saved
}
total.backward();
