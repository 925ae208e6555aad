import * as torch from "gradlens";

class Net extends torch.nn.Module {
  body = new torch.nn.Linear(4, 16);
  head = new torch.nn.Linear(16, 1);
  forward(x: torch.Tensor): torch.Tensor {
    return this.head(torch.relu(this.body(x)));
  }
}

class Trainer {
  private readonly optimizer: torch.optim.Optimizer;
  constructor(private readonly model: Net) {
    this.optimizer = new torch.optim.Adam(model.parameters(), { lr: 1e-2 });
  }
  private step(x: torch.Tensor, y: torch.Tensor): number {
    const loss = torch.nn.functional.mse_loss(this.model(x), y);
    loss.backward(); // expect: accumulated-grad
    this.optimizer.step();
    return loss.item();
  }
  fit(epochs: number): number[] {
    const losses: number[] = [];
    for (let epoch = 0; epoch < epochs; epoch++) {
      const x = torch.randn(32, 4);
      losses.push(this.step(x, x.sum(1, { keepdim: true })));
    }
    return losses;
  }
}

torch.manual_seed(3);
console.log(new Trainer(new Net()).fit(10));
