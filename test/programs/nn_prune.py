import torch
import torch.nn as nn
import torch.nn.utils.prune as prune

torch.manual_seed(0)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 3, 3)
        self.conv2 = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4 * 4 * 4, 5)

    def forward(self, x):
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        return self.fc(x.flatten(1))


model = LeNet()
module = model.conv1
print([n for n, _ in module.named_parameters()], prune.is_pruned(model))
prune.random_unstructured(module, name='weight', amount=0.3)
print([n for n, _ in module.named_parameters()])
print(list(module.named_buffers()))
print(module.weight)
prune.l1_unstructured(module, name='bias', amount=1)
print(module.bias, len(module._forward_pre_hooks))
prune.ln_structured(module, name='weight', amount=0.5, n=2, dim=0)
print(module.weight)
for hook in module._forward_pre_hooks.values():
    if hook._tensor_name == 'weight':
        print(len(hook), [type(m).__name__ for m in hook])
print(list(model.state_dict().keys()))
prune.remove(module, 'weight')
print([n for n, _ in module.named_parameters()], [n for n, _ in module.named_buffers()])
print(module.weight)

for name, m in model.named_modules():
    if isinstance(m, nn.Conv2d) and name == 'conv2':
        prune.l1_unstructured(m, name='weight', amount=0.2)
    elif isinstance(m, nn.Linear):
        prune.random_structured(m, name='weight', amount=0.4, dim=1)
print(dict(model.named_buffers()).keys())
print(f'{100. * float(torch.sum(model.conv2.weight == 0)) / float(model.conv2.weight.nelement()):.2f}%', int((model.fc.weight == 0).sum()))

opt = torch.optim.SGD(model.parameters(), lr=0.1)
x, t = torch.randn(8, 1, 8, 8), torch.randint(0, 5, (8,))
for step in range(5):
    loss = nn.functional.cross_entropy(model(x), t)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(f'{loss.item():.4f}')
print(int((model.fc.weight == 0).sum()), int((model.fc.weight_orig == 0).sum()))

torch.manual_seed(1)
model = LeNet()
places = ((model.conv1, 'weight'), (model.conv2, 'weight'), (model.fc, 'weight'))
prune.global_unstructured(places, pruning_method=prune.L1Unstructured, amount=0.25)
for m, n in places:
    print(int((getattr(m, n) == 0).sum()), getattr(m, n).numel())
prune.identity(model.fc, 'bias')
print(model.fc.bias_mask)
prune.custom_from_mask(model.conv1, name='bias', mask=torch.tensor([0., 1., 0.]))
print(model.conv1.bias)


class Alternate(prune.BasePruningMethod):
    PRUNING_TYPE = 'unstructured'

    def compute_mask(self, t, default_mask):
        mask = default_mask.clone()
        mask.view(-1)[::2] = 0
        return mask


lin = nn.Linear(3, 4)
Alternate.apply(lin, 'bias')
print(lin.bias_mask, lin.bias)
lin2 = nn.Linear(4, 3)
prune.ln_structured(lin2, 'weight', amount=2, n=float('inf'), dim=-1)
print(lin2.weight)
print(prune.L1Unstructured(amount=2).prune(torch.tensor([3., -1., 0.5, -4.])))
lin3 = nn.Linear(2, 3)
prune.l1_unstructured(lin3, 'weight', amount=2, importance_scores=torch.tensor([[1., 2.], [0., 5.], [3., 4.]]))
print(lin3.weight_mask)
for f in [lambda: prune.l1_unstructured(lin2, 'weight', amount=1.5), lambda: prune.l1_unstructured(lin2, 'bias', amount=10), lambda: prune.ln_structured(lin2, 'bias', amount=1, n=2, dim=0),
          lambda: prune.remove(lin2, 'bias'), lambda: prune.random_structured(lin2, 'weight', amount=1, dim=3), lambda: prune.l1_unstructured(lin2, 'bias', amount=-1),
          lambda: prune.global_unstructured([(lin2, 'bias')], pruning_method=prune.LnStructured, amount=1, n=2),
          lambda: prune.random_unstructured(lin2, 'bias', amount='a')]:
    try:
        f()
        print('fine')
    except Exception as e:
        print(type(e).__name__, e)
print([n for n, _ in lin2.named_parameters()], prune.is_pruned(lin2), prune.is_pruned(nn.Linear(1, 1)))
