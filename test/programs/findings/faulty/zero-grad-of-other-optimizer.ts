import { nn, optim, randn, manual_seed } from "gradlens";

manual_seed(1);
const encoder = new nn.Linear(6, 3);
const decoder = new nn.Linear(3, 6);
const optE = new optim.SGD(encoder.parameters(), { lr: 0.01 });
const optD = new optim.SGD(decoder.parameters(), { lr: 0.01 });
for (let i = 0; i < 12; i++) {
  const x = randn(16, 6);
  optE.zero_grad();
  const loss = decoder(encoder(x).tanh()).sub(x).pow(2).mean();
  loss.backward(); // expect: accumulated-grad
  optE.step();
  optD.step();
}
