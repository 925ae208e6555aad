import * as torch from "gradlens";
const { nn } = torch;

torch.manual_seed(0);
const x1 = torch.randn(4, 3);
const x2 = torch.randn(2, 4, 3, 3);
const x3 = torch.randn(2, 2, 2, 2, 2);

function show(name: string, layer: any, x: torch.Tensor) {
  x = x.clone().requires_grad_();
  let y: any;
  for (let i = 0; i < 3; i++) y = layer(x);
  y.pow(3).sum().backward();
  console.log(`${name} ${layer}`);
  console.log(String(y.detach().flatten().index(":6")));
  console.log(String(x.grad.flatten().index(":6")));
  for (const [n, p] of layer.named_parameters()) console.log(`${n} ${p.grad}`);
  for (const [n, b] of layer.named_buffers()) console.log(`${n} ${b}`);
  layer.eval();
  torch.no_grad(() => {
    console.log(`${layer(x).sum().item() > -1e9 ? "True" : "False"} ${layer(x).abs().mean().item().toFixed(5)}`);
  });
}

show("bn1", new nn.BatchNorm1d(3), x1);
show("bn1 momentum", new nn.BatchNorm1d(3, { momentum: null }), x1);
show("bn1 plain", new nn.BatchNorm1d(3, { affine: false, track_running_stats: false }), x1);
show("bn1 seq", new nn.BatchNorm1d(4, { eps: 1e-3, momentum: 0.3 }), x2.flatten(2));
show("bn2", new nn.BatchNorm2d(4), x2);
show("bn3", new nn.BatchNorm3d(2), x3);
show("in2", new nn.InstanceNorm2d(4, { affine: true }), x2);
show("in2 tracked", new nn.InstanceNorm2d(4, { track_running_stats: true }), x2);
show("gn", new nn.GroupNorm(2, 4), x2);
show("gn plain", new nn.GroupNorm(4, 4, { affine: false }), x2);
show("ln", new nn.LayerNorm(3), x1);
show("ln 2", new nn.LayerNorm([3, 3], { eps: 1e-2 }), x2);
show("ln plain", new nn.LayerNorm([4, 3, 3], { elementwise_affine: false }), x2);
show("lrn", new nn.LocalResponseNorm(3, { alpha: 0.5, beta: 0.6, k: 2.0 }), x2);

for (const make of [
  () => new nn.BatchNorm1d(3)(x2),
  () => new nn.BatchNorm2d(4)(x1),
  () => new nn.BatchNorm1d(3)(torch.randn(1, 3)),
  () => new nn.GroupNorm(3, 4),
  () => new nn.LayerNorm(5)(x1),
  () => new nn.BatchNorm1d(7)(x1),
  () => new nn.InstanceNorm2d(3)(torch.randn(1, 3, 1, 1)),
  () => new nn.GroupNorm(2, 6)(x2),
]) {
  try {
    make();
    console.log("no error");
  } catch (e: any) {
    console.log(`${e.name} ${e.message}`);
  }
}
const bn = new nn.BatchNorm1d(2);
console.log(`[${Object.entries(bn.state_dict()).map(([k, v]) => `('${k}', ${v})`).join(", ")}]`);
bn.load_state_dict({ weight: torch.tensor([2, 3]), bias: torch.tensor([0, 1]), running_mean: torch.tensor([0.5, 0.5]), running_var: torch.tensor([4, 9]), num_batches_tracked: torch.tensor(7, { dtype: torch.int64 }) });
bn.eval();
console.log(String(bn(torch.tensor([[1, 2], [3, 4]]))));
bn.reset_running_stats();
console.log(`${bn.running_var} ${bn.num_batches_tracked}`);
