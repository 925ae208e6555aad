/** The engine beside PyTorch in the same run, where Debian's `python3-torch` is installed. */
import { spawnSync } from "node:child_process";
import * as torch from "../../src/torch";

interface Workload {
  name: string;
  /** Runs the work once; how many units it holds. */
  run: () => void;
  units: number;
  unit: string;
}

const chain = 20_000;
const small = torch.ones(4, { requires_grad: true });

const X = torch.randn(64, 784);
const Y = torch.randint(0, 10, [64]);
const W1 = torch.randn(784, 256).mul(0.05).requires_grad_();
const W2 = torch.randn(256, 10).mul(0.05).requires_grad_();
const A = torch.randn(256, 256);
const B = torch.randn(256, 256);

const workloads: Workload[] = [
  {
    name: "chain of small ops",
    units: chain,
    unit: "op, forward and backward",
    run: () => {
      let y: torch.Tensor = small;
      for (let i = 0; i < chain / 2; i++) y = y.mul(1.0001).add(0.1);
      y.sum().backward();
    },
  },
  {
    name: "MLP step 784-256-10, batch 64",
    units: 1,
    unit: "step",
    run: () => {
      const loss = torch.nn.functional.cross_entropy(torch.tanh(X.matmul(W1)).matmul(W2), Y);
      const [g1, g2] = torch.autograd.grad(loss, [W1, W2]);
      torch.no_grad(() => {
        W1.sub_(g1.mul(0.01));
        W2.sub_(g2.mul(0.01));
      });
    },
  },
  { name: "matmul 256", units: 1, unit: "product", run: () => void A.matmul(B) },
];

/** Best of several, in microseconds a unit: what the machine can do when nothing else asks for it. */
function time({ run, units }: Workload): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    let n = 0;
    do {
      run();
      n++;
    } while (performance.now() - start < 150);
    best = Math.min(best, ((performance.now() - start) * 1000) / n / units);
  }
  return best;
}

/** The same workloads in PyTorch, one thread; null where it is not installed. */
function peer(): number[] | null {
  const run = spawnSync("/usr/bin/python3", ["test/bench/engine.py"], { encoding: "utf8" });
  return run.status === 0 ? JSON.parse(run.stdout) : null;
}

export function engineBench(): void {
  const theirs = peer();
  console.log(
    `\nEngine (Node ${process.version})${theirs === null ? "; PyTorch is not installed here" : " beside PyTorch, one thread"}:`,
  );
  workloads.forEach((workload, i) => {
    const ours = time(workload);
    const beside =
      theirs === null ? "" : ` · PyTorch ${theirs[i].toFixed(2)} µs · ratio ${(ours / theirs[i]).toFixed(2)}`;
    console.log(`  ${workload.name.padEnd(30)} ${ours.toFixed(2)} µs a ${workload.unit}${beside}`);
  });
}
