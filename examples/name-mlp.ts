// Names by a multilayer perceptron: three letters go in, each as a point of the plane that the network itself places, and
// the next letter is guessed. Batch normalisation keeps the hidden layer's inputs in the range where tanh still has a slope.
//
// Run the file. Look at the plot of the letters: the vowels gather, because names treat them alike. Hover
// `embedding.weight` or `loss`, and follow the graph of one step down to `EmbeddingBackward0`: the gradient that arrives
// there is added to the rows of the letters that occurred, and to no others.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { nn, optim } = torch;
const F = nn.functional;
const names = `
  anna ben carla david elena felix greta hanna ian julia karl laura marta nora oscar paula
  rosa simon tina victor alice bruno clara daniel emma frida gabriel helen isabel jonas
  katrin leon maria nina oliver peter robert sara thomas ursula vera walter adam bella
  conrad diana erik fiona georg henry irene jacob kira lena max nadia otto philip
  rebecca sofia tobias valentin wanda amelia boris celia dora emil
`
  .trim()
  .split(/\s+/);
torch.manual_seed(42);

// %% The data: every letter of every name, with the three before it; 0 is the dot around a name
const letters = ".abcdefghijklmnopqrstuvwxyz";
const [context, width] = [3, 2];
const inputs: number[][] = [];
const targets: number[] = [];
for (const name of names) {
  let window: number[] = Array(context).fill(0);
  for (const letter of `${name}.`) {
    const next = letters.indexOf(letter);
    inputs.push(window);
    targets.push(next);
    window = [...window.slice(1), next];
  }
}
const X = torch.tensor(inputs, { dtype: torch.int64 });
const Y = torch.tensor(targets, { dtype: torch.int64 });
console.log(`${names.length} names, ${Y.numel()} letters to guess`);

// %% The network: 3 letters → 3 points of the plane → 64 hidden units → a score for each of 27 letters
const embedding = new nn.Embedding(27, width);
const layers = new nn.Sequential(
  new nn.Flatten(),
  new nn.Linear(context * width, 64, { bias: false }),
  new nn.BatchNorm1d(64),
  new nn.Tanh(),
  new nn.Linear(64, 27),
);
const model = new nn.Sequential(embedding, layers);
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01 });

// %% Training on 64 letters at a time
const losses: number[] = [];
for (let step = 0; step < 400; step++) {
  const batch = torch.randint(0, Y.numel(), [64]);
  const logits = model(X.index(batch));
  const loss = F.cross_entropy(logits, Y.index(batch));
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();

  losses.push(loss.item());
  if (step % 100 === 0 || step === 399) console.log(`step ${step}  loss ${loss.item().toFixed(2)}`);
}

// %% In use: batch normalisation now takes the averages it kept, so one name can be written at a time
model.eval();
const whole = torch.no_grad(() => F.cross_entropy(model(X), Y));
console.log(`loss on all letters ${whole.item().toFixed(2)}, of pure chance ${Math.log(27).toFixed(2)}`);

function write(): string {
  let name = "";
  let window: number[] = Array(context).fill(0);
  while (name.length < 12) {
    const logits = torch.no_grad(() => model(torch.tensor([window], { dtype: torch.int64 })));
    const next = torch.multinomial(F.softmax(logits, 1), 1).item();
    if (next === 0) break;
    name += letters[next];
    window = [...window.slice(1), next];
  }
  return name;
}
torch.manual_seed(3);
console.log("new names:", Array.from({ length: 8 }, write).join(" "));

// %% Where the network put the letters
const places = embedding.weight.detach();
plt.figure();
plt.scatter(places.index(":", 0), places.index(":", 1));
for (const [i, letter] of [...letters].entries()) {
  plt.text(places.index(i, 0).item(), places.index(i, 1).item(), ` ${letter}`);
}
plt.title("The letters, as the network sees them");

plt.figure();
plt.plot(losses);
plt.title("Loss of each batch");
plt.xlabel("step");
