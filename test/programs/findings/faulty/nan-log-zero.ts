import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const p = torch.tensor([0.5, 0, 0.5], { requires_grad: true });
const entropy = p.mul(torch.log(p)).sum().neg(); // expect: nan-origin
entropy.backward();
console.log(entropy, p.grad);
