import * as torch from "gradlens";
const { nn } = torch;
const py = (v: any): string => (v === null || v === undefined ? "None" : v === true ? "True" : v === false ? "False" : typeof v === "string" ? `'${v}'` : Array.isArray(v) ? `[${v.map(py).join(", ")}]` : v instanceof torch.Tensor || v instanceof nn.Module ? String(v) : typeof v === "object" && v.constructor === Object ? `{${Object.entries(v).map(([k, x]) => `'${k}': ${py(x)}`).join(", ")}}` : String(v));
const names = (it: any) => py([...it].map(([n]: any) => n));
const size = (t: torch.Tensor) => `torch.Size([${t.shape.join(", ")}])`;

torch.manual_seed(0);

function attempt(f: () => any) {
  try {
    console.log("fine", py(f()));
  } catch (e: any) {
    console.log(e.name, e.message);
  }
}

class Inner extends nn.Module {
  lin: any; scale: any; count: any;
  constructor(n: number) {
    super();
    this.lin = new nn.Linear(n, n);
    this.scale = new nn.Parameter(torch.full([n], 2.0));
    this.register_buffer("count", torch.tensor(0, { dtype: torch.int64 }));
    this.register_buffer("tmp", torch.ones(2), { persistent: false });
    this.register_buffer("nothing", null);
    this.register_parameter("absent", null);
  }
  forward(x: torch.Tensor) {
    this.count.add_(1);
    return this.lin(x).mul(this.scale);
  }
  override extra_repr() {
    return `n=${this.scale.numel()}`;
  }
}

class Outer extends nn.Module {
  a: any; b: any; blocks: any; heads: any; params: any;
  constructor() {
    super();
    this.a = new Inner(2);
    this.b = this.a;
    this.blocks = new nn.ModuleList([new Inner(2), new nn.ReLU()]);
    this.heads = new nn.ModuleDict({ x: new nn.Linear(2, 1), y: new nn.Identity() });
    this.params = new nn.ParameterList([torch.zeros(1), torch.ones(2)]);
  }
  forward(x: torch.Tensor) {
    x = this.a(x);
    for (const m of this.blocks) x = m(x);
    return this.heads["x"](x);
  }
}

const net: any = new Outer();
console.log(String(net));
console.log(names(net.named_parameters()));
console.log(names(net.named_modules()));
console.log(names(net.named_modules({ remove_duplicate: false })));
console.log(names(net.named_buffers()), names(net.named_children()));
console.log(names(net.a.named_parameters({ prefix: "p", recurse: false })));
console.log(py(Object.keys(net.state_dict())));
console.log(py(Object.keys(net.a.state_dict({ prefix: "z." }))));
console.log(String(net.get_submodule("blocks.0.lin")), String(net.get_parameter("a.scale")), String(net.get_buffer("a.count")));
attempt(() => net.get_submodule("blocks.7"));
attempt(() => net.get_submodule("a.scale"));
attempt(() => net.get_parameter("a.count"));
attempt(() => net.get_buffer("a.scale"));
attempt(() => { if (!("missing" in net)) throw Object.assign(new Error("'Outer' object has no attribute 'missing'"), { name: "AttributeError" }); });
attempt(() => net.a.register_buffer("count", torch.ones(1)));
attempt(() => net.a.register_buffer("lin", torch.ones(1)));
attempt(() => net.a.register_buffer("a.b", torch.ones(1)));
attempt(() => net.a.register_buffer("", torch.ones(1)));
attempt(() => net.a.register_buffer("q", 3));
attempt(() => net.a.register_parameter("lin", new nn.Parameter(torch.ones(1))));
attempt(() => net.a.register_parameter("w", torch.ones(1)));
attempt(() => net.a.register_parameter("w", new nn.Parameter(torch.ones(1)).mul(2)));
attempt(() => net.add_module("x.y", new nn.ReLU()));
attempt(() => net.add_module("z", 3));
attempt(() => { net.a.scale = torch.ones(2); });
attempt(() => { net.a = torch.ones(2); });
attempt(() => { net.a.count = 3; });
net.a.scale = null;
console.log(py(net.a.scale), py("a.scale" in net.state_dict()));
net.a.scale = new nn.Parameter(torch.ones(2));
delete net.b;
console.log(names(net.named_children()));
console.log(String(net(torch.ones(1, 2))), String(net.a.count), String(net.blocks[0].count));
const deep: any = net.__deepcopy__();
torch.no_grad(() => deep.a.lin.weight.zero_());
console.log(String(net.a.lin.weight.sum().ne(0)), String(deep.a.count), py(deep.training));
net.eval();
console.log(py(net.training), py(net.a.training), py(net.blocks[1].training));
net.train(false).a.train();
console.log(py(net.training), py(net.a.lin.training));
net.requires_grad_(false);
console.log(py([...net.parameters()].map((p: any) => p.requires_grad).slice(0, 3)));
net.double();
console.log(String(net.a.lin.weight.dtype), String(net.a.count.dtype), String(net(torch.ones(1, 2, { dtype: torch.float64 })).dtype));
attempt(() => net(torch.ones(1, 2)));
net.float().to(torch.float64).half().type(torch.float32);
console.log(String(net.heads["x"].bias.dtype));
attempt(() => net.to(torch.int64));
const total: string[] = [];
net.apply((m: any) => { total.push(m.constructor.name); });
console.log(py(total));

// keys that do not fit
let sd: any = net.state_dict();
sd["blocks.0.lin.weight"] = torch.ones(3, 3);
sd["new"] = torch.ones(1);
delete sd["a.lin.bias"];
attempt(() => net.load_state_dict(sd));
attempt(() => net.load_state_dict(sd, { strict: false }));
attempt(() => net.load_state_dict([1] as any));
sd["blocks.0.lin.weight"] = 4;
attempt(() => net.load_state_dict(sd, { strict: false }));
console.log(String(net.load_state_dict(Object.fromEntries(Object.entries(net.state_dict()).filter(([k]) => k.includes("lin"))), { strict: false })));

class Versioned extends nn.Module {
  static _version = 2;
  w: any;
  constructor() {
    super();
    this.w = new nn.Parameter(torch.zeros(2));
  }
  get_extra_state() {
    return { seen: 3 };
  }
  set_extra_state(state: any) {
    console.log("extra", py(state));
  }
  override _load_from_state_dict(state_dict: any, prefix: string, local_metadata: any, ...rest: any[]) {
    console.log("loading", prefix, py(local_metadata.version));
    if (`${prefix}weight` in state_dict) {
      state_dict[`${prefix}w`] = state_dict[`${prefix}weight`];
      delete state_dict[`${prefix}weight`];
    }
    (super._load_from_state_dict as any)(state_dict, prefix, local_metadata, ...rest);
  }
}

const v: any = new nn.Sequential(new Versioned());
sd = v.state_dict();
console.log(py(Object.keys(sd)), py(sd["0._extra_state"]));
console.log(String(v.load_state_dict(sd)));
console.log(String(v.load_state_dict({ "0.weight": torch.ones(2), "0._extra_state": 1 })));
console.log(String(v[0].w));
attempt(() => v.load_state_dict({ "0.w": torch.ones(2) }));
console.log(size((new nn.Linear(2, 2) as any).to_empty({ device: "cpu" }).weight), size((nn.utils as any).skip_init(nn.Linear, 3, 1).bias));
