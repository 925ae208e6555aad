# Hooks in their order, what `inputs=` and `grad` let run, and retained gradients.
import torch

x = torch.tensor([1., 2.], requires_grad=True)


def leaf(g):
    print("leaf", g)
    return g * 10


def triple(g):
    print("triple", g)
    return g * 3


x.register_hook(leaf)
y = x * 2
y.register_hook(triple)
z = y.sum()
for g in torch.autograd.grad(z, [x, y], retain_graph=True):
    print(g)
z.backward(retain_graph=True)
print(x.grad)

y.retain_grad()


def five(g):
    print("five", g)
    return g * 5


y.register_hook(five)
x.grad = None
z.backward(retain_graph=True)
print(x.grad, y.grad)
z.backward(inputs=[x], retain_graph=True)
print(x.grad)

# node hooks see both sides and may replace the inputs' side
w = torch.tensor([3., 4.], requires_grad=True)
u = w * w


def node(grad_inputs, grad_outputs):
    print(len(grad_inputs), grad_inputs[0], grad_outputs[0])
    return tuple(g * 2 for g in grad_inputs)


h = u.grad_fn.register_hook(node)
u.sum().backward(retain_graph=True)
print(w.grad)
h.remove()
w.grad = None
u.sum().backward()
print(w.grad)

# several roots, each with its weight
a = torch.tensor(2., requires_grad=True)
b, c = a * a, a * 3
torch.autograd.backward([b, c], [torch.tensor(1.), torch.tensor(10.)])
print(a.grad)
p, q = torch.tensor(1., requires_grad=True), torch.tensor(2., requires_grad=True)
print(torch.autograd.grad([p * q, p * 5], [p, q], grad_outputs=[torch.tensor(1.), torch.tensor(2.)]))
print(torch.autograd.grad(p * 5, [p, q], allow_unused=True))

# higher orders
t = torch.tensor(2., requires_grad=True)
d = t ** 4
for _ in range(5):
    d, = torch.autograd.grad(d, t, create_graph=True)
    print(d)
