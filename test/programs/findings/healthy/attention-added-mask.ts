import * as torch from "gradlens";
torch.manual_seed(0);
const scores = torch.randn([4, 4], { requires_grad: true });
const mask = torch.full([4, 4], -Infinity).triu(1);
const weights = scores.add(mask).softmax(-1);
const loss = weights.pow(2).sum();
loss.backward();
console.log(scores.grad);
