import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const embedding = new nn.Embedding(12, 8, { padding_idx: 0 });
const lstm = new nn.LSTM(8, 16, { batch_first: true });
const head = new nn.Linear(16, 2);
const optimizer = new optim.Adam([...embedding.parameters(), ...lstm.parameters(), ...head.parameters()], { lr: 1e-2 });
const tokens = torch.tensor([[3, 4, 5, 0, 0], [7, 8, 0, 0, 0], [1, 2, 3, 4, 5]], { dtype: torch.int64 });
const labels = torch.tensor([0, 1, 0], { dtype: torch.int64 });
for (let i = 0; i < 6; i++) {
  const [states] = lstm(embedding(tokens));
  const keep = tokens.ne(0).unsqueeze(-1);
  const pooled = states.masked_fill(keep.logical_not(), -Infinity).amax(1);
  const loss = nn.functional.cross_entropy(head(pooled), labels);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
