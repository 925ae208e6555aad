import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const rnn = new nn.LSTM(3, 8, { batch_first: true });
const head = new nn.Linear(8, 1);
const params = [...rnn.parameters(), ...head.parameters()];
const opt = new optim.Adam(params, { lr: 0.01 });
const x = torch.randn(4, 7, 3);
const y = torch.randn(4, 1);
function train() {
  const [out] = rnn(x);
  const loss = F.mse_loss(head(out.index(":", -1)), y);
  loss.backward(); // expect: accumulated-grad
  nn.utils.clip_grad_norm_(params, 1);
  opt.step();
  return loss.item();
}
for (let epoch = 0; epoch < 5; epoch++) console.log(train());
