import * as torch from "gradlens";
class SafeLog extends torch.autograd.Function {
  static forward(ctx: any, x: torch.Tensor) {
    ctx.save_for_backward(x);
    return x.clamp({ min: 1e-6 }).log();
  }
  static backward(ctx: any, g: torch.Tensor) {
    const [x] = ctx.saved_tensors;
    return g.div(x); // expect: nan-origin
  }
}
const x = torch.tensor([1, 0, 2], { requires_grad: true });
SafeLog.apply(x).sum().backward();
console.log(x.grad);
