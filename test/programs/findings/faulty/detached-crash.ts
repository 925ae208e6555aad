import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const model = new nn.Sequential(new nn.Linear(3, 5), new nn.Tanh(), new nn.Linear(5, 1));
const x = torch.randn(10, 3);
const target = torch.randn(10, 1);
function lossOf(prediction: torch.Tensor) {
  const error = prediction.detach().sub(target); // expect: grad-detached
  return error.pow(2).mean();
}
const loss = lossOf(model(x));
loss.backward();
