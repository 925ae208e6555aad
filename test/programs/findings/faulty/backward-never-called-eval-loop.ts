import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-2 });
function loop(): void {
  for (let i = 0; i < 5; i++) {
    const x = torch.randn(8, 2);
    optimizer.zero_grad();
    const loss = model(x).sub(x.prod(1, { keepdim: true })).pow(2).mean(); // expect: grad-no-backward
    // loss.backward() got lost in a merge
    optimizer.step();
    console.log(i, loss.item());
  }
}
loop();
