import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const lin = new nn.Linear(2, 2);
function encode(x: torch.Tensor) {
  using _ = torch.no_grad(); // expect: grad-no-grad
  const h = lin(x);
  return h.tanh();
}
const scale = torch.ones(2, { requires_grad: true });
const out = encode(torch.randn(4, 2)).mul(scale).sum();
out.backward();
console.log(lin.weight.grad.norm());
