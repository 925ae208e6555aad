import * as torch from "gradlens";
torch.manual_seed(0);
const x = torch.randn(8, 3);
const w = torch.randn([3, 1], { requires_grad: true }).mul(0.1); // expect: grad-not-leaf
const loss = x.matmul(w).pow(2).mean();
loss.backward();
console.log(w.grad);
