// Each head gets its gradient in another step.
import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const heads = [new nn.Linear(3, 1), new nn.Linear(3, 1)];
const opt = new optim.SGD(heads.flatMap((head) => [...head.parameters()]), { lr: 0.1 });
for (let i = 0; i < 6; i++) {
  const loss = heads[i % 2](torch.randn(4, 3)).pow(2).mean();
  opt.zero_grad({ set_to_none: true });
  loss.backward();
  opt.step();
}
