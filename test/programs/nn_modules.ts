import * as torch from "gradlens";
const { nn } = torch;

const print = (...parts: unknown[]) => console.log(parts.map(text).join(" "));
function text(v: unknown): string {
  if (v === null || v === undefined) return "None";
  if (v === true) return "True";
  if (v === false) return "False";
  if (Array.isArray(v)) return `[${v.map((e) => (typeof e === "string" ? `'${e}'` : text(e))).join(", ")}]`;
  return String(v);
}
const size = (t: torch.Tensor) => `torch.Size([${t.shape.join(", ")}])`;
const names = (pairs: Iterable<[string, unknown]>) => [...pairs].map(([name]) => name);

class Scale extends nn.Module {
  gains: torch.nn.Parameter;
  note = "plain";
  constructor(n: number) {
    super();
    this.gains = new nn.Parameter(torch.ones(n));
    this.register_buffer("seen", torch.zeros(1));
    this.register_buffer("scratch", torch.zeros(2), { persistent: false });
  }
  forward(x: torch.Tensor) {
    this.seen = this.seen.add_(1);
    return x.mul(this.gains);
  }
  extra_repr() {
    return `n=${this.gains.shape[0]}`;
  }
}

class Net extends nn.Module {
  first = new nn.Linear(2, 3);
  act: any = null;
  own: any = new nn.Parameter(torch.full([3], 0.5));
  scale = new Scale(3);
  heads = new nn.ModuleDict({ a: new nn.Linear(3, 1), b: new nn.Linear(3, 2) });
  blocks = new nn.ModuleList([0, 1].map(() => new nn.Linear(3, 3)));
  shared = this.first;

  constructor() {
    super();
    this.act = new nn.Tanh();
  }
  forward(x: torch.Tensor, head: string) {
    x = this.act(this.first(x)).add(this.own);
    for (const block of this.blocks) x = torch.relu(block(x));
    return this.heads[head](this.scale(x));
  }
}

torch.manual_seed(0);
const net = new Net();
print(net);
for (const [name, p] of net.named_parameters()) print(name, p.numel());
print(names(net.named_buffers()));
print(names(net.named_modules()));
print(names(net.named_children()));
print([...net.modules()].length, [...net.children()].length);
print(Object.keys(net.state_dict()));
print(names(net.named_parameters({ recurse: false })));
print(names(net.named_parameters({ prefix: "net" })).slice(0, 2));

const out = net(torch.ones(1, 2), "b");
print(out);
out.sum().backward();
print(net.own.grad, net.heads["a"].weight.grad, net.scale.seen);
net.zero_grad();
print(net.own.grad);
net.zero_grad({ set_to_none: true });
print(net.own.grad);

// modes and flags
net.eval();
print([...net.modules()].map((m) => m.training));
net.blocks.train();
print(net.training, net.blocks[0].training);
net.requires_grad_(false);
print([...net.parameters()].map((p) => p.requires_grad));
net.first.requires_grad_();
print([...net.parameters()].filter((p) => p.requires_grad).length);

// paths
print(net.get_submodule("heads.a"));
print(size(net.get_parameter("blocks.1.bias")));
print(net.get_buffer("scale.seen"));

function attempt(f: () => unknown) {
  try {
    f();
  } catch (e: any) {
    print(`${e.name}: ${e.message}`);
  }
}

