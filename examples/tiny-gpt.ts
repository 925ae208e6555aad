// A small GPT: two layers of causal self-attention learn a nursery rhyme letter by letter, and then recite it.
//
// Run the file. The plots at the end show what the first head of each block attends to: a letter's row has its weights on
// the letters before it, never on one after it. In the graph of one step look for the ways around: `x.add(…)` splits each
// block into a branch through attention and one past it; and the table of letters, `token.weight`, is reached twice, because
// the same weights read the letters and score them.
import * as torch from "gradlens";
import * as plt from "gradlens/pyplot";

const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(1337);

// %% The text, as numbers
const text = "twinkle twinkle little star how i wonder what you are ";
const letters = [...new Set(text)].sort();
const data = torch.tensor(
  [...text].map((letter) => letters.indexOf(letter)),
  { dtype: torch.int64 },
);
const [vocabulary, context, width, heads] = [letters.length, 8, 32, 2];

// %% Attention: each letter asks (q), each offers (k), and what fits best is passed on (v)
class Attention extends nn.Module {
  qkv = new nn.Linear(width, 3 * width);
  out = new nn.Linear(width, width);
  /** The attention of the last call, for the plots. */
  weights: torch.Tensor | null = null;

  forward(x: torch.Tensor) {
    const [batch, time] = x.shape;
    const split = (t: torch.Tensor) => t.reshape(batch, time, heads, width / heads).transpose(1, 2);
    const [q, k, v] = this.qkv(x).chunk(3, { dim: 2 }).map(split);

    const scores = q.matmul(k.transpose(-2, -1)).div(Math.sqrt(width / heads));
    const future = torch.ones(time, time, { dtype: torch.bool }).triu(1);
    const weights = F.softmax(scores.masked_fill(future, -Infinity), -1);
    this.weights = weights.detach();
    return this.out(weights.matmul(v).transpose(1, 2).reshape(batch, time, width));
  }
}

class Block extends nn.Module {
  norm1 = new nn.LayerNorm(width);
  attention = new Attention();
  norm2 = new nn.LayerNorm(width);
  mlp = new nn.Sequential(new nn.Linear(width, 4 * width), new nn.GELU(), new nn.Linear(4 * width, width));

  forward(x: torch.Tensor) {
    x = x.add(this.attention(this.norm1(x)));
    return x.add(this.mlp(this.norm2(x)));
  }
}

class GPT extends nn.Module {
  token = new nn.Embedding(vocabulary, width);
  position = new nn.Embedding(context, width);
  blocks = new nn.Sequential(new Block(), new Block());
  norm = new nn.LayerNorm(width);

  constructor() {
    super();
    nn.init.normal_(this.token.weight, { std: 0.1 });
    nn.init.normal_(this.position.weight, { std: 0.1 });
  }

  forward(index: torch.Tensor) {
    const x = this.token(index).add(this.position(torch.arange(index.shape[1])));
    return this.norm(this.blocks(x)).matmul(this.token.weight.t());
  }
}

const model = new GPT();
console.log(`parameters ${[...model.parameters()].reduce((count, p) => count + p.numel(), 0)}`);

// %% Training: at every place of twelve windows of the text, what letter comes next?
const optimizer = new optim.AdamW(model.parameters(), { lr: 0.01, weight_decay: 0.01 });
const losses: number[] = [];
for (let step = 0; step < 100; step++) {
  const starts: number[] = torch.randint(0, data.numel() - context, [12]).tolist();
  const now = torch.stack(starts.map((i) => data.index(torch.slice(i, i + context))));
  const next = torch.stack(starts.map((i) => data.index(torch.slice(i + 1, i + context + 1))));
  const logits = model(now);
  const loss = F.cross_entropy(logits.flatten(0, 1), next.flatten());

  optimizer.zero_grad();
  loss.backward();
  optimizer.step();

  losses.push(loss.item());
  if (step % 20 === 0 || step === 99) console.log(`step ${step}  loss ${loss.item().toFixed(1)}`);
}

// %% It recites: each letter it says becomes part of what it goes on from
let said = "twin";
while (said.length < 60) {
  const recent = [...said.slice(-context)].map((letter) => letters.indexOf(letter));
  const logits = torch.no_grad(() => model(torch.tensor([recent], { dtype: torch.int64 })));
  const probabilities = F.softmax(logits.index(0, -1).div(0.3), 0);
  said += letters[torch.multinomial(probabilities, 1).item()];
}
console.log(said);

// %% What it looked at
const shown = [...said.slice(-context - 1, -1)];
for (const [i, block] of [...model.blocks].entries()) {
  plt.figure();
  plt.imshow(block.attention.weights.index(0, 0), { cmap: "Blues" });
  plt.xticks(torch.arange(context), shown);
  plt.yticks(torch.arange(context), shown);
  plt.title(`Block ${i + 1}, first head: who looks (row) at whom (column)`);
}
plt.figure();
plt.plot(losses);
plt.title("Loss");
