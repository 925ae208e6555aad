# Functions of one's own: saving, several outputs, in-place marks, and the errors.
import torch


def attempt(f):
    try:
        f()
        print("no error")
    except Exception as e:
        print(f"{type(e).__name__}: {e}")


class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        result = x.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, g):
        result, = ctx.saved_tensors
        return g * result


x = torch.tensor([0., 1.], requires_grad=True)
y = Exp.apply(x)
print(y, y.grad_fn.name(), len(y.grad_fn.next_functions))
y.sum().backward()
print(x.grad)
attempt(lambda: y.sum().backward())

# twice differentiable, because backward is made of tensors
g, = torch.autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
print(g)
print(torch.autograd.grad(g.sum(), x))


class Split(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, k, b):
        ctx.k = k
        print(str(ctx.needs_input_grad).lower())
        return a * k, b * k

    @staticmethod
    def backward(ctx, ga, gb):
        print("backward", ga, gb)
        return ga * ctx.k, None, gb * ctx.k


p, q = Split.apply(x, 3, torch.ones(2))
print(p, q)
p.sum().backward()


class AddOne(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        v.add_(1)
        ctx.mark_dirty(v)
        return v

    @staticmethod
    def backward(ctx, g):
        return g


v = x * 2
w = AddOne.apply(v)
print(str(w is v).lower(), v, v._version)
attempt(lambda: AddOne.apply(x))


class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        return v * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2, g


attempt(lambda: Twice.apply(x).sum().backward())


class Short(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        return v * 2

    @staticmethod
    def backward(ctx, g):
        return g[:1]


attempt(lambda: Short.apply(torch.ones(3, requires_grad=True)).sum().backward())


class Forward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        return v * 2


attempt(lambda: Forward.apply(x).sum().backward())


class Sort(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        best = v.max()
        where = v.argmax()
        ctx.mark_non_differentiable(where)
        ctx.set_materialize_grads(False)
        ctx.n = v.shape[0]
        ctx.save_for_backward(where)
        return best, where

    @staticmethod
    def backward(ctx, g, none):
        print(str(none is None).lower())
        where, = ctx.saved_tensors
        out = torch.zeros(ctx.n)
        out[where] = g
        return out


best, where = Sort.apply(x)
print(best, where, str(where.requires_grad).lower())
x.grad = None
best.backward()
print(x.grad)
