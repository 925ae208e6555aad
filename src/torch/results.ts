/** What an op gives that has several results with names. */
import type { Schema } from "./schema";

type Results = readonly unknown[];

/** Ops whose results are a plain tuple in PyTorch: the names serve its derivative. */
const PLAIN =
  /^(_|native_|var_mean|std_mean|svd_lowrank|pca_lowrank|lu$|multi_head|max_pool|adaptive_|grid_sampler|frac)/;

/** An array, as `map` and its like make of it. */
abstract class Named extends Array<unknown> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

const inspect = Symbol.for("nodejs.util.inspect.custom");

export interface ResultsClass {
  of(...results: unknown[]): any;
}

/** The class of an op's results: an array that has the names too and prints as PyTorch's `torch.return_types`. */
export function resultsClass({ name, returns }: Schema): ResultsClass {
  class Of extends Named {}
  returns.forEach((each, i) => {
    Object.defineProperty(Of.prototype, each, {
      get(this: Results) {
        return this[i];
      },
    });
  });
  if (!PLAIN.test(name)) {
    const text = function (this: Results): string {
      return `torch.return_types.${name}(\n${returns.map((each, i) => `${each}=${this[i]}`).join(",\n")})`;
    };
    Object.defineProperties(Of.prototype, { toString: { value: text }, [inspect]: { value: text } });
  }
  Object.defineProperty(Of.prototype, "constructor", { value: Array });
  return Of;
}
