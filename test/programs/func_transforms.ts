import * as torch from "gradlens";
const { grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp, vmap } = torch.func;

type T = torch.Tensor;
torch.manual_seed(0);

// Python's print of tuples, lists and dicts
const text = (v: any): string => (Array.isArray(v) ? `(${v.map(text).join(", ")}${v.length === 1 ? "," : ""})`
  : v instanceof torch.Tensor ? String(v)
  : v !== null && typeof v === "object" ? `{${Object.entries(v).map(([k, x]) => `'${k}': ${text(x)}`).join(", ")}}`
  : String(v));
const size = (t: T) => `torch.Size([${t.shape.join(", ")}])`;
const print = (...vs: any[]) => console.log(vs.map((v) => (typeof v === "string" ? v : text(v))).join(" "));

const x = torch.tensor([0.5, -1.0, 2.0]);
const y = torch.tensor([1.5, 0.25, -0.5]);

const f = (x: T) => x.sin().mul(x).sum();

// gradients, of gradients
print(grad(f)(x));
print(grad((x: T) => grad(f)(x).sum())(x));
const third = grad(grad(grad((t: T) => t.sin())));
print(third(torch.tensor(0.7)), torch.tensor(0.7).cos().neg());
const [g, v] = grad_and_value(f)(x);
print(g, v, `${g.requires_grad}`);
print(grad((x: T, y: T) => x.mul(y.pow(2)).sum(), { argnums: 1 })(x, y));
print(grad((x: T, y: T) => x.mul(y.pow(2)).sum(), { argnums: [0, 1] })(x, y));
print(grad((x: T) => [x.pow(2).sum(), x.mul(2)], { has_aux: true })(x));
print(grad_and_value((x: T) => [x.pow(2).sum(), x.mul(2)], { has_aux: true })(x));
print(grad((p: any, x: T) => p.w.mul(x).add(p.b).pow(2).sum())({ w: y, b: torch.tensor(0.1) }, x));
// x² d(xy)/dy: no confusion of levels
print(grad((x: T) => x.mul(x).mul(grad((y: T) => x.mul(y))(torch.tensor(3.0))))(torch.tensor(2.0)));
print(grad((x: T) => x.mul(grad((y: T) => x.add(y))(torch.tensor(1.0))))(torch.tensor(5.0)));
// through the user's own graph
const w = torch.tensor([1.0, 2.0, 3.0], { requires_grad: true });
let out: any = grad((x: T) => x.pow(3).mul(w).sum())(x);
print(out.detach(), `${out.requires_grad}`);
out.sum().backward();
print(w.grad);
out = grad((x: T) => x.pow(3).sum())(w);
out.sum().backward();
print(w.grad);
torch.no_grad(() => {
  out = grad((x: T) => x.mul(w).sum())(w);
});
print(out, `${out.requires_grad}`);

// products with Jacobians
let pull: any;
[out, pull] = vjp((x: T, y: T) => x.exp().mul(y), x, y);
print(out);
print(pull(torch.tensor([1.0, 0.5, 0.0])));
[out, pull] = vjp((x: T) => ({ a: x.sin(), b: [x.sum()] }), x);
print(out.a, out.b[0]);
print(pull({ a: torch.ones(3), b: [torch.tensor(2.0)] }));
print(jvp((x: T, y: T) => x.exp().mul(y), [x, y], [torch.ones(3), torch.tensor([0.0, 1.0, 0.0])]));
print(jvp((x: T) => x.sum(), [x], [y]));
print(jvp((_: T) => torch.ones(2), [x], [y]));
print(grad((x: T) => jvp((t: T) => t.pow(3), [x], [y])[1].sum())(x));
print(jvp(grad(f), [x], [y]));

