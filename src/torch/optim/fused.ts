/** Where a whole step may run as one loop over a parameter's memory, and who is told of it. */
import { forward } from "../autograd/forwardAd";
import { areAlike } from "../kernels/updates";
import { seam } from "../observer";
import type { Tensor } from "../tensor";

/** Whether nothing stands in the way of the loop: memory in order, no derivative of the step itself wanted. */
export const mayFuse = (p: Tensor, ...rest: (Tensor | null)[]): boolean =>
  areAlike(p, ...rest) && !p.inference && forward.level < 0;

/** Runs `update`, which changes the memory of `p` and of `state` as `times` in-place ops each would. */
export function inOneLoop(name: string, p: Tensor, state: Tensor[], times: number, update: () => void): void {
  for (const t of [p, ...state]) t.storageOf.aboutToChange();
  update();
  p.versions.n += times;
  for (const t of state) t.versions.n += 2;
  seam.observer?.op?.(name, [p, p.grad, ...state], [p]);
}
