import * as torch from "gradlens";
const { optim } = torch;
const S = optim.lr_scheduler;

function make({ momentum = 0.0, adam = false } = {}) {
  const a = torch.zeros(1, { requires_grad: true });
  const b = torch.zeros(1, { requires_grad: true });
  const groups = [{ params: [a] }, { params: [b], lr: 0.01 }];
  return adam ? new optim.Adam(groups, { lr: 0.1 }) : new optim.SGD(groups, { lr: 0.1, momentum });
}

// Python's %.12g
function g(x: number, digits = 12): string {
  if (x === 0) return "0";
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  const e = Number(exponent);
  const trim = (s: string) => (s.includes(".") ? s.replace(/\.?0+$/, "") : s);
  if (e < -4 || e >= digits) return `${trim(mantissa)}e${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
  return trim(x.toFixed(digits - 1 - e));
}
const text = (x: number) => (Number.isInteger(x) ? `${x}.0` : Math.abs(x) < 1e-4 ? x.toExponential().replace(/e-(\d)$/, "e-0$1") : String(x));
const list = (xs: number[]) => `[${xs.map(text).join(", ")}]`;

function show(name: string, schedule: (opt: torch.optim.Optimizer) => any, steps = 12, kwargs?: { momentum?: number; adam?: boolean }) {
  const opt = make(kwargs);
  const s = schedule(opt);
  console.log(`${name} ${list(s.get_last_lr())}`);
  for (let i = 0; i < steps; i++) {
    opt.step();
    s.step();
    const extra = kwargs ? [opt.param_groups[0].momentum ?? opt.param_groups[0].betas[0]] : [];
    console.log(`  ${[...s.get_last_lr(), ...extra].map((x) => g(x)).join(" ")}`);
  }
  return s;
}

show("lambda", (o) => new S.LambdaLR(o, (e) => 0.95 ** e));
show("lambdas", (o) => new S.LambdaLR(o, [(e) => 1 / (e + 1), (e) => 0.5 ** Math.floor(e / 4)]));
show("multiplicative", (o) => new S.MultiplicativeLR(o, (e) => (e % 2 ? 0.9 : 0.8)));
show("step", (o) => new S.StepLR(o, { step_size: 3, gamma: 0.5 }));
show("multistep", (o) => new S.MultiStepLR(o, { milestones: [2, 5, 5, 9], gamma: 0.3 }));
show("constant", (o) => new S.ConstantLR(o, { factor: 0.25, total_iters: 4 }));
show("linear", (o) => new S.LinearLR(o, { start_factor: 0.3, end_factor: 0.9, total_iters: 7 }));
show("exponential", (o) => new S.ExponentialLR(o, 0.9));
show("polynomial", (o) => new S.PolynomialLR(o, { total_iters: 8, power: 2.0 }));
show("cosine", (o) => new S.CosineAnnealingLR(o, { T_max: 5, eta_min: 0.001 }), 20);
show("cosine long", (o) => new S.CosineAnnealingLR(o, 50), 60);
show("warm restarts", (o) => new S.CosineAnnealingWarmRestarts(o, { T_0: 3, T_mult: 2, eta_min: 0.001 }), 15);
show("cyclic", (o) => new S.CyclicLR(o, { base_lr: 0.01, max_lr: [0.1, 0.2], step_size_up: 3, step_size_down: 2 }), 12, { momentum: 0.9 });
show("cyclic 2", (o) => new S.CyclicLR(o, 0.01, 0.1, { step_size_up: 2, mode: "triangular2", cycle_momentum: false }));
show("cyclic exp", (o) => new S.CyclicLR(o, 0.01, 0.1, { step_size_up: 4, mode: "exp_range", gamma: 0.9 }), 12, { momentum: 0.5 });
show("cyclic own", (o) => new S.CyclicLR(o, 0.01, 0.1, 4, { scale_fn: (x) => 1 / x, cycle_momentum: false }));
show("one cycle", (o) => new S.OneCycleLR(o, { max_lr: 0.5, total_steps: 12 }), 11, { momentum: 0.9 });
show("one cycle linear", (o) => new S.OneCycleLR(o, 0.5, { epochs: 2, steps_per_epoch: 5, anneal_strategy: "linear", pct_start: 0.4 }), 9, { adam: true });
show("three phases", (o) => new S.OneCycleLR(o, [0.5, 0.25], { total_steps: 15, three_phase: true, div_factor: 10.0 }), 14, { momentum: 0.9 });
show("sequential", (o) => new S.SequentialLR(o, [new S.ConstantLR(o, 0.1, 2), new S.ExponentialLR(o, 0.9), new S.StepLR(o, 2)], [3, 7]));
let s: any = show("chained", (o) => new S.ChainedScheduler([new S.ConstantLR(o, 0.1, 2), new S.ExponentialLR(o, 0.9)]));
console.log(`[${Object.keys(s.state_dict()).sort().map((k) => `'${k}'`).join(", ")}] ${s.state_dict()._schedulers.length}`);

// on a plateau
let opt: torch.optim.Optimizer = make();
s = new S.ReduceLROnPlateau(opt, { patience: 1, factor: 0.5, cooldown: 1, min_lr: [0.02, 0.001], verbose: true });
for (const m of [1.0, 0.9, 0.95, 0.91, 0.92, 0.93, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]) {
  s.step(torch.tensor(m));
  console.log(`${opt.param_groups[0].lr} ${opt.param_groups[1].lr} ${s.num_bad_epochs} ${text(s.best)}`);
}
s = new S.ReduceLROnPlateau(opt, "max", { threshold: 0.1, threshold_mode: "abs", patience: 0 });
for (const m of [0.1, 0.15, 0.3]) {
  s.step(m);
  console.log(`${opt.param_groups[0].lr}`);
}

// state and resuming
opt = make();
s = new S.StepLR(opt, 2);
for (let i = 0; i < 3; i++) {
  opt.step();
  s.step();
}
const state = s.state_dict();
const python = (v: any) => (v === true ? "True" : v === false ? "False" : Array.isArray(v) ? list(v) : String(v));
console.log(`[${Object.entries(state).map(([k, v]) => `('${k}', ${python(v)})`).join(", ")}]`);
const again = new S.StepLR(make(), 7, { gamma: 0.3 });
again.load_state_dict(state);
console.log(`${again.step_size} ${again.gamma} ${again.last_epoch} ${list(again.get_last_lr())}`);
console.log(`${new S.MultiStepLR(make(), [3, 3, 4]).state_dict().milestones[3]}`);
const resumed = new S.StepLR(opt, 2, { last_epoch: 3 });
console.log(`${list(resumed.get_last_lr())} ${list(resumed.base_lrs)}`);
console.log(String(opt));

// talkative
opt = make();
s = new S.ExponentialLR(opt, 0.5, { verbose: true });
opt.step();
s.step();
const w = new S.CosineAnnealingWarmRestarts(make(), 4, { T_mult: 2 });
for (const e of [0, 0.5, 3.9, 4, 5.25, 12, 30]) {
  w.step(e);
  console.log(`${g(w.get_last_lr()[0], 10)} ${g(w.T_cur, 6)} ${w.T_i} ${w.last_epoch}`);
}

const attempts = [
  () => new S.StepLR(3 as any, 2),
  () => new S.StepLR(make(), 2, { last_epoch: 4 }),
  () => new S.LambdaLR(make(), [(e) => 1]),
  () => new S.ConstantLR(make(), { factor: 1.5 }),
  () => new S.LinearLR(make(), { start_factor: -1 }),
  () => new S.LinearLR(make(), { end_factor: 2 }),
  () => new S.CyclicLR(make(), [0.1], 0.2),
  () => new S.CyclicLR(make({ adam: true }), 0.1, 0.2),
  () => new S.CyclicLR(make(), 0.1, 0.2, { mode: "square" as any }),
  () => new S.OneCycleLR(make(), 0.1),
  () => new S.OneCycleLR(make(), 0.1, { total_steps: -2 }),
  () => new S.OneCycleLR(make(), 0.1, { total_steps: 5, pct_start: 1.5 }),
  () => new S.OneCycleLR(make(), 0.1, { total_steps: 5, anneal_strategy: "exp" as any }),
  () => new S.CosineAnnealingWarmRestarts(make(), 0),
  () => new S.CosineAnnealingWarmRestarts(make(), 3, { T_mult: 0 }),
  () => new S.ReduceLROnPlateau(make(), { factor: 1.0 }),
  () => new S.ReduceLROnPlateau(make(), { mode: "best" as any }),
  () => new S.ReduceLROnPlateau(make(), { min_lr: [0.1] }),
  () => new S.SequentialLR(make(), [new S.StepLR(make(), 1)], []),
  () => new S.ChainedScheduler([new S.StepLR(make(), 1), new S.StepLR(make(), 1)]),
  () => [show("too far", (o) => new S.OneCycleLR(o, 0.1, { total_steps: 2 }), 3, { momentum: 0.1 })],
];
for (const attempt of attempts) {
  try {
    attempt();
    console.log("fine");
  } catch (e: any) {
    console.log(`${e.name} ${e.message}`);
  }
}
