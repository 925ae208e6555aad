import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const layers = Array.from({ length: 15 }, () => {
  const layer = new nn.Linear(64, 64);
  nn.init.kaiming_normal_(layer.weight, { nonlinearity: "relu" });
  return layer;
});
let h: torch.Tensor = torch.randn(32, 64);
for (const layer of layers) h = torch.relu(layer(h));
h.pow(2).mean().backward();
console.log(layers[0].weight.grad.norm().item());
