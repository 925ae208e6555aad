import * as torch from "gradlens";

torch.manual_seed(0);
const device = torch.device(torch.cuda.is_available() ? "cuda" : "cpu");
console.log(`${device} ${torch.device("cuda:1")} ${torch.device("cuda", 0)}`);
const model = new torch.nn.Linear(2, 2).to(device);
const x = torch.ones(2, 2).to(device, { dtype: torch.float64 });
console.log(`${x.device} ${x.to(torch.float32).to(device).to("cpu", { non_blocking: true })}`);
console.log(`${model.weight.device} ${torch.zeros(2, { device } as any)} ${x.get_device()}`);
console.log(`${new torch.FloatTensor([1, 2])} ${new torch.LongTensor([[1, 2]])} ${torch.finfo(torch.float32).eps}`.replace("e-7", "e-07"));
for (const bad of [() => torch.zeros(2, { device: "cuda" } as any), () => x.cuda(), () => x.to("cuda"), () => torch.device("gpu")]) {
  try {
    bad();
  } catch (e: any) {
    console.log(`${e.name} ${e.message}`);
  }
}

// results with names print them
const a = torch.tensor([[0.2, -1.5, 2.0], [1.0, 0.3, -0.7]], { requires_grad: true });
console.log(torch.max(a, 1));
console.log(String(a.detach().sort({ dim: 1, descending: true })));
console.log(torch.topk(a.detach(), 2));
console.log(torch.linalg.slogdet(torch.eye(2).mul(3)));
const [values, indices] = a.min(0);
console.log(`${values} ${indices} ${a.median(1).values}`);

try {
  new torch.nn.Conv2d(1, 2, 3)(torch.ones(1, 1, 4, 4, { dtype: torch.float64 }));
} catch (e: any) {
  console.log(e.message);
}
