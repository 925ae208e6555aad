import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;

torch.manual_seed(9);

// a convolutional VAE of 8 × 8 patterns
const pattern = torch.arange(8).index(":", null).add(torch.arange(8).index(null, ":")).remainder(4).lt(2);
let X = torch.rand(48, 1, 8, 8).lt(0.1).float();
X = X.add(pattern.float()).remainder(2);

class VAE extends nn.Module {
  enc: any; mu: any; logvar: any; dec: any;
  constructor(z = 3) {
    super();
    this.enc = new nn.Sequential(new nn.Conv2d(1, 4, 3, { stride: 2, padding: 1 }), new nn.ReLU(), new nn.Conv2d(4, 8, 3, { stride: 2, padding: 1 }), new nn.ReLU(), new nn.Flatten());
    this.mu = new nn.Linear(32, z);
    this.logvar = new nn.Linear(32, z);
    this.dec = new nn.Sequential(
      new nn.Linear(z, 32), new nn.Unflatten(1, [8, 2, 2]), new nn.ReLU(), new nn.ConvTranspose2d(8, 4, 4, { stride: 2, padding: 1 }), new nn.ReLU(),
      new nn.ConvTranspose2d(4, 1, 4, { stride: 2, padding: 1 }));
  }
  forward(x: torch.Tensor) {
    const h = this.enc(x);
    const [mu, logvar] = [this.mu(h), this.logvar(h)];
    const z = mu.add(torch.randn_like(mu).mul(logvar.mul(0.5).exp()));
    return [this.dec(z), mu, logvar];
  }
}

const vae: any = new VAE();
const opt = new torch.optim.RMSprop(vae.parameters(), { lr: 2e-3, momentum: 0.5 });
const plateau = new torch.optim.lr_scheduler.ReduceLROnPlateau(opt, { factor: 0.5, patience: 1, threshold: 0.5 });
for (let epoch = 0; epoch < 12; epoch++) {
  let total = 0;
  let rec: any;
  let kl: any;
  for (const xb of X.split(16)) {
    const [out, mu, logvar] = vae(xb);
    rec = F.binary_cross_entropy_with_logits(out, xb, { reduction: "sum" });
    kl = logvar.add(1).sub(mu.pow(2)).sub(logvar.exp()).sum().mul(-0.5);
    const loss = rec.add(kl).div(xb.shape[0]);
    opt.zero_grad();
    loss.backward();
    opt.step();
    total += loss.item();
  }
  plateau.step(total);
  if (epoch % 3 === 0 || epoch === 11) {
    console.log(`${epoch} ${total.toFixed(5)} rec ${rec.item().toFixed(4)} kl ${kl.item().toFixed(6)} lr ${opt.param_groups[0].lr.toFixed(7)}`);
  }
}
torch.no_grad(() => console.log(String(torch.sigmoid(vae.dec(torch.zeros(1, 3))).index(0, 0, ":2"))));

// a GAN with transposed convolutions, its generator and discriminator in turns
const G = new nn.Sequential(new nn.ConvTranspose2d(5, 8, 2, { bias: false }), new nn.BatchNorm2d(8), new nn.ReLU(true),
  new nn.ConvTranspose2d(8, 4, 4, 2, 1, { bias: false }), new nn.BatchNorm2d(4), new nn.ReLU(true), new nn.ConvTranspose2d(4, 1, 4, 2, 1), new nn.Tanh());
const D = new nn.Sequential(new nn.Conv2d(1, 8, 3, 2, 1), new nn.LeakyReLU(0.2, { inplace: true }), new nn.Conv2d(8, 8, 3, 2, 1), new nn.BatchNorm2d(8), new nn.LeakyReLU(0.2),
  new nn.Flatten(), new nn.Linear(32, 1), new nn.Sigmoid());

function init(m: any) {
  const name = m.constructor.name;
  if (name.includes("Conv")) nn.init.normal_(m.weight, 0.0, 0.1);
  else if (name.includes("BatchNorm")) {
    nn.init.normal_(m.weight, 1.0, 0.02);
    nn.init.constant_(m.bias, 0);
  }
}

G.apply(init);
D.apply(init);
const bce = new nn.BCELoss();
const fixed = torch.randn(2, 5, 1, 1);
const optG = new torch.optim.Adam(G.parameters(), { lr: 2e-3, betas: [0.5, 0.999] });
const optD = new torch.optim.Adam(D.parameters(), { lr: 2e-3, betas: [0.5, 0.999] });
for (let step = 0; step < 20; step++) {
  const real = X.index(torch.randint(0, 48, [12])).mul(2).sub(1);
  D.zero_grad();
  const lossReal = bce(D(real).view(-1), torch.full([12], 0.9));
  lossReal.backward();
  const fake = G(torch.randn(12, 5, 1, 1));
  const lossFake = bce(D(fake.detach()).view(-1), torch.zeros(12));
  lossFake.backward();
  optD.step();
  G.zero_grad();
  const lossG = bce(D(fake).view(-1), torch.ones(12));
  lossG.backward();
  optG.step();
  if (step % 5 === 0 || step === 19) console.log(`${step} D ${(lossReal.item() + lossFake.item()).toFixed(5)} G ${lossG.item().toFixed(5)}`);
}
G.eval();
console.log(String(G(fixed).index(0, 0, ":2")));
