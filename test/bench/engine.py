"""The workloads of engine.ts in PyTorch, on one thread; prints microseconds a unit."""
import json
import time

import torch

torch.set_num_threads(1)
chain = 20_000
small = torch.ones(4, requires_grad=True)
X, Y = torch.randn(64, 784), torch.randint(0, 10, (64,))
W1 = (torch.randn(784, 256) * 0.05).requires_grad_()
W2 = (torch.randn(256, 10) * 0.05).requires_grad_()
A, B = torch.randn(256, 256), torch.randn(256, 256)


def ops():
    y = small
    for _ in range(chain // 2):
        y = y * 1.0001 + 0.1
    y.sum().backward()


def mlp():
    loss = torch.nn.functional.cross_entropy(torch.tanh(X @ W1) @ W2, Y)
    g1, g2 = torch.autograd.grad(loss, [W1, W2])
    with torch.no_grad():
        W1.sub_(g1 * 0.01)
        W2.sub_(g2 * 0.01)


def best(run, units):
    least = float("inf")
    for _ in range(7):
        start = time.perf_counter()
        n = 0
        while True:
            run()
            n += 1
            if time.perf_counter() - start > 0.15:
                break
        least = min(least, (time.perf_counter() - start) * 1e6 / n / units)
    return least


print(json.dumps([best(ops, chain), best(mlp, 1), best(lambda: A @ B, 1)]))
