import * as torch from "gradlens";

function entropy(p: torch.Tensor): torch.Tensor {
  return p.mul(p.log()).sum().neg(); // expect: nan-origin
}

const logits = torch.tensor([1, 2, 3], { requires_grad: true });
const gate = torch.tensor([1, 1, 0]);
const p = logits.softmax(0).mul(gate);
const loss = entropy(p);
loss.backward();
console.log(loss.item(), logits.grad);
