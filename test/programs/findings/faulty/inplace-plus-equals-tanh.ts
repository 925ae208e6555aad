import * as torch from "gradlens";

function residual(x: torch.Tensor, w: torch.Tensor): torch.Tensor {
  const y = x.matmul(w).exp();
  y.mul_(0.5); // expect: inplace-on-saved
  return y.add(x);
}

const w = torch.eye(3).requires_grad_();
let x = torch.ones(2, 3);
for (let layer = 0; layer < 2; layer++) x = residual(x, w);
x.sum().backward();
