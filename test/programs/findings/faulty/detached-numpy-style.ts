import * as torch from "gradlens";

function normalise(x: torch.Tensor): torch.Tensor {
  const values = x.tolist() as number[][];
  return torch.tensor(values.map((row) => row.map((v) => v / 10)));
}

const w = torch.randn(3, 3, { requires_grad: true });
const h = torch.ones(2, 3).matmul(w);
const scaled = normalise(h);
const out = scaled.mul(w.sum()).sum();
out.backward();
const lonely = torch.randn(3, { requires_grad: true });
const cut = lonely.mul(2).detach(); // expect: grad-detached
const loss = cut.pow(2).sum().add(w.sum());
loss.backward();
console.log(lonely.grad);
