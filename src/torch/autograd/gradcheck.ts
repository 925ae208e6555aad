/** `torch.autograd.gradcheck`: derivatives against finite differences. */
import { float64 } from "../dtype";
import { GradcheckError, ValueError } from "../errors";
import { keywordArguments, leading } from "../keywords";
import { Tensor } from "../tensor";
import { warn } from "../warnings";
import { grad } from "./backward";
import type { TensorFunction, Tensors } from "./functional";
import { enable_grad, withoutGrad } from "./gradMode";

export interface GradcheckOptions {
  /** Step of the central differences. */
  eps?: number;
  atol?: number;
  rtol?: number;
  raise_exception?: boolean;
  nondet_tol?: number;
  check_undefined_grad?: boolean;
  check_grad_dtypes?: boolean;
  check_batched_grad?: boolean;
  check_batched_forward_grad?: boolean;
  check_forward_ad?: boolean;
  check_backward_ad?: boolean;
  fast_mode?: boolean;
  masked?: boolean;
}

const names = [
  "eps",
  "atol",
  "rtol",
  "raise_exception",
  "check_sparse_nnz",
  "nondet_tol",
  "check_undefined_grad",
  "check_grad_dtypes",
  "check_batched_grad",
  "check_batched_forward_grad",
  "check_forward_ad",
  "check_backward_ad",
  "fast_mode",
  "masked",
];

const listOf = (value: Tensors): Tensor[] => (value instanceof Tensor ? [value] : [...value]);

const differentiableOutputs = (value: Tensors): Tensor[] =>
  listOf(value).filter((t) => t instanceof Tensor && t.dtype.is_floating_point && t.requires_grad);

/** `∂ outputs / ∂ input`, column by column: one array for each output, `[inputSize][outputSize]`. */
function numerical(f: () => Tensor[], input: Tensor, eps: number): number[][][] {
  const data = input.storageOf.data;
  const place: number[] = [];
  const collect = (dim: number, at: number): void => {
    if (dim === input.ndim) place.push(at);
    else for (let i = 0; i < input.shape[dim]; i++) collect(dim + 1, at + i * input.strides[dim]);
  };
  collect(0, input.offset);
  const columns: number[][][] = [];
  for (const at of place) {
    const x = data[at];
    data[at] = x + eps;
    const above = f().map((t) => Array.from(t.flatData()));
    data[at] = x - eps;
    const below = f().map((t) => Array.from(t.flatData()));
    data[at] = x;
    columns.push(above.map((a, o) => a.map((v, k) => (v - below[o][k]) / (2 * eps))));
  }
  const count = columns[0]?.length ?? 0;
  return Array.from({ length: count }, (_, o) => columns.map((column) => column[o]));
}

/** The same by backward: `[inputSize][outputSize]`. */
function analytical(output: Tensor, input: Tensor): number[][] {
  const n = output.numel();
  const columns = Array.from({ length: input.numel() }, () => new Array<number>(n).fill(0));
  for (let k = 0; k < n; k++) {
    const cotangent = output.detach().zeros_like();
    const flat = cotangent.view([-1]);
    flat.select(0, k).fill_(1);
    const [g] = grad(output, input, { grad_outputs: cotangent, retain_graph: true, allow_unused: true });
    if (g === null) continue;
    g.detach()
      .flatData()
      .forEach((v, i) => {
        columns[i][k] = v;
      });
  }
  return columns;
}

const close = (a: number, b: number, atol: number, rtol: number): boolean =>
  a === b || Math.abs(a - b) <= atol + rtol * Math.abs(b) || (Number.isNaN(a) && Number.isNaN(b));

const matrixText = (m: number[][]): string =>
  m.map((row) => `[${row.map((v) => v.toPrecision(5)).join(", ")}]`).join("\n ");

/**
 * Compares the gradients of `func` by backward with central differences, for every floating-point input that requires grad
 * (float64: the differences need its precision). Returns true; throws GradcheckError naming the first output and input that differ,
 * or returns false with `raise_exception: false`. Source: https://pytorch.org/docs/stable/notes/gradcheck.html
 */
