import * as torch from "gradlens";
const { nn } = torch;
const py = (v: any) => (v === null || v === undefined ? "None" : v === true ? "True" : v === false ? "False" : String(v));
const size = (t: torch.Tensor) => `torch.Size([${t.shape.join(", ")}])`;
const tuple = (s: number[]) => (s.length === 1 ? `(${s[0]},)` : `(${s.join(", ")})`);
const shapes = (m: any) => `[${[...m.named_parameters()].map(([n, p]: any) => `('${n}', ${tuple(p.shape)})`).join(", ")}]`;

torch.manual_seed(1);
const [E, H, L, S, N] = [8, 2, 3, 4, 2];
const [q, k, v] = [torch.randn(L, N, E), torch.randn(S, N, E), torch.randn(S, N, E)];
const mha: any = new nn.MultiheadAttention(E, H);
console.log(String(mha));
console.log(shapes(mha));
let [out, w] = mha(q, k, v);
console.log(`${out} ${w}`);
const causal = torch.triu(torch.full([L, L], -Infinity), { diagonal: 1 });
console.log(String(nn.Transformer.generate_square_subsequent_mask(3)));
[out, w] = mha(q, q, q, { attn_mask: causal });
console.log(String(w));
const pad = torch.tensor([[false, false, true, true], [false, false, false, true]]);
[out, w] = mha(q, k, v, { key_padding_mask: pad, average_attn_weights: false });
console.log(`${size(w)} ${w.index(":", 0)}`);
[out, w] = mha(q, k, v, { key_padding_mask: pad, need_weights: false });
console.log(`${out.index(0)} ${py(w)}`);
const mask = torch.tensor([[false, true, false, false], [true, false, false, false], [false, false, false, true]]);
[out, w] = mha(q, k, v, { attn_mask: mask });
console.log(String(w.index(0)));
out.sum().backward();
console.log(`${mha.in_proj_weight.grad.index(":2")} ${mha.out_proj.bias.grad}`);
const three = torch.zeros(N * H, L, S);
three.index_put_([0, 0, 1], -Infinity);
console.log(String(mha(q, k, v, { attn_mask: three })[1]));
const [one, w1] = mha(q.index(":", 0), k.index(":", 0), v.index(":", 0));
console.log(`${size(one)} ${size(w1)}`);
const first: any = new nn.MultiheadAttention(E, 4, { dropout: 0.5, bias: false, add_bias_kv: true, add_zero_attn: true, kdim: 3, vdim: 5, batch_first: true });
console.log(shapes(first));
let [o, w2] = first(torch.randn(N, L, E), torch.randn(N, S, 3), torch.randn(N, S, 5));
console.log(`${o.index(0)} ${size(w2)}`);
first.eval();
[o, w2] = first(torch.randn(N, L, E), torch.randn(N, S, 3), torch.randn(N, S, 5));
console.log(String(w2.index(0).sum(-1)));
for (const f of [() => new nn.MultiheadAttention(7, 2), () => mha(torch.randn(L, N, 6), k, v), () => mha(q, k, v, { attn_mask: torch.zeros(2, 2) }),
  () => mha(q, k.index(":2"), v), () => mha(q, k, v, { key_padding_mask: torch.zeros(3, 3, { dtype: torch.bool }) }),
  () => mha(q, k, v, { attn_mask: torch.zeros(3, 4, { dtype: torch.int64 }) }), () => mha(q.index(0, 0), k, v),
  () => new nn.TransformerEncoderLayer(8, 2, { activation: "tanh" }), () => new nn.TransformerEncoderLayer(8, 3)]) {
  try {
    f();
    console.log("fine");
  } catch (e: any) {
    console.log(e.name, e.message);
  }
}
const layer = new nn.TransformerDecoderLayer(E, H, 12, { dropout: 0.0 });
const dec: any = new nn.TransformerDecoder(layer, 2);
const [tgt, mem] = [torch.randn(3, 2, E), torch.randn(4, 2, E)];
o = dec(tgt, mem, { tgt_mask: nn.Transformer.generate_square_subsequent_mask(3), memory_key_padding_mask: pad });
console.log(String(o.index(0)));
o.mean().backward();
console.log(`${py(layer.linear1.weight.grad)} ${dec.layers[0].linear1.weight.grad.abs().sum().gt(0)}`);
console.log(String(dec));
