import * as torch from "gradlens";
const w = torch.tensor([1, 2], { requires_grad: true });
const v = torch.tensor([3, 4], { requires_grad: true });
const y = w.mul(v).sum();
torch.no_grad(() => {
  w.clamp_(0, 1); // expect: inplace-on-saved
});
y.backward();
