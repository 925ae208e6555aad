/** A perceptron of any depth, for programs that import it. */
import * as torch from "gradlens";
const { nn } = torch;

export class Mlp extends nn.Module {
  layers: InstanceType<typeof nn.ModuleList>;
  constructor(sizes: number[]) {
    super();
    this.layers = new nn.ModuleList(sizes.slice(1).map((size, i) => new nn.Linear(sizes[i]!, size)));
  }
  forward(x: torch.Tensor): torch.Tensor {
    const layers = [...(this.layers as Iterable<any>)];
    return layers.reduce((h, layer, i) => (i < layers.length - 1 ? layer(h).relu() : layer(h)), x);
  }
}

/** The share of rows whose largest logit is the label's. */
export function accuracy(logits: torch.Tensor, labels: torch.Tensor): number {
  return logits.argmax(1).eq(labels).to(torch.float32).mean().item();
}
