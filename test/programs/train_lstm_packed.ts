import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;
const { pack_padded_sequence, pad_packed_sequence, pad_sequence, pack_sequence } = nn.utils.rnn;
const size = (t: torch.Tensor) => `torch.Size([${t.shape.join(", ")}])`;

torch.manual_seed(11);

// is the sum of a sequence of unknown length positive?
const lengths = torch.randint(2, 9, [40]);
const seqs = lengths.tolist().map((n: number) => torch.randn(n, 2));
const y = torch.stack(seqs.map((s: torch.Tensor) => s.index(":", 0).sum().gt(0).float()));
const X = pad_sequence(seqs, { batch_first: true, padding_value: -1.0 });
console.log(`${size(X)} ${lengths.index(":8")} ${y.sum()}`);

class Tagger extends nn.Module {
  rnn: any;
  out: any;
  constructor(cell: any) {
    super();
    this.rnn = new cell(2, 6, { num_layers: 2, batch_first: true, bidirectional: true, dropout: 0.1 });
    this.out = new nn.Linear(12, 1);
  }
  forward(x: torch.Tensor, lengths: torch.Tensor) {
    const packed = pack_padded_sequence(x, lengths, { batch_first: true, enforce_sorted: false });
    const [output] = this.rnn(packed);
    const [h, n] = pad_packed_sequence(output, { batch_first: true });
    const mask = torch.arange(h.size(1)).index(null, ":").lt(n.index(":", null));
    const mean = h.mul(mask.unsqueeze(2)).sum(1).div(n.unsqueeze(1));
    return this.out(mean).squeeze(1);
  }
}

for (const cell of [nn.LSTM, nn.GRU, nn.RNN]) {
  const model = new Tagger(cell);
  console.log(String(model));
  const opt = new torch.optim.Adam(model.parameters(), { lr: 0.02 });
  for (let step = 0; step < 30; step++) {
    const loss = F.binary_cross_entropy_with_logits(model(X, lengths), y);
    opt.zero_grad();
    loss.backward();
    nn.utils.clip_grad_value_(model.parameters(), 0.1);
    opt.step();
    if (step % 10 === 0 || step === 29) console.log(`${step} ${loss.item().toFixed(6)}`);
  }
  model.eval();
  console.log(String(model(X, lengths).index(":5")));
}

const packed = pack_sequence([seqs[0].index(":2"), seqs[1].index(":2"), seqs[2].index(":1")]);
console.log(`${packed.data} ${packed.batch_sizes} ${packed.sorted_indices ?? "None"}`);
const lstm = new nn.LSTM(2, 3, { proj_size: 2 });
const [out, [h, c]] = lstm(packed);
console.log(`${out.data} ${size(h)} ${size(c)}`);
console.log(String(pad_packed_sequence(out)[1]));
try {
  pack_padded_sequence(X.index(":3"), torch.tensor([2, 3, 4], { dtype: torch.int64 }), { batch_first: true });
} catch (e: any) {
  console.log(e.message);
}
try {
  lstm(torch.randn(3, 1, 5));
} catch (e: any) {
  console.log(e.message);
}
try {
  lstm(torch.randn(5));
} catch (e: any) {
  console.log(e.name, e.message);
}
try {
  lstm(torch.randn(3, 1, 2), [torch.zeros(2, 1, 2), torch.zeros(1, 1, 3)]);
} catch (e: any) {
  console.log(e.message);
}
