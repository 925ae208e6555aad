import warnings

import torch
from torch import optim
from torch.optim import lr_scheduler as S

warnings.simplefilter('ignore')


def make(momentum=0, adam=False):
    a = torch.zeros(1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    groups = [{'params': [a]}, {'params': [b], 'lr': 0.01}]
    return optim.Adam(groups, lr=0.1) if adam else optim.SGD(groups, lr=0.1, momentum=momentum)


def show(name, schedule, steps=12, **kwargs):
    opt = make(**kwargs)
    s = schedule(opt)
    print(name, s.get_last_lr())
    for _ in range(steps):
        opt.step()
        s.step()
        extra = [opt.param_groups[0].get('momentum', opt.param_groups[0].get('betas', [0])[0])] if kwargs else []
        print(' ', *[f'{x:.12g}' for x in s.get_last_lr() + extra])
    return s


show('lambda', lambda o: S.LambdaLR(o, lambda e: 0.95 ** e))
show('lambdas', lambda o: S.LambdaLR(o, [lambda e: 1 / (e + 1), lambda e: 0.5 ** (e // 4)]))
show('multiplicative', lambda o: S.MultiplicativeLR(o, lambda e: 0.9 if e % 2 else 0.8))
show('step', lambda o: S.StepLR(o, step_size=3, gamma=0.5))
show('multistep', lambda o: S.MultiStepLR(o, milestones=[2, 5, 5, 9], gamma=0.3))
show('constant', lambda o: S.ConstantLR(o, factor=0.25, total_iters=4))
show('linear', lambda o: S.LinearLR(o, start_factor=0.3, end_factor=0.9, total_iters=7))
show('exponential', lambda o: S.ExponentialLR(o, 0.9))
show('polynomial', lambda o: S.PolynomialLR(o, total_iters=8, power=2.0))
show('cosine', lambda o: S.CosineAnnealingLR(o, T_max=5, eta_min=0.001), 20)
show('cosine long', lambda o: S.CosineAnnealingLR(o, 50), 60)
show('warm restarts', lambda o: S.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.001), 15)
show('cyclic', lambda o: S.CyclicLR(o, base_lr=0.01, max_lr=[0.1, 0.2], step_size_up=3, step_size_down=2), momentum=0.9)
show('cyclic 2', lambda o: S.CyclicLR(o, 0.01, 0.1, step_size_up=2, mode='triangular2', cycle_momentum=False))
show('cyclic exp', lambda o: S.CyclicLR(o, 0.01, 0.1, step_size_up=4, mode='exp_range', gamma=0.9), momentum=0.5)
show('cyclic own', lambda o: S.CyclicLR(o, 0.01, 0.1, 4, scale_fn=lambda x: 1 / x, cycle_momentum=False))
show('one cycle', lambda o: S.OneCycleLR(o, max_lr=0.5, total_steps=12), 11, momentum=0.9)
show('one cycle linear', lambda o: S.OneCycleLR(o, 0.5, epochs=2, steps_per_epoch=5, anneal_strategy='linear', pct_start=0.4), 9, adam=True)
show('three phases', lambda o: S.OneCycleLR(o, [0.5, 0.25], total_steps=15, three_phase=True, div_factor=10.0), 14, momentum=0.9)
show('sequential', lambda o: S.SequentialLR(o, [S.ConstantLR(o, 0.1, 2), S.ExponentialLR(o, 0.9), S.StepLR(o, 2)], [3, 7]))
s = show('chained', lambda o: S.ChainedScheduler([S.ConstantLR(o, 0.1, 2), S.ExponentialLR(o, 0.9)]))
print(sorted(s.state_dict().keys()), len(s.state_dict()['_schedulers']))

# on a plateau
opt = make()
s = S.ReduceLROnPlateau(opt, patience=1, factor=0.5, cooldown=1, min_lr=[0.02, 0.001], verbose=True)
for m in [1.0, 0.9, 0.95, 0.91, 0.92, 0.93, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]:
    s.step(torch.tensor(m))
    print(opt.param_groups[0]['lr'], opt.param_groups[1]['lr'], s.num_bad_epochs, s.best)
s = S.ReduceLROnPlateau(opt, 'max', threshold=0.1, threshold_mode='abs', patience=0)
for m in [0.1, 0.15, 0.3]:
    s.step(m)
    print(opt.param_groups[0]['lr'])

# state and resuming
opt = make()
s = S.StepLR(opt, 2)
for _ in range(3):
    opt.step()
    s.step()
state = s.state_dict()
print(list(state.items()))
again = S.StepLR(make(), 7, gamma=0.3)
again.load_state_dict(state)
print(again.step_size, again.gamma, again.last_epoch, again.get_last_lr())
print(S.MultiStepLR(make(), [3, 3, 4]).state_dict()['milestones'][3])
resumed = S.StepLR(opt, 2, last_epoch=3)
print(resumed.get_last_lr(), resumed.base_lrs)
print(opt)

# talkative
opt = make()
s = S.ExponentialLR(opt, 0.5, verbose=True)
opt.step()
s.step()
w = S.CosineAnnealingWarmRestarts(make(), 4, T_mult=2)
for e in [0, 0.5, 3.9, 4, 5.25, 12, 30]:
    w.step(e)
    print(f'{w.get_last_lr()[0]:.10g} {w.T_cur:g} {w.T_i} {w.last_epoch}')

for attempt in [
    lambda: S.StepLR(3, 2),
    lambda: S.StepLR(make(), 2, last_epoch=4),
    lambda: S.LambdaLR(make(), [lambda e: 1]),
    lambda: S.ConstantLR(make(), factor=1.5),
    lambda: S.LinearLR(make(), start_factor=-1),
    lambda: S.LinearLR(make(), end_factor=2),
    lambda: S.CyclicLR(make(), [0.1], 0.2),
    lambda: S.CyclicLR(make(adam=True), 0.1, 0.2),
    lambda: S.CyclicLR(make(), 0.1, 0.2, mode='square'),
    lambda: S.OneCycleLR(make(), 0.1),
    lambda: S.OneCycleLR(make(), 0.1, total_steps=-2),
    lambda: S.OneCycleLR(make(), 0.1, total_steps=5, pct_start=1.5),
    lambda: S.OneCycleLR(make(), 0.1, total_steps=5, anneal_strategy='exp'),
    lambda: S.CosineAnnealingWarmRestarts(make(), 0),
    lambda: S.CosineAnnealingWarmRestarts(make(), 3, T_mult=0),
    lambda: S.ReduceLROnPlateau(make(), factor=1.0),
    lambda: S.ReduceLROnPlateau(make(), mode='best'),
    lambda: S.ReduceLROnPlateau(make(), min_lr=[0.1]),
    lambda: S.SequentialLR(make(), [S.StepLR(make(), 1)], []),
    lambda: S.ChainedScheduler([S.StepLR(make(), 1), S.StepLR(make(), 1)]),
    lambda: [show('too far', lambda o: S.OneCycleLR(o, 0.1, total_steps=2), 3, momentum=0.1)],
]:
    try:
        attempt()
        print('fine')
    except Exception as e:
        print(type(e).__name__, e)
