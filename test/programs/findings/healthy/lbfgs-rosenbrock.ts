import * as torch from "gradlens";
const xy = torch.tensor([-1.5, 2], { requires_grad: true });
const optimizer = new torch.optim.LBFGS([xy], { lr: 1, max_iter: 8, line_search_fn: "strong_wolfe" });
const rosenbrock = (p: torch.Tensor) => {
  const [x, y] = p.unbind() as [torch.Tensor, torch.Tensor];
  return x.neg().add(1).pow(2).add(y.sub(x.pow(2)).pow(2).mul(100));
};
for (let i = 0; i < 10; i++) {
  const loss = optimizer.step(() => {
    optimizer.zero_grad();
    const value = rosenbrock(xy);
    value.backward();
    return value;
  });
  console.log(i, Number(loss));
}
