import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const layer = new nn.Linear(2, 2);
const x = torch.randn(1, 2);
const scores = layer(x);
const row: number[] = scores.index(0).tolist(); // expect: grad-detached
const again = torch.tensor(row, { requires_grad: true });
again.pow(2).sum().backward();
for (const p of layer.parameters()) console.log(p.grad);
