/** `torch.autograd.functional`: Jacobians, Hessians and their products, of functions from tensors to tensors. */
import { RuntimeError } from "../errors";
import { keywordArguments, leading } from "../keywords";
import { stack } from "../ops/joining";
import { sameShape } from "../shape";
import { Tensor } from "../tensor";
import { grad } from "./backward";
import { enable_grad } from "./gradMode";

/** One tensor or several; what goes in as one comes out as one. */
export type Tensors = Tensor | readonly Tensor[];
export type TensorFunction = (...inputs: Tensor[]) => Tensors;

export interface FunctionalOptions {
  /** The result can be differentiated again. */
  create_graph?: boolean;
  /** Throws instead of giving zeros where an output does not depend on an input. */
  strict?: boolean;
  vectorize?: boolean;
  strategy?: "reverse-mode" | "forward-mode";
}

interface Prepared {
  single: boolean;
  inputs: Tensor[];
}

function prepare(inputs: Tensors, createGraph: boolean, fn: string): Prepared {
  const single = inputs instanceof Tensor;
  const list = single ? [inputs] : [...(inputs as readonly Tensor[])];
  list.forEach((t, i) => {
    if (!(t instanceof Tensor)) {
      throw new TypeError(
        `The inputs given to ${fn} must be either a Tensor or a tuple of Tensors but the value at index ${i} has type ${typeof t}.`,
      );
    }
  });
  // With create_graph the inputs keep their own history; otherwise they are leaves of a private graph.
  return {
    single,
    inputs: list.map((t) => (createGraph && t.requires_grad ? t.view(t.shape) : t.detach().requires_grad_())),
  };
}

function outputsOf(value: Tensors, fn: string): { single: boolean; outputs: Tensor[] } {
  const single = value instanceof Tensor;
  const outputs = single ? [value] : [...(value as readonly Tensor[])];
  outputs.forEach((t, i) => {
    if (!(t instanceof Tensor)) {
      throw new TypeError(
        `The outputs of the user-provided function given to ${fn} must be either a Tensor or a tuple of Tensors but the value at index ${i} has type ${typeof t}.`,
      );
    }
  });
  return { single, outputs };
}

/** Gradients of `outputs`, zeros (or an error under `strict`) where there is none. */
function gradients(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  createGraph: boolean,
  strict: boolean,
  what: string,
): Tensor[] {
  const used = outputs.flatMap((o, i) => (o.requires_grad ? [i] : []));
  const found: (Tensor | null)[] =
    used.length === 0
      ? inputs.map(() => null)
      : grad(
          used.map((i) => outputs[i]),
          inputs,
          {
            grad_outputs: used.map((i) => cotangents[i]),
            create_graph: createGraph,
            retain_graph: true,
            allow_unused: true,
          },
        );
  return found.map((g, i) => {
    if (g !== null) return g;
    if (strict) throw new RuntimeError(`${what} is independent of input ${i}. This is not allowed in strict mode.`);
    return inputs[i].detach().zeros_like();
  });
}

const detached = (ts: readonly Tensor[], keep: boolean): Tensor[] => (keep ? [...ts] : ts.map((t) => t.detach()));
const shaped = (ts: Tensor[], single: boolean): any => (single ? ts[0] : ts);

const jacobianNames = ["create_graph", "strict", "vectorize", "strategy"];

/**
 * All derivatives of every output by every input: shape `[*output, *input]`. One tensor in and out gives one tensor;
 * several inputs or outputs give arrays, outputs first. Throws TypeError for anything but tensors.
 */
export function jacobian(func: TensorFunction, inputs: Tensors, ...rest: unknown[]): any {
  [func, inputs, ...rest] = leading(["func", "inputs"], [func, inputs, ...rest]);
  const { create_graph = false, strict = false } = keywordArguments("jacobian", jacobianNames, rest);
  return enable_grad(() => {
    const given = prepare(inputs, create_graph, "jacobian");
    const { single, outputs } = outputsOf(func(...given.inputs), "jacobian");
    const rows = outputs.map((output, o) => {
      const columns = given.inputs.map(() => [] as Tensor[]);
      const flat = output.reshape([-1]);
      for (let k = 0; k < flat.shape[0]; k++) {
        const what = `Output ${o} of the user-provided function`;
        const parts = gradients([flat.select(0, k)], given.inputs, [null], create_graph, strict, what);
        parts.forEach((p, i) => void columns[i].push(p));
      }
      const blocks = columns.map((parts, i) => {
        const shape = [...output.shape, ...given.inputs[i].shape];
        return parts.length === 0 ? output.new_zeros(shape) : stack(parts, 0).reshape(shape);
      });
      return shaped(detached(blocks, create_graph), given.single);
    });
    return single ? rows[0] : rows;
  });
}

/** All second derivatives of a function to one number: shape `[*input, *input]`, arrays of arrays for several inputs. */
export function hessian(func: TensorFunction, inputs: Tensors, ...rest: unknown[]): any {
  [func, inputs, ...rest] = leading(["func", "inputs"], [func, inputs, ...rest]);
  const names = ["create_graph", "strict", "vectorize", "outer_jacobian_strategy"];
  const { create_graph = false, strict = false } = keywordArguments("hessian", names, rest);
  const single = inputs instanceof Tensor;
  const slope = (...xs: Tensor[]): Tensor[] => {
    const y = func(...xs);
    scalar(y, "hessian");
    return slopes(y, xs, strict);
  };
  const rows = jacobian(slope, inputs, { create_graph, strict });
  return single ? rows[0] : rows;
}

