import torch
import torch.nn as nn

torch.set_num_threads(1)
torch.set_printoptions(precision=6)

# what a seed gives to each layer
makers = {
    'linear': lambda: nn.Linear(3, 2), 'bilinear': lambda: nn.Bilinear(2, 3, 2), 'conv1d': lambda: nn.Conv1d(2, 2, 3),
    'conv2d groups': lambda: nn.Conv2d(4, 4, 2, groups=2), 'conv3d': lambda: nn.Conv3d(1, 1, 2, bias=False), 'convt1d': lambda: nn.ConvTranspose1d(2, 3, 2),
    'convt2d': lambda: nn.ConvTranspose2d(2, 1, 2), 'embedding': lambda: nn.Embedding(3, 2, padding_idx=1), 'bag': lambda: nn.EmbeddingBag(2, 3),
    'rnn': lambda: nn.RNN(2, 2), 'lstm': lambda: nn.LSTM(1, 2, bidirectional=True), 'gru': lambda: nn.GRU(1, 2), 'lstm cell': lambda: nn.LSTMCell(2, 1),
    'mha': lambda: nn.MultiheadAttention(4, 2), 'mha kdim': lambda: nn.MultiheadAttention(2, 1, kdim=3, vdim=2, add_bias_kv=True),
    'prelu': lambda: nn.PReLU(2, init=0.1), 'batch': lambda: nn.BatchNorm1d(2), 'layer': lambda: nn.LayerNorm([2, 2]),
    'adaptive': lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 6, [2, 4], div_value=2.0), 'encoder': lambda: nn.TransformerEncoderLayer(2, 1, 3)}
for name, make in makers.items():
    torch.manual_seed(len(name))
    for n, p in make().state_dict().items():
        print(name, n, p.flatten()[:6])

# every initialiser
init = nn.init
torch.manual_seed(5)
w = torch.empty(4, 3)
for name, f in (('uniform', lambda: init.uniform_(w, -1, 2)), ('normal', lambda: init.normal_(w, 1, 0.1)), ('constant', lambda: init.constant_(w, 0.3)),
                ('ones', lambda: init.ones_(w)), ('zeros', lambda: init.zeros_(w)), ('eye', lambda: init.eye_(w)), ('xavier u', lambda: init.xavier_uniform_(w, gain=init.calculate_gain('tanh'))),
                ('xavier n', lambda: init.xavier_normal_(w)), ('kaiming u', lambda: init.kaiming_uniform_(w, a=0.2, mode='fan_out')),
                ('kaiming n', lambda: init.kaiming_normal_(w, nonlinearity='relu')), ('trunc', lambda: init.trunc_normal_(w, std=2.0, a=-1, b=1)),
                ('orthogonal', lambda: init.orthogonal_(w, gain=2.0).mul(1000).round()), ('sparse', lambda: init.sparse_(w, 0.4, std=0.1))):
    print(name, f())
print(init.dirac_(torch.empty(2, 2, 3)))
print(init.dirac_(torch.empty(4, 1, 3), groups=2)[:, 0])
for n in ('linear', 'conv2d', 'sigmoid', 'tanh', 'relu', 'leaky_relu', 'selu'):
    print(n, f'{init.calculate_gain(n):.6f}')
print(f"{init.calculate_gain('leaky_relu', 0.5):.6f}")
for f in (lambda: init.calculate_gain('swish'), lambda: init.xavier_uniform_(torch.empty(3)), lambda: init.kaiming_normal_(w, mode='fan'),
          lambda: init.eye_(torch.empty(2)), lambda: init.dirac_(torch.empty(2, 2)), lambda: init.orthogonal_(torch.empty(2)), lambda: init.sparse_(torch.empty(2), 0.1),
          lambda: init.calculate_gain('leaky_relu', 'x'), lambda: init.kaiming_uniform_(torch.empty(1)), lambda: init.dirac_(torch.empty(3, 2, 3), groups=2)):
    try:
        f()
        print('fine')
    except Exception as e:
        print(type(e).__name__, e)


def weights(m):
    if isinstance(m, (nn.Linear, nn.Conv2d)):
        init.kaiming_normal_(m.weight, mode='fan_out', nonlinearity='relu')
        if m.bias is not None:
            init.zeros_(m.bias)
    elif isinstance(m, nn.BatchNorm2d):
        init.uniform_(m.weight)


torch.manual_seed(8)
net = nn.Sequential(nn.Conv2d(1, 2, 2, bias=False), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2)).apply(weights)
for n, p in net.named_parameters():
    print(n, p.data.flatten()[:5])
print(torch.rand(2))

# the state of the generator
state = torch.get_rng_state()
a = torch.randn(3), torch.randperm(5), torch.rand(2)
torch.set_rng_state(state)
b = torch.randn(3), torch.randperm(5), torch.rand(2)
print([torch.equal(x, y) for x, y in zip(a, b)], torch.initial_seed(), state.shape, state.dtype)
with torch.random.fork_rng():
    torch.manual_seed(1)
    inside = torch.rand(1)
print(inside, torch.rand(1))
g = torch.Generator().manual_seed(4)
print(torch.randn(2, generator=g), torch.randint(0, 9, (3,), generator=g), torch.multinomial(torch.tensor([0.2, 0.8]), 3, replacement=True, generator=g), g.initial_seed())
torch.manual_seed(2)
drop = nn.Dropout(0.4)
print(drop(torch.ones(9)), nn.AlphaDropout(0.2)(torch.ones(4)), nn.Dropout2d(0.5)(torch.ones(1, 4, 1, 2))[0, :, 0], nn.functional.dropout(torch.ones(3), 0.9, training=False))
print(torch.bernoulli(torch.full((6,), 0.3)), torch.normal(0.0, torch.tensor([1.0, 2.0])), torch.empty(3).exponential_(2.0), torch.empty(2).cauchy_(), torch.empty(2).log_normal_(), torch.empty(3).geometric_(0.3), torch.empty(4).random_(0, 10))
