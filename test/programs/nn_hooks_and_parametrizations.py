import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import orthogonal, spectral_norm
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn

torch.set_num_threads(1)
torch.manual_seed(4)

net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
log = []
handles = [
    net[0].register_forward_pre_hook(lambda m, i: log.append(('pre', tuple(i[0].shape)))),
    net[0].register_forward_hook(lambda m, i, o: log.append(('post', tuple(o.shape)))),
    net[1].register_forward_hook(lambda m, i, o: o * 2),
    net[2].register_full_backward_hook(lambda m, gi, go: log.append(('back', gi[0].shape, go[0].item()))),
    net[0].register_full_backward_hook(lambda m, gi, go: log.append(('first', gi[0], go[0].shape)))]
x = torch.tensor([[1.0, -2.0]])
y = net(x)
y.backward()
print(log, y)
for h in handles:
    h.remove()
log.clear()
print(net(x), log)
h = net[2].register_forward_pre_hook(lambda m, i: (i[0] + 1,))
g = net[2].register_full_backward_hook(lambda m, gi, go: (gi[0] * 0,))
net.zero_grad()
net(x).sum().backward()
print(net[0].weight.grad, net[2].weight.grad)
h.remove(), g.remove()
every = nn.modules.module.register_module_forward_hook(lambda m, i, o: log.append(type(m).__name__))
net(x)
every.remove()
print(log)
acts = {}
for name, m in net.named_modules():
    if isinstance(m, nn.Linear):
        m.register_forward_hook(lambda m, i, o, name=name: acts.__setitem__(name, o.detach().mean().item()))
net(torch.randn(5, 2))
print({k: round(v, 4) for k, v in acts.items()})
try:
    net[0].register_full_backward_hook(lambda *a: None)
    net[0].register_backward_hook(lambda *a: None)
except RuntimeError as e:
    print(e)

# weight and spectral norm
wn = nn.utils.weight_norm(nn.Linear(3, 2), dim=0)
print([n for n, _ in wn.named_parameters()], wn.weight_g.shape)
wn(torch.ones(1, 3)).sum().backward()
print(wn.weight_g.grad, wn.weight_v.grad)
nn.utils.remove_weight_norm(wn)
print([n for n, _ in wn.named_parameters()])
sn = nn.utils.spectral_norm(nn.Linear(3, 2), n_power_iterations=3)
print(list(sn.state_dict().keys()), sn(torch.ones(1, 3)))
sn(torch.ones(1, 3)).sum().backward()
print(sn.weight_orig.grad)
new = spectral_norm(nn.Linear(3, 2))
print(new)
print(torch.linalg.matrix_norm(new.weight, 2) < 1.3, list(new.state_dict().keys()))


class Symmetric(nn.Module):
    def forward(self, X):
        return X.triu() + X.triu(1).transpose(-1, -2)

    def right_inverse(self, A):
        return A.triu()


lin = nn.Linear(3, 3)
parametrize.register_parametrization(lin, 'weight', Symmetric())
print(lin, torch.equal(lin.weight, lin.weight.t()), parametrize.is_parametrized(lin), parametrize.is_parametrized(lin, 'bias'))
lin.weight = torch.arange(9.0).view(3, 3)
print(lin.weight, lin.parametrizations.weight.original)
with parametrize.cached():
    print(lin.weight is lin.weight)
parametrize.remove_parametrizations(lin, 'weight')
print(lin, [n for n, _ in lin.named_parameters()])
try:
    parametrize.register_parametrization(lin, 'nothing', Symmetric())
except ValueError as e:
    print(e)

# averaged weights, and an exponential average by hand
model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
X = torch.randn(32, 2)
Y = X[:, :1] * X[:, 1:]
opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
averaged = AveragedModel(model)
ema = AveragedModel(model, avg_fn=lambda a, m, n: 0.9 * a + 0.1 * m)
swa = SWALR(opt, swa_lr=0.02, anneal_epochs=5, anneal_strategy='cos')
cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=20)
for epoch in range(30):
    for xb, yb in zip(X.split(16), Y.split(16)):
        opt.zero_grad()
        F.mse_loss(model(xb), yb).backward()
        opt.step()
    ema.update_parameters(model)
    if epoch > 20:
        averaged.update_parameters(model)
        swa.step()
    else:
        cosine.step()
    if epoch % 10 == 9:
        print(epoch, f'{F.mse_loss(model(X), Y).item():.6f} {opt.param_groups[0]["lr"]:.6f}', averaged.n_averaged)
update_bn(X.split(8), averaged)
averaged.eval()
print(averaged.module[1].running_mean, f'{F.mse_loss(averaged(X), Y).item():.6f}')
print(ema.module[0].weight)
print(list(averaged.state_dict().keys())[:3])
