import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
class Standardise extends nn.Module {
  scale = new nn.Parameter(torch.ones(3));
  forward(x: torch.Tensor) {
    const centred = x.sub(x.mean(0));
    const spread = centred.std(0); // expect: nan-origin
    return centred.div(spread).mul(this.scale);
  }
}
const net = new nn.Sequential(new nn.Linear(2, 3), new Standardise());
const loss = net(torch.randn(1, 2)).sum();
loss.backward();
