import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const V = 9, C = 8, T = 5;
class GPT extends nn.Module {
  tok = new nn.Embedding(V, C);
  pos = new nn.Embedding(T, C); // expect: grad-unreached
  att = new nn.MultiheadAttention(C, 2, { batch_first: true });
  head = new nn.Linear(C, V);
  forward(ids: torch.Tensor) {
    const x = this.tok(ids);
    const mask = torch.ones(T, T).triu(1).bool();
    const [y] = this.att(x, x, x, { attn_mask: mask, need_weights: false });
    return this.head(x.add(y));
  }
}
const model = new GPT();
const opt = new optim.AdamW(model.parameters(), { lr: 1e-3 });
for (let i = 0; i < 4; i++) {
  const ids = torch.randint(0, V, [3, T]);
  const loss = F.cross_entropy(model(ids).view(-1, V), ids.view(-1));
  opt.zero_grad();
  loss.backward();
  opt.step();
}
