import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

class Block extends nn.Module {
  ln1 = new nn.LayerNorm(16);
  ln2 = new nn.LayerNorm(16);
  qkv = new nn.Linear(16, 48);
  proj = new nn.Linear(16, 16);
  mlp = new nn.Sequential(new nn.Linear(16, 64), new nn.GELU(), new nn.Linear(64, 16));
  forward(x: torch.Tensor): torch.Tensor {
    const T = x.shape[1]!;
    const [q, k, v] = this.qkv(this.ln1(x)).chunk(3, -1) as [torch.Tensor, torch.Tensor, torch.Tensor];
    const mask = torch.full([T, T], -Infinity).triu(1);
    const weights = q.matmul(k.transpose(1, 2)).div(4).add(mask).softmax(-1);
    const y = x.add(this.proj(weights.matmul(v)));
    return y.add(this.mlp(this.ln2(y)));
  }
}
class Model extends nn.Module {
  tok = new nn.Embedding(10, 16);
  pos = new nn.Parameter(torch.zeros(1, 8, 16));
  blocks = new nn.ModuleList(Array.from({ length: 6 }, () => new Block()));
  ln = new nn.LayerNorm(16);
  head = new nn.Linear(16, 10, { bias: false });
  forward(ids: torch.Tensor): torch.Tensor {
    let x = this.tok(ids).add(this.pos);
    for (const block of this.blocks as Iterable<any>) x = block(x);
    return this.head(this.ln(x));
  }
}
const model = new Model();
const optimizer = new optim.AdamW(model.parameters(), { lr: 3e-3, weight_decay: 0.1 });
for (let i = 0; i < 5; i++) {
  const ids = torch.randint(0, 10, [4, 9]);
  const logits = model(ids.narrow(1, 0, 8));
  const loss = nn.functional.cross_entropy(logits.reshape(-1, 10), ids.narrow(1, 1, 8).reshape(-1));
  optimizer.zero_grad();
  loss.backward();
  nn.utils.clip_grad_norm_(model.parameters(), 1);
  optimizer.step();
}
