import * as torch from "gradlens";
const { optim } = torch;

function problem(dtype: torch.dtype) {
  torch.manual_seed(3);
  let X = torch.randn(20, 5);
  const truth = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0]);
  let y = X.mul(truth).sum(1).div(4).add(torch.randn(20).mul(0.1));
  let [w, v] = [torch.randn(5, 7).mul(0.5), torch.randn(7).mul(0.5)];
  [X, y] = [X.to(dtype), y.to(dtype)];
  [w, v] = [w.to(dtype).requires_grad_(), v.to(dtype).requires_grad_()];
  const b = torch.zeros(7, { dtype, requires_grad: true });

  const loss = () => {
    let h = X.unsqueeze(2).mul(w).sum(1).add(b);
    h = h.div(h.abs().add(1));
    return h.mul(v).sum(1).sub(y).pow(2).mean();
  };
  return { params: [w, v, b], loss };
}

// sums of products and a softsign: the last digits of matrix products and of tanh depend on the machine
function run(name: string, make: (params: torch.Tensor[]) => torch.optim.Optimizer, steps = 30, dtype = torch.float32) {
  const { params, loss: f } = problem(dtype);
  const opt = make(params);

  const closure = () => {
    opt.zero_grad();
    const out = f();
    out.backward();
    return out;
  };
  const losses: string[] = [];
  for (let step = 0; step < steps; step++) {
    const out = opt.step(closure);
    if (step % 6 === 0 || step === steps - 1) losses.push(out.item().toFixed(6));
  }
  console.log(`${name} ${losses.join(" ")}`);
  console.log(String(params[1].detach()));
  console.log(String(params[2].detach()));
  for (const [key, value] of Object.entries<any>(opt.state.get(params[1]) ?? {})) {
    if (value instanceof torch.Tensor) {
      console.log(`  ${key} ${value.shape.join(",")} ${value.double().sum().item().toFixed(5)}`);
    } else {
      console.log(`  ${key} ${value === null ? "none" : Array.isArray(value) ? "list" : value.toFixed(5)}`);
    }
  }
}

run("SGD", (p) => new optim.SGD(p, { lr: 0.1 }));
run("SGD momentum", (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, dampening: 0.1, weight_decay: 0.01 }));
run("SGD nesterov", (p) => new optim.SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true }));
run("SGD maximize", (p) => new optim.SGD(p, { lr: 0.01, maximize: true }));
run("Adam", (p) => new optim.Adam(p, { lr: 0.05 }));
run("Adam amsgrad", (p) => new optim.Adam(p, { lr: 0.05, betas: [0.8, 0.99], eps: 1e-6, weight_decay: 0.01, amsgrad: true }));
run("Adam maximize", (p) => new optim.Adam(p, { lr: 0.01, maximize: true }));
run("AdamW", (p) => new optim.AdamW(p, { lr: 0.05, weight_decay: 0.1 }));
run("AdamW amsgrad", (p) => new optim.AdamW(p, { lr: 0.05, amsgrad: true }));
run("Adamax", (p) => new optim.Adamax(p, { lr: 0.05, weight_decay: 0.01 }));
run("NAdam", (p) => new optim.NAdam(p, { lr: 0.05, weight_decay: 0.01, momentum_decay: 0.01 }));
run("RAdam", (p) => new optim.RAdam(p, { lr: 0.05, weight_decay: 0.01 }));
run("RAdam quick", (p) => new optim.RAdam(p, { lr: 0.01, betas: [0.9, 0.9] }));
run("RMSprop", (p) => new optim.RMSprop(p, { lr: 0.01 }));
run("RMSprop centered", (p) => new optim.RMSprop(p, { lr: 0.01, alpha: 0.9, momentum: 0.5, centered: true, weight_decay: 0.01 }));
run("Adagrad", (p) => new optim.Adagrad(p, { lr: 0.1, lr_decay: 0.01, weight_decay: 0.01, initial_accumulator_value: 0.1 }));
run("Adadelta", (p) => new optim.Adadelta(p, { lr: 1.0, rho: 0.8, weight_decay: 0.01 }));
run("ASGD", (p) => new optim.ASGD(p, { lr: 0.1, lambd: 0.01, t0: 5, weight_decay: 0.01 }));
run("Rprop", (p) => new optim.Rprop(p, { lr: 0.01, etas: [0.4, 1.3], step_sizes: [1e-5, 1] }));
run("LBFGS", (p) => new optim.LBFGS(p, { lr: 0.5, max_iter: 4, history_size: 3 }), 8, torch.float64);
run("LBFGS strong wolfe", (p) => new optim.LBFGS(p, { max_iter: 5, line_search_fn: "strong_wolfe" }), 6, torch.float64);

for (const Opt of [optim.SGD, optim.Adam, optim.AdamW, optim.Adamax, optim.NAdam, optim.RAdam, optim.RMSprop,
  optim.Adagrad, optim.Adadelta, optim.ASGD, optim.Rprop, optim.LBFGS]) {
  console.log(String(new Opt([torch.zeros(2, { requires_grad: true })], { lr: 0.25 })));
  console.log(String(new Opt([torch.zeros(2, { requires_grad: true })], 1e-5)));
}
