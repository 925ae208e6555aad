import * as torch from "gradlens";
const { grad, hessian, jacrev, jvp, vmap, combine_state_for_ensemble } = torch.func;

type T = torch.Tensor;

torch.manual_seed(0);
const v = torch.tensor([0.5, -1.0, 2.0]);

const f = (z: T) => z.pow(3).sum().add(z.index(0).mul(z.index(1)).mul(z.index(2)));
const g = (z: T) => z.index("1:").mul(z.index(":-1")).prod().add(z.index(-1).sin());

console.log(String(hessian(f)(v)));
console.log(String(hessian(g)(v)));
console.log(`${jacrev(jacrev(jacrev(f)))(v).shape[0]} ${jacrev(hessian(g))(v).index(0)}`);
console.log(String(grad((z: T) => hessian(g)(z).sum())(v)));
console.log(String(jvp(grad(f), [v], [torch.ones(3)])[1]));
console.log(String(vmap(hessian(f))(torch.stack([v, v.add(1)])).sum(0)));

const x = v.clone().requires_grad_();
const y = x.index(0).mul(x.index(1));
const [first] = torch.autograd.grad(y, x, { create_graph: true });
console.log(`${first} [${first.grad_fn.next_functions.map(([fn]: any) => `'${fn.name()}'`).join(", ")}]`);
const z = x.mul(1);
z.index_put_([0], x.index(1).pow(2));
const [second] = torch.autograd.grad(z.pow(2).sum(), x, { create_graph: true });
console.log(`${second} ${torch.autograd.grad(second.sum(), x)[0]}`);

const models = [0, 1, 2].map(() => new torch.nn.Linear(3, 2));
const [fmodel, params, buffers] = combine_state_for_ensemble(models);
console.log(String(vmap(fmodel, { in_dims: [0, 0, null] })(params, buffers, v)));
