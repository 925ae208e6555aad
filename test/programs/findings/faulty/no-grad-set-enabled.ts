import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(2);
const net = new nn.Linear(3, 1);
const opt = new optim.SGD(net.parameters(), { lr: 0.1 });
const x = torch.randn(5, 3);
torch.set_grad_enabled(false); // expect: grad-no-grad
const before = net(x).mean();
console.log("before", before.item());
const loss = net(x).pow(2).mean();
opt.zero_grad();
loss.backward();
opt.step();
