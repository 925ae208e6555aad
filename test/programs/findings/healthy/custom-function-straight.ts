import * as torch from "gradlens";
torch.manual_seed(0);
class Quantise extends torch.autograd.Function {
  static forward(ctx: any, x: torch.Tensor) {
    ctx.save_for_backward(x);
    return x.mul(8).round().div(8);
  }
  static backward(ctx: any, grad: torch.Tensor) {
    const [x] = ctx.saved_tensors as [torch.Tensor];
    return grad.mul(x.abs().le(1));
  }
}
const w = torch.randn(6, 6).mul(0.3).requires_grad_();
const optimizer = new torch.optim.SGD([w], { lr: 0.1 });
for (let i = 0; i < 8; i++) {
  const x = torch.randn(10, 6);
  const loss = x.matmul(Quantise.apply(w) as torch.Tensor).sub(x).pow(2).mean();
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
