import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const model = new nn.Linear(2, 1);
const losses: number[] = [];
for (let i = 0; i < 3; i++) losses.push(model(torch.randn(4, 2)).pow(2).mean().item()); // expect: grad-detached
const total = torch.tensor(losses, { requires_grad: true }).mean();
total.backward();
console.log(model.weight.grad.norm());
