import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const layers = Array.from({ length: 12 }, () => new nn.Linear(16, 16));
const head = new nn.Linear(16, 1);
let h = torch.randn(32, 16);
for (const layer of layers) {
  h = torch.sigmoid(layer(h)); // expect: vanishing
}
const loss = head(h).pow(2).mean();
loss.backward();
console.log(layers[0].weight.grad.norm().item(), layers[11].weight.grad.norm().item());
