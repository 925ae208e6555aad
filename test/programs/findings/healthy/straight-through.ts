// Rounded forward, the identity backward: detach is the trick.
import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const enc = new nn.Linear(4, 4);
const dec = new nn.Linear(4, 4);
const opt = new optim.Adam([...enc.parameters(), ...dec.parameters()], { lr: 0.01 });
for (let i = 0; i < 5; i++) {
  const x = torch.randn(8, 4);
  const z = enc(x);
  const q = z.add(z.round().sub(z).detach());
  const loss = dec(q).sub(x).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
}
