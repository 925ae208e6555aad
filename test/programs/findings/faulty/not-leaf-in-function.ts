import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(1);
class Net extends nn.Module {
  fc1 = new nn.Linear(4, 8);
  fc2 = new nn.Linear(8, 2);
  hidden: torch.Tensor | null = null;
  forward(x: torch.Tensor) {
    const z = this.fc1(x);
    this.hidden = torch.tanh(z); // expect: grad-not-leaf
    return this.fc2(this.hidden);
  }
}
const net = new Net();
net(torch.randn(5, 4)).sum().backward();
console.log(net.hidden!.grad.norm().item());
