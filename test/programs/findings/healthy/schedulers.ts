import * as torch from "gradlens";
const { nn, optim } = torch;
const model = new nn.Linear(2, 1);
const opt = new optim.SGD(model.parameters(), { lr: 0.1 });
const scheduler = new optim.lr_scheduler.StepLR(opt, { step_size: 2, gamma: 0.5 });
for (let epoch = 0; epoch < 6; epoch++) {
  opt.step();
  scheduler.step();
  console.log(epoch, opt.param_groups[0].lr);
}
