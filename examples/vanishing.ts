// Vanishing gradients: twenty layers in a row, and how much of the gradient is left when it has come down through all of
// them. A sigmoid's slope is at most 1/4, so a deep chain of them tells its first layers almost nothing; tanh does
// better, and still loses most of it; a residual connection, which adds a layer's input to its output, lets it all pass.
//
// Run the file. The first plot has the norm of every layer's gradient as bars on a logarithmic scale. The graph's nodes are
// coloured by that same norm: it fades on the way down a plain chain, and does not where `AddBackward0` gives it a second
// way. The last plot shows what follows from it: the residual network learns, the plain ones stay where they were.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { nn, optim } = torch;
const F = nn.functional;
const [depth, width] = [20, 16];

// %% One network for all three: what differs is the activation, and whether a layer's input is added to its output
class Chain extends nn.Module {
  first = new nn.Linear(2, width);
  layers = new nn.ModuleList(Array.from({ length: depth }, () => new nn.Linear(width, width)));
  last = new nn.Linear(width, 1);

  constructor(
    readonly activation: (x: torch.Tensor) => torch.Tensor,
    readonly residual: boolean,
  ) {
    super();
  }

  forward(x: torch.Tensor) {
    let h = this.first(x);
    for (const layer of this.layers) {
      const change = this.activation(layer(h));
      h = this.residual ? h.add(change) : change;
    }
    return this.last(h);
  }
}

const kinds = [
  { name: "sigmoid", activation: torch.sigmoid, residual: false },
  { name: "tanh", activation: torch.tanh, residual: false },
  { name: "tanh, residual", activation: torch.tanh, residual: true },
];

// %% The task: is a point nearer to the origin than 1?
torch.manual_seed(0);
const X = torch.randn(64, 2);
const Y = X.norm({ dim: 1, keepdim: true }).lt(1).float();

// %% Before any training: the norm of the gradient of each layer's weight
const [, bars] = plt.subplots(1, kinds.length, { figsize: [12, 3] });
for (const [i, { name, activation, residual }] of kinds.entries()) {
  torch.manual_seed(1);
  const model = new Chain(activation, residual);
  const loss = F.binary_cross_entropy_with_logits(model(X), Y);
  loss.backward();

  const norms: number[] = [];
  for (const layer of model.layers) norms.push(layer.weight.grad.norm().item());
  bars[i].bar(torch.arange(1, depth + 1), norms);
  bars[i].set_yscale("log");
  bars[i].set_title(name);
  bars[i].set_xlabel("layer");

  const lost = Math.round(Math.log10(norms[depth - 1] / norms[0]));
  console.log(`${name}: from layer ${depth} to layer 1 the gradient shrinks by a factor of 10^${lost}`);
}

// %% And in training: the same optimiser, the same 60 steps
plt.figure();
for (const { name, activation, residual } of kinds) {
  torch.manual_seed(1);
  const model = new Chain(activation, residual);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.02, momentum: 0.9 });
  const losses: number[] = [];
  for (let step = 0; step < 60; step++) {
    const loss = F.binary_cross_entropy_with_logits(model(X), Y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  }
  const right = model(X).gt(0).eq(Y.gt(0.5)).sum().item();
  console.log(`${name}: loss ${losses[0].toFixed(2)} → ${losses[59].toFixed(2)}, right ${right} of 64`);
  plt.plot(losses, { label: name });
}
plt.title("Loss");
plt.xlabel("step");
plt.legend();
