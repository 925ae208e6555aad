// A generative adversarial network in one dimension: a generator turns noise into numbers, a critic tries to tell them from
// numbers drawn from a normal distribution around 4. The generator never sees those; all it learns from is the critic's
// gradient.
//
// Run the file. In the graph of the generator's loss the path leads down through the critic and on into the generator:
// that is the gradient it learns from. `detach` cuts that path for the critic's own loss. Hover `fool` and `tell` for the
// course of the contest; the plot shows the generated numbers moving onto the true ones.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(2);

// %% The two players
const real = (count: number) => torch.randn(count, 1).mul(1.25).add(4);
const generator = new nn.Sequential(new nn.Linear(1, 16), new nn.Tanh(), new nn.Linear(16, 1));
const critic = new nn.Sequential(
  new nn.Linear(1, 16),
  new nn.LeakyReLU(0.2),
  new nn.Linear(16, 16),
  new nn.LeakyReLU(0.2),
  new nn.Linear(16, 1),
);
const generatorSteps = new optim.Adam(generator.parameters(), { lr: 0.005, betas: [0.5, 0.999] });
const criticSteps = new optim.Adam(critic.parameters(), { lr: 0.01, betas: [0.5, 0.999] });

// %% The contest
const batch = 64;
const [ones, zeros] = [torch.ones(batch, 1), torch.zeros(batch, 1)];
const means: number[] = [];
const deviations: number[] = [];
for (let step = 0; step < 500; step++) {
  const made = generator(torch.randn(batch, 1));

  // The critic learns to say 1 to real numbers and 0 to made ones; the generator stays out of it.
  const onReal = F.binary_cross_entropy_with_logits(critic(real(batch)), ones);
  const onMade = F.binary_cross_entropy_with_logits(critic(made.detach()), zeros);
  const tell = onReal.add(onMade);
  criticSteps.zero_grad();
  tell.backward();
  criticSteps.step();

  // The generator learns to make the critic say 1.
  const fool = F.binary_cross_entropy_with_logits(critic(made), ones);
  generatorSteps.zero_grad();
  fool.backward();
  generatorSteps.step();

  means.push(made.mean().item());
  deviations.push(made.std().item());
  if (step % 100 === 0 || step === 499) {
    console.log(`step ${step}  mean ${means[step].toFixed(1)}  deviation ${deviations[step].toFixed(1)}`);
  }
}

// %% What came of it
const made = torch.no_grad(() => generator(torch.randn(1000, 1)));
console.log(`real: mean 4.0 deviation 1.25; made: mean ${made.mean().item().toFixed(1)}`);

plt.figure();
plt.hist(real(1000).reshape(-1), { bins: 40, range: [-1, 9], alpha: 0.5, label: "real" });
plt.hist(made.reshape(-1), { bins: 40, range: [-1, 9], alpha: 0.5, label: "made" });
plt.title("A thousand numbers of each");
plt.legend();

plt.figure();
plt.plot(means, { label: "mean" });
plt.plot(deviations, { label: "deviation" });
plt.axhline(4, { linestyle: "--" });
plt.axhline(1.25, { linestyle: "--" });
plt.title("The made numbers during the contest");
plt.xlabel("step");
plt.legend();

const line = torch.linspace(-1, 9, 100).unsqueeze(1);
const belief = torch.no_grad(() => torch.sigmoid(critic(line)));
plt.figure();
plt.plot(line.reshape(-1), belief.reshape(-1));
plt.ylim(0, 1);
plt.title("How real the critic thinks a number is, at the end");
