import * as torch from "gradlens";
const { nn } = torch;

torch.set_printoptions({ precision: 6 });

// what a seed gives to each layer
const makers: Record<string, () => any> = {
  "linear": () => new nn.Linear(3, 2), "bilinear": () => new nn.Bilinear(2, 3, 2), "conv1d": () => new nn.Conv1d(2, 2, 3),
  "conv2d groups": () => new nn.Conv2d(4, 4, 2, { groups: 2 }), "conv3d": () => new nn.Conv3d(1, 1, 2, { bias: false }), "convt1d": () => new nn.ConvTranspose1d(2, 3, 2),
  "convt2d": () => new nn.ConvTranspose2d(2, 1, 2), "embedding": () => new nn.Embedding(3, 2, { padding_idx: 1 }), "bag": () => new nn.EmbeddingBag(2, 3),
  "rnn": () => new nn.RNN(2, 2), "lstm": () => new nn.LSTM(1, 2, { bidirectional: true }), "gru": () => new nn.GRU(1, 2), "lstm cell": () => new nn.LSTMCell(2, 1),
  "mha": () => new nn.MultiheadAttention(4, 2), "mha kdim": () => new nn.MultiheadAttention(2, 1, { kdim: 3, vdim: 2, add_bias_kv: true }),
  "prelu": () => new nn.PReLU(2, { init: 0.1 }), "batch": () => new nn.BatchNorm1d(2), "layer": () => new nn.LayerNorm([2, 2]),
  "adaptive": () => new nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4], { div_value: 2.0 }), "encoder": () => new nn.TransformerEncoderLayer(2, 1, 3),
};
for (const [name, make] of Object.entries(makers)) {
  torch.manual_seed(name.length);
  for (const [n, p] of Object.entries(make().state_dict()) as any) console.log(`${name} ${n} ${p.flatten().index(":6")}`);
}

// every initialiser
const init = nn.init;
torch.manual_seed(5);
const w = torch.empty(4, 3);
for (const [name, f] of [["uniform", () => init.uniform_(w, -1, 2)], ["normal", () => init.normal_(w, 1, 0.1)], ["constant", () => init.constant_(w, 0.3)],
  ["ones", () => init.ones_(w)], ["zeros", () => init.zeros_(w)], ["eye", () => init.eye_(w)], ["xavier u", () => init.xavier_uniform_(w, { gain: init.calculate_gain("tanh") })],
  ["xavier n", () => init.xavier_normal_(w)], ["kaiming u", () => init.kaiming_uniform_(w, { a: 0.2, mode: "fan_out" })],
  ["kaiming n", () => init.kaiming_normal_(w, { nonlinearity: "relu" })], ["trunc", () => init.trunc_normal_(w, { std: 2.0, a: -1, b: 1 })],
  ["orthogonal", () => init.orthogonal_(w, { gain: 2.0 }).mul(1000).round()], ["sparse", () => init.sparse_(w, 0.4, { std: 0.1 })]] as [string, () => any][]) {
  console.log(`${name} ${f()}`);
}
console.log(String(init.dirac_(torch.empty(2, 2, 3))));
console.log(String(init.dirac_(torch.empty(4, 1, 3), { groups: 2 }).index(":", 0)));
for (const n of ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]) console.log(`${n} ${init.calculate_gain(n).toFixed(6)}`);
console.log(init.calculate_gain("leaky_relu", 0.5).toFixed(6));
for (const f of [() => init.calculate_gain("swish"), () => init.xavier_uniform_(torch.empty(3)), () => init.kaiming_normal_(w, { mode: "fan" as any }),
  () => init.eye_(torch.empty(2)), () => init.dirac_(torch.empty(2, 2)), () => init.orthogonal_(torch.empty(2)), () => init.sparse_(torch.empty(2), 0.1),
  () => init.calculate_gain("leaky_relu", "x" as any), () => init.kaiming_uniform_(torch.empty(1)), () => init.dirac_(torch.empty(3, 2, 3), { groups: 2 })]) {
  try {
    f();
    console.log("fine");
  } catch (e: any) {
    console.log(e.name, e.message);
  }
}

function weights(m: any) {
  if (m instanceof nn.Linear || m instanceof nn.Conv2d) {
    init.kaiming_normal_(m.weight, { mode: "fan_out", nonlinearity: "relu" });
    if (m.bias !== null) init.zeros_(m.bias);
  } else if (m instanceof nn.BatchNorm2d) init.uniform_(m.weight);
}

torch.manual_seed(8);
const net = new nn.Sequential(new nn.Conv2d(1, 2, 2, { bias: false }), new nn.BatchNorm2d(2), new nn.Flatten(), new nn.Linear(8, 2)).apply(weights);
for (const [n, p] of net.named_parameters()) console.log(`${n} ${p.data.flatten().index(":5")}`);
console.log(String(torch.rand(2)));

// the state of the generator
const state = torch.get_rng_state();
const a = [torch.randn(3), torch.randperm(5), torch.rand(2)];
torch.set_rng_state(state);
const b = [torch.randn(3), torch.randperm(5), torch.rand(2)];
console.log(`[${a.map((x, i) => (torch.equal(x, b[i]) ? "True" : "False")).join(", ")}] ${torch.initial_seed()} torch.Size([${state.shape}]) ${state.dtype}`);
const inside = torch.random.fork_rng(() => {
  torch.manual_seed(1);
  return torch.rand(1);
});
console.log(`${inside} ${torch.rand(1)}`);
const g = new torch.Generator().manual_seed(4);
console.log(`${torch.randn(2, { generator: g })} ${torch.randint(0, 9, [3], { generator: g })} ${torch.multinomial(torch.tensor([0.2, 0.8]), 3, { replacement: true, generator: g })} ${g.initial_seed()}`);
torch.manual_seed(2);
const drop = new nn.Dropout(0.4);
console.log(`${drop(torch.ones(9))} ${new nn.AlphaDropout(0.2)(torch.ones(4))} ${new nn.Dropout2d(0.5)(torch.ones(1, 4, 1, 2)).index(0, ":", 0)} ${nn.functional.dropout(torch.ones(3), 0.9, { training: false })}`);
console.log(`${torch.bernoulli(torch.full([6], 0.3))} ${torch.normal(0.0, torch.tensor([1.0, 2.0]))} ${torch.empty(3).exponential_(2.0)} ${torch.empty(2).cauchy_()} ${torch.empty(2).log_normal_()} ${torch.empty(3).geometric_(0.3)} ${torch.empty(4).random_(0, 10)}`);
