import * as torch from "gradlens";
const { nn, optim } = torch;
torch.manual_seed(0);

class Attention extends nn.Module {
  q = new nn.Linear(8, 8);
  k = new nn.Linear(8, 8);
  v = new nn.Linear(8, 8);
  forward(x: torch.Tensor, keep: torch.Tensor): torch.Tensor {
    const scores = this.q(x).matmul(this.k(x).transpose(-2, -1)).div(Math.sqrt(8));
    const masked = scores.masked_fill(keep.logical_not(), -Infinity);
    return masked.softmax(-1).matmul(this.v(x)); // expect: nan-origin
  }
}

const attention = new Attention();
const optimizer = new optim.AdamW(attention.parameters(), { lr: 1e-3 });
const keep = torch.ones(4, 4, { dtype: torch.bool });
keep.select(0, 2).fill_(false);
for (let i = 0; i < 3; i++) {
  const out = attention(torch.randn(2, 4, 8), keep);
  const loss = out.pow(2).mean();
  optimizer.zero_grad();
  loss.backward();
  optimizer.step();
}
