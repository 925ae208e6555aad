import torch

torch.manual_seed(0)
device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
print(device, torch.device('cuda:1'), torch.device('cuda', 0))
model = torch.nn.Linear(2, 2).to(device)
x = torch.ones(2, 2).to(device, dtype=torch.float64)
print(x.device, x.to(torch.float32).to(device).to('cpu', non_blocking=True))
print(model.weight.device, torch.zeros(2, device=device), x.get_device())
print(torch.FloatTensor([1, 2]), torch.LongTensor([[1, 2]]), torch.finfo(torch.float32).eps)
for bad in [lambda: torch.zeros(2, device='cuda'), lambda: x.cuda(), lambda: x.to('cuda'), lambda: torch.device('gpu')]:
    try:
        bad()
    except (AssertionError, RuntimeError) as e:
        print(type(e).__name__, e)

# results with names print them
a = torch.tensor([[0.2, -1.5, 2.0], [1.0, 0.3, -0.7]], requires_grad=True)
print(torch.max(a, 1))
print(a.detach().sort(dim=1, descending=True))
print(torch.topk(a.detach(), 2))
print(torch.linalg.slogdet(torch.eye(2) * 3))
values, indices = a.min(0)
print(values, indices, a.median(1).values)

try:
    torch.nn.Conv2d(1, 2, 3)(torch.ones(1, 1, 4, 4, dtype=torch.float64))
except RuntimeError as e:
    print(e)
