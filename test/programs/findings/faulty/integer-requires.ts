import * as torch from "gradlens";
const x = torch.tensor([1, 2, 3], { dtype: torch.int64, requires_grad: true }); // expect: grad-integer
const y = x.mul(2).sum();
y.backward();
