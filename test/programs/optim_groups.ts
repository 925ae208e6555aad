import * as torch from "gradlens";
const { optim } = torch;

torch.manual_seed(0);

const a = torch.tensor([1.0, 2.0], { requires_grad: true });
const b = torch.tensor([[0.5], [-1.0]], { requires_grad: true });
const c = torch.tensor(3.0, { requires_grad: true });
const unused = torch.ones(2, { requires_grad: true });

const loss = () => a.mul(a).sum().add(b.mul(a.unsqueeze(1)).sum()).add(c.sub(1).pow(2));
const print = (...vs: any[]) => console.log(vs.map((v) => (v === null ? "None" : String(v))).join(" "));
const list = (vs: any[]): string => `[${vs.map((v) => (typeof v === "string" ? `'${v}'` : Array.isArray(v) ? list(v) : v)).join(", ")}]`;

let opt = new optim.SGD([{ params: [a, unused], lr: 0.1 }, { params: b, momentum: 0.9, weight_decay: 0.5 }], { lr: 0.01, momentum: 0.5 });
print(opt);
print(opt.param_groups.length, opt.param_groups[0].params.length, list(Object.keys(opt.defaults)));
opt.add_param_group({ params: [c].values(), lr: 1.0 });
for (let step = 0; step < 3; step++) {
  opt.zero_grad();
  const out = loss();
  out.backward();
  opt.step();
  print(out.item().toFixed(6));
}
print(a, b, c);
print(unused.grad, opt.state.size);
opt.param_groups[0].lr = 0.5;
opt.zero_grad();
print(a.grad, unused.grad);
opt.zero_grad({ set_to_none: true });
print(a.grad);
opt.step();
loss().backward();
opt.step();
print(a);

// state dicts
let sd = opt.state_dict();
print(list(Object.keys(sd)), list(Object.keys(sd.state).map(Number)), list(sd.param_groups.map((g) => g.params)));
print(`{'momentum_buffer': ${sd.state[0].momentum_buffer}}`);
const python = (v: any): string => (v === null ? "None" : v === true ? "True" : v === false ? "False" : Array.isArray(v) ? list(v) : String(v));
print(`{${Object.entries(sd.param_groups[1]).map(([k, v]) => `'${k}': ${python(v)}`).join(", ")}}`);

const adam = (lr: number) => new optim.Adam([{ params: [a] }, { params: [b, c], lr }], { lr: 0.1 });

function go(o: torch.optim.Optimizer, n: number) {
  for (let i = 0; i < n; i++) {
    o.zero_grad();
    loss().backward();
    o.step();
  }
}

const first = adam(0.2);
go(first, 3);
sd = first.state_dict();
const saved = [a, b, c].map((t) => t.detach().clone());
go(first, 3);
print(a, b, c);
torch.no_grad(() => [a, b, c].forEach((t, i) => t.copy_(saved[i])));
// the steps went on in the dict's own tensors, the copy below is of what they are now
print(sd.state[0].step);
const second = adam(0.7);
second.load_state_dict(sd);
print(second.param_groups[1].lr, second.state.get(a).step, second.state.get(a).exp_avg);
go(second, 2);
print(a, second.state.get(a).step, first.state.get(a).step);

// closures
opt = new optim.SGD([a], { lr: 0.1 });
const closure = () => {
  opt.zero_grad();
  const out = a.pow(2).sum();
  out.backward();
  return out;
};
print(opt.step(closure), opt.step());

// a parameter in a step that stays in the graph
const w = torch.tensor([1.0, -2.0], { requires_grad: true });
const lr = torch.tensor(0.5, { requires_grad: true });
const p = w.clone();
p.retain_grad();
const inner = new optim.SGD([p], { lr: 0.1, differentiable: true });
p.grad = p.detach().clone().mul(lr);
inner.step();
p.pow(2).sum().backward();
print(w.grad, lr.grad);

const attempts: (() => unknown)[] = [
  () => new optim.SGD([a]),
  () => new optim.SGD([a], { lr: -1.0 }),
  () => new optim.SGD([a], { lr: 0.1, momentum: -0.5 }),
  () => new optim.SGD([a], { lr: 0.1, weight_decay: -0.5 }),
  () => new optim.SGD([a], { lr: 0.1, nesterov: true }),
  () => new optim.SGD([], { lr: 0.1 }),
  () => new optim.SGD(a, { lr: 0.1 }),
  () => new optim.SGD([3.5 as any], { lr: 0.1 }),
  () => new optim.SGD([a.mul(2)], { lr: 0.1 }),
  () => new optim.SGD([{ params: [a] }, { params: [b, a] }], { lr: 0.1 }),
  () => new optim.SGD([{ params: new Set([a, b]) }], { lr: 0.1 }),
  () => new optim.SGD([a], { lr: 0.1, speed: 2 } as any),
  () => new optim.Adam([a], { lr: -0.1 }),
  () => new optim.Adam([a], { eps: -0.5 }),
  () => new optim.Adam([a], { betas: [1.0, 0.9] }),
  () => new optim.Adam([a], { betas: [0.5, -0.9] }),
  () => new optim.AdamW([a], { weight_decay: -0.1 }),
  () => new optim.NAdam([a], { momentum_decay: -0.1 }),
  () => new optim.RMSprop([a], { alpha: -0.5 }),
  () => new optim.RMSprop([a], { momentum: -0.5 }),
  () => new optim.Adagrad([a], { lr_decay: -0.5 }),
  () => new optim.Adagrad([a], { initial_accumulator_value: -0.5 }),
  () => new optim.Adadelta([a], { rho: 1.5 }),
  () => new optim.Rprop([a], { etas: [1.5, 0.5] }),
  () => new optim.LBFGS([{ params: [a] }, { params: [b] }]),
  () => new optim.LBFGS([a]).step(),
  () => new optim.Optimizer([a], {}).step(null),
  () => adam(0.1).load_state_dict(new optim.Adam([a]).state_dict()),
  () => new optim.Adam([a]).load_state_dict(new optim.Adam([a, b]).state_dict()),
];
for (const attempt of attempts) {
  try {
    attempt();
    console.log("fine");
  } catch (e: any) {
    console.log(`${e.name} ${e.message}`);
  }
}
