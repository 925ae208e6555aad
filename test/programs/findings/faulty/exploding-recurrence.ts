import * as torch from "gradlens";
torch.manual_seed(0);
const A = torch.randn(10, 10).requires_grad_();
let state = torch.randn(4, 10);
for (let t = 0; t < 20; t++) {
  state = state.matmul(A); // expect: exploding
}
const loss = state.mean();
loss.backward();
console.log(A.grad.norm().item());
