"""The workloads of gradlens.ts in PyTorch, on one thread; the protocol of serve.mjs."""
import json
import sys
import time

import torch
from torch import nn, optim
from torch.nn import functional as F

torch.set_num_threads(1)


def numbers(n, seed, scale=1.0):
    mask = 0xFFFFFFFF
    x = (torch.arange(1, n + 1, dtype=torch.int64) * 2654435761 & mask) ^ (seed * 362437 & mask)
    x = ((x ^ (x >> 15)) * 2246822519) & mask
    x = x ^ (x >> 13)
    return ((x.double() / 2**31 - 1) * scale).float()


def tensor(shape, seed, scale=1.0):
    n = 1
    for size in shape:
        n *= size
    return numbers(n, seed, scale).reshape(shape)


def labels(n, seed, limit):
    return ((numbers(n, seed).double() + 1) / 2 * limit).floor().long()


def seeded(model, scale):
    with torch.no_grad():
        for i, p in enumerate(model.parameters()):
            p.copy_(tensor(p.shape, 100 + i, scale if p.ndim > 1 else 0))
    return model


def training_step(optimizer, loss):
    def run():
        optimizer.zero_grad(True)
        value = loss()
        value.backward()
        optimizer.step()
        return value.item()

    return run


class LSTMNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(32, 64, batch_first=True)
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        outputs, _ = self.memory(x)
        return self.out(outputs[:, -1])


VOCABULARY, CONTEXT, WIDTH, HEADS = 64, 32, 64, 4


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, future):
        batch, length, _ = x.shape
        q, k, v = (t.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2) for t in self.qkv(x).split(WIDTH, 2))
        scores = (q @ k.transpose(-2, -1) * (WIDTH / HEADS) ** -0.5).masked_fill(future, float("-inf"))
        return self.out((F.softmax(scores, -1) @ v).transpose(1, 2).reshape(batch, length, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.norm2 = nn.LayerNorm(WIDTH)
        self.up = nn.Linear(WIDTH, 4 * WIDTH)
        self.down = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x, future):
        x = x + self.attention(self.norm1(x), future)
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token = nn.Embedding(VOCABULARY, WIDTH)
        self.position = nn.Embedding(CONTEXT, WIDTH)
        self.block1 = Block()
        self.block2 = Block()
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY)
        self.places = torch.arange(CONTEXT)
        self.future = torch.ones(CONTEXT, CONTEXT, dtype=torch.bool).triu(1)

    def forward(self, index):
        x = self.token(index) + self.position(self.places)
        return self.head(self.norm(self.block2(self.block1(x, self.future), self.future)))


def ops(n):
    x = torch.ones(4, requires_grad=True)

    def run():
        x.grad = None
        y = x
        for _ in range(n // 2):
            y = y * 1.0001 + 0.1
        total = y.sum()
        total.backward()
        return total.item()

    return run


def moons(batch):
    model = seeded(nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1)), 0.5)
    x, y = tensor([batch, 2], 1), tensor([batch, 1], 2).sign()
    parameters = list(model.parameters())

    def loss():
        data = (1 - y * model(x)).relu().mean()
        return data + 1e-4 * sum((p * p).sum() for p in parameters)

    return training_step(optim.SGD(parameters, lr=0.01), loss)


def mlp(batch):
    model = seeded(nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)), 0.05)
    x, y = tensor([batch, 784], 1), labels(batch, 2, 10)
    return training_step(optim.SGD(model.parameters(), lr=0.01), lambda: F.cross_entropy(model(x), y))


def conv(batch):
    model = seeded(
        nn.Sequential(
            nn.Conv2d(1, 8, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(400, 10),
        ),
        0.2,
    )
    x, y = tensor([batch, 1, 28, 28], 1), labels(batch, 2, 10)
    return training_step(optim.SGD(model.parameters(), lr=0.01), lambda: F.cross_entropy(model(x), y))


def lstm(batch):
    model = seeded(LSTMNet(), 0.2)
    x, y = tensor([batch, 16, 32], 1), labels(batch, 2, 10)
    return training_step(optim.Adam(model.parameters(), lr=1e-3), lambda: F.cross_entropy(model(x), y))


def gpt(batch):
    model = seeded(GPT(), 0.1)
    with torch.no_grad():
        for m in model.modules():
            if isinstance(m, nn.LayerNorm):
                m.weight.fill_(1)
    index = labels(batch * CONTEXT, 1, VOCABULARY).reshape(batch, CONTEXT)
    following = labels(batch * CONTEXT, 2, VOCABULARY)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    return training_step(optimizer, lambda: F.cross_entropy(model(index).reshape(-1, VOCABULARY), following))


def transcendentals(n):
    x = tensor([n], 1, 2)
    return lambda: x.exp().log1p().sin().tanh().sigmoid()[0].item()


def transcendentalsBackward(n):
    x = tensor([n], 1, 2).requires_grad_()

    def run():
        x.grad = None
        total = x.exp().log1p().sin().tanh().sigmoid().sum()
        total.backward()
        return total.item()

    return run


def matmul(n):
    a, b = tensor([n, n], 1), tensor([n, n], 2)
    return lambda: (a @ b)[0, 0].item()


WORKLOADS = {
    f.__name__: f for f in (ops, moons, mlp, conv, lstm, gpt, transcendentals, transcendentalsBackward, matmul)
}


def per_run(run, ms):
    start = time.perf_counter()
    n = 0
    while True:
        run()
        n += 1
        passed = (time.perf_counter() - start) * 1e3
        if passed >= ms:
            return passed / n


def say(answer):
    print(json.dumps(answer), flush=True)


say({"version": torch.__version__})
key = run = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        value = None
        if key != (request["workload"], request["size"]):
            key = (request["workload"], request["size"])
            run = WORKLOADS[request["workload"]](request["size"])
            began = time.perf_counter()
            value = float(run())
            if time.perf_counter() - began < 6e-3 * request["ms"]:
                per_run(run, 10 * request["ms"])
        say({"ms": per_run(run, request["ms"]), "value": value})
    except Exception as error:
        key = None
        say({"reason": str(error).split("\n")[0][:120]})
