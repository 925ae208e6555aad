import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

const embedding = new nn.Embedding(20, 8);
const classifier = new nn.Linear(8, 4);
const slow = new optim.SGD(embedding.parameters(), { lr: 0.01, momentum: 0.9 });
const fast = new optim.Adam(classifier.parameters(), { lr: 1e-2 });
const MICRO = 3;

function* batches(count: number): Generator<[torch.Tensor, torch.Tensor]> {
  for (let i = 0; i < count; i++) yield [torch.randint(0, 20, [6, 5]), torch.randint(0, 4, [6])];
}

let micro = 0;
for (const [tokens, labels] of batches(12)) {
  const logits = classifier(embedding(tokens).mean(1));
  nn.functional.cross_entropy(logits, labels).div(MICRO).backward();
  if (++micro % MICRO === 0) {
    for (const optimizer of [slow, fast]) {
      optimizer.step();
      optimizer.zero_grad();
    }
  }
}
