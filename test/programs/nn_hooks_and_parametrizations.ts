import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;
const { parametrize } = nn.utils;
const { spectral_norm } = nn.utils.parametrizations;
const { SWALR, AveragedModel, update_bn } = torch.optim.swa_utils;
const py = (v: any): string => (v === null || v === undefined ? "None" : v === true ? "True" : v === false ? "False" : typeof v === "string" ? `'${v}'` : Array.isArray(v) ? `[${v.map(py).join(", ")}]` : String(v));
const tuple = (s: any[]) => (s.length === 1 ? `(${py(s[0])},)` : `(${s.map(py).join(", ")})`);
const size = (t: torch.Tensor) => `torch.Size([${t.shape.join(", ")}])`;
const names = (it: any) => py([...it].map(([n]: any) => n));
const list = (items: string[]) => `[${items.join(", ")}]`;

torch.manual_seed(4);

const net: any = new nn.Sequential(new nn.Linear(2, 3), new nn.ReLU(), new nn.Linear(3, 1));
const log: string[] = [];
const handles = [
  net[0].register_forward_pre_hook((_: any, i: any) => { log.push(`('pre', ${tuple(i[0].shape)})`); }),
  net[0].register_forward_hook((_: any, i: any, o: any) => { log.push(`('post', ${tuple(o.shape)})`); }),
  net[1].register_forward_hook((_: any, i: any, o: any) => o.mul(2)),
  net[2].register_full_backward_hook((_: any, gi: any, go: any) => { log.push(`('back', ${size(gi[0])}, ${go[0].item().toFixed(1)})`); }),
  net[0].register_full_backward_hook((_: any, gi: any, go: any) => { log.push(`('first', ${py(gi[0])}, ${size(go[0])})`); }),
];
const x = torch.tensor([[1.0, -2.0]]);
const y = net(x);
y.backward();
console.log(list(log), String(y));
for (const h of handles) h.remove();
log.length = 0;
console.log(String(net(x)), list(log));
const h = net[2].register_forward_pre_hook((_: any, i: any) => [i[0].add(1)]);
const g = net[2].register_full_backward_hook((_: any, gi: any) => [gi[0].mul(0)]);
net.zero_grad();
net(x).sum().backward();
console.log(String(net[0].weight.grad), String(net[2].weight.grad));
h.remove();
g.remove();
const every = nn.modules.module.register_module_forward_hook((m: any) => { log.push(m.constructor.name); });
net(x);
every.remove();
console.log(py(log));
const acts: Record<string, number> = {};
for (const [name, m] of net.named_modules()) {
  if (m instanceof nn.Linear) m.register_forward_hook((_: any, i: any, o: any) => { acts[name] = o.detach().mean().item(); });
}
net(torch.randn(5, 2));
console.log(`{${Object.entries(acts).map(([k, v]) => `'${k}': ${Number(v.toFixed(4))}`).join(", ")}}`);
try {
  net[0].register_full_backward_hook(() => null);
  net[0].register_backward_hook(() => null);
} catch (e: any) {
  console.log(e.message);
}

// weight and spectral norm
const wn: any = nn.utils.weight_norm(new nn.Linear(3, 2), { dim: 0 });
console.log(names(wn.named_parameters()), size(wn.weight_g));
wn(torch.ones(1, 3)).sum().backward();
console.log(String(wn.weight_g.grad), String(wn.weight_v.grad));
nn.utils.remove_weight_norm(wn);
console.log(names(wn.named_parameters()));
const sn: any = nn.utils.spectral_norm(new nn.Linear(3, 2), { n_power_iterations: 3 });
console.log(py(Object.keys(sn.state_dict())), String(sn(torch.ones(1, 3))));
sn(torch.ones(1, 3)).sum().backward();
console.log(String(sn.weight_orig.grad));
const fresh: any = spectral_norm(new nn.Linear(3, 2));
console.log(String(fresh));
console.log(String(torch.linalg.matrix_norm(fresh.weight, 2).lt(1.3)), py(Object.keys(fresh.state_dict())));

class Symmetric extends nn.Module {
  forward(X: torch.Tensor) {
    return X.triu().add(X.triu(1).transpose(-1, -2));
  }
  right_inverse(A: torch.Tensor) {
    return A.triu();
  }
}

const lin: any = new nn.Linear(3, 3);
parametrize.register_parametrization(lin, "weight", new Symmetric());
console.log(String(lin), py(torch.equal(lin.weight, lin.weight.t())), py(parametrize.is_parametrized(lin)), py(parametrize.is_parametrized(lin, "bias")));
lin.weight = torch.arange(9.0, { dtype: torch.float32 }).view(3, 3);
console.log(String(lin.weight), String(lin.parametrizations.weight.original));
parametrize.cached(() => console.log(py(lin.weight === lin.weight)));
parametrize.remove_parametrizations(lin, "weight");
console.log(String(lin), names(lin.named_parameters()));
try {
  parametrize.register_parametrization(lin, "nothing", new Symmetric());
} catch (e: any) {
  console.log(e.message);
}

// averaged weights, and an exponential average by hand
const model: any = new nn.Sequential(new nn.Linear(2, 4), new nn.BatchNorm1d(4), new nn.Tanh(), new nn.Linear(4, 1));
const X = torch.randn(32, 2);
const Y = X.index(":", ":1").mul(X.index(":", "1:"));
const opt = new torch.optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
const averaged: any = new AveragedModel(model);
const ema: any = new AveragedModel(model, { avg_fn: (a: any, m: any) => a.mul(0.9).add(m.mul(0.1)) });
const swa = new SWALR(opt, { swa_lr: 0.02, anneal_epochs: 5, anneal_strategy: "cos" });
const cosine = new torch.optim.lr_scheduler.CosineAnnealingLR(opt, { T_max: 20 });
for (let epoch = 0; epoch < 30; epoch++) {
  const ys = Y.split(16);
  X.split(16).forEach((xb: torch.Tensor, i: number) => {
    opt.zero_grad();
    F.mse_loss(model(xb), ys[i]).backward();
    opt.step();
  });
  ema.update_parameters(model);
  if (epoch > 20) {
    averaged.update_parameters(model);
    swa.step();
  } else cosine.step();
  if (epoch % 10 === 9) console.log(epoch, `${F.mse_loss(model(X), Y).item().toFixed(6)} ${opt.param_groups[0].lr.toFixed(6)}`, String(averaged.n_averaged));
}
update_bn(X.split(8), averaged);
averaged.eval();
console.log(String(averaged.module[1].running_mean), F.mse_loss(averaged(X), Y).item().toFixed(6));
console.log(String(ema.module[0].weight));
console.log(py(Object.keys(averaged.state_dict()).slice(0, 3)));
