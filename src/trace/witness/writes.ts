/** Changes in place, so that what backward finds changed can be told from where it was. */
import type { Tensor } from "../../torch/tensor";
import type { Overwritten } from "../facts";
import { Moment, type Present, type Scene } from "./scene";

interface Write {
  version: number;
  by: string;
  at: Moment;
  inStep: boolean;
}

/** Last changes remembered of a piece of memory. */
const WRITES_MAX = 64;

export class Writes {
  private readonly writes = new WeakMap<object, Write[]>();
  private found: { tensor: Tensor; write: Write; pass: Moment } | undefined;

  constructor(
    private readonly present: Present,
    private readonly scene: Scene,
  ) {}

  op(name: string, inputs: readonly unknown[], outputs: readonly Tensor[]): void {
    const [self] = outputs;
    // What nobody keeps for backward may change as it likes.
    if (!name.endsWith("_") || self === undefined || self !== inputs[0] || !self.versions.saved) return;
    const { step } = this.present;
    const write = { version: self._version, by: name, at: step ?? new Moment(), inStep: step !== null };
    const known = this.writes.get(self.versions);
    if (!known) this.writes.set(self.versions, [write]);
    else {
      known.push(write);
      if (known.length > WRITES_MAX) known.shift();
    }
  }

  /** Backward asks for the tensor as it was at a version. */
  changed(tensor: Tensor, version: number): void {
    const write = this.writes.get(tensor.versions)?.find((each) => each.version > version);
    // Whoever looks at what is saved outside of backward harms nobody.
    if (write && this.present.pass) this.found = { tensor, write, pass: this.present.pass };
  }

  finish(): Overwritten | undefined {
    if (!this.found) return undefined;
    const { tensor, write, pass } = this.found;
    const range = write.at.range(this.scene);
    const at = pass.range(this.scene);
    return {
      by: write.by,
      ...(range ? { range } : {}),
      tensor: this.scene.seen(tensor),
      inStep: write.inStep,
      ...(at ? { at } : {}),
    };
  }
}
