import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const rnn = new nn.LSTM(2, 8);
const head = new nn.Linear(8, 2);
const opt = new optim.Adam([...rnn.parameters(), ...head.parameters()], { lr: 0.01 });
const series = torch.randn(41, 3, 2);
let state: [torch.Tensor, torch.Tensor] = [torch.zeros(1, 3, 8), torch.zeros(1, 3, 8)];
for (let t = 0; t < 40; t += 8) {
  const [out, [h, c]] = rnn(series.index(`${t}:${t + 8}`), state);
  const loss = F.mse_loss(head(out), series.index(`${t + 1}:${t + 9}`));
  opt.zero_grad();
  loss.backward();
  nn.utils.clip_grad_norm_(rnn.parameters(), 1);
  opt.step();
  state = [h.detach(), c.detach()];
}
