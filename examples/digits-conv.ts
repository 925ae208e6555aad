// A convolutional network that reads digits: 12×12 pictures, each drawn here from a 3×5 pattern, blown up, moved about and
// covered with noise. A convolution slides the same few weights over the whole picture, so a digit may stand anywhere.
//
// Run the file. The plots show some of the pictures, the eight filters that the first layer learned, and which digits are
// taken for which. In the graph `ConvolutionBackward0` stands twice; hover `first.weight` for the filters' gradient, and
// follow the shapes on the hovers: 12×12, then 6×6, then 3×3, while the channels grow from 1 to 16.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);

// %% The digits 0 to 9, five rows of three dots each
const patterns = [
  "### #.# #.# #.# ###",
  ".#. ##. .#. .#. ###",
  "### ..# ### #.. ###",
  "### ..# ### ..# ###",
  "#.# #.# ### ..# ..#",
  "### #.. ### ..# ###",
  "### #.. ### #.# ###",
  "### ..# ..# .#. .#.",
  "### #.# ### #.# ###",
  "### #.# ### ..# ###",
];
const dots = patterns.map((rows) => rows.split(" ").map((row) => [...row].map((dot) => (dot === "#" ? 1 : 0))));
// Each dot becomes 2×2 pixels: a digit is 10 rows by 6 columns of the 12×12.
const shapes = torch.tensor(dots).repeat_interleave(2, 1).repeat_interleave(2, 2);

function draw(count: number): [torch.Tensor, torch.Tensor] {
  const digits = torch.randint(0, 10, [count]);
  const down: number[] = torch.randint(0, 3, [count]).tolist();
  const right: number[] = torch.randint(0, 7, [count]).tolist();
  const pictures = torch.zeros(count, 1, 12, 12);
  for (let i = 0; i < count; i++) {
    const place = pictures.index(i, 0, torch.slice(down[i], down[i] + 10), torch.slice(right[i], right[i] + 6));
    place.copy_(shapes.index(digits.index(i)));
  }
  return [pictures.add(torch.randn_like(pictures).mul(0.15)), digits];
}

// %% The network: two convolutions, each followed by a pooling that halves the picture, and a linear layer
const first = new nn.Conv2d(1, 8, 3, { padding: 1 });
const model = new nn.Sequential(
  first,
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(8, 16, 3, { padding: 1 }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(16 * 3 * 3, 10),
);
console.log(model);

// %% Training: 32 new pictures at each step
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
const losses: number[] = [];
for (let step = 0; step < 100; step++) {
  const [pictures, digits] = draw(32);
  const logits = model(pictures);
  const loss = F.cross_entropy(logits, digits);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();

  losses.push(loss.item());
  if (step % 20 === 0 || step === 99) {
    const right = logits.argmax(1).eq(digits).sum().item();
    console.log(`step ${step}  loss ${loss.item().toFixed(1)}  right ${right} of 32`);
  }
}

// %% On pictures it has not seen
const [pictures, digits] = draw(300);
const read = torch.no_grad(() => model(pictures).argmax(1));
console.log(`new pictures: ${Math.round((100 * read.eq(digits).sum().item()) / 300)} % right`);

const taken = torch.zeros(10, 10);
taken.index_put_([digits, read], torch.ones(300), { accumulate: true });

const [, some] = plt.subplots(2, 5, { figsize: [8, 3.5] });
for (let i = 0; i < 10; i++) {
  const axes = some[Math.floor(i / 5)][i % 5];
  axes.imshow(pictures.index(i, 0), { cmap: "gray" });
  axes.set_title(`${digits.index(i).item()}, read as ${read.index(i).item()}`);
}

const [, filters] = plt.subplots(2, 4, { figsize: [8, 4] });
for (let i = 0; i < 8; i++) {
  const axes = filters[Math.floor(i / 4)][i % 4];
  axes.imshow(first.weight.detach().index(i, 0), { cmap: "coolwarm", vmin: -1, vmax: 1 });
  axes.set_title(`filter ${i}`);
}

plt.figure();
plt.imshow(taken, { cmap: "Blues" });
plt.title("Drawn (row), read as (column)");
plt.figure();
plt.plot(losses);
plt.title("Loss");
