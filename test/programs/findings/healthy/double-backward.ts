import * as torch from "gradlens";
const x = torch.tensor([0.5, 1.5], { requires_grad: true });
for (let i = 0; i < 4; i++) {
  const y = x.pow(3).sum();
  const [g] = torch.autograd.grad(y, [x], { create_graph: true });
  const rows: torch.Tensor[] = [];
  for (let k = 0; k < 2; k++) rows.push(torch.autograd.grad(g.index(k), [x], { retain_graph: true })[0]);
  const H = torch.stack(rows);
  console.log(H.diag().tolist());
}
