import * as torch from "gradlens";
const { nn, optim } = torch;
const py = (v: any): string => (v === null || v === undefined ? "None" : v === true ? "True" : v === false ? "False" : typeof v === "string" ? `'${v}'` : Array.isArray(v) ? `[${v.map(py).join(", ")}]` : v instanceof torch.Tensor ? String(v) : typeof v === "object" ? `{${Object.entries(v).map(([k, x]) => `'${k}': ${py(x)}`).join(", ")}}` : String(v));

torch.manual_seed(0);

function attempt(f: () => any) {
  try {
    const r = f();
    console.log("fine", r instanceof optim.Optimizer ? String(r) : py(r));
  } catch (e: any) {
    console.log(e.name, e.message);
  }
}

const net: any = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 2));
const opt = new optim.SGD([{ params: net[0].parameters() }, { params: net[2].parameters(), lr: 0.5 }], { lr: 0.1, momentum: 0.9 });
console.log(String(opt));
attempt(() => opt.add_param_group({ params: net[0].weight }));
attempt(() => opt.add_param_group({ params: [net[0].weight, net[0].weight] }));
attempt(() => opt.add_param_group({ params: new Set([net[0].weight]) } as any));
attempt(() => opt.add_param_group([1] as any));
attempt(() => new optim.SGD([], { lr: 0.1 }));
attempt(() => new optim.SGD(net.parameters(), { lr: -1 }));
attempt(() => new optim.SGD(net.parameters(), { lr: 0.1, momentum: -0.1 }));
attempt(() => new optim.SGD(net.parameters(), { lr: 0.1, nesterov: true }));
attempt(() => new (optim.SGD as any)(net.parameters()));
attempt(() => new optim.SGD(torch.zeros(2) as any, { lr: 0.1 }));
attempt(() => new optim.SGD([3] as any, { lr: 0.1 }));
attempt(() => new optim.SGD([torch.zeros(2, { requires_grad: true }).mul(2)], { lr: 0.1 }));
attempt(() => new optim.Adam(net.parameters(), { betas: [1.0, 0.9] }));
attempt(() => new optim.Adam(net.parameters(), { eps: -1 }));
attempt(() => new optim.AdamW(net.parameters(), { weight_decay: -1 }));
attempt(() => new optim.RMSprop(net.parameters(), { alpha: -0.5 }));
attempt(() => new optim.Adagrad(net.parameters(), { lr_decay: -1 }));
attempt(() => new optim.Adadelta(net.parameters(), { rho: 2 }));
attempt(() => new optim.Rprop(net.parameters(), { etas: [2, 3] }));
attempt(() => new optim.LBFGS([{ params: net[0].parameters() }, { params: net[2].parameters() }]));

const extra = new nn.Parameter(torch.ones(2));
opt.add_param_group({ params: [extra], weight_decay: 0.3, momentum: 0.0 });
console.log(opt.param_groups.length, opt.param_groups[2].lr, opt.param_groups[2].momentum.toFixed(1), py(Object.keys(opt.param_groups[1]).sort()));
const x = torch.randn(5, 3);

function step(model: any, optimizer: any, extra: any) {
  optimizer.zero_grad();
  const loss = model(x).mul(extra).pow(2).mean();
  loss.backward();
  optimizer.step();
  return loss.item().toFixed(6);
}

console.log(step(net, opt, extra), step(net, opt, extra), step(net, opt, extra));
const sd: any = opt.state_dict();
console.log(py(Object.keys(sd)), `[${Object.keys(sd.state).sort().join(", ")}]`, py(sd.param_groups.map((g: any) => g.params)));
console.log(py(sd.state[1]), sd.param_groups[1].lr);

// a second network goes on where the first one is
const twin: any = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 2));
twin.load_state_dict(net.state_dict());
const extra2 = new nn.Parameter(extra.detach().clone());
const opt2 = new optim.SGD([{ params: twin[0].parameters() }, { params: twin[2].parameters() }, { params: [extra2] }], { lr: 7.0, momentum: 0.1 });
opt2.load_state_dict(sd);
console.log(py(opt2.param_groups.map((g: any) => g.lr)), opt2.param_groups[2].weight_decay);
for (let i = 0; i < 3; i++) console.log(step(net, opt, extra), step(twin, opt2, extra2));
console.log(py(torch.equal(net[0].weight, twin[0].weight)), py(torch.equal(extra, extra2)));
attempt(() => new optim.SGD(net.parameters(), { lr: 0.1 }).load_state_dict(sd));
attempt(() => new optim.SGD([{ params: net[0].parameters() }, { params: net[2].parameters() }, { params: [extra, new nn.Parameter(torch.ones(1))] }], { lr: 0.1 }).load_state_dict(sd));

// gradients that are None stay out; set_to_none; a frozen parameter
net[0].weight.requires_grad_(false);
const opt3 = new optim.Adam([...net.parameters()].filter((p: any) => p.requires_grad), { lr: 0.1, amsgrad: true });
opt3.zero_grad({ set_to_none: true });
console.log(py(net[2].bias.grad));
net(x).sum().backward();
opt3.step();
console.log(opt3.state.size, py(Object.keys(opt3.state.get(net[2].bias)!).sort()), String(opt3.state.get(net[2].bias)!.step));
opt3.zero_grad();
console.log(String(net[2].bias.grad));
console.log(String(opt3));

// closures
const w = new nn.Parameter(torch.tensor([1.5, -0.5]));
for (const [cls, kw] of [[optim.LBFGS, { lr: 0.5, max_iter: 4, history_size: 3 }], [optim.LBFGS, { line_search_fn: "strong_wolfe" }], [optim.Rprop, {}], [optim.SGD, { lr: 0.01 }]] as any[]) {
  torch.no_grad(() => w.copy_(torch.tensor([1.5, -0.5])));
  const o = new cls([w], kw);
  let calls = 0;
  const closure = () => {
    calls++;
    o.zero_grad();
    const loss = torch.sub(1, w.index(0)).pow(2).add(w.index(1).sub(w.index(0).pow(2)).pow(2).mul(5));
    loss.backward();
    return loss;
  };
  let loss: any;
  for (let i = 0; i < 4; i++) loss = o.step(closure);
  console.log(cls.name, calls, loss.item().toFixed(6), String(w.detach()));
}

class Halving extends optim.Optimizer {
  constructor(params: any, { factor = 0.5 } = {}) {
    if (factor < 0) throw new Error(`Invalid factor: ${factor}`);
    super(params, { factor });
  }
  override step(closure: any = null): any {
    return torch.no_grad(() => {
      let loss = null;
      if (closure !== null) loss = torch.enable_grad(() => closure());
      for (const group of this.param_groups) {
        for (const p of group.params) {
          if (p.grad === null) continue;
          let state: any = this.state.get(p);
          if (!state) this.state.set(p, (state = {}));
          state.n = (state.n ?? 0) + 1;
          p.mul_(group.factor);
        }
      }
      return loss;
    });
  }
}

const h = new Halving([w]);
w.grad = torch.ones(2);
h.step();
h.step();
const hd: any = h.state_dict();
console.log(String(h), String(w.detach()), py(h.state.get(w)), `{'state': {0: ${py(hd.state[0])}}, 'param_groups': ${py(hd.param_groups)}}`);
