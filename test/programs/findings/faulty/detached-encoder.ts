import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(3);
const encoder = new nn.Linear(6, 4);
const decoder = new nn.Linear(4, 6);
const opt = new optim.Adam([...encoder.parameters(), ...decoder.parameters()], { lr: 0.01 });
const data = torch.randn(32, 6);
for (let epoch = 0; epoch < 10; epoch++) {
  const code = torch.relu(encoder(data));
  const out = decoder(code.detach()); // expect: grad-detached
  const loss = F.mse_loss(out, data);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
