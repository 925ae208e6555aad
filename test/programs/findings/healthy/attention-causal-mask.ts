// A causal mask of −∞, and a padding mask: softmax takes them.
import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
class Head extends nn.Module {
  q = new nn.Linear(8, 8, { bias: false });
  k = new nn.Linear(8, 8, { bias: false });
  v = new nn.Linear(8, 8, { bias: false });
  forward(x: torch.Tensor) {
    const T = x.shape[1];
    const mask = torch.tril(torch.ones(T, T)).eq(0);
    const att = this.q(x).matmul(this.k(x).transpose(-2, -1)).div(Math.sqrt(8)).masked_fill(mask, -Infinity);
    return F.softmax(att, -1).matmul(this.v(x));
  }
}
const head = new Head();
const out = new nn.Linear(8, 5);
const opt = new optim.Adam([...head.parameters(), ...out.parameters()], { lr: 1e-2 });
for (let i = 0; i < 8; i++) {
  const x = torch.randn(4, 6, 8);
  const y = torch.randint(0, 5, [4 * 6]);
  const loss = F.cross_entropy(out(head(x)).view(-1, 5), y);
  opt.zero_grad();
  loss.backward();
  opt.step();
}
