import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

class Net extends nn.Module {
  input = new nn.Linear(3, 20);
  output = new nn.Linear(20, 1);
  forward(x: torch.Tensor) {
    const hidden = this.input(x).tanh(); // expect: saturated
    return this.output(hidden);
  }
}

// Prices in cents, areas in square feet: nobody has normalised them.
const table = torch.rand(64, 3).mul(torch.tensor([90000, 4000, 1990]));
const target = torch.rand(64, 1);
const net = new Net();
const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
for (let epoch = 0; epoch < 8; epoch++) {
  const loss = nn.functional.mse_loss(net(table), target);
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
