import * as torch from "gradlens";
const { optim } = torch;
const x = torch.tensor([-1.5, 2], { requires_grad: true });
const opt = new optim.LBFGS([x], { lr: 0.5, max_iter: 5 });
for (let i = 0; i < 6; i++) {
  const value = opt.step(() => {
    opt.zero_grad();
    const [a, b] = [x.index(0), x.index(1)];
    const loss = torch.sub(1, a).pow(2).add(b.sub(a.pow(2)).pow(2).mul(10));
    loss.backward();
    return loss;
  });
  console.log(Number(value).toFixed(4));
}
