import * as torch from "gradlens";
torch.manual_seed(0);
const W = torch.randn(3, 3).mul(0.1).requires_grad_();
let h = torch.ones(2, 3);
for (let step = 0; step < 6; step++) {
  h = torch.tanh(h.matmul(W)); // expect: graph-kept
  const loss = h.pow(2).mean();
  W.grad = null;
  loss.backward({ retain_graph: true });
}
