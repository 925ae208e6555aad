import * as torch from "gradlens";
const { nn } = torch;
const F = nn.functional;
torch.manual_seed(1);
const double = (cin: number, cout: number) =>
  new nn.Sequential(new nn.Conv2d(cin, cout, 3, { padding: 1 }), new nn.GroupNorm(2, cout), new nn.SiLU(), new nn.Conv2d(cout, cout, 3, { padding: 1 }), new nn.InstanceNorm2d(cout, { affine: true }), new nn.LeakyReLU(0.1));
class UNet extends nn.Module {
  d1: any; d2: any; mid: any; u2: any; u1: any; c2: any; c1: any; out: any;
  constructor(mode: string) {
    super();
    this.d1 = double(1, 4); this.d2 = double(4, 8); this.mid = double(8, 16);
    if (mode === "transpose") {
      this.u2 = new nn.ConvTranspose2d(16, 8, 2, { stride: 2 }); this.u1 = new nn.ConvTranspose2d(8, 4, 2, { stride: 2 });
    } else {
      const kw = mode === "nearest" ? {} : { align_corners: mode === "corners" };
      const m = mode === "nearest" ? "nearest" : "bilinear";
      this.u2 = new nn.Sequential(new nn.Upsample({ scale_factor: 2, mode: m, ...kw }), new nn.Conv2d(16, 8, 1));
      this.u1 = new nn.Sequential(new nn.Upsample({ scale_factor: 2, mode: m, ...kw }), new nn.Conv2d(8, 4, 1));
    }
    this.c2 = double(16, 8); this.c1 = double(8, 4);
    this.out = new nn.Conv2d(4, 1, 1);
  }
  forward(x: any) {
    let a = this.d1(x);
    let b = this.d2(F.max_pool2d(a, 2));
    const m = this.mid(F.max_pool2d(b, 2));
    b = this.c2(torch.cat([this.u2(m), b], { dim: 1 }));
    a = this.c1(torch.cat([this.u1(b), a], { dim: 1 }));
    return this.out(a);
  }
}
const [yy, xx] = torch.meshgrid(torch.arange(16.0, { dtype: torch.float32 }), torch.arange(16.0, { dtype: torch.float32 }), { indexing: "ij" });
const imgs: any[] = [], masks: any[] = [];
for (let i = 0; i < 6; i++) {
  const c = torch.randint(4, 12, [2]);
  const r = torch.randint(2, 5, [1]).item();
  const m = yy.sub(c.index(0)).pow(2).add(xx.sub(c.index(1)).pow(2)).le(r * r).float();
  masks.push(m); imgs.push(m.add(torch.randn(16, 16).mul(0.4)));
}
const X = torch.stack(imgs).unsqueeze(1), M = torch.stack(masks).unsqueeze(1);
function dice(logits: any, target: any, eps = 1.0) {
  const p = torch.sigmoid(logits);
  const inter = p.mul(target).sum({ dim: [1, 2, 3] });
  return torch.sub(1, inter.mul(2).add(eps).div(p.sum({ dim: [1, 2, 3] }).add(target.sum({ dim: [1, 2, 3] })).add(eps)).mean());
}
for (const mode of ["transpose", "bilinear", "corners"]) {
  const net = new UNet(mode);
  if (mode === "corners") console.log(String(net.u2));
  const opt = new torch.optim.AdamW(net.parameters(), { lr: 5e-3 });
  const pw = torch.tensor([2.0]);
  for (let step = 0; step < 5; step++) {
    const out = net(X);
    const bce = F.binary_cross_entropy_with_logits(out, M, { pos_weight: pw });
    const d = dice(out, M);
    const loss = bce.add(d);
    opt.zero_grad({ set_to_none: true });
    loss.backward();
    if (step === 0) {
      console.log(String(out.index(0, 0, 0, ":6")));
      for (const [n, p] of net.named_parameters()) console.log(`${n} ${p.grad.flatten().index(":3")}`);
    }
    opt.step();
    console.log(`${mode} ${step} bce ${bce.item().toFixed(6)} dice ${d.item().toFixed(6)}`);
  }
  torch.no_grad(() => {
    const pred = torch.sigmoid(net(X)).gt(0.5).float();
    const iou = pred.mul(M).sum().div(pred.add(M).gt(0).float().sum());
    console.log(`${mode} ${iou}`);
  });
}
