import * as torch from "gradlens";
const { nn } = torch;
const { parametrize } = nn.utils;
const { orthogonal } = nn.utils.parametrizations;

torch.manual_seed(0);
torch.set_printoptions({ precision: 3 });
const py = (v: any): string => (v === true ? "True" : v === false ? "False" : v === null ? "None" : Array.isArray(v) ? `[${v.map((s) => `'${s}'`).join(", ")}]` : String(v));
const size = (t: torch.Tensor) => `torch.Size([${[...t.shape].join(", ")}])`;
const x = torch.randn(6, 4);
let layer: any;
for (const shape of [[4, 4], [4, 6], [4, 2]] as [number, number][]) {
  for (const kind of [null, "matrix_exp", "cayley", "householder"]) {
    layer = orthogonal(new nn.Linear(...shape), { orthogonal_map: kind });
    let Q = layer.weight;
    let tall = Q.shape[0] >= Q.shape[1] ? Q : Q.T;
    console.log(`(${shape.join(", ")}) ${py(kind)} ${size(Q)} ${py(torch.dist(tall.T.matmul(tall), torch.eye(tall.shape[1])).item() < 1e-5)}`);
    console.log(String(Q.detach()));
    const opt = new torch.optim.SGD(layer.parameters(), { lr: 0.05 });
    let loss: any;
    for (let i = 0; i < 10; i++) {
      loss = layer(x).sub(1).pow(2).mean();
      opt.zero_grad();
      loss.backward();
      opt.step();
    }
    Q = layer.weight;
    tall = Q.shape[0] >= Q.shape[1] ? Q : Q.T;
    console.log(`${loss.item().toFixed(4)} ${py(tall.T.matmul(tall).sub(torch.eye(tall.shape[1])).abs().max().item() < 1e-4)}`);
  }
}
console.log(String(layer));
console.log(`${py([...layer.named_parameters()].map(([n]: any) => n))} ${py([...layer.named_buffers()].map(([n]: any) => n))}`);
const plain: any = orthogonal(new nn.Linear(3, 5), { orthogonal_map: "householder", use_trivialization: false });
console.log(String(plain.weight));
console.log(py([...plain.named_buffers()].map(([n]: any) => n)));
torch.no_grad(() => {
  layer.weight = torch.eye(2, 4);
});
console.log(String(layer.weight));
parametrize.remove_parametrizations(layer, "weight");
console.log(`${layer} ${layer.weight}`);
for (const f of [() => orthogonal(new nn.Linear(2, 2), "bias"), () => orthogonal(new nn.Linear(2, 2), "wait"), () => orthogonal(new nn.Linear(2, 2), { orthogonal_map: "qr" }), () => size(orthogonal(new nn.Linear(2, 2), { orthogonal_map: "cayley", use_trivialization: false }).weight),
  () => { plain.weight = torch.eye(2); }]) {
  try {
    console.log(String(f()));
  } catch (e: any) {
    console.log(`${e.name} ${e.message}`);
  }
}

let m: any = nn.utils.weight_norm(new nn.Linear(3, 2), { name: "weight" });
console.log(`${m.weight.grad_fn.name()} ${m.weight_g} ${m.weight_v}`);
console.log(py(m.weight.grad_fn.next_functions.map(([f]: any) => f.name())));
m(torch.ones(1, 3)).sum().backward();
console.log(`${m.weight_g.grad} ${m.weight_v.grad}`);
m = nn.utils.weight_norm(new nn.Conv1d(2, 3, 2), { dim: 2 });
console.log(`${m.weight.grad_fn.name()} ${size(m.weight_g)}`);
m(torch.ones(1, 2, 4)).pow(2).sum().backward();
console.log(`${m.weight_g.grad} ${m.weight_v.grad}`);
m = nn.utils.weight_norm(new nn.Linear(3, 2), { dim: null });
console.log(`${m.weight.grad_fn.name()} ${m.weight_g}`);
nn.utils.remove_weight_norm(m);
console.log(String(m.weight));
const p = new nn.Parameter(torch.zeros(2));
p.data = torch.ones(3);
console.log(`${p} ${p._version}`);
const w = torch.ones(2, { requires_grad: true });
const y = w.mul(3).pow(2).sum();
w.data = torch.tensor([5, 6]);
y.backward();
console.log(`${w} ${w.grad}`);
