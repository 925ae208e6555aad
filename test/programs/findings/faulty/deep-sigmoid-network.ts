import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);

function block(width: number) {
  return new nn.Sequential(new nn.Linear(width, width), new nn.Sigmoid());
}

const layers = Array.from({ length: 14 }, () => block(16));
const stack = new nn.Sequential(...layers);
const head = new nn.Linear(16, 3);
const optimizer = new torch.optim.SGD([...stack.parameters(), ...head.parameters()], { lr: 0.1 });
for (let step = 0; step < 3; step++) {
  const x = torch.randn(32, 16);
  const y = torch.randint(0, 3, [32]);
  const loss = nn.functional.cross_entropy(head(stack(x)), y); // expect: vanishing
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
