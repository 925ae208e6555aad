import * as torch from "gradlens";
const { nn } = torch;
const { init } = nn;
const { parametrize } = nn.utils;

const print = (...parts: unknown[]) => console.log(parts.map(text).join(" "));
function text(v: unknown): string {
  if (v === null || v === undefined) return "None";
  if (v === true) return "True";
  if (v === false) return "False";
  if (Array.isArray(v)) return `[${v.map((e) => (typeof e === "string" ? `'${e}'` : text(e))).join(", ")}]`;
  return String(v);
}
const names = (m: torch.nn.Module) => [...m.named_parameters()].map(([n]) => n);

torch.manual_seed(0);

function show(t: torch.Tensor) {
  print(t.detach().flatten().index(":6"));
}

const calls: [string, number[]][] = [
  ["uniform_", [-1.0, 2.0]], ["normal_", [1.0, 0.5]], ["trunc_normal_", []], ["constant_", [0.3]],
  ["ones_", []], ["zeros_", []], ["eye_", []], ["xavier_uniform_", []], ["xavier_normal_", [2.0]],
  ["kaiming_uniform_", []], ["kaiming_normal_", []], ["orthogonal_", []], ["sparse_", [0.5]],
];
for (const [name, args] of calls) {
  print(name);
  show((init as any)[name](torch.empty(4, 5), ...args));
}
show(init.kaiming_normal_(torch.empty(3, 4, 2), { mode: "fan_out", nonlinearity: "relu" }));
show(init.orthogonal_(torch.empty(5, 3), { gain: 2.0 }));
show(init.dirac_(torch.empty(2, 2, 3)));
show(init.dirac_(torch.empty(4, 1, 3, 3), { groups: 2 }));
show(init.trunc_normal_(torch.empty(6), { mean: 1.0, std: 2.0, a: 0.0, b: 1.5 }));
for (const name of ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]) print(`${name} ${init.calculate_gain(name).toFixed(6)}`);
print(init.calculate_gain("leaky_relu", 0.2).toFixed(6));
const w = new nn.Linear(2, 2).weight;
print(init.ones_(w) === w, w.requires_grad, w.grad_fn);

function attempt(f: () => unknown) {
  try {
    f();
  } catch (e: any) {
    print(`${e.name}: ${e.message}`);
  }
}

attempt(() => init.xavier_uniform_(torch.empty(3)));
attempt(() => init.eye_(torch.empty(3)));
attempt(() => init.dirac_(torch.empty(3, 3)));
attempt(() => init.calculate_gain("swish"));
attempt(() => init.kaiming_uniform_(torch.empty(3, 3), { mode: "fan" }));
attempt(() => init.orthogonal_(torch.empty(3)));

// clipping
const net = new nn.Linear(3, 2);
const x = torch.tensor([[3.0, -4.0, 0.5]]);
net(x).pow(2).sum().backward();
print(nn.utils.clip_grad_norm_(net.parameters(), 1.0), net.weight.grad);
print(nn.utils.clip_grad_norm_(net.parameters(), 10.0, { norm_type: 1 }));
print(nn.utils.clip_grad_norm_(net.parameters(), 0.1, Infinity), net.bias.grad);
nn.utils.clip_grad_value_(net.parameters(), 0.05);
print(net.weight.grad);
const vec = nn.utils.parameters_to_vector(net.parameters());
print(vec);
nn.utils.vector_to_parameters(torch.arange(8.0, { dtype: torch.float32 }), net.parameters());
print(net.weight, net.bias);

// weight norm
const wn = nn.utils.weight_norm(new nn.Linear(3, 2));
print(names(wn), wn);
wn(x).sum().backward();
print(wn.weight_g.grad, wn.weight_v.grad);
attempt(() => nn.utils.weight_norm(wn));
nn.utils.remove_weight_norm(wn);
print(names(wn));
attempt(() => nn.utils.remove_weight_norm(wn));

// spectral norm
const sn = nn.utils.spectral_norm(new nn.Linear(3, 4));
for (let i = 0; i < 20; i++) sn(x);
print(Object.keys(sn.state_dict()));
print(torch.linalg.matrix_norm(sn.weight, 2).item().toFixed(3));
nn.utils.remove_spectral_norm(sn);
print(Object.keys(sn.state_dict()));

// parametrisations
class Symmetric extends nn.Module {
  forward(x: torch.Tensor) {
    return x.triu().add(x.triu(1).transpose(-1, -2));
  }
  right_inverse(a: torch.Tensor) {
    return a.triu();
  }
}

class Exp extends nn.Module {
  forward(x: torch.Tensor) {
    return x.exp();
  }
}

const lin = new nn.Linear(2, 2);
parametrize.register_parametrization(lin, "weight", new Symmetric());
print(lin, parametrize.is_parametrized(lin), parametrize.is_parametrized(lin, "bias"));
print(torch.equal(lin.weight, lin.weight.T), Object.keys(lin.state_dict()));
lin.weight = torch.tensor([[1.0, 2.0], [2.0, 3.0]]);
print(lin.parametrizations.weight.original, lin.weight);
parametrize.register_parametrization(lin, "weight", new Exp());
print(lin.weight);
lin(torch.ones(1, 2)).sum().backward();
print(lin.parametrizations.weight.original.grad);
parametrize.cached(() => print(lin.weight === lin.weight));
attempt(() => (lin.weight = torch.ones(2, 2)));
attempt(() => parametrize.register_parametrization(lin, "gain", new Exp()));
attempt(() => parametrize.register_parametrization(lin, "bias", new nn.Linear(2, 3)));
parametrize.remove_parametrizations(lin, "weight");
print(lin, lin.weight);

// a convolution and its normalisation in one
const [conv, bn] = [new nn.Conv1d(1, 2, 2), new nn.BatchNorm1d(2)];
bn(torch.randn(4, 2, 3));
conv.eval();
bn.eval();
const fused = nn.utils.fuse_conv_bn_eval(conv, bn);
const sig = torch.randn(1, 1, 5);
print(torch.allclose(fused(sig), bn(conv(sig)), { atol: 1e-6 }));
