import * as torch from "gradlens";
const { nn } = torch;
const { prune } = nn.utils;

torch.manual_seed(0);
const py = (v: any) => (v === true ? "True" : v === false ? "False" : String(v));
const list = (v: Iterable<any>) => `[${[...v].map((s) => `'${s}'`).join(", ")}]`;
const names = (it: Iterable<[string, any]>) => list([...it].map(([n]) => n));

class LeNet extends nn.Module {
  conv1 = new nn.Conv2d(1, 3, 3);
  conv2 = new nn.Conv2d(3, 4, 3);
  fc = new nn.Linear(4 * 4 * 4, 5);
  forward(x: torch.Tensor) {
    x = torch.relu(this.conv1(x));
    x = torch.relu(this.conv2(x));
    return this.fc(x.flatten(1));
  }
}

let model = new LeNet();
const module = model.conv1;
console.log(`${names(module.named_parameters())} ${py(prune.is_pruned(model))}`);
prune.random_unstructured(module, "weight", { amount: 0.3 });
console.log(names(module.named_parameters()));
console.log(`[${[...module.named_buffers()].map(([n, b]) => `('${n}', ${b})`).join(", ")}]`);
console.log(String(module.weight));
prune.l1_unstructured(module, "bias", { amount: 1 });
console.log(`${module.bias} ${module._forward_pre_hooks.size}`);
prune.ln_structured(module, "weight", { amount: 0.5, n: 2, dim: 0 });
console.log(String(module.weight));
for (const hook of module._forward_pre_hooks.values() as Iterable<any>) {
  if (hook._tensor_name === "weight") console.log(`${hook.length} ${list([...hook].map((m: any) => m.constructor.name))}`);
}
console.log(list(Object.keys(model.state_dict())));
prune.remove(module, "weight");
console.log(`${names(module.named_parameters())} ${names(module.named_buffers())}`);
console.log(String(module.weight));

for (const [name, m] of model.named_modules()) {
  if (m instanceof nn.Conv2d && name === "conv2") prune.l1_unstructured(m, "weight", { amount: 0.2 });
  else if (m instanceof nn.Linear) prune.random_structured(m, "weight", { amount: 0.4, dim: 1 });
}
console.log(`dict_keys(${names(model.named_buffers())})`);
console.log(`${((100 * model.conv2.weight.eq(0).sum().item()) / model.conv2.weight.nelement()).toFixed(2)}% ${model.fc.weight.eq(0).sum().item()}`);

const opt = new torch.optim.SGD(model.parameters(), { lr: 0.1 });
const [x, t] = [torch.randn(8, 1, 8, 8), torch.randint(0, 5, [8])];
for (let step = 0; step < 5; step++) {
  const loss = nn.functional.cross_entropy(model(x), t);
  opt.zero_grad();
  loss.backward();
  opt.step();
  console.log(loss.item().toFixed(4));
}
console.log(`${model.fc.weight.eq(0).sum().item()} ${model.fc.weight_orig.eq(0).sum().item()}`);

torch.manual_seed(1);
model = new LeNet();
const places: [any, string][] = [[model.conv1, "weight"], [model.conv2, "weight"], [model.fc, "weight"]];
prune.global_unstructured(places, { pruning_method: prune.L1Unstructured, amount: 0.25 });
for (const [m, n] of places) console.log(`${m[n].eq(0).sum().item()} ${m[n].numel()}`);
prune.identity(model.fc, "bias");
console.log(String(model.fc.bias_mask));
prune.custom_from_mask(model.conv1, "bias", { mask: torch.tensor([0, 1, 0]) });
console.log(String(model.conv1.bias));

class Alternate extends prune.BasePruningMethod {
  PRUNING_TYPE = "unstructured" as const;
  compute_mask(t: torch.Tensor, default_mask: torch.Tensor) {
    const mask = default_mask.clone();
    mask.view(-1).index_put_(["::2"], 0);
    return mask;
  }
}

const lin = new nn.Linear(3, 4);
Alternate.apply(lin, "bias");
console.log(`${lin.bias_mask} ${lin.bias}`);
const lin2 = new nn.Linear(4, 3);
prune.ln_structured(lin2, "weight", { amount: 2, n: Infinity, dim: -1 });
console.log(String(lin2.weight));
console.log(String(new prune.L1Unstructured({ amount: 2 }).prune(torch.tensor([3, -1, 0.5, -4]))));
const lin3 = new nn.Linear(2, 3);
prune.l1_unstructured(lin3, "weight", { amount: 2, importance_scores: torch.tensor([[1, 2], [0, 5], [3, 4]]) });
console.log(String(lin3.weight_mask));
for (const f of [
  () => prune.l1_unstructured(lin2, "weight", { amount: 1.5 }), () => prune.l1_unstructured(lin2, "bias", { amount: 10 }), () => prune.ln_structured(lin2, "bias", { amount: 1, n: 2, dim: 0 }),
  () => prune.remove(lin2, "bias"), () => prune.random_structured(lin2, "weight", { amount: 1, dim: 3 }), () => prune.l1_unstructured(lin2, "bias", { amount: -1 }),
  () => prune.global_unstructured([[lin2, "bias"]], { pruning_method: prune.LnStructured, amount: 1, n: 2 }),
  () => prune.random_unstructured(lin2, "bias", { amount: "a" } as any),
]) {
  try {
    f();
    console.log("fine");
  } catch (e: any) {
    console.log(`${e.name} ${e.message}`);
  }
}
console.log(`${names(lin2.named_parameters())} ${py(prune.is_pruned(lin2))} ${py(prune.is_pruned(new nn.Linear(1, 1)))}`);
