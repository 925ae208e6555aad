import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const x = torch.tensor([[1, 2], [NaN, 4], [5, 6]]); // expect: nan-origin
const model = new nn.Linear(2, 1);
const loss = model(x).mean();
loss.backward();
console.log(loss.item());
