// Views share memory, versions and history; in-place changes rewrite it.
import * as torch from "gradlens";

const print = (...values: unknown[]) => console.log(values.map(String).join(" "));

function attempt(f: () => unknown): void {
  try {
    f();
    console.log("no error");
  } catch (e: any) {
    console.log(`${e.name}: ${e.message}`);
  }
}

const x = torch.arange(6, { dtype: torch.float32 }).reshape(2, 3).requires_grad_();
const a = x.mul(1);
const row = a.index(0);
print(row._base === a, row._version, a._version);
row.mul_(10);
print(a, row, row._version, a._version);
print(a.grad_fn.next_functions[0][0]!.name());
a.mul(torch.arange(6, { dtype: torch.float32 }).reshape(2, 3)).sum().backward();
print(x.grad);

// a plain tensor becomes part of the graph through a view
const base = torch.zeros(4);
const w = torch.tensor([1, 2], { requires_grad: true });
const part = base.index("1:3");
part.add_(w.mul(w));
print(base, part, base.requires_grad);
base.sum().backward();
print(w.grad);

// a column, a transpose, a view of a view
const b = torch.ones(3, 3, { requires_grad: true }).mul(2);
b.t().index(1).copy_(torch.tensor([7, 8, 9]));
b.view(9).index("4:6").mul_(100);
print(b);

const s = torch.tensor([1, 2, 3], { requires_grad: true });
const e = s.exp();
e.add_(1);
attempt(() => e.sum().backward());
const m = s.mul(2);
m.add_(1);
m.sum().backward();
print(s.grad);
const sq = s.mul(s);
const keep = sq.mul(1);
sq.zero_();
attempt(() => keep.mul(1).sum().backward());

attempt(() => s.add_(1));
attempt(() => s.index(0).add_(1));
attempt(() => s.mul(1).unbind(0)[0].add_(1));
attempt(() => s.mul(1).split(2)[0].add_(1));

function viewed_without_grad() {
  const t = s.mul(1);
  const v = torch.no_grad(() => t.index(":2"));
  v.add_(1);
}

attempt(viewed_without_grad);
attempt(() => torch.zeros(1).expand(3).add_(1));
attempt(() => torch.zeros(3).add_(torch.zeros(2, 3)));
attempt(() => torch.zeros(3, { dtype: torch.int64 }).add_(0.5));

const d = s.detach();
print(d.requires_grad, d.is_leaf, d._base === null);
torch.no_grad(() => s.mul_(2));
print(s, d, s._version, d._version);
print(s.data._version);

const v = torch.ones(2, 2, { requires_grad: true }).clone();
v.index_put_([0, 0], 5);
v.index(1).add_(1);
print(v, v.grad_fn.name());
const i = torch.tensor([0, 0, 1], { dtype: torch.int64 });
const acc = torch.zeros(2).index_put_([i], torch.ones(3), { accumulate: true });
print(acc);
