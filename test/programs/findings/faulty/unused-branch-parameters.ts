import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

class TwoHeads extends nn.Module {
  trunk = new nn.Linear(4, 8);
  policy = new nn.Linear(8, 2);
  value = new nn.Linear(8, 1); // expect: grad-unreached
  forward(x: torch.Tensor): [torch.Tensor, torch.Tensor] {
    const h = this.trunk(x).relu();
    return [this.policy(h), this.value(h)];
  }
}

const net = new TwoHeads();
const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
for (let i = 0; i < 6; i++) {
  const [logits] = net(torch.randn(16, 4));
  const loss = nn.functional.cross_entropy(logits, torch.randint(0, 2, [16]));
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
