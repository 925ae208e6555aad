import * as torch from "gradlens";
const { optim } = torch;
torch.manual_seed(0);
const X = torch.randn(16, 2);
const Y = X.sum(1, { keepdim: true }).add(3);
const w = torch.randn([2, 1], { requires_grad: true });
const b = torch.zeros(1); // expect: grad-not-required
const opt = new optim.SGD([w, b], { lr: 0.1 });
for (let step = 0; step < 20; step++) {
  const loss = X.matmul(w).add(b).sub(Y).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
console.log(w, b);
