import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const net = new nn.Linear(4, 3);
const x = torch.randn(10, 4);
const labels = torch.randint(0, 3, [10]);
const predicted = net(x).argmax(1); // expect: grad-integer
const accuracy = predicted.eq(labels).to(torch.float32).mean();
const loss = accuracy.neg().add(1);
loss.backward();
console.log(net.weight.grad);
