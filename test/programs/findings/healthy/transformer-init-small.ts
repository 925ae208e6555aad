// Weights of 0.02, as GPT starts: queries and keys get little at first, the residual stream does not.
import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const C = 16;
class Block extends nn.Module {
  ln1 = new nn.LayerNorm(C);
  ln2 = new nn.LayerNorm(C);
  qkv = new nn.Linear(C, 3 * C);
  proj = new nn.Linear(C, C);
  up = new nn.Linear(C, 4 * C);
  down = new nn.Linear(4 * C, C);
  forward(x: torch.Tensor) {
    const [q, k, v] = this.qkv(this.ln1(x)).chunk(3, -1);
    const T = x.shape[1];
    const mask = torch.ones(T, T).triu(1).bool();
    const att = q.matmul(k.transpose(1, 2)).div(4).masked_fill(mask, -Infinity).softmax(-1);
    const h = x.add(this.proj(att.matmul(v)));
    return h.add(this.down(F.gelu(this.up(this.ln2(h)))));
  }
}
class GPT extends nn.Module {
  tok = new nn.Embedding(11, C);
  pos = new nn.Embedding(8, C);
  blocks = new nn.ModuleList([new Block(), new Block(), new Block()]);
  head = new nn.Linear(C, 11);
  forward(ids: torch.Tensor) {
    let x = this.tok(ids).add(this.pos(torch.arange(ids.shape[1])));
    for (const block of this.blocks) x = block(x);
    return this.head(x);
  }
}
const model = new GPT();
for (const [name, p] of model.named_parameters()) {
  if (p.ndim === 2) nn.init.normal_(p, 0, 0.02);
  else if (name.endsWith("bias")) nn.init.zeros_(p);
}
const opt = new optim.AdamW(model.parameters(), { lr: 1e-3 });
for (let i = 0; i < 6; i++) {
  const ids = torch.randint(0, 11, [4, 9]);
  const loss = F.cross_entropy(model(ids.index(":", ":-1")).flatten(0, 1), ids.index(":", "1:").flatten());
  opt.zero_grad({ set_to_none: true });
  loss.backward();
  opt.step();
}
