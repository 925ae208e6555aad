import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
class Classifier extends nn.Module {
  backbone = new nn.Sequential(new nn.Conv2d(1, 4, 3), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Flatten());
  head = new nn.Linear(4 * 3 * 3, 2);
  forward(x: torch.Tensor) {
    return this.head(this.backbone(x));
  }
}
const model = new Classifier();
for (const p of model.backbone.parameters()) p.requires_grad = false;
const optimizer = new optim.SGD([...model.parameters()].filter((p) => p.requires_grad), { lr: 0.1 });
for (let i = 0; i < 6; i++) {
  const loss = nn.functional.cross_entropy(model(torch.randn(8, 1, 8, 8)), torch.randint(0, 2, [8]));
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
for (const [name, p] of model.named_parameters()) console.log(name, p.grad === null ? "frozen" : p.grad.norm().item());
