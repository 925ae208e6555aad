import * as torch from "gradlens";
const { nn } = torch;

torch.manual_seed(0);
const size = (t: torch.Tensor) => `torch.Size([${[...t.shape].join(", ")}])`;
const py = (v: any) => (v === true ? "True" : v === false ? "False" : String(v));

function attempt(f: () => any) {
  try {
    console.log(py(f()));
  } catch (e: any) {
    console.log(`${e.name} ${e.message}`);
  }
}

const layer = new nn.LazyLinear(3);
console.log(`${layer} ${layer.weight} ${layer.bias} ${py(layer.has_uninitialized_params())}`);
attempt(() => layer.weight.shape);
attempt(() => layer.weight.add(1));
attempt(() => [...layer.parameters()].reduce((n, p) => n + p.numel(), 0));
attempt(() => layer.share_memory());
attempt(() => new nn.Linear(2, 3).load_state_dict(layer.state_dict()));
attempt(() => new (nn.LazyLinear as any)());
console.log(String(layer(torch.ones(2, 4))));
console.log(`${layer} ${layer.constructor.name} ${layer.weight}`);

const net = new nn.Sequential(
  new nn.LazyConv2d(4, 3, { padding: 1 }), new nn.LazyBatchNorm2d(), new nn.ReLU(), new nn.LazyConvTranspose2d(2, 2, { stride: 2, bias: false }), new nn.LazyInstanceNorm2d(),
  new nn.Flatten(), new nn.LazyLinear(5, { bias: false }));
console.log(String(net));
const opt = new torch.optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
const twin = new nn.Sequential(net[0], net[6]).__deepcopy__();
const x = torch.randn(2, 3, 4, 4);
const y = net(x);
console.log(size(y));
console.log(String(net));
console.log(`[${[...net.named_parameters()].map(([n, p]) => `('${n}', (${p.shape.length === 1 ? `${p.shape[0]},` : [...p.shape].join(", ")}))`).join(", ")}]`);
for (let i = 0; i < 3; i++) {
  const loss = net(x).pow(2).mean();
  opt.zero_grad();
  loss.backward();
  opt.step();
  console.log(loss.item().toFixed(5));
}
console.log(`${twin[0]} ${twin[1].weight}`);
console.log(String(twin.load_state_dict({ "0.weight": net[0].weight, "0.bias": net[0].bias, "1.weight": net[6].weight })));
console.log(size(twin[0].weight));
twin[0](x);
console.log(py(torch.equal(net[0](x), twin[0](x))));
console.log(`${twin[0]} ${twin[1]}`);

for (const f of [
  () => new nn.LazyConv2d(4, 3)(torch.ones(2, 2, 2, 2, 2)),
  () => new nn.LazyConv1d(4, 3, { groups: 2 })(torch.ones(1, 3, 5)),
  () => new nn.LazyBatchNorm2d()(torch.ones(2, 3)),
  () => size(new nn.LazyConv3d(2, 1)(torch.ones(1, 2, 1, 1, 1))),
  () => size(new nn.LazyConvTranspose1d(2, 3)(torch.ones(1, 2, 4))),
  () => size(new nn.LazyConvTranspose3d(2, 1)(torch.ones(1, 2, 1, 1, 1))),
  () => new nn.LazyBatchNorm1d({ affine: false })(torch.ones(3, 2)),
  () => new nn.LazyInstanceNorm1d({ track_running_stats: false }),
  () => new nn.LazyConv2d(4, 3, { padding_mode: "circular", dilation: 2 }),
]) attempt(f);
const p = new nn.UninitializedParameter();
console.log(`${p} ${py(p.requires_grad)} ${py(nn.parameter.is_lazy(p))}`);
p.materialize([2, 3]);
console.log(`${size(p)} ${p.constructor.name} ${py(nn.parameter.is_lazy(p))}`);
console.log(String(new nn.UninitializedBuffer()));
const half = new nn.LazyLinear(2).double();
console.log(`${half(torch.ones(1, 3, { dtype: torch.float64 })).dtype} ${half.weight.dtype}`);

class Net extends nn.Module {
  a = new nn.LazyLinear(4);
  b = new nn.LazyLinear(2);
  forward(x: torch.Tensor) {
    return this.b(torch.relu(this.a(x)));
  }
}

torch.manual_seed(3);
const n = new Net();
n(torch.ones(2, 3));
console.log(String(n));
console.log(String(n.b.weight));
