import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);

const teacher = new nn.Linear(5, 3);
const student = new nn.Linear(5, 3);
const optimizer = new optim.SGD(student.parameters(), { lr: 0.1 });
for (let step = 0; step < 5; step++) {
  const x = torch.randn(16, 5);
  const soft = teacher(x).softmax(1);
  const guess = student(x).log_softmax(1).detach(); // expect: grad-detached
  const loss = F.kl_div(guess, soft, { reduction: "batchmean" });
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
