/** In a file, and so a process, of its own: other tests' garbage would blur the level. */
import * as torch from "gradlens";
import { expect, test } from "vitest";

test("a synchronous loop of 100,000 training steps holds its memory level", { timeout: 240_000 }, () => {
  torch.manual_seed(0);
  const w = torch.randn(4, 4, { requires_grad: true });
  const x = torch.randn(2, 4);
  const megabytes = () => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 2 ** 20;
  };
  let lowestEarly = Number.POSITIVE_INFINITY;
  let lowestLate = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 100_000; step++) {
    x.matmul(w).tanh().sum().backward();
    torch.no_grad(() => w.sub_(w.grad.mul(1e-3)));
    w.grad = null;
    // Garbage makes the level saw-toothed: compare its lowest points.
    if (step > 5_000 && step < 25_000 && step % 100 === 0) lowestEarly = Math.min(lowestEarly, megabytes());
    if (step >= 80_000 && step % 100 === 0) lowestLate = Math.min(lowestLate, megabytes());
  }
  expect(lowestLate - lowestEarly).toBeLessThan(32);
});
