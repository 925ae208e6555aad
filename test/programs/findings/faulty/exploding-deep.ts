import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
class Block extends nn.Module {
  fc = new nn.Linear(32, 32);
  constructor() {
    super();
    nn.init.normal_(this.fc.weight, 0, 1);
  }
  forward(x: torch.Tensor) {
    return torch.relu(this.fc(x)); // expect: exploding
  }
}
const body = new nn.Sequential(...Array.from({ length: 12 }, () => new Block()));
const head = new nn.Linear(32, 1);
const x = torch.randn(16, 32);
head(body(x)).mean().backward();
console.log(x.shape);
