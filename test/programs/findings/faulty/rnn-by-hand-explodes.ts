import * as torch from "gradlens";
torch.manual_seed(0);
const W = torch.randn(12, 12).mul(0.5).requires_grad_();
const U = torch.randn(12, 3).requires_grad_();
const sequence = torch.randn(40, 3);
let h = torch.zeros(12);
for (const x of sequence) {
  h = W.matmul(h).add(U.matmul(x)); // expect: exploding
}
const loss = h.pow(2).mean();
loss.backward();
console.log(W.grad!.norm().item(), U.grad!.norm().item());
