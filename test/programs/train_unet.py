import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(1)
def double(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.GroupNorm(2, cout), nn.SiLU(), nn.Conv2d(cout, cout, 3, padding=1), nn.InstanceNorm2d(cout, affine=True), nn.LeakyReLU(0.1))
class UNet(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.d1, self.d2, self.mid = double(1, 4), double(4, 8), double(8, 16)
        if mode == 'transpose':
            self.u2, self.u1 = nn.ConvTranspose2d(16, 8, 2, stride=2), nn.ConvTranspose2d(8, 4, 2, stride=2)
        else:
            kw = {} if mode == 'nearest' else {'align_corners': mode == 'corners'}
            m = 'nearest' if mode == 'nearest' else 'bilinear'
            self.u2 = nn.Sequential(nn.Upsample(scale_factor=2, mode=m, **kw), nn.Conv2d(16, 8, 1))
            self.u1 = nn.Sequential(nn.Upsample(scale_factor=2, mode=m, **kw), nn.Conv2d(8, 4, 1))
        self.c2, self.c1 = double(16, 8), double(8, 4)
        self.out = nn.Conv2d(4, 1, 1)
    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        m = self.mid(F.max_pool2d(b, 2))
        b = self.c2(torch.cat([self.u2(m), b], dim=1))
        a = self.c1(torch.cat([self.u1(b), a], dim=1))
        return self.out(a)
yy, xx = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing='ij')
imgs, masks = [], []
for i in range(6):
    c = torch.randint(4, 12, (2,))
    r = int(torch.randint(2, 5, (1,)))
    m = ((yy - c[0]) ** 2 + (xx - c[1]) ** 2 <= r * r).float()
    masks.append(m); imgs.append(m + 0.4 * torch.randn(16, 16))
X, M = torch.stack(imgs).unsqueeze(1), torch.stack(masks).unsqueeze(1)
def dice(logits, target, eps=1.0):
    p = torch.sigmoid(logits)
    inter = (p * target).sum(dim=(1, 2, 3))
    return 1 - ((2 * inter + eps) / (p.sum(dim=(1, 2, 3)) + target.sum(dim=(1, 2, 3)) + eps)).mean()
for mode in ('transpose', 'bilinear', 'corners'):
    net = UNet(mode)
    if mode == 'corners':
        print(net.u2)
    opt = torch.optim.AdamW(net.parameters(), lr=5e-3)
    pw = torch.tensor([2.0])
    for step in range(5):
        out = net(X)
        bce = F.binary_cross_entropy_with_logits(out, M, pos_weight=pw)
        d = dice(out, M)
        loss = bce + d
        opt.zero_grad(set_to_none=True)
        loss.backward()
        if step == 0:
            print(out[0, 0, 0, :6])
            for n, p in net.named_parameters():
                print(n, p.grad.flatten()[:3])
        opt.step()
        print(f'{mode} {step} bce {bce.item():.6f} dice {d.item():.6f}')
    with torch.no_grad():
        pred = (torch.sigmoid(net(X)) > 0.5).float()
        iou = (pred * M).sum() / ((pred + M) > 0).float().sum()
        print(mode, iou)