function slopes(y: Tensor, xs: readonly Tensor[], strict: boolean): Tensor[] {
  return gradients([y], xs, [null], true, strict, "Output 0 of the user-provided function");
}

function scalar(y: Tensors, fn: string): asserts y is Tensor {
  const value = y instanceof Tensor ? y : y[0];
  if (!(value instanceof Tensor) || value.numel() !== 1) {
    throw new RuntimeError(`The Tensor returned by the function given to ${fn} should contain a single element`);
  }
}

/** `v`, checked against what it multiplies; a scalar's is 1. */
function cotangentsFor(v: Tensors | null | undefined, targets: readonly Tensor[], fn: string): Tensor[] {
  if (v === null || v === undefined) {
    if (targets.length !== 1 || targets[0].numel() !== 1) {
      const what = fn === "vjp" ? "user-provided function returns" : "input to the user-provided function is";
      throw new RuntimeError(`The vector v can only be None if the ${what} a single Tensor with a single element.`);
    }
    return [targets[0].detach().ones_like()];
  }
  const list = v instanceof Tensor ? [v] : [...v];
  if (list.length !== targets.length) {
    throw new RuntimeError(`v is a tuple of invalid length: should be ${targets.length} but got ${list.length}.`);
  }
  list.forEach((t, i) => {
    if (!sameShape(t.shape, targets[i].shape)) {
      const prefix = list.length > 1 ? `Entry ${i} in ` : "";
      throw new RuntimeError(
        `${prefix}v has invalid size: should be torch.Size([${targets[i].shape.join(", ")}]) but got torch.Size([${t.shape.join(", ")}]).`,
      );
    }
  });
  return list;
}

const productNames = ["v", "create_graph", "strict"];

/** `[func(inputs), vᵀ J]`: `v` has the shape of the output and may be left out for a scalar. */
export function vjp(func: TensorFunction, inputs: Tensors, ...rest: unknown[]): [any, any] {
  [func, inputs, ...rest] = leading(["func", "inputs"], [func, inputs, ...rest]);
  const { v, create_graph = false, strict = false } = keywordArguments("vjp", productNames, rest);
  return enable_grad(() => {
    const given = prepare(inputs, create_graph, "vjp");
    const { single, outputs } = outputsOf(func(...given.inputs), "vjp");
    const cotangents = cotangentsFor(v, outputs, "vjp");
    const parts = gradients(
      outputs,
      given.inputs,
      cotangents,
      create_graph,
      strict,
      "The output of the user-provided function",
    );
    return [shaped(detached(outputs, create_graph), single), shaped(detached(parts, create_graph), given.single)];
  });
}

/** `[func(inputs), J v]`: `v` has the shape of the input and may be left out for a single number. */
export function jvp(func: TensorFunction, inputs: Tensors, ...rest: unknown[]): [any, any] {
  [func, inputs, ...rest] = leading(["func", "inputs"], [func, inputs, ...rest]);
  const { v, create_graph = false, strict = false } = keywordArguments("jvp", productNames, rest);
  return enable_grad(() => {
    const given = prepare(inputs, create_graph, "jvp");
    const tangents = cotangentsFor(v, given.inputs, "jvp");
    const { single, outputs } = outputsOf(func(...given.inputs), "jvp");
    // J v is the derivative, along v, of uᵀ J, which is linear in u.
    const u = outputs.map((o) => o.detach().zeros_like().requires_grad_());
    const pulled = gradients(outputs, given.inputs, u, true, strict, "The output of the user-provided function");
    const parts = gradients(pulled, u, tangents, create_graph, strict, "The output of the user-provided function");
    return [shaped(detached(outputs, create_graph), single), shaped(detached(parts, create_graph), single)];
  });
}

/** `[func(inputs), vᵀ H]` for a function to one number; `v` has the shape of the input. */
export function vhp(func: TensorFunction, inputs: Tensors, ...rest: unknown[]): [any, any] {
  [func, inputs, ...rest] = leading(["func", "inputs"], [func, inputs, ...rest]);
  const { v, create_graph = false, strict = false } = keywordArguments("vhp", productNames, rest);
  return enable_grad(() => {
    const given = prepare(inputs, create_graph, "vhp");
    const vectors = cotangentsFor(v, given.inputs, "vhp");
    const y = func(...given.inputs);
    scalar(y, "vhp");
    const parts = gradients(
      slopes(y, given.inputs, strict),
      given.inputs,
      vectors,
      create_graph,
      strict,
      "The jacobian of the user-provided function",
    );
    return [detached([y], create_graph)[0], shaped(detached(parts, create_graph), given.single)];
  });
}

/** `[func(inputs), H v]`. H is symmetric, so this is `vhp` by another road; kept for PyTorch's programs. */
export function hvp(func: TensorFunction, inputs: Tensors, ...rest: unknown[]): [any, any] {
  [func, inputs, ...rest] = leading(["func", "inputs"], [func, inputs, ...rest]);
  const { v, create_graph = false, strict = false } = keywordArguments("hvp", productNames, rest);
  return enable_grad(() => {
    const given = prepare(inputs, create_graph, "hvp");
    const vectors = cotangentsFor(v, given.inputs, "hvp");
    const y = func(...given.inputs);
    scalar(y, "hvp");
    const slope = slopes(y, given.inputs, strict);
    const u = slope.map((s) => s.detach().zeros_like().requires_grad_());
    const pulled = gradients(slope, given.inputs, u, true, strict, "The jacobian of the user-provided function");
    const parts = gradients(pulled, u, vectors, create_graph, strict, "The jacobian of the user-provided function");
    return [detached([y], create_graph)[0], shaped(detached(parts, create_graph), given.single)];
  });
}