// Jacobians and Hessians
const A = torch.randn(2, 3);
const h = (x: T) => torch.stack([A.index(0).mul(x).sum().sin(), A.index(1).mul(x).mul(x).sum()]);
print(jacrev(h)(x));
print(jacfwd(h)(x));
print(jacrev((x: T, y: T) => x.mul(y.sum()), { argnums: [0, 1] })(x, y));
print(jacfwd((x: T, y: T) => x.mul(y.sum()), { argnums: 1 })(x, y));
print(jacrev((p: any) => ({ s: p.u.mul(2), t: p.u.sum() }))({ u: y }).t.u);
print(jacrev((x: T) => [x.pow(2), x.sum()], { has_aux: true })(x));
print(hessian(f)(x));
print(hessian((x: T, y: T) => x.mul(x).mul(y).sum(), { argnums: 1 })(x, y));
print(jacfwd(jacfwd((t: T) => t.pow(4)))(torch.tensor(2.0)), jacrev(jacrev((t: T) => t.pow(4)))(torch.tensor(2.0)));

// maps
const B = torch.randn(4, 3);
print(size(vmap(torch.dot)(B, B)), vmap((b: T) => b.sum())(B));
print(size(vmap((b: T) => b.mul(2), { out_dims: 1 })(B)));
print(vmap((b: T, c: T) => b.add(c), { in_dims: [0, null] })(B, x));
print(vmap((b: T) => b.sum(), { in_dims: 1 })(B), vmap((b: T) => b.sum(), { in_dims: -1 })(B));
print(size(vmap((d: any, s: T) => d.k.mul(s), { in_dims: [{ k: 0 }, null] })({ k: B }, x)));
const two = vmap((b: T) => [b.max(), { m: b.mean() }])(B);
print(two[0], two[1].m);
print(vmap(vmap((a: T, b: T) => a.mul(b)))(B, B).sum(1));
print(vmap((a: T) => vmap((b: T) => a.mul(b).sum())(B))(B));
print(vmap(grad(f))(B));
print(grad((B: T) => vmap(f)(B).pow(2).sum())(B));
print(vmap(grad_and_value(f), { in_dims: 0 })(B)[1]);
print(size(vmap(jacrev(h))(B)), size(jacrev(vmap(f))(B)), vmap(hessian(f))(B).index(0));
const P = { w: torch.randn(3), b: torch.tensor(0.5) };
const loss = (p: any, x: T, t: T) => p.w.mul(x).sum().add(p.b).sub(t).pow(2);
const per = vmap(grad(loss), { in_dims: [null, 0, 0] })(P, B, torch.arange(4.0, { dtype: torch.float32 }));
print(per.w, per.b);
const Bg = B.clone().requires_grad_();
vmap(f)(Bg).sum().backward();
print(Bg.grad);
torch.manual_seed(1);
const same = vmap((b: T) => b.mul(0).add(torch.rand(3)), { randomness: "same" })(B);
print(`${same.index(0).eq(same.index(3)).all().item()}`);
const different = vmap((b: T) => b.mul(0).add(torch.rand(3)), { randomness: "different" })(B);
print(`${different.index(0).eq(different.index(3)).any().item()}`);

const named = (x: T) => x.sum();

const attempts: (() => unknown)[] = [
  () => grad((x: T) => x.mul(2))(x),
  () => grad(named, { argnums: 2 })(x),
  () => grad(named)(3.5),
  () => grad(named)(torch.arange(3)),
  () => vmap(named)(),
  () => vmap(named)(3.5),
  () => vmap(named, { in_dims: 3 })(B),
  () => vmap(named, { in_dims: [0, 0] })(B),
  () => vmap(named, { in_dims: null })(B),
  () => vmap(torch.add, { in_dims: [0, 0] })(B, x),
  () => vmap(named, { out_dims: [0, 0] })(B),
  () => vmap((b: T) => 2)(B),
  () => vmap(named, { randomness: "some" as any })(B),
  () => jvp(named, [x], [y, y]),
];
for (const attempt of attempts) {
  try {
    attempt();
    console.log("fine");
  } catch (e: any) {
    console.log(`${e.name} ${e.message.split("\n")[0].slice(0, 60)}`);
  }
}