const any = nn as any;
attempt(() => net.get_submodule("heads.c"));
attempt(() => net.get_submodule("own"));
attempt(() => net.get_parameter("scale.seen"));
attempt(() => net.get_buffer("own"));
attempt(() => net.register_parameter("a.b", null));
attempt(() => net.register_parameter("", null));
attempt(() => net.register_parameter("first", new nn.Parameter(torch.ones(1))));
attempt(() => net.register_parameter("fresh", torch.ones(1) as any));
attempt(() => net.register_buffer("own", torch.ones(1)));
attempt(() => net.add_module("scale.x", new nn.Tanh()));
attempt(() => net.add_module("own", new nn.Tanh()));
attempt(() => (net.own = torch.ones(3)));
attempt(() => (net.first = torch.ones(3) as any));
attempt(() => new nn.Module()(1));
attempt(() => net.train("yes" as any));
attempt(() => new nn.Sequential(new nn.Tanh())[1]);
attempt(() => new nn.ModuleList([0, 1].map(() => new nn.Tanh()))[-3]);
attempt(() => new any.Linear(2));
attempt(() => new any.Linear(2, 3, { biased: true }));
attempt(() => new any.Linear(2, 3, { in_features: 2 }));
attempt(() => new any.Linear());
attempt(() => new nn.Dropout(1.5));
attempt(() => new nn.GroupNorm(3, 4));
attempt(() => new nn.MultiheadAttention(5, 2));
attempt(() => new nn.BatchNorm1d(3)(torch.ones(3)));
attempt(() => new nn.BatchNorm2d(3)(torch.ones(2, 3)));
attempt(() => new nn.BatchNorm1d(3)(torch.ones(1, 3)));
attempt(() => new nn.LSTM(3, 4)(torch.ones(2, 1, 5)));
attempt(() => new nn.GRU(3, 4)(torch.ones(2, 1, 3), torch.zeros(1, 2, 4)));
attempt(() => new nn.Linear(2, 3)(torch.ones(1, 4)));
attempt(() => new nn.Embedding(3, 2)(torch.tensor([4n])));
attempt(() => new nn.Embedding(3, 2, { padding_idx: 3 }));
attempt(() => new nn.ConvTranspose1d(1, 1, 2, { padding_mode: "reflect" }));
attempt(() => new nn.Conv1d(1, 1, 2, { padding: "same", stride: 2 }));

// replacing, deleting
net.own = null;
print(names(net.named_parameters()).slice(0, 2), net.own);
net.own = new nn.Parameter(torch.zeros(3));
print(names(net.named_parameters()).slice(0, 2));
delete (net.scale as any).gains;
print("gains" in net.scale, Object.keys(net.scale.state_dict()));
net.heads["c"] = new nn.Linear(3, 4);
delete net.heads["a"];
print(net.heads, net.heads.length, "a" in net.heads, [...net.heads.keys()]);
net.blocks.append(new nn.Tanh());
net.blocks.insert(0, new nn.ReLU());
net.blocks[-1] = new nn.Sigmoid();
print(net.blocks, net.blocks.length, net.blocks.slice(1, 3));
delete net.blocks[0];
print(net.blocks);
const seq = new nn.Sequential(new nn.Linear(1, 2), new nn.ReLU(), new nn.Linear(2, 1));
print(seq[-1], seq.slice(1), seq.slice(null, -1));
seq.extend(new nn.Sequential(new nn.Tanh()));
seq.insert(1, new nn.Sigmoid());
delete seq[2];
print(seq, seq[0] instanceof nn.Linear, seq[1].constructor.name);

// apply runs children first
const order: string[] = [];
net.apply((m) => order.push(m.constructor.name));
print(order);

// parameters in containers
const ps = new nn.ParameterList([torch.ones(2), new nn.Parameter(torch.zeros(2, 3))]);
ps.append(torch.ones(1));
print(ps, ps.length, names(ps.named_parameters()), ps[-1]);
const pd = new nn.ParameterDict({ left: new nn.Parameter(torch.ones(2)), below: torch.zeros(1, 2) });
pd["right"] = torch.ones(3);
print(pd, pd.length, [...pd.keys()], "left" in pd);
delete pd["left"];
print(Object.keys(pd.state_dict()));
attempt(() => ps(1));

// dtype
const lin = new nn.Linear(2, 1).double();
print(lin.weight.dtype, lin(torch.ones(1, 2, { dtype: torch.float64 })).dtype, lin.float().weight.dtype);
attempt(() => lin.to(torch.int64));
