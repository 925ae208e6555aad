import * as torch from "gradlens";
function softmax(z: torch.Tensor) {
  const e = z.exp(); // expect: nan-origin
  return e.div(e.sum());
}
const logits = torch.tensor([1000, 10, -5], { requires_grad: true });
const probabilities = softmax(logits);
const loss = probabilities.index(1).neg();
loss.backward();
console.log(logits.grad);
