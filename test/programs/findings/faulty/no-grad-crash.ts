import * as torch from "gradlens";
const w = torch.randn([4], { requires_grad: true });
const x = torch.randn(4);
let loss = torch.zeros(1);
torch.no_grad(() => { // expect: grad-no-grad
  const p = w.mul(x);
  loss = p.sum();
});
loss.backward();
