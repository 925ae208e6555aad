import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const w = torch.randn(4, 1).mul(0.1).requires_grad_();
const logLr = torch.tensor(-2, { dtype: torch.float32, requires_grad: true });
const outer = new optim.Adam([w, logLr], { lr: 1e-2 });
for (let task = 0; task < 6; task++) {
  const truth = torch.randn(4, 1);
  const data = () => {
    const x = torch.randn(16, 4);
    return [x, x.matmul(truth)] as const;
  };
  let fast: torch.Tensor = w;
  for (let k = 0; k < 3; k++) {
    const [x, y] = data();
    const loss = x.matmul(fast).sub(y).pow(2).mean();
    const [g] = torch.autograd.grad(loss, [fast], { create_graph: true });
    fast = fast.sub(g!.mul(logLr.exp()));
  }
  const [x, y] = data();
  const loss = x.matmul(fast).sub(y).pow(2).mean();
  outer.zero_grad();
  loss.backward();
  outer.step();
}
