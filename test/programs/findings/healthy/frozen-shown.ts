import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const net = new nn.Sequential(new nn.Linear(2, 2), new nn.Tanh(), new nn.Linear(2, 1));
net[0].requires_grad_(false);
net(torch.randn(3, 2)).sum().backward();
console.log("frozen:", net[0].weight.grad, "trained:", net[2].weight.grad);
