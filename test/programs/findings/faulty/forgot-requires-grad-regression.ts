import * as torch from "gradlens";

const xs = torch.linspace(-1, 1, 50);
const ys = xs.mul(3).add(0.5);
const slope = torch.tensor(0); // expect: grad-not-required
const offset = torch.tensor(0.1, { requires_grad: true });
const lr = 0.1;
for (let step = 0; step < 5; step++) {
  const error = xs.mul(slope).add(offset).sub(ys).pow(2).mean();
  error.backward();
  console.log(slope.grad, offset.grad);
  torch.no_grad(() => offset.sub_(offset.grad!.mul(lr)));
  offset.grad = null;
}
