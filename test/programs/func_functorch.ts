import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;
const { grad, grad_and_value, hessian, jacfwd, jacrev, jvp, make_functional, vjp, vmap, combine_state_for_ensemble } = torch.func as any;
const py = (v: any): string => (v === true ? "True" : v === false ? "False" : Array.isArray(v) ? (v.length === 1 ? `(${py(v[0])},)` : `(${v.map(py).join(", ")})`) : String(v));

torch.manual_seed(0);

const f = (x: torch.Tensor) => x.sin().mul(x).sum();
const x = torch.randn(3);
console.log(String(grad(f)(x)), py(torch.allclose(grad(f)(x), x.cos().mul(x).add(x.sin()))));
console.log(String(grad(grad((t: torch.Tensor) => t.pow(4)))(torch.tensor(2.0))));
let [g, v] = grad_and_value(f)(x);
console.log(String(g), String(v));
const [g2, [v2, aux]] = grad_and_value((a: any, b: any) => [a.mul(b).sum(), a.add(b)], { argnums: [0, 1], has_aux: true })(x, torch.ones(3));
console.log(py([...g2]), String(v2), String(aux));
console.log(String(hessian((t: any) => t.pow(3).sum())(x)));
console.log(String(jacrev((t: any) => t.outer(t))(x.index(":2"))), String(jacfwd(torch.sin)(x)));
const [out, pull] = vjp((a: any, b: any) => [a.matmul(b), a.sum()], torch.eye(2), torch.ones(2));
console.log(py([...out]), py([...pull([torch.ones(2), torch.tensor(2.0)])]));
console.log(py([...jvp((t: any) => t.exp(), [x], [torch.ones(3)])]));
console.log(String(vmap(torch.dot)(torch.ones(2, 3), torch.arange(6.0, { dtype: torch.float32 }).view(2, 3))));
console.log(String(vmap((a: any, b: any) => a.add(b), { in_dims: [0, null] })(torch.zeros(2, 1), torch.tensor([5.0]))));
console.log(String(vmap((a: any) => a.mul(2), { in_dims: 1, out_dims: 1 })(torch.arange(6.0, { dtype: torch.float32 }).view(2, 3))));
console.log(String(vmap(vmap((a: any, b: any) => a.mul(b), [null, 0]), [0, null])(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0, 5.0]))));

// gradients of each sample
const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Tanh(), new nn.Linear(3, 1));
const [fmodel, params] = make_functional(net);
const [data, target] = [torch.randn(4, 2), torch.randn(4, 1)];
const loss = (params: any, sample: any, y: any) => F.mse_loss(fmodel(params, sample.unsqueeze(0)), y.unsqueeze(0));
const per_sample = vmap(grad(loss), [null, 0, 0])(params, data, target);
console.log(`[${per_sample.map((p: any) => py([...p.shape])).join(", ")}] ${per_sample[3].detach()}`);
const whole = grad((p: any) => F.mse_loss(fmodel(p, data), target))(params);
console.log(py(per_sample.every((a: any, i: number) => torch.allclose(a.mean(0), whole[i], { atol: 1e-6 }))));

// an ensemble
const models = [0, 1, 2].map(() => new nn.Linear(2, 1));
const [fm, ps, bs] = combine_state_for_ensemble(models);
console.log(String(vmap(fm, [0, 0, null])(ps, bs, data.index(":2")).squeeze(-1).detach()));
// MAML's inner step
const inner = (p: any) => torch.sub(p, grad((q: any) => q.pow(2).sum())(p).mul(0.1));
console.log(String(jacrev((p: any) => inner(inner(p)).sum())(torch.ones(2))));
for (const bad of [() => vmap(torch.add)(torch.ones(2), torch.ones(3)), () => vmap(torch.sin)(torch.tensor(1.0))]) {
  try {
    bad();
    console.log("fine");
  } catch (e: any) {
    console.log(e.name, e.message.split("\n")[0]);
  }
}
