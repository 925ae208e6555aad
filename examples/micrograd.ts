// micrograd: the small classifier that micrograd's demo trains, two interlocking half moons parted by a network with
// two hidden layers, a hinge loss as in a support vector machine, and a penalty on large weights.
//
// Run the file. In the graph the total splits into two branches: the margins, which go down through the network, and the
// penalty, which reaches every parameter directly. Hover `total` for its course over the 100 steps. The first plot is
// what the network says of every point of the plane; where it changes colour is the boundary it learned.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { nn } = torch;
torch.manual_seed(1337);

// %% The data: 50 points on each half circle, labelled -1 and +1, as a hinge loss wants
const n = 50;
const angle = torch.linspace(0, Math.PI, n);
const outer = torch.stack([torch.cos(angle), torch.sin(angle)], 1);
const inner = torch.stack([torch.sub(1, torch.cos(angle)), torch.sub(0.5, torch.sin(angle))], 1);
const X = torch.cat([outer, inner]).add(torch.randn(2 * n, 2).mul(0.1));
const y = torch.cat([torch.full([n, 1], -1), torch.ones(n, 1)]);

// %% The network: a score for each point, whose sign is the answer
const model = new nn.Sequential(
  new nn.Linear(2, 16),
  new nn.ReLU(),
  new nn.Linear(16, 16),
  new nn.ReLU(),
  new nn.Linear(16, 1),
);
const parameters = [...model.parameters()];
console.log(model);
console.log(`number of parameters ${parameters.reduce((count, p) => count + p.numel(), 0)}`);

// %% Training: every step sees all the points, and the steps grow smaller
const steps = 100;
const totals: number[] = [];
for (let step = 0; step < steps; step++) {
  const score = model(X);

  // A point costs nothing once it is on its own side by a margin of at least 1.
  const margins = torch.relu(torch.sub(1, y.mul(score)));
  const hinge = margins.mean();

  // Of two networks that part the points equally well, the one with smaller weights is the smoother.
  let penalty = torch.tensor(0);
  for (const p of parameters) penalty = penalty.add(p.square().sum());
  const total = hinge.add(penalty.mul(1e-4));

  model.zero_grad();
  total.backward();
  const rate = 1 - (0.9 * step) / steps;
  torch.no_grad(() => {
    for (const p of parameters) p.sub_(p.grad.mul(rate));
  });

  totals.push(total.item());
  if (step % 20 === 0 || step === steps - 1) {
    const right = score.sign().eq(y).sum().item();
    console.log(`step ${step}  loss ${total.item().toFixed(3)}  right ${right} of ${2 * n}`);
  }
}

// %% The decision map: -1 is one colour, +1 the other, and between them lies the margin
const [columns, rows] = [60, 45];
const across = torch.linspace(-1.75, 2.75, columns).expand(rows, columns);
const up = torch.linspace(-1.25, 1.75, rows).unsqueeze(1).expand(rows, columns);
const plane = torch.stack([across, up], 2).reshape(-1, 2);
const map = torch.no_grad(() => model(plane)).reshape(rows, columns);

plt.figure();
plt.imshow(map.clamp(-1, 1), { origin: "lower", extent: [-1.75, 2.75, -1.25, 1.75], cmap: "coolwarm" });
plt.scatter(X.index(`:${n}`, 0), X.index(`:${n}`, 1), { label: "-1" });
plt.scatter(X.index(`${n}:`, 0), X.index(`${n}:`, 1), { label: "+1" });
plt.title("The score, cut off at the margin");
plt.legend();

plt.figure();
plt.plot(totals);
plt.title("Hinge loss and penalty");
plt.xlabel("step");
