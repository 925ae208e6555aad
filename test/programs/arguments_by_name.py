import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset, random_split, WeightedRandomSampler

torch.manual_seed(3)
data = TensorDataset(torch.randn(12, 3), torch.randn(12, 1))
train, rest = random_split(dataset=data, lengths=[8, 4], generator=torch.Generator(device='cpu').manual_seed(1))
loader = DataLoader(dataset=train, batch_size=4, shuffle=True)
model = nn.Sequential(nn.Linear(in_features=3, out_features=4), nn.Tanh(), nn.Linear(in_features=4, out_features=1))
nn.init.kaiming_normal_(tensor=model[0].weight, nonlinearity='tanh')
nn.init.constant_(tensor=model[2].bias, val=0.5)
optimizer = torch.optim.Adam(params=model.parameters(), lr=0.05)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer=optimizer, step_size=2, gamma=0.5)
criterion = nn.MSELoss()
for epoch in range(4):
    for xb, yb in loader:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(input=model(xb), target=yb)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(parameters=model.parameters(), max_norm=0.5)
        optimizer.step()
    scheduler.step()
    print(f'{epoch} {loss.item():.6f} {norm.item():.6f} {scheduler.get_last_lr()[0]:.4f}')
x = torch.randn(3, requires_grad=True)
print(torch.autograd.grad(outputs=(x ** 2).sum(), inputs=x, create_graph=True)[0])
torch.autograd.backward(tensors=[(x * 3).sum()])
print(x.grad)
print(torch.autograd.functional.jacobian(func=lambda v: v * 2, inputs=x))
print(list(WeightedRandomSampler(weights=[0.1, 0.9], num_samples=4)))
packed = nn.utils.rnn.pack_padded_sequence(input=torch.ones(3, 2, 1), lengths=[3, 1])
out, h = nn.GRU(input_size=1, hidden_size=2)(input=packed)
print(out.batch_sizes, nn.utils.rnn.pad_packed_sequence(sequence=out, batch_first=True)[0].shape[1], h[0])
print(nn.CrossEntropyLoss()(input=torch.zeros(2, 3), target=torch.tensor([0, 2])))
print(nn.Parameter(data=torch.ones(2), requires_grad=False).requires_grad)
try:
    torch.optim.SGD(params=model.parameters(), rate=1)
except TypeError as e:
    print(e)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer(name='scale', tensor=torch.tensor([2.0]))
        self.register_buffer(name='cache', tensor=None, persistent=False)

    def forward(self, x):
        return x * self.scale


scaled = Scaled()
scaled.apply(fn=lambda m: print(type(m).__name__))
print(scaled.load_state_dict(state_dict={'scale': torch.tensor([3.0])}, strict=True), scaled.scale)
print(torch.nn.utils.stateless.functional_call(module=scaled, parameters_and_buffers={'scale': torch.tensor([4.0])}, args=torch.ones(1)))
print(nn.Transformer.generate_square_subsequent_mask(sz=2))
