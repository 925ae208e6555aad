import * as torch from "gradlens";
const { nn, optim } = torch;
const { DataLoader, TensorDataset } = torch.utils.data;
torch.manual_seed(0);

const x = torch.randn(96, 5);
const y = x.matmul(torch.randn(5, 1)).add(torch.randn(96, 1).mul(0.1));
const train = new DataLoader(new TensorDataset(x.narrow(0, 0, 64), y.narrow(0, 0, 64)), { batch_size: 16, shuffle: true });
const valid = new TensorDataset(x.narrow(0, 64, 32), y.narrow(0, 64, 32));
const model = new nn.Sequential(new nn.Linear(5, 32), new nn.GELU(), new nn.Dropout(0.1), new nn.Linear(32, 1));
const optimizer = new optim.Adam(model.parameters(), { lr: 5e-3 });
const lossFn = new nn.MSELoss();

function validate(): number {
  model.eval();
  const [vx, vy] = valid.tensors;
  const loss = torch.no_grad(() => lossFn(model(vx!), vy!).item());
  model.train();
  return loss;
}

let best = Infinity;
let patience = 3;
let bestState = model.state_dict();
for (let epoch = 0; epoch < 20 && patience > 0; epoch++) {
  for (const [bx, by] of train) {
    optimizer.zero_grad();
    lossFn(model(bx), by).backward();
    optimizer.step();
  }
  const loss = validate();
  if (loss < best - 1e-4) {
    best = loss;
    patience = 3;
    bestState = model.state_dict();
  } else {
    patience--;
  }
}
model.load_state_dict(bestState);
console.log("best", best);
