import torch
from torch import optim

torch.set_num_threads(1)


def problem(dtype):
    torch.manual_seed(3)
    X = torch.randn(20, 5)
    true = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0])
    y = (X * true).sum(1) / 4 + 0.1 * torch.randn(20)
    w, v = torch.randn(5, 7) * 0.5, torch.randn(7) * 0.5
    X, y = X.to(dtype), y.to(dtype)
    w, v = w.to(dtype).requires_grad_(), v.to(dtype).requires_grad_()
    b = torch.zeros(7, dtype=dtype, requires_grad=True)

    def loss():
        h = (X.unsqueeze(2) * w).sum(1) + b
        h = h / (1 + h.abs())
        return (((h * v).sum(1) - y) ** 2).mean()

    return [w, v, b], loss


# sums of products and a softsign: the last digits of matrix products and of tanh depend on the machine
def run(name, make, steps=30, dtype=torch.float32):
    params, f = problem(dtype)
    opt = make(params)

    def closure():
        opt.zero_grad()
        out = f()
        out.backward()
        return out

    losses = []
    for step in range(steps):
        out = opt.step(closure)
        if step % 6 == 0 or step == steps - 1:
            losses.append(f'{out.item():.6f}')
    print(name, ' '.join(losses))
    print(params[1].detach())
    print(params[2].detach())
    for key, value in opt.state[params[1]].items():
        if isinstance(value, torch.Tensor):
            print(' ', key, ','.join(map(str, value.shape)), f'{value.double().sum().item():.5f}')
        else:
            print(' ', key, 'none' if value is None else 'list' if isinstance(value, list) else f'{float(value):.5f}')


run('SGD', lambda p: optim.SGD(p, lr=0.1))
run('SGD momentum', lambda p: optim.SGD(p, lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01))
run('SGD nesterov', lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True))
run('SGD maximize', lambda p: optim.SGD(p, lr=0.01, maximize=True))
run('Adam', lambda p: optim.Adam(p, lr=0.05))
run('Adam amsgrad', lambda p: optim.Adam(p, lr=0.05, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.01, amsgrad=True))
run('Adam maximize', lambda p: optim.Adam(p, lr=0.01, maximize=True))
run('AdamW', lambda p: optim.AdamW(p, lr=0.05, weight_decay=0.1))
run('AdamW amsgrad', lambda p: optim.AdamW(p, lr=0.05, amsgrad=True))
run('Adamax', lambda p: optim.Adamax(p, lr=0.05, weight_decay=0.01))
run('NAdam', lambda p: optim.NAdam(p, lr=0.05, weight_decay=0.01, momentum_decay=0.01))
run('RAdam', lambda p: optim.RAdam(p, lr=0.05, weight_decay=0.01))
run('RAdam quick', lambda p: optim.RAdam(p, lr=0.01, betas=(0.9, 0.9)))
run('RMSprop', lambda p: optim.RMSprop(p, lr=0.01))
run('RMSprop centered', lambda p: optim.RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5, centered=True, weight_decay=0.01))
run('Adagrad', lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.01, weight_decay=0.01, initial_accumulator_value=0.1))
run('Adadelta', lambda p: optim.Adadelta(p, lr=1.0, rho=0.8, weight_decay=0.01))
run('ASGD', lambda p: optim.ASGD(p, lr=0.1, lambd=0.01, t0=5, weight_decay=0.01))
run('Rprop', lambda p: optim.Rprop(p, lr=0.01, etas=(0.4, 1.3), step_sizes=(1e-5, 1)))
run('LBFGS', lambda p: optim.LBFGS(p, lr=0.5, max_iter=4, history_size=3), 8, torch.float64)
run('LBFGS strong wolfe', lambda p: optim.LBFGS(p, max_iter=5, line_search_fn='strong_wolfe'), 6, torch.float64)

for opt in [optim.SGD, optim.Adam, optim.AdamW, optim.Adamax, optim.NAdam, optim.RAdam, optim.RMSprop,
            optim.Adagrad, optim.Adadelta, optim.ASGD, optim.Rprop, optim.LBFGS]:
    print(opt([torch.zeros(2, requires_grad=True)], lr=0.25))
    print(opt([torch.zeros(2, requires_grad=True)], 1e-5))
