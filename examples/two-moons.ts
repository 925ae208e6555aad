// Two moons: a small neural network written from tensors alone, and trained by gradient descent.
//
// Run the file. Hover `W1` or any other parameter for its values and its last gradient, `loss` for its course over
// the 200 steps, and look at the graph of one step: the loss at the top, the six parameters at the bottom.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

torch.manual_seed(0);

// %% The data: two half circles that interlock, 100 points each, with a little noise
const n = 100;
const angle = torch.linspace(0, Math.PI, n);
const upper = torch.stack([torch.cos(angle), torch.sin(angle)], 1);
const lower = torch.stack([torch.sub(1, torch.cos(angle)), torch.sub(0.5, torch.sin(angle))], 1);
const X = torch.cat([upper, lower]).add(torch.randn(2 * n, 2).mul(0.1));
const Y = torch.cat([torch.zeros(n, 1), torch.ones(n, 1)]);

// %% The network: 2 → 16 → 16 → 1, weights scaled by their fan-in
const W1 = torch.randn(2, 16).div(Math.sqrt(2)).requires_grad_();
const b1 = torch.zeros(16, { requires_grad: true });
const W2 = torch.randn(16, 16).div(4).requires_grad_();
const b2 = torch.zeros(16, { requires_grad: true });
const W3 = torch.randn(16, 1).div(4).requires_grad_();
const b3 = torch.zeros(1, { requires_grad: true });
const parameters = [W1, b1, W2, b2, W3, b3];

function network(points: torch.Tensor): torch.Tensor {
  const h1 = torch.tanh(points.matmul(W1).add(b1));
  const h2 = torch.tanh(h1.matmul(W2).add(b2));
  return torch.sigmoid(h2.matmul(W3).add(b3));
}

// %% Training: 200 steps of plain gradient descent on the cross entropy
const rate = 0.5;
const losses: number[] = [];
for (let step = 0; step < 200; step++) {
  const p = network(X);
  const hit = Y.mul(torch.log(p.add(1e-7)));
  const miss = torch.sub(1, Y).mul(torch.log(torch.sub(1 + 1e-7, p)));
  const loss = hit.add(miss).mean().neg();

  loss.backward();
  torch.no_grad(() => {
    for (const parameter of parameters) {
      parameter.sub_(parameter.grad.mul(rate));
      parameter.grad = null;
    }
  });

  losses.push(loss.item());
  if (step % 40 === 0 || step === 199) {
    const right = p.gt(0.5).eq(Y.gt(0.5)).sum().item();
    console.log(`step ${step}  loss ${loss.item().toFixed(4)}  right ${right} of ${2 * n}`);
  }
}

// %% What it learned
plt.figure();
plt.plot(losses);
plt.title("Loss");
plt.xlabel("step");

const grid = torch.stack(
  [
    torch.linspace(-1.5, 2.5, 40).reshape(1, 40).expand(30, 40).reshape(-1),
    torch.linspace(-1, 1.5, 30).reshape(30, 1).expand(30, 40).reshape(-1),
  ],
  1,
);
const map = torch.no_grad(() => network(grid)).reshape(30, 40);
plt.figure();
plt.imshow(map, { origin: "lower", extent: [-1.5, 2.5, -1, 1.5], cmap: "coolwarm" });
plt.scatter(upper.index(":", 0), upper.index(":", 1), { label: "upper moon" });
plt.scatter(lower.index(":", 0), lower.index(":", 1), { label: "lower moon" });
plt.title("Probability of the lower moon");
plt.legend();
