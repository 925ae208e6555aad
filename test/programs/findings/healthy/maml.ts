// Inner steps keep their graphs on purpose.
import * as torch from "gradlens";
const { optim } = torch;
torch.manual_seed(0);
const theta = torch.randn([3, 1], { requires_grad: true });
const opt = new optim.SGD([theta], { lr: 0.01 });
for (let task = 0; task < 4; task++) {
  const x = torch.randn(8, 3);
  const y = torch.randn(8, 1);
  let fast: torch.Tensor = theta;
  for (let k = 0; k < 5; k++) {
    const inner = x.matmul(fast).sub(y).pow(2).mean();
    const [g] = torch.autograd.grad(inner, [fast], { create_graph: true });
    fast = fast.sub(g.mul(0.05));
  }
  const outer = x.matmul(fast).sub(y).pow(2).mean();
  opt.zero_grad();
  outer.backward();
  opt.step();
}
