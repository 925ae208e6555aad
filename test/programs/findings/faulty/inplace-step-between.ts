import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);
const G = new nn.Sequential(new nn.Linear(2, 4), new nn.Tanh(), new nn.Linear(4, 1));
const D = new nn.Sequential(new nn.Linear(1, 4), new nn.Tanh(), new nn.Linear(4, 1));
const optG = new optim.SGD(G.parameters(), { lr: 0.1 });
const optD = new optim.SGD(D.parameters(), { lr: 0.1 });
const fake = G(torch.randn(6, 2));
const score = D(fake).mean();
optD.zero_grad();
optG.zero_grad();
score.backward({ retain_graph: true });
optD.step(); // expect: inplace-on-saved
const lossG = score.neg();
lossG.backward();
optG.step();
