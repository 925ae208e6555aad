import torch
import torch.nn as nn

torch.manual_seed(0)
x1 = torch.randn(4, 3)
x2 = torch.randn(2, 4, 3, 3)
x3 = torch.randn(2, 2, 2, 2, 2)


def show(name, layer, x):
    x = x.clone().requires_grad_()
    for _ in range(3):
        y = layer(x)
    y.pow(3).sum().backward()
    print(name, layer)
    print(y.detach().flatten()[:6])
    print(x.grad.flatten()[:6])
    for n, p in layer.named_parameters():
        print(n, p.grad)
    for n, b in layer.named_buffers():
        print(n, b)
    layer.eval()
    with torch.no_grad():
        print(layer(x).sum().item() > -1e9, f'{layer(x).abs().mean().item():.5f}')


show('bn1', nn.BatchNorm1d(3), x1)
show('bn1 momentum', nn.BatchNorm1d(3, momentum=None), x1)
show('bn1 plain', nn.BatchNorm1d(3, affine=False, track_running_stats=False), x1)
show('bn1 seq', nn.BatchNorm1d(4, eps=1e-3, momentum=0.3), x2.flatten(2))
show('bn2', nn.BatchNorm2d(4), x2)
show('bn3', nn.BatchNorm3d(2), x3)
show('in2', nn.InstanceNorm2d(4, affine=True), x2)
show('in2 tracked', nn.InstanceNorm2d(4, track_running_stats=True), x2)
show('gn', nn.GroupNorm(2, 4), x2)
show('gn plain', nn.GroupNorm(4, 4, affine=False), x2)
show('ln', nn.LayerNorm(3), x1)
show('ln 2', nn.LayerNorm([3, 3], eps=1e-2), x2)
show('ln plain', nn.LayerNorm([4, 3, 3], elementwise_affine=False), x2)
show('lrn', nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=2.0), x2)

for make in [
    lambda: nn.BatchNorm1d(3)(x2),
    lambda: nn.BatchNorm2d(4)(x1),
    lambda: nn.BatchNorm1d(3)(torch.randn(1, 3)),
    lambda: nn.GroupNorm(3, 4),
    lambda: nn.LayerNorm(5)(x1),
    lambda: nn.BatchNorm1d(7)(x1),
    lambda: nn.InstanceNorm2d(3)(torch.randn(1, 3, 1, 1)),
    lambda: nn.GroupNorm(2, 6)(x2),
]:
    try:
        make()
        print('no error')
    except Exception as e:
        print(type(e).__name__, e)
bn = nn.BatchNorm1d(2)
print(list(bn.state_dict().items()))
bn.load_state_dict({'weight': torch.tensor([2., 3.]), 'bias': torch.tensor([0., 1.]), 'running_mean': torch.tensor([0.5, 0.5]), 'running_var': torch.tensor([4., 9.]), 'num_batches_tracked': torch.tensor(7)})
bn.eval()
print(bn(torch.tensor([[1., 2.], [3., 4.]])))
bn.reset_running_stats()
print(bn.running_var, bn.num_batches_tracked)
