import * as torch from "gradlens";
const { nn } = torch;

const print = (...parts: unknown[]) => console.log(parts.map(text).join(" "));
function text(v: unknown): string {
  if (v === null || v === undefined) return "None";
  if (v === true) return "True";
  if (v === false) return "False";
  if (Array.isArray(v) && v.constructor === Array) return `[${v.map((e) => (typeof e === "string" ? `'${e}'` : text(e))).join(", ")}]`;
  return String(v);
}
const tuple = (v: unknown[]) => (v.length === 1 ? `(${text(v[0])},)` : `(${v.map(text).join(", ")})`);
const size = (t: torch.Tensor) => `torch.Size([${t.shape.join(", ")}])`;

torch.manual_seed(0);
const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1));
const x = torch.tensor([[1.0, -1.0]], { requires_grad: true });

// forward hooks
const h1 = net[0].register_forward_pre_hook((m: any, args: any) => [args[0].mul(2)]);
const h2 = net[1].register_forward_hook((m: any, args: any, out: any) => print("tanh", size(args[0]), out));
const h3 = net[2].register_forward_hook((m: any, args: any, out: any) => out.add(1));
print(net(x));
h1.remove();
h3.remove();
h3.remove();
print(net(x));
h2.remove();

// backward hooks
function report(m: any, grad_input: any, grad_output: any) {
  print(m.constructor.name, tuple(grad_input), tuple(grad_output));
}

const hs = [...net].map((m: any) => m.register_full_backward_hook(report));
const out = net(x);
print(out.grad_fn.name());
out.sum().backward();
print(x.grad);
for (const h of hs) h.remove();
let h = net[1].register_full_backward_hook((m: any, gi: any, go: any) => [gi[0].mul(0)]);
x.grad = null;
net(x).sum().backward();
print(x.grad, net[2].weight.grad);
h.remove();
h = net[0].register_full_backward_hook((m: any, gi: any, go: any) => print("no grad input", tuple(gi), size(go[0])));
net(x.detach()).sum().backward();
h.remove();
try {
  net[0].register_backward_hook(report);
} catch (e: any) {
  print(e.message);
}

// state dicts
const bn = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2));
const tracked = bn.state_dict()["1.num_batches_tracked"];
print(`((), ${tracked.dtype})`);
bn(torch.randn(4, 2));
const sd = bn.state_dict();
print(Object.keys(sd), sd["1.num_batches_tracked"], sd["1.running_mean"]);
bn.eval();
print(bn(torch.ones(1, 2)).detach());
const other = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2));
print(other.load_state_dict(sd));
const part = (word: string) => Object.fromEntries(Object.entries(sd).filter(([k]) => k.includes(word)));
print(other.load_state_dict(part("running"), { strict: false }));

function attempt(f: () => unknown) {
  try {
    f();
  } catch (e: any) {
    print(`${e.name}: ${e.message}`);
  }
}

attempt(() => other.load_state_dict(part("bias")));
attempt(() => other.load_state_dict({ ...sd, "2.weight": torch.ones(1), "0.extra": torch.ones(2) }));
attempt(() => other.load_state_dict({ ...sd, "0.weight": torch.ones(3, 2), "0.bias": 3 }));
attempt(() => other.load_state_dict([1, 2] as any));
print(Object.keys(new nn.Linear(1, 1).state_dict({ prefix: "lin." })));
print(bn.state_dict({ keep_vars: true })["0.weight"].constructor.name, bn.state_dict()["0.weight"].requires_grad);
const m = new nn.Module();
m.register_buffer("kept", torch.ones(1));
m.register_buffer("dropped", torch.ones(1), { persistent: false });
m.register_buffer("none", null);
print(Object.keys(m.state_dict()), [...m.named_buffers()].map(([n]) => n));
attempt(() => m.load_state_dict({}));

// momentum null: the mean of all batches
const avg = new nn.BatchNorm1d(1, { momentum: null });
for (const v of [1.0, 2.0, 6.0]) avg(torch.tensor([[v], [v + 2]]));
print(avg.running_mean, avg.running_var, avg.num_batches_tracked);
avg.reset_running_stats();
print(avg.running_mean, avg.num_batches_tracked);

// a tied weight is one parameter with two names
class Tied extends nn.Module {
  inp = new nn.Embedding(4, 2);
  out = new nn.Linear(2, 4, { bias: false });
  constructor() {
    super();
    this.out.weight = this.inp.weight;
  }
  forward(i: torch.Tensor) {
    return this.out(this.inp(i));
  }
}

const tied = new Tied();
print([...tied.named_parameters()].map(([n]) => n), Object.keys(tied.state_dict()));
tied(torch.tensor([1n, 3n])).sum().backward();
print(tied.inp.weight.grad);
