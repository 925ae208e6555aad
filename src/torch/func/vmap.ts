/** `torch.vmap`: a function of one sample becomes a function of a batch. */
import { RuntimeError, ValueError } from "../errors";
import { keywordArguments, leading } from "../keywords";
import { stack } from "../ops/joining";
import { typeText } from "../pythonText";
import { default_generator } from "../random";
import { Tensor } from "../tensor";
import type { AnyFunction } from "./transforms";
import { broadcastTo, flatten, treeText } from "./tree";

type Dims = number | null | readonly any[] | { [key: string]: any };

export interface VmapOptions {
  /** The dimension that is mapped over: one for all inputs, or one for each, null for an input that all samples share. */
  in_dims?: Dims;
  /** Where that dimension is in the outputs. */
  out_dims?: Dims;
  /** Random numbers inside: forbidden, others for each sample, or the same for all. */
  randomness?: "error" | "different" | "same";
  /** Samples at a time, in PyTorch; here they always come one by one. */
  chunk_size?: number | null;
}

const names = ["in_dims", "out_dims", "randomness", "chunk_size"];

/**
 * A function that maps `func` over a dimension of its inputs, and stacks what it returns: tensors, in arrays and plain objects
 * too. It nests with itself and with `grad` and the others, in either order.
 *
 * Samples run one by one, so that every op and any control flow may stand inside, and the cost is the batch size times that
 * of one sample. What `func` prints or counts, it does for each sample.
 * Throws ValueError with PyTorch's texts for dimensions that fit neither inputs nor outputs, and RuntimeError for random
 * numbers unless `randomness` allows them.
 */
export function vmap(func: AnyFunction, ...options: (VmapOptions | Dims | string)[]): AnyFunction {
  [func, ...options] = leading(["func"], [func, ...options]);
  const given = keywordArguments("vmap", names, options);
  const { in_dims = 0, out_dims = 0, randomness = "error" } = given;
  if (!["error", "different", "same"].includes(randomness)) {
    throw new RuntimeError(`Only allowed values for randomness are 'error', 'different', or 'same'. Got ${randomness}`);
  }
  const name = func.name || "<lambda>";
  return (...args) => {
    const { size, sample } = split(name, in_dims, args);
    const outputs: any[] = [];
    // Of an empty batch, one sample of zeros says what the outputs look like.
    runEach(Math.max(size, 1), randomness, (i) => {
      const output = func(...sample(i));
      checkTensors(name, output);
      outputs.push(output);
    });
    const { leaves, rebuild } = flatten(outputs[0]);
    const places = placesOf(name, out_dims, outputs[0]);
    const rows: Tensor[][] = outputs.map((output) => flatten(output).leaves);
    return rebuild(
      leaves.map((like: Tensor, k) => {
        if (size > 0)
          return stack(
            rows.map((row) => row[k]),
            places[k],
          );
        const shape = [...like.shape];
        shape.splice(places[k] < 0 ? places[k] + shape.length + 1 : places[k], 0, 0);
        return like.new_zeros(shape);
      }),
    );
  };
}

