import torch
from torch import nn
from torch.nn.utils import rnn

torch.manual_seed(0)

# packing
seqs = [torch.arange(1.0, 4.0), torch.tensor([7.0]), torch.tensor([4.0, 5.0])]
print(rnn.pad_sequence(seqs))
print(rnn.pad_sequence(seqs, batch_first=True, padding_value=-1))
packed = rnn.pack_sequence(seqs, enforce_sorted=False)
print(packed)
print(rnn.pad_packed_sequence(packed, batch_first=True))
print(rnn.pad_packed_sequence(packed, padding_value=-1.0, total_length=4)[0])
print(rnn.unpack_sequence(packed))
print(rnn.pack_padded_sequence(torch.arange(6.0).view(3, 2), [3, 2]))


def attempt(f):
    try:
        f()
    except Exception as e:
        print(f"{type(e).__name__}: {e}")


attempt(lambda: rnn.pack_padded_sequence(torch.ones(3, 2), [1, 3]))
attempt(lambda: rnn.pad_packed_sequence(packed, total_length=2))

# recurrent layers over them
x = torch.randn(4, 3, 2, requires_grad=True)
lengths = torch.tensor([2, 4, 1])
for layer in (nn.LSTM(2, 3, bidirectional=True), nn.GRU(2, 3, num_layers=2), nn.RNN(2, 3, bidirectional=True)):
    p = rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
    out, hidden = layer(p)
    y, sizes = rnn.pad_packed_sequence(out)
    h = hidden[0] if isinstance(hidden, tuple) else hidden
    print(type(layer).__name__, y.shape, sizes, out.data.grad_fn.name())
    print(y[:, 0])
    print(h[:, 2])
    x.grad = None
    (y.sum() + h.pow(2).sum()).backward()
    print(x.grad[:, 0], layer.weight_hh_l0.grad[0])

# initial states, one step after the other
lstm = nn.LSTM(2, 3, batch_first=True)
seq = torch.randn(1, 5, 2)
whole, (h, c) = lstm(seq)
state = None
for t in range(5):
    step, state = lstm(seq[:, t : t + 1], state)
print(torch.allclose(step[:, 0], whole[:, -1]), torch.allclose(state[1], c))
cell = nn.LSTMCell(2, 3)
cell.load_state_dict({k.replace("_l0", ""): v for k, v in lstm.state_dict().items()})
hx = (torch.zeros(1, 3), torch.zeros(1, 3))
for t in range(5):
    hx = cell(seq[:, t], hx)
print(torch.allclose(hx[0], h[0]), hx[0].grad_fn.name(), whole.grad_fn.name())
print([tuple(w.shape) for w in lstm.all_weights[0]])

# attention with masks
mha = nn.MultiheadAttention(4, 2, batch_first=True)
q = torch.randn(2, 3, 4)
causal = nn.Transformer.generate_square_subsequent_mask(3)
print(causal)
out, w = mha(q, q, q, attn_mask=causal)
print(out[0], w[0])
pad = torch.tensor([[False, False, True], [False, False, False]])
out, w = mha(q, q, q, key_padding_mask=pad, average_attn_weights=False)
print(w[0], out.grad_fn.name())
print(mha(q, q, q, need_weights=False)[1])
mha.eval()
print(mha(q[0], q[1], q[1], attn_mask=causal.isinf())[0])

# an encoder in inference leaves padding out
enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2)
enc.eval()
pad = torch.tensor([[False, False, True], [False, True, True]])
print(enc(q, src_key_padding_mask=pad)[:, :, 0])
with torch.no_grad():
    print(enc(q, src_key_padding_mask=pad)[:, :, 0])
    print(enc(q)[:, :, 0])

# encoder, decoder and a copying task
torch.manual_seed(1)
model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
emb, head = nn.Embedding(5, 8), nn.Linear(8, 5)
params = [*model.parameters(), *emb.parameters(), *head.parameters()]
opt = torch.optim.SGD(params, lr=0.05)
src = torch.randint(1, 5, (4, 4))
tgt_in = torch.cat([torch.zeros(4, 1, dtype=torch.int64), src[:, :-1]], 1)
mask = nn.Transformer.generate_square_subsequent_mask(4)
for step in range(4):
    logits = head(model(emb(src), emb(tgt_in), tgt_mask=mask))
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), src.flatten())
    opt.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(params, 1.0)
    opt.step()
    print(f"step {step} loss {loss.item():.3f} norm {norm.item():.3f}")
