import * as torch from "gradlens";
const { nn, optim } = torch;
const F = nn.functional;
torch.manual_seed(0);
const model = new nn.Sequential(new nn.Linear(2, 8), new nn.ReLU(), new nn.Dropout(0.2), new nn.Linear(8, 2));
const opt = new optim.Adam(model.parameters(), { lr: 0.01 });
const [X, Y] = [torch.randn(40, 2), torch.randint(0, 2, [40])];
for (let epoch = 0; epoch < 4; epoch++) {
  model.train();
  for (let b = 0; b < 40; b += 10) {
    const loss = F.cross_entropy(model(X.index(`${b}:${b + 10}`)), Y.index(`${b}:${b + 10}`));
    opt.zero_grad();
    loss.backward();
    opt.step();
  }
  model.eval();
  torch.no_grad(() => {
    const logits = model(X);
    const accuracy = logits.argmax(1).eq(Y).float().mean();
    const loss = F.cross_entropy(logits, Y);
    console.log(epoch, accuracy.item(), loss.item());
  });
}
