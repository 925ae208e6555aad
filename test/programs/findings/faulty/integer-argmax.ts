import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const model = new nn.Linear(4, 3);
const x = torch.randn(8, 4);
const y = torch.randint(0, 3, [8]);
const logits = model(x);
const chosen = logits.argmax(1); // expect: grad-integer
const loss = chosen.float().sub(y.float()).pow(2).mean();
loss.backward();
