import * as torch from "gradlens";

// Xavier by hand: the product is no leaf any more.
const weight = torch.randn(4, 4, { requires_grad: true }).mul(Math.sqrt(2 / 8)); // expect: grad-not-leaf
const bias = torch.zeros(4, { requires_grad: true });
const x = torch.randn(10, 4);
for (let i = 0; i < 3; i++) {
  const loss = x.matmul(weight).add(bias).pow(2).mean();
  loss.backward({ retain_graph: true });
  console.log("weight.grad", weight.grad, "bias.grad", bias.grad);
  bias.grad = null;
}
