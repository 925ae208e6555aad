import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;

torch.manual_seed(42);

// reverse a sequence of digits: an encoder with GELU, AdamW, a warm-up and padding masks
const [V, T, D] = [8, 7, 16];

class Reverser extends nn.Module {
  emb: any; encoder: any; head: any;
  constructor(norm_first: boolean) {
    super();
    this.emb = new nn.Embedding(V, D, { padding_idx: 0 });
    const pos = torch.zeros(T, D);
    const at = torch.arange(T).unsqueeze(1);
    const freq = torch.exp(torch.arange(0, D, 2).mul(-Math.log(100.0) / D));
    pos.index_put_([":", "0::2"], torch.sin(at.mul(freq)));
    pos.index_put_([":", "1::2"], torch.cos(at.mul(freq)));
    this.register_buffer("pos", pos, { persistent: false });
    const layer = new nn.TransformerEncoderLayer(D, 4, 32, { dropout: 0.05, activation: "gelu", batch_first: true, norm_first });
    this.encoder = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(D) });
    this.head = new nn.Linear(D, V);
  }
  forward(x: torch.Tensor) {
    const h = this.emb(x).mul(Math.sqrt(D)).add(this.pos);
    return this.head(this.encoder(h, { src_key_padding_mask: x.eq(0) }));
  }
}

let model: any;
for (const norm_first of [true, false]) {
  model = new Reverser(norm_first);
  const decay = [...model.parameters()].filter((p: any) => p.dim() > 1);
  const rest = [...model.parameters()].filter((p: any) => p.dim() <= 1);
  const opt = new torch.optim.AdamW([{ params: decay, weight_decay: 0.1 }, { params: rest, weight_decay: 0.0 }], { lr: 3e-3, betas: [0.9, 0.98] });
  const sched = new torch.optim.lr_scheduler.LambdaLR(opt, (s: number) => Math.min((s + 1) / 10, Math.sqrt(10 / (s + 1))));
  console.log(decay.length, rest.length, "pos" in model.state_dict() ? "True" : "False");
  for (let step = 0; step < 40; step++) {
    const n = torch.randint(3, T + 1, [16]);
    const x = torch.randint(1, V, [16, T]);
    x.index_put_([torch.arange(T).index(null).ge(n.index(":", null))], 0);
    const y = torch.zeros_like(x);
    for (let i = 0; i < 16; i++) {
      const k = n.index(i).item();
      y.index_put_([i, `:${k}`], x.index(i, `:${k}`).flip(0));
    }
    const logits = model(x);
    const loss = F.cross_entropy(logits.view(-1, V), y.view(-1), { ignore_index: 0 });
    opt.zero_grad();
    loss.backward();
    const norm = nn.utils.clip_grad_norm_(model.parameters(), 0.5);
    opt.step();
    sched.step();
    if (step % 10 === 0 || step === 39) {
      console.log(`${step} loss ${loss.item().toFixed(5)} norm ${norm.item().toFixed(4)} lr ${sched.get_last_lr()[0].toFixed(6)}`);
    }
  }
  console.log(`${model.emb.weight.index(0)} ${model.emb.weight.grad.index(0).abs().sum()}`);
}
console.log(String(model.encoder.layers[0]));
console.log(String(model.encoder.layers[1].self_attn.in_proj_weight.index(":2", ":4")));
