import torch
from torch.utils.data import (BatchSampler, ChainDataset, ConcatDataset, DataLoader, Dataset, IterableDataset, RandomSampler,
                              SequentialSampler, Subset, SubsetRandomSampler, TensorDataset, WeightedRandomSampler,
                              default_collate, random_split)

torch.set_num_threads(1)

X = torch.arange(20.0).reshape(10, 2)
y = torch.arange(10) % 3
ds = TensorDataset(X, y)
print(len(ds))

# in order, the last batch short
loader = DataLoader(ds, batch_size=4)
print(len(loader), loader.batch_size)
for xb, yb in loader:
    print(','.join(map(str, xb.shape)), yb)
for xb, yb in DataLoader(ds, batch_size=4, drop_last=True):
    print(xb[0], yb.dtype)

# a seeded shuffle: two epochs differ, the same seed repeats
torch.manual_seed(0)
loader = DataLoader(ds, batch_size=5, shuffle=True)
for epoch in range(2):
    for i, (xb, yb) in enumerate(loader):
        print(epoch, i, (xb[:, 0] / 2).long(), yb)
torch.manual_seed(0)
print((next(iter(loader))[0][:, 0] / 2).long())
print(torch.randn(2))

# a generator of its own leaves the global stream alone
g = torch.Generator()
g.manual_seed(42)
torch.manual_seed(1)
loader = DataLoader(ds, batch_size=10, shuffle=True, generator=g)
for xb, yb in loader:
    print(yb)
print(torch.rand(1))
torch.manual_seed(1)
print(torch.rand(1))

# splits, subsets and sums
train, val = random_split(ds, [7, 3], generator=torch.Generator().manual_seed(0))
print(len(train), len(val), ','.join(str(i) for i in val.indices))
for xb, yb in DataLoader(val, batch_size=3):
    print(xb)
sub = Subset(ds, [1, 3, 5])
both = ConcatDataset([sub, val])
print(len(sub), len(both))
print(next(iter(DataLoader(both, batch_size=6)))[1])

# weighted sampling
torch.manual_seed(3)
sampler = WeightedRandomSampler(torch.tensor([0.1, 0.1, 5.0, 0.1, 5.0, 0.1, 0.1, 0.1, 0.1, 0.1]), num_samples=8, replacement=True)
print(','.join(str(i) for i in sampler))
torch.manual_seed(3)
for xb, yb in DataLoader(ds, batch_size=4, sampler=sampler):
    print(yb)


# a collate function
def collate(batch):
    xs = torch.stack([b[0] for b in batch])
    return xs.sum(0), len(batch)


for total, n in DataLoader(ds, batch_size=6, collate_fn=collate):
    print(total, n)

# mini-batch training
torch.manual_seed(5)
data = torch.randn(60, 3)
target = (data * torch.tensor([1.0, -1.0, 2.0])).sum(1) + 0.5
w = torch.zeros(3, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
opt = torch.optim.SGD([w, b], lr=0.1)
loader = DataLoader(TensorDataset(data, target), batch_size=16, shuffle=True)
for epoch in range(4):
    total = 0.0
    for xb, yb in loader:
        loss = ((xb * w).sum(1) + b - yb).pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(xb)
    print(f'epoch {epoch} loss {total / 60:.4f}')


# datasets of one's own
class Squares(Dataset):
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {'x': torch.tensor([float(i), float(i * i)]), 'label': i, 'name': f's{i}', 'half': i / 2 + 0.25}


squares = Squares(7)
for batch in DataLoader(squares, batch_size=3):
    print(batch['x'], batch['label'], ' '.join(batch['name']), batch['half'])
print(len(squares + squares), (squares + squares)[9]['label'], (squares + squares)[-1]['name'])


class Stream(IterableDataset):
    def __init__(self, start, end):
        self.start = start
        self.end = end

    def __iter__(self):
        for i in range(self.start, self.end):
            yield torch.tensor(float(i)), i % 2 == 0


for x, even in DataLoader(Stream(0, 5), batch_size=2):
    print(x, even)
for x, even in DataLoader(Stream(0, 5), batch_size=2, drop_last=True):
    print(x, even)
for x, even in DataLoader(Stream(3, 5), batch_size=None):
    print(x, str(even).lower())
print(sum(1 for _ in DataLoader(ChainDataset([Stream(0, 3), Stream(5, 9)]), batch_size=4)))

# samplers by themselves
torch.manual_seed(9)
print(list(SequentialSampler(range(4))))
print(list(RandomSampler(range(6))))
print(list(RandomSampler(range(4), num_samples=10)))
print(list(RandomSampler(range(5), replacement=True, num_samples=40)))
print(list(SubsetRandomSampler([3, 1, 4, 1, 5])))
print(list(WeightedRandomSampler([0.2, 0.5, 0.3], 3, replacement=False)))
print(list(BatchSampler(SequentialSampler(range(7)), 3, False)), list(BatchSampler(range(7), 3, True)))
print(len(RandomSampler(range(6))), len(BatchSampler(range(7), 3, False)), len(BatchSampler(range(7), 3, True)))
g = torch.Generator().manual_seed(7)
loader = DataLoader(range(5), batch_size=5, shuffle=True, generator=g)
print([next(iter(loader)).tolist() for _ in range(3)])
print([[x.tolist() for x in loader] for _ in range(2)])
print(torch.rand(2))
for b in DataLoader(ds, batch_sampler=[[0, 9], [4], [1, 2, 3]]):
    print(b[1])
for x in DataLoader(torch.arange(3), batch_size=None):
    print(x)
print(default_collate([(torch.ones(2), 1.5), (torch.zeros(2), 2.5)]))
print(default_collate([[1, 2], [3, 4], [5, 6]]), default_collate([True, False]))
print([len(s) for s in random_split(range(11), [0.5, 0.3, 0.2])], [s.indices for s in random_split(range(6), [2, 4])])


class Plain:
    pass


for attempt in [
    lambda: DataLoader(ds, shuffle=True, sampler=SequentialSampler(ds)),
    lambda: DataLoader(ds, batch_size=0),
    lambda: DataLoader(ds, batch_size=None, drop_last=True),
    lambda: DataLoader(ds, batch_size=2, batch_sampler=[[0]]),
    lambda: DataLoader(Stream(0, 1), shuffle=True),
    lambda: len(DataLoader(Stream(0, 1))),
    lambda: DataLoader(ds, num_workers=-1),
    lambda: DataLoader([], shuffle=True),
    lambda: random_split(ds, [3, 3]),
    lambda: TensorDataset(torch.ones(2), torch.ones(3)),
    lambda: ConcatDataset([]),
    lambda: RandomSampler(ds, num_samples=0),
    lambda: WeightedRandomSampler([[0.5]], 2),
    lambda: BatchSampler(range(3), 1.5, False),
    lambda: default_collate([[1, 2], [3]]),
]:
    try:
        attempt()
        print('fine')
    except Exception as e:
        print(type(e).__name__, e)

# mini-batch training
torch.manual_seed(5)
data = torch.randn(60, 3)
target = data @ torch.tensor([1.0, -1.0, 2.0]) + 0.5
model = torch.nn.Linear(3, 1)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
loader = DataLoader(TensorDataset(data, target), batch_size=16, shuffle=True)
for epoch in range(4):
    total = 0.0
    for xb, yb in loader:
        loss = torch.nn.functional.mse_loss(model(xb).squeeze(1), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(xb)
    print(f'epoch {epoch} loss {total / 60:.4f}')
