/**
 * Whose the gradients of a backward pass are.
 *
 * A declared derivative makes gradients by ops of ours and hands them to the pass. Until a hook, a function of the user's,
 * `.grad` or `autograd.grad` gets to see one, nobody holds it but the nodes where it waits: `Storage.holders` counts those.
 * A gradient that waits at one node only can be added to in place and can become `.grad` as it is; the memory of one that
 * waits nowhere any more, and of all that a derivative made on its way, is handed out again. So is that of a `.grad` which
 * `zero_grad` drops before anybody but an optimiser has read it: the next backward pass finds its memory as it left it.
 */
import type { TypedArray } from "../dtype";
import { giveBack, made, watching } from "../kernels/memory";
import { isNonOverlappingDense, numel } from "../shape";
import type { Tensor } from "../tensor";

/** Whether nobody holds the gradient but the node where it waits, and all of its memory is its own. */
export const isOwn = (grad: Tensor): boolean =>
  grad.storageOf.holders === 1 &&
  grad.storageOf.data.length === numel(grad.shape) &&
  isNonOverlappingDense(grad.shape, grad.strides);

/** From now on others may hold these gradients. */
export function show(grads: readonly (Tensor | null)[]): void {
  for (let i = 0; i < grads.length; i++) {
    const grad = grads[i];
    if (grad !== null) grad.storageOf.holders = 0;
  }
}

/** A node needs the gradient no more. */
export function letGo(grad: Tensor): void {
  const storage = grad.storageOf;
  if (storage.holders > 0 && --storage.holders === 0) giveBack(storage.data);
}

/** Whether a node that got these is worth watching. */
export function isTracked(arrived: readonly (Tensor | null)[]): boolean {
  for (let i = 0; i < arrived.length; i++) if ((arrived[i]?.storageOf.data.length ?? -1) >= watching.from) return true;
  return false;
}

function overlap(x: TypedArray, y: TypedArray): boolean {
  if (x === y) return true;
  if (x.length < watching.from || y.length < watching.from || x.buffer !== y.buffer) return false;
  return x.byteOffset < y.byteOffset + y.byteLength && y.byteOffset < x.byteOffset + x.byteLength;
}

/** Runs what is none of ours: the memory it makes is its own. */
export function unwatched<T>(f: () => T): T {
  const { arrays } = made;
  made.arrays = null;
  try {
    return f();
  } finally {
    made.arrays = arrays;
  }
}

/** The memory that the derivatives of one pass make, a node at a time. */
export class Buffers {
  /** Made by the node that runs, and handed on by nobody yet. */
  readonly #fresh: TypedArray[] = [];
  /** What the node that runs has handed on. */
  readonly #handedOn: Tensor[] = [];
  #watching = false;

  /** What is made from now on is made by a derivative. */
  watch(): void {
    this.#watching = true;
    made.arrays = this.#fresh;
  }

  /** The gradient waits at a node from now on. */
  hold(grad: Tensor): void {
    const storage = grad.storageOf;
    if (storage.holders > 0) storage.holders++;
    else if (this.#watching && storage.data.length >= watching.from) {
      const { data } = storage;
      const at = this.#fresh.indexOf(data);
      if (at >= 0) {
        storage.holders = 1;
        this.#fresh[at] = this.#fresh[this.#fresh.length - 1];
        this.#fresh.pop();
      }
    }
    if (this.#watching) this.#handedOn.push(grad);
  }

  /** A node has got another gradient in the place of this one. */
  replace(grad: Tensor): void {
    const storage = grad.storageOf;
    if (storage.holders > 0 && --storage.holders === 0 && this.#watching) this.#fresh.push(storage.data);
  }

  /** The derivative has run on what had `arrived`, and its gradients are handed on. */
  settle(arrived: readonly (Tensor | null)[]): void {
    made.arrays = null;
    this.#watching = false;
    const fresh = this.#fresh;
    const handedOn = this.#handedOn;
    for (let i = 0; i < handedOn.length; i++) {
      // One memory under two names: who holds it can no longer be counted.
      if (handedOn[i].storageOf.holders > 0) continue;
      const { data } = handedOn[i].storageOf;
      for (const t of arrived) if (t !== null && overlap(t.storageOf.data, data)) t.storageOf.holders = 0;
      for (const t of handedOn) if (overlap(t.storageOf.data, data)) t.storageOf.holders = 0;
    }
    for (let i = 0; i < arrived.length; i++) {
      const storage = arrived[i]?.storageOf;
      if (storage !== undefined && storage.holders > 0 && --storage.holders === 0) fresh.push(storage.data);
    }
    for (let i = 0; i < fresh.length; i++) {
      if (!handedOn.some((t) => overlap(t.storageOf.data, fresh[i]))) giveBack(fresh[i]);
    }
    fresh.length = 0;
    handedOn.length = 0;
  }
}
