// An LSTM that must remember: a letter is shown, noise follows for eight steps, and at the end the network has to say which
// letter it was. Only the cell, which carries its content from step to step almost unchanged, can hold it that long.
//
// Run the file. The first plot shows how far apart the network's states are for different letters: before training the
// difference fades step by step, after training it stays. Hover `memory.weight_hh_l0` for the weights of the four gates
// and their gradient, and `loss` for its course from log 4, pure chance, to nothing. In the graph all
// nine steps stand one above the other, each with its three sigmoid gates; the chain of `AddBackward0` is the cell.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);

// %% The data: the symbols 0 to 3 are letters, 4 to 7 are noise
const [letters, noise, length] = [4, 4, 8];

function examples(count: number): [torch.Tensor, torch.Tensor] {
  const shown = torch.randint(0, letters, [count]);
  const rest = torch.randint(letters, letters + noise, [count, length]);
  return [torch.cat([shown.unsqueeze(1), rest], 1), shown];
}

// %% The network: a vector for each symbol, the LSTM over the sequence, a guess from its last output
const embed = new nn.Embedding(letters + noise, 8);
const memory = new nn.LSTM(8, 16, { batch_first: true });
const guess = new nn.Linear(16, letters);

// The forget gate starts nearly open, as is usual: what is in the cell stays there until the network learns otherwise.
torch.no_grad(() => memory.bias_ih_l0.index("16:32").fill_(2));

const parts = new nn.ModuleList([embed, memory, guess]);
const optimizer = new optim.Adam(parts.parameters(), { lr: 0.03 });

function answer(vectors: torch.Tensor): torch.Tensor {
  const [outputs] = memory(vectors);
  return guess(outputs.index(":", -1));
}

/** The four letters, each followed by the same noise: how far apart the network's states are at each step. */
function spread(): torch.Tensor {
  const rest = torch.randint(letters, letters + noise, [1, length]).expand(letters, length);
  const sequences = torch.cat([torch.arange(letters).unsqueeze(1), rest], 1);
  const [outputs] = torch.no_grad(() => memory(embed(sequences)));
  return outputs.std(0).norm({ dim: 1 });
}

const before = spread();

// %% Training: 16 new sequences at each step
const losses: number[] = [];
for (let step = 0; step < 100; step++) {
  const [sequences, shown] = examples(16);
  const logits = answer(embed(sequences));
  const loss = F.cross_entropy(logits, shown);

  optimizer.zero_grad();
  loss.backward();
  nn.utils.clip_grad_norm_(parts.parameters(), 1);
  optimizer.step();

  losses.push(loss.item());
  if (step % 20 === 0 || step === 99) {
    const right = logits.argmax(1).eq(shown).sum().item();
    console.log(`step ${step}  loss ${loss.item().toFixed(1)}  right ${right} of 16`);
  }
}

// %% What it learned
const after = spread();
const kept = (byStep: torch.Tensor) => byStep.index(-1).div(byStep.index(0)).item().toFixed(1);
console.log(
  `of the difference between letters there is left: ${kept(before)} before training, ${kept(after)} after it`,
);

const [sequences, shown] = examples(200);
const right = torch.no_grad(() => answer(embed(sequences)).argmax(1).eq(shown).sum()).item();
console.log(`new sequences: right ${right} of 200`);

plt.figure();
plt.plot(before, { label: "before training", marker: "o" });
plt.plot(after, { label: "after training", marker: "o" });
plt.title("How far apart the states for different letters are");
plt.xlabel("step of the sequence");
plt.legend();

plt.figure();
plt.plot(losses);
plt.axhline(Math.log(letters), { linestyle: "--", label: "pure chance" });
plt.title("Loss");
plt.xlabel("step of training");
plt.legend();
