// A variational autoencoder: 8×8 pictures of a soft dot are squeezed into two numbers and drawn again from them. Nobody
// says what the two numbers should mean; they turn out to be where the dot is.
//
// Run the file. The first plot has a point for each picture, placed by its two numbers and coloured by the dot's column. The
// second is drawn by the decoder alone, from a grid of points in that plane. In the graph the sample `z` is where it all
// meets: through `MulBackward0` with the random numbers the gradient passes on to the encoder's two answers, mean and
// deviation; the branch of `divergence` reaches them without passing through the decoder.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);

// %% The data: a dot at a random place
const size = 8;
const pixel = torch.arange(size).float();

function draw(count: number): [torch.Tensor, torch.Tensor] {
  const places = torch.rand(count, 2).mul(5).add(1);
  const bump = (center: torch.Tensor) => pixel.sub(center.unsqueeze(1)).square().div(-2).exp();
  const rows = bump(places.index(":", 0));
  const columns = bump(places.index(":", 1));
  return [rows.unsqueeze(2).mul(columns.unsqueeze(1)).flatten(1), places];
}

// %% The two halves: a picture to the mean and the log-variance of two numbers, two numbers to a picture
const encoder = new nn.Sequential(new nn.Linear(size * size, 48), new nn.Tanh(), new nn.Linear(48, 4));
const decoder = new nn.Sequential(
  new nn.Linear(2, 48),
  new nn.Tanh(),
  new nn.Linear(48, size * size),
  new nn.Sigmoid(),
);
const optimizer = new optim.Adam([...encoder.parameters(), ...decoder.parameters()], { lr: 0.01 });

// %% Training
const losses: number[] = [];
for (let step = 0; step < 300; step++) {
  const [pictures] = draw(64);
  const [mean, logVariance] = encoder(pictures).chunk(2, { dim: 1 });

  // A sample, written so that its randomness is an input and the gradient can pass to mean and deviation.
  const deviation = logVariance.mul(0.5).exp();
  const z = mean.add(deviation.mul(torch.randn_like(mean)));
  const drawn = decoder(z);

  // Draw the same picture again, and keep the two numbers near a standard normal distribution.
  const error = F.mse_loss(drawn, pictures, { reduction: "sum" }).div(64);
  const divergence = mean
    .square()
    .add(logVariance.exp())
    .sub(logVariance)
    .sub(1)
    .sum()
    .div(2 * 64);
  const loss = error.add(divergence.mul(0.05));

  optimizer.zero_grad();
  loss.backward();
  optimizer.step();

  losses.push(loss.item());
  if (step % 60 === 0 || step === 299) {
    console.log(`step ${step}  error ${error.item().toFixed(1)}  divergence ${divergence.item().toFixed(1)}`);
  }
}

// %% What the two numbers mean: how well a straight line from them gives the dot's place
const [pictures, places] = draw(300);
const codes = torch.no_grad(() => encoder(pictures)).index(":", ":2");
const withOne = torch.cat([codes, torch.ones(300, 1)], 1);
const { solution } = torch.linalg.lstsq(withOne, places);
const missed = places.sub(withOne.matmul(solution)).square().sum(0);
const explained = torch.sub(1, missed.div(places.sub(places.mean(0)).square().sum(0)));
for (const [name, share] of [["row", explained.index(0)] as const, ["column", explained.index(1)] as const]) {
  console.log(`the dot's ${name} follows from the code to ${Math.round(share.item() * 10)} tenths`);
}

plt.figure();
plt.scatter(codes.index(":", 0), codes.index(":", 1), { c: places.index(":", 1), cmap: "viridis" });
plt.title("Each picture's two numbers, coloured by the dot's column");

// %% The decoder on its own: a picture for each point of a grid
const side = 7;
const steps = torch.linspace(-1.6, 1.6, side);
const grid = torch.stack([steps.repeat_interleave(side), steps.repeat(side)], 1);
const mosaic = torch.no_grad(() => decoder(grid)).reshape(side, side, size, size);
plt.figure();
plt.imshow(mosaic.permute(0, 2, 1, 3).reshape(side * size, side * size), { cmap: "gray" });
plt.title("Drawn from a grid of points");

plt.figure();
plt.plot(losses);
plt.title("Loss");
plt.xlabel("step");
