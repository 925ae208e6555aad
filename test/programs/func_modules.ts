import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;
const { functional_call, grad, stack_module_state, vmap } = torch.func;

type T = torch.Tensor;
torch.manual_seed(0);

class Net extends nn.Module {
  fc1 = new nn.Linear(2, 3);
  fc2 = new nn.Linear(3, 1);
  constructor() {
    super();
    this.register_buffer("scale", torch.tensor(2.0));
  }
  forward(x: T, shift = 0.0) {
    return this.fc2(this.fc1(x).tanh()).mul(this.scale).add(shift);
  }
}

const net = new Net();
const x = torch.randn(4, 2);
const t = torch.randn(4, 1);
const params = Object.fromEntries([...net.named_parameters()].map(([k, v]) => [k, v.detach()]));
const zeros = Object.fromEntries(Object.entries(params).map(([k, v]) => [k, torch.zeros_like(v)]));
console.log(String(functional_call(net, zeros, x)));
console.log(String(functional_call(net, { ...zeros, "fc2.bias": torch.tensor([1.5]), scale: torch.tensor(4.0) }, [x, 0.5])));
console.log(`${torch.equal(functional_call(net, params, [x]), net(x))}`);
console.log(String(net.fc1.weight));

const loss = (p: any, x: T, t: T) => F.mse_loss(functional_call(net, p, [x]), t);
let g = grad(loss)(params, x, t);
for (const [name, p] of Object.entries(g)) console.log(`${name} ${p}`);
net.zero_grad();
F.mse_loss(net(x), t).backward();
console.log(`${[...net.named_parameters()].every(([k, p]) => torch.allclose(g[k], p.grad))}`);
const each: Record<string, T> = vmap(grad(loss), { in_dims: [null, 0, 0] })(params, x, t);
for (const [name, p] of Object.entries(each)) {
  console.log(`${name} ${p.shape.join(",")} ${p.mean(0).flatten().index(0).item().toFixed(4)} ${g[name].flatten().index(0).item().toFixed(4)}`);
}

// an ensemble
const models = [0, 1, 2].map(() => new Net());
const [stacked, buffers] = stack_module_state(models);
for (const [name, p] of Object.entries(stacked)) console.log(`${name} ${p.shape.join(",")} ${p.requires_grad} ${p.is_leaf}`);
console.log(String(buffers.scale));
const out = vmap((p: any, b: any, x: T) => functional_call(net, { ...p, ...b }, [x]), { in_dims: [0, 0, null] })(stacked, buffers, x);
console.log(`${out.shape.join(",")} ${torch.allclose(out.index(1), models[1](x))}`);
out.sum().backward();
console.log(`${stacked["fc2.bias"].grad} ${stacked["fc1.weight"].grad.shape.join(",")}`);

// a step of training without an optimiser
let p: any = { ...params };
for (let step = 0; step < 3; step++) {
  g = grad(loss)(p, x, t);
  p = Object.fromEntries(Object.keys(p).map((k) => [k, p[k].sub(g[k].mul(0.1))]));
  console.log(loss(p, x, t).item().toFixed(4));
}
