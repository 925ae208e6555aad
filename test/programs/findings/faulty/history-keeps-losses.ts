import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

const model = new nn.Linear(4, 1);
const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });

function trainEpoch(batches: number): torch.Tensor {
  let total = torch.tensor(0.0);
  for (let b = 0; b < batches; b++) {
    const x = torch.randn(8, 4);
    const loss = nn.functional.mse_loss(model(x), x.mean(1, { keepdim: true }));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    total = total.add(loss); // expect: graph-kept
  }
  return total.div(batches);
}

console.log(trainEpoch(10).item());
