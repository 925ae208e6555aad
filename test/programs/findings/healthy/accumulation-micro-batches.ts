import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Linear(3, 1);
const opt = new optim.AdamW(model.parameters(), { lr: 0.01 });
const every = 4;
opt.zero_grad();
for (let i = 0; i < 16; i++) {
  const x = torch.randn(2, 3);
  const loss = F.mse_loss(model(x), x.sum(1, { keepdim: true })).div(every);
  loss.backward();
  if ((i + 1) % every === 0) {
    nn.utils.clip_grad_norm_(model.parameters(), 1);
    opt.step();
    opt.zero_grad();
  }
}
