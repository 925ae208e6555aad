// A bigram model of names: which letter follows which. First by counting pairs, then by a network of one layer that is
// trained to predict the next letter, and arrives at the same table.
//
// Run the file. The plots show the counted table and the learned one: they are nearly the same picture. Hover `W` to see
// the gradient of the last step, and `loss` to see it approach the loss of the counts. The graph of one step is a single
// path: a row of `W` for each letter, softmax, the probabilities of the letters that really came, logarithm, mean.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const F = torch.nn.functional;
const names = `
  anna ben carla david elena felix greta hanna ian julia karl laura marta nora oscar paula
  rosa simon tina victor alice bruno clara daniel emma frida gabriel helen isabel jonas
  katrin leon maria nina oliver peter robert sara thomas ursula vera walter adam bella
  conrad diana erik fiona georg henry irene jacob kira lena max nadia otto philip
  rebecca sofia tobias valentin wanda amelia boris celia dora emil
`
  .trim()
  .split(/\s+/);

// %% Letters as numbers: 0 is the dot that begins and ends a name
const letters = ".abcdefghijklmnopqrstuvwxyz";
const pairs = names.flatMap((name) => [...name, "."].map((next, i) => [i === 0 ? "." : name[i - 1], next]));
const xs = torch.tensor(
  pairs.map(([first]) => letters.indexOf(first)),
  { dtype: torch.int64 },
);
const ys = torch.tensor(
  pairs.map(([, next]) => letters.indexOf(next)),
  { dtype: torch.int64 },
);
console.log(`${names.length} names, ${pairs.length} pairs`);

// %% By counting: how often each letter follows each, plus a tenth, so that nothing is impossible
const counts = torch.zeros(27, 27);
counts.index_put_([xs, ys], torch.ones(pairs.length), { accumulate: true });
const smoothed = counts.add(0.1);
const P = smoothed.div(smoothed.sum({ dim: 1, keepdim: true }));

// How surprised the table is by the names: the mean of minus the logarithm of each probability.
const counted = P.index(xs, ys).log().mean().neg();
console.log(`loss of the counts ${counted.item().toFixed(3)}, of pure chance ${Math.log(27).toFixed(3)}`);

function write(table: torch.Tensor): string {
  let name = "";
  for (let last = 0; ; ) {
    last = torch.multinomial(table.index(last), 1).item();
    if (last === 0) return name;
    name += letters[last];
  }
}

torch.manual_seed(7);
console.log("from the counts: ", Array.from({ length: 6 }, () => write(P)).join(" "));

// %% By gradient: W holds a score for each pair, and softmax makes probabilities of a row of scores
torch.manual_seed(0);
const W = torch.randn(27, 27, { requires_grad: true });
for (let step = 0; step < 150; step++) {
  const logits = F.one_hot(xs, 27).float().matmul(W);
  const probabilities = F.softmax(logits, 1);
  const loss = probabilities.index(torch.arange(pairs.length), ys).log().mean().neg();

  // A pull of W towards 0 does what the added tenth did to the counts: it keeps every pair possible.
  const total = loss.add(W.square().mean().mul(0.02));
  W.grad = null;
  total.backward();
  W.data.sub_(W.grad.mul(20));

  if (step % 30 === 0 || step === 149) console.log(`step ${step}  loss ${loss.item().toFixed(3)}`);
}

// %% The same letters drawn from what the network learned
const Q = F.softmax(W.detach(), 1);
torch.manual_seed(7);
console.log("from the network:", Array.from({ length: 6 }, () => write(Q)).join(" "));
for (const letter of "aelr") {
  const row = Q.index(letters.indexOf(letter));
  const [, likely] = row.topk(3);
  console.log(
    `after ${letter} most likely ${likely
      .tolist()
      .map((i: number) => letters[i])
      .join(" ")}`,
  );
}

const axes = torch.arange(27);
for (const [title, table] of [["Counted", P] as const, ["Learned", Q] as const]) {
  plt.figure();
  plt.imshow(table, { cmap: "Blues" });
  plt.xticks(axes, [...letters]);
  plt.yticks(axes, [...letters]);
  plt.xlabel("next letter");
  plt.ylabel("letter");
  plt.title(title);
}