/** The batch size, and the arguments of each sample. */
function split(name: string, in_dims: Dims, args: readonly any[]): { size: number; sample(i: number): any[] } {
  if (args.length === 0) {
    throw new ValueError(
      `vmap(${name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a function with no inputs. The latter is unsupported.`,
    );
  }
  const call = `vmap(${name}, in_dims=${dimsText(in_dims)}, ...)(<inputs>)`;
  if (in_dims === null) {
    throw new ValueError(
      `${call}: expected \`in_dims\` to be int or a (potentially nested) tuple matching the structure of inputs, got: <class 'NoneType'>.`,
    );
  }
  const dims = broadcastTo(in_dims, args);
  const { leaves, rebuild } = flatten(args);
  if (dims === null) {
    throw new ValueError(
      `${call}: in_dims is not compatible with the structure of \`inputs\`. in_dims has structure ${treeText(in_dims)} but inputs has structure ${treeText(args)}.`,
    );
  }
  const parts = leaves.map((leaf, i): readonly any[] | null => {
    const dim = dims[i];
    if (dim === null) return null;
    if (!Number.isInteger(dim)) {
      throw new ValueError(
        `${call}: Got in_dim=${dimsText(dim)} for an input but in_dim must be either an integer dimension or None.`,
      );
    }
    if (!(leaf instanceof Tensor)) {
      throw new ValueError(
        `${call}: Got in_dim=${dim} for an input but the input is of type <class '${typeText(leaf)}'>. We cannot vmap over non-Tensor arguments, please use None as the respective in_dim`,
      );
    }
    if (dim < -leaf.ndim || dim >= leaf.ndim) {
      throw new ValueError(
        `${call}: Got in_dim=${dim} for some input, but that input is a Tensor of dimensionality ${leaf.ndim} so expected in_dim to satisfy -${leaf.ndim} <= in_dim < ${leaf.ndim}.`,
      );
    }
    return leaf.shape.at(dim) === 0 ? [] : leaf.unbind(dim);
  });
  const sizes = parts.flatMap((part) => (part === null ? [] : [part.length]));
  if (sizes.length === 0) throw new ValueError("vmap: Expected at least one Tensor to vmap over");
  if (sizes.some((size) => size !== sizes[0])) {
    throw new ValueError(
      `vmap: Expected all tensors to have the same size in the mapped dimension, got sizes [${sizes.join(", ")}] for the mapped dimension`,
    );
  }
  const zeros = (t: Tensor, dim: number) => {
    const shape = [...t.shape];
    shape.splice(dim, 1);
    return t.new_zeros(shape);
  };
  return {
    size: sizes[0],
    sample: (i) => rebuild(leaves.map((leaf, k) => (parts[k] === null ? leaf : (parts[k][i] ?? zeros(leaf, dims[k]))))),
  };
}

/** Runs the samples, with the random numbers that they may draw. */
function runEach(count: number, randomness: string, f: (i: number) => void): void {
  const start = default_generator.snapshot();
  for (let i = 0; i < count; i++) {
    if (randomness === "same" && i > 0) default_generator.restore(start);
    f(i);
    if (randomness !== "error" || i > 0) continue;
    const now = default_generator.snapshot();
    const drawn = now.index !== start.index || now.nextNormal !== start.nextNormal || now.words[0] !== start.words[0];
    if (drawn) {
      throw new RuntimeError(
        "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' randomness flags on vmap or perform the randomness operation out of vmap",
      );
    }
  }
}

function checkTensors(name: string, output: any): void {
  for (const leaf of flatten(output).leaves) {
    if (leaf instanceof Tensor) continue;
    throw new ValueError(
      `vmap(${name}, ...): \`${name}\` must only return Tensors, got type <class '${typeText(leaf)}'> as a return.`,
    );
  }
}

/** Where the mapped dimension goes in each output. */
function placesOf(name: string, out_dims: Dims, output: any): number[] {
  const single = output instanceof Tensor && Array.isArray(out_dims) && out_dims.length === 1;
  const places = single ? out_dims : broadcastTo(out_dims, output);
  if (places === null) {
    throw new ValueError(
      `vmap(${name}, ..., out_dims=${dimsText(out_dims)})(<inputs>): out_dims is not compatible with the structure of \`outputs\`. out_dims has structure ${treeText(out_dims)} but outputs has structure ${treeText(output)}.`,
    );
  }
  if (!places.every(Number.isInteger)) {
    throw new ValueError(
      `vmap(${name}, ..., out_dims=${dimsText(out_dims)}): \`out_dims\` must be an int or a python collection of ints representing where in the outputs the vmapped dimension should appear.`,
    );
  }
  return places;
}

/** Python's text of dimensions: an array is a tuple. */
function dimsText(dims: any): string {
  if (Array.isArray(dims)) return `(${dims.map(dimsText).join(", ")}${dims.length === 1 ? "," : ""})`;
  return dims === null ? "None" : typeof dims === "object" ? treeText(dims) : String(dims);
}
