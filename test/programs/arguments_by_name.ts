import * as torch from "gradlens";
const { nn } = torch;
const { DataLoader, TensorDataset, random_split, WeightedRandomSampler } = torch.utils.data as any;
// Typed by position, so called untyped where the first arguments come by name.
const { optim, autograd, nn: layers } = torch as any;
const { init, utils } = layers;

torch.manual_seed(3);
const data = new TensorDataset(torch.randn(12, 3), torch.randn(12, 1));
const [train] = random_split({ dataset: data, lengths: [8, 4], generator: new torch.Generator({ device: "cpu" }).manual_seed(1) });
const loader = new DataLoader({ dataset: train, batch_size: 4, shuffle: true });
const model: any = new nn.Sequential(new nn.Linear({ in_features: 3, out_features: 4 }), new nn.Tanh(), new nn.Linear({ in_features: 4, out_features: 1 }));
init.kaiming_normal_({ tensor: model[0].weight, nonlinearity: "tanh" });
init.constant_({ tensor: model[2].bias, val: 0.5 });
const optimizer = new optim.Adam({ params: model.parameters(), lr: 0.05 });
const scheduler = new optim.lr_scheduler.StepLR({ optimizer, step_size: 2, gamma: 0.5 });
const criterion: any = new nn.MSELoss();
for (let epoch = 0; epoch < 4; epoch++) {
  let loss: any, norm: any;
  for (const [xb, yb] of loader) {
    optimizer.zero_grad({ set_to_none: true });
    loss = criterion({ input: model(xb), target: yb });
    loss.backward();
    norm = utils.clip_grad_norm_({ parameters: model.parameters(), max_norm: 0.5 });
    optimizer.step();
  }
  scheduler.step();
  console.log(`${epoch} ${loss.item().toFixed(6)} ${norm.item().toFixed(6)} ${scheduler.get_last_lr()[0].toFixed(4)}`);
}
const x = torch.randn(3, { requires_grad: true });
console.log(String(autograd.grad({ outputs: x.pow(2).sum(), inputs: x, create_graph: true })[0]));
autograd.backward({ tensors: [x.mul(3).sum()] });
console.log(x.grad);
console.log(autograd.functional.jacobian({ func: (v: torch.Tensor) => v.mul(2), inputs: x }));
console.log(`[${[...new WeightedRandomSampler({ weights: [0.1, 0.9], num_samples: 4 })].join(", ")}]`);
const packed = utils.rnn.pack_padded_sequence({ input: torch.ones(3, 2, 1), lengths: [3, 1] });
const gru: any = new nn.GRU({ input_size: 1, hidden_size: 2 });
const [out, h] = gru({ input: packed });
console.log(`${out.batch_sizes} ${utils.rnn.pad_packed_sequence({ sequence: out, batch_first: true })[0].shape[1]} ${h.index(0)}`);
const entropy: any = new nn.CrossEntropyLoss();
console.log(entropy({ input: torch.zeros(2, 3), target: torch.tensor([0n, 2n]) }));
console.log(new layers.Parameter({ data: torch.ones(2), requires_grad: false }).requires_grad ? "True" : "False");
try {
  new optim.SGD({ params: model.parameters(), rate: 1 });
} catch (e: any) {
  console.log(e.message);
}

class Scaled extends nn.Module {
  constructor() {
    super();
    this.register_buffer({ name: "scale", tensor: torch.tensor([2.0]) });
    this.register_buffer({ name: "cache", tensor: null, persistent: false });
  }
  forward(x: torch.Tensor) {
    return x.mul(this.scale);
  }
}

const scaled = new Scaled();
scaled.apply({ fn: (m) => console.log(m.constructor.name) });
console.log(`${scaled.load_state_dict({ state_dict: { scale: torch.tensor([3.0]) }, strict: true })} ${scaled.scale}`);
console.log(
  torch.func.functional_call({
    module: scaled,
    parameter_and_buffer_dicts: { scale: torch.tensor([4.0]) },
    args: torch.ones(1),
  }),
);
console.log(nn.Transformer.generate_square_subsequent_mask({ sz: 2 }));
