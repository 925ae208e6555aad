import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
class LM extends nn.Module {
  tok = new nn.Embedding(12, 8);
  fc = new nn.Linear(8, 8);
  head = new nn.Linear(8, 12, { bias: false });
  constructor() {
    super();
    this.head.weight = this.tok.weight;
  }
  forward(ids: torch.Tensor) {
    return this.head(torch.tanh(this.fc(this.tok(ids))));
  }
}
const lm = new LM();
const opt = new optim.AdamW(lm.parameters(), { lr: 1e-2 });
const ids = torch.randint(0, 12, [20]);
for (let i = 0; i < 6; i++) {
  const loss = F.cross_entropy(lm(ids.index(":-1")), ids.index("1:"));
  opt.zero_grad();
  loss.backward();
  opt.step();
}
