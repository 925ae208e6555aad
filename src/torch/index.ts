/**
 * PyTorch's autograd in TypeScript, name for name.
 *
 *     import * as torch from "gradlens";
 *     const x = torch.linspace(0, 2 * Math.PI, 25, { requires_grad: true });
 *     torch.sin(x).mul(2).add(1).sum().backward();
 *     console.log(x.grad);
 */
export * from "./public";
export * as default from "./public";
