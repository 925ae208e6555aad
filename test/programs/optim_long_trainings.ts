import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;

torch.manual_seed(0);
const X = torch.linspace(-3, 3, 64).unsqueeze(1);
const Y = torch.sin(X).add(torch.randn(64, 1).mul(0.1));

const mlp = (act: any) => new nn.Sequential(new nn.Linear(1, 32), act, new nn.Linear(32, 32), act, new nn.Linear(32, 1));

for (const [name, act, make, steps] of [
  ["sgd relu", new nn.ReLU(), (p: any) => new torch.optim.SGD(p, { lr: 0.05, momentum: 0.9 }), 600],
  ["adam relu", new nn.ReLU(), (p: any) => new torch.optim.Adam(p, { lr: 0.01 }), 600],
  ["adamw tanh", new nn.Tanh(), (p: any) => new torch.optim.AdamW(p, { lr: 0.01, weight_decay: 0.1 }), 240],
  ["rmsprop softsign", new nn.Softsign(), (p: any) => new torch.optim.RMSprop(p, { lr: 0.002 }), 240],
  ["adagrad sigmoid", new nn.Sigmoid(), (p: any) => new torch.optim.Adagrad(p, { lr: 0.1 }), 240],
  ["adadelta elu", new nn.ELU(), (p: any) => new torch.optim.Adadelta(p, { lr: 1.0 }), 240],
  ["adamax silu", new nn.SiLU(), (p: any) => new torch.optim.Adamax(p, { lr: 0.01 }), 240],
  ["nadam leaky", new nn.LeakyReLU(0.1), (p: any) => new torch.optim.NAdam(p, { lr: 0.01 }), 240],
  ["radam softplus", new nn.Softplus(), (p: any) => new torch.optim.RAdam(p, { lr: 0.01 }), 240],
  ["rprop tanh", new nn.Tanh(), (p: any) => new torch.optim.Rprop(p, { lr: 0.01 }), 200],
  ["asgd selu", new nn.SELU(), (p: any) => new torch.optim.ASGD(p, { lr: 0.05 }), 240],
] as [string, any, any, number][]) {
  torch.manual_seed(1);
  const model = mlp(act);
  const opt = make(model.parameters());
  let loss: any;
  for (let step = 0; step < steps; step++) {
    loss = F.mse_loss(model(X), Y);
    opt.zero_grad();
    loss.backward();
    opt.step();
    if (step % Math.floor(steps / 4) === 0) console.log(`${name} ${step} ${loss.item().toFixed(6)}`);
  }
  console.log(`${name} ${loss.item().toFixed(6)} ${[...model.parameters()].reduce((n: number, p: any) => n + p.abs().sum().item(), 0).toFixed(4)}`);
}
