import * as torch from "gradlens";
const { nn } = torch;
torch.manual_seed(0);
const layer = new nn.Linear(5, 5);
const x = torch.randn(4, 5);
const h = torch.sigmoid(layer(x));
const mean = h.mean();
h.sub_(mean); // expect: inplace-on-saved
const loss = h.pow(2).sum();
loss.backward();
