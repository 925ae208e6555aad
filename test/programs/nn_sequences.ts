import * as torch from "gradlens";
const { nn } = torch;
const { rnn } = nn.utils;

const print = (...parts: unknown[]) => console.log(parts.map(text).join(" "));
function text(v: unknown): string {
  if (v === null || v === undefined) return "None";
  if (v === true) return "True";
  if (v === false) return "False";
  return String(v);
}
const list = (v: unknown[]) => `[${v.map(text).join(", ")}]`;
const tuple = (v: unknown[]) => `(${v.map(text).join(", ")})`;
const size = (t: torch.Tensor) => `torch.Size([${t.shape.join(", ")}])`;

torch.manual_seed(0);

// packing
const seqs = [torch.arange(1.0, 4.0, { dtype: torch.float32 }), torch.tensor([7.0]), torch.tensor([4.0, 5.0])];
print(rnn.pad_sequence(seqs));
print(rnn.pad_sequence(seqs, { batch_first: true, padding_value: -1 }));
const packed = rnn.pack_sequence(seqs, { enforce_sorted: false });
print(packed);
print(tuple(rnn.pad_packed_sequence(packed, { batch_first: true })));
print(rnn.pad_packed_sequence(packed, { padding_value: -1.0, total_length: 4 })[0]);
print(list(rnn.unpack_sequence(packed)));
print(rnn.pack_padded_sequence(torch.arange(6.0, { dtype: torch.float32 }).view(3, 2), [3, 2]));

function attempt(f: () => unknown) {
  try {
    f();
  } catch (e: any) {
    print(`${e.name}: ${e.message}`);
  }
}

attempt(() => rnn.pack_padded_sequence(torch.ones(3, 2), [1, 3]));
attempt(() => rnn.pad_packed_sequence(packed, { total_length: 2 }));

// recurrent layers over them
const x = torch.randn(4, 3, 2, { requires_grad: true });
const lengths = torch.tensor([2n, 4n, 1n]);
for (const layer of [new nn.LSTM(2, 3, { bidirectional: true }), new nn.GRU(2, 3, { num_layers: 2 }), new nn.RNN(2, 3, { bidirectional: true })]) {
  const p = rnn.pack_padded_sequence(x, lengths, { enforce_sorted: false });
  const [out, hidden] = layer(p);
  const [y, sizes] = rnn.pad_packed_sequence(out);
  const h = Array.isArray(hidden) ? hidden[0] : hidden;
  print(layer.constructor.name, size(y), sizes, out.data.grad_fn.name());
  print(y.index(":", 0));
  print(h.index(":", 2));
  x.grad = null;
  y.sum().add(h.pow(2).sum()).backward();
  print(x.grad.index(":", 0), layer.weight_hh_l0.grad.index(0));
}

// initial states, one step after the other
const lstm = new nn.LSTM(2, 3, { batch_first: true });
const seq = torch.randn(1, 5, 2);
const [whole, [h, c]] = lstm(seq);
let step: any;
let state: any = null;
for (let t = 0; t < 5; t++) [step, state] = lstm(seq.index(":", `${t}:${t + 1}`), state);
print(torch.allclose(step.index(":", 0), whole.index(":", -1)), torch.allclose(state[1], c));
const cell = new nn.LSTMCell(2, 3);
cell.load_state_dict(Object.fromEntries(Object.entries(lstm.state_dict()).map(([k, v]) => [k.replace("_l0", ""), v])));
let hx: any = [torch.zeros(1, 3), torch.zeros(1, 3)];
for (let t = 0; t < 5; t++) hx = cell(seq.index(":", t), hx);
print(torch.allclose(hx[0], h.index(0)), hx[0].grad_fn.name(), whole.grad_fn.name());
print(list(lstm.all_weights[0].map((w) => (w.ndim === 1 ? `(${w.shape[0]},)` : tuple(w.shape)))));

// attention with masks
const mha = new nn.MultiheadAttention(4, 2, { batch_first: true });
const q = torch.randn(2, 3, 4);
const causal = nn.Transformer.generate_square_subsequent_mask(3);
print(causal);
let [out, w] = mha(q, q, q, { attn_mask: causal });
print(out.index(0), w.index(0));
let pad = torch.tensor([[false, false, true], [false, false, false]]);
[out, w] = mha(q, q, q, { key_padding_mask: pad, average_attn_weights: false });
print(w.index(0), out.grad_fn.name());
print(mha(q, q, q, { need_weights: false })[1]);
mha.eval();
print(mha(q.index(0), q.index(1), q.index(1), { attn_mask: causal.isinf() })[0]);

// an encoder in inference leaves padding out
const enc = new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, 8, { batch_first: true }), 2);
enc.eval();
pad = torch.tensor([[false, false, true], [false, true, true]]);
print(enc(q, { src_key_padding_mask: pad }).index(":", ":", 0));
torch.no_grad(() => {
  print(enc(q, { src_key_padding_mask: pad }).index(":", ":", 0));
  print(enc(q).index(":", ":", 0));
});

// encoder, decoder and a copying task
torch.manual_seed(1);
const model = new nn.Transformer(8, 2, 1, 1, 16, { dropout: 0.0, batch_first: true });
const [emb, head] = [new nn.Embedding(5, 8), new nn.Linear(8, 5)];
const params = [...model.parameters(), ...emb.parameters(), ...head.parameters()];
const opt = new torch.optim.SGD(params, { lr: 0.05 });
const src = torch.randint(1, 5, [4, 4]);
const tgt_in = torch.cat([torch.zeros(4, 1, { dtype: torch.int64 }), src.index(":", ":-1")], 1);
const mask = nn.Transformer.generate_square_subsequent_mask(4);
for (let step = 0; step < 4; step++) {
  const logits = head(model(emb(src), emb(tgt_in), { tgt_mask: mask }));
  const loss = nn.functional.cross_entropy(logits.flatten(0, 1), src.flatten());
  opt.zero_grad();
  loss.backward();
  const norm = nn.utils.clip_grad_norm_(params, 1.0);
  opt.step();
  print(`step ${step} loss ${loss.item().toFixed(3)} norm ${norm.item().toFixed(3)}`);
}