export function gradcheck(func: TensorFunction, inputs: Tensors, ...rest: unknown[]): boolean {
  [func, inputs, ...rest] = leading(["func", "inputs"], [func, inputs, ...rest]);
  const o = keywordArguments("gradcheck", names, rest) as GradcheckOptions;
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, raise_exception = true } = o;
  const list = listOf(inputs);
  const checked = list.filter((t) => t instanceof Tensor && t.requires_grad);
  try {
    if (checked.length === 0) {
      throw new ValueError(
        "gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True.",
      );
    }
    checked.forEach((t) => {
      t.retain_grad();
      if (t.dtype !== float64) {
        const i = list.indexOf(t);
        warn(
          `Input #${i} requires gradient and is not a double precision floating point or complex. This check will likely fail if all the inputs are not of double precision floating point or complex. `,
        );
      }
    });
    compare(func, list, checked, eps, atol, rtol);
    return true;
  } catch (error) {
    if (error instanceof GradcheckError && !raise_exception) return false;
    throw error;
  }
}

function compare(
  func: TensorFunction,
  inputs: Tensor[],
  checked: Tensor[],
  eps: number,
  atol: number,
  rtol: number,
): void {
  const outputs = enable_grad(() => differentiableOutputs(func(...inputs)));
  const positions = enable_grad(() =>
    listOf(func(...inputs)).flatMap((t, i) =>
      t instanceof Tensor && t.dtype.is_floating_point && t.requires_grad ? [i] : [],
    ),
  );
  checked.forEach((input) => {
    const values = () =>
      withoutGrad(() => {
        const all = listOf(func(...inputs));
        return positions.map((p) => all[p].detach());
      });
    const differences = input.numel() === 0 ? outputs.map(() => []) : numerical(values, input, eps);
    outputs.forEach((output, k) => {
      const expected: number[][] = differences[k];
      const found = analytical(output, input);
      const wrong = found.some((row, i) => row.some((v, j) => !close(v, expected[i][j], atol, rtol)));
      if (wrong) {
        throw new GradcheckError(
          `Jacobian mismatch for output ${k} with respect to input ${inputs.indexOf(input)},\nnumerical:[${matrixText(expected)}]\nanalytical:[${matrixText(found)}]\n`,
        );
      }
    });
  });
}

/**
 * `gradcheck` of the gradients themselves: second derivatives. `grad_outputs` are the cotangents, random ones by default.
 * Throws GradcheckError like `gradcheck`.
 */
export function gradgradcheck(func: TensorFunction, inputs: Tensors, ...rest: unknown[]): boolean {
  const o = keywordArguments(
    "gradgradcheck",
    ["grad_outputs", "eps", "atol", "rtol", "gen_non_contig_grad_outputs", ...names.slice(3)],
    rest,
  );
  const { grad_outputs, gen_non_contig_grad_outputs: _, ...options } = o;
  const list = listOf(inputs);
  const outputs = enable_grad(() => differentiableOutputs(func(...list)));
  const cotangents: Tensor[] =
    grad_outputs === undefined || grad_outputs === null
      ? outputs.map((t, k) => wave(t, k))
      : listOf(grad_outputs as Tensors);
  const first = (...all: Tensor[]): Tensor[] => {
    const xs = all.slice(0, list.length);
    const used = xs.filter((t) => t instanceof Tensor && t.requires_grad);
    return enable_grad(() => {
      const out = differentiableOutputs(func(...xs));
      const found = grad(out, used, { grad_outputs: all.slice(list.length), create_graph: true, allow_unused: true });
      return found.filter((g) => g !== null);
    });
  };
  return gradcheck(first, [...list, ...cotangents.map((t) => t.detach().requires_grad_())], options);
}

/** Cotangents that are not all alike and draw nothing from the user's random stream. */
function wave(like: Tensor, phase: number): Tensor {
  const out = like.detach().clone();
  const { data } = out.storageOf;
  for (let i = 0; i < data.length; i++) data[i] = Math.cos(1.7 * i + phase) * 0.8 + 0.1;
  return out;
}
