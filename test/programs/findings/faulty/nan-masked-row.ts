import * as torch from "gradlens";
torch.manual_seed(0);
const scores = torch.randn([2, 3], { requires_grad: true });
const mask = torch.tensor([[false, true, true], [true, true, true]]);
const filled = scores.masked_fill(mask, -Infinity);
const weights = filled.softmax(-1); // expect: nan-origin
weights.sum().backward();
console.log(scores.grad);
