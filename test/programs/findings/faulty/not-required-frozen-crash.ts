import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const a = new nn.Linear(2, 2);
const b = new nn.Linear(2, 1);
a.weight.requires_grad_(false); // expect: grad-not-required
const loss = b(torch.tanh(a(torch.randn(4, 2)))).sum();
loss.backward();
console.log("gradient of a:", a.weight.grad.norm());
