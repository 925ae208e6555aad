/** `torch.func`'s derivatives: functions that take a function and return another. */
import { RuntimeError } from "../errors";
import { isKeywords, keywordArguments, leading } from "../keywords";
import { stack } from "../ops/joining";
import { typeText } from "../pythonText";
import { sameShape, sizeText } from "../shape";
import { Tensor } from "../tensor";
import { type Argnums, Level, positions, splitAux } from "./level";
import { flatten, treeText } from "./tree";

export type AnyFunction = (...args: any[]) => any;

export interface TransformOptions {
  /** Which positional arguments are differentiated; an array gives an array of results. */
  argnums?: Argnums;
  /** The function returns `[output, aux]`, and aux comes out as it is. */
  has_aux?: boolean;
}

export interface JacobianOptions extends TransformOptions {
  /** Rows at a time, in PyTorch; here they always come one by one. */
  chunk_size?: number | null;
  randomness?: "error" | "different" | "same";
}

/** The arguments with the differentiated ones replaced by what the level's function sees. */
interface Inside {
  level: Level;
  args: any[];
  /** The differentiated inputs, flat. */
  inputs: Tensor[];
  /** From one value for each of `inputs` to the structure of the argument, or of the array of arguments. */
  shaped(values: readonly any[]): any;
}

function enter(args: readonly any[], argnums: Argnums | null): Inside {
  const level = new Level();
  const where = argnums === null ? args.map((_, i) => i) : positions(argnums, args.length);
  const parts = where.map((i) => flatten(args[i]));
  const flat = parts.map((part) => part.leaves.map((leaf) => level.input(leaf)));
  const inside = [...args];
  for (const [k, i] of where.entries()) inside[i] = parts[k].rebuild(flat[k]);
  return {
    level,
    args: inside,
    inputs: flat.flat(),
    shaped(values) {
      let start = 0;
      const out = parts.map((part) => {
        start += part.leaves.length;
        return part.rebuild(values.slice(start - part.leaves.length, start));
      });
      return typeof argnums === "number" ? out[0] : out;
    },
  };
}

/** The outputs of a function, flat; all of them tensors. */
function tensorsOf(output: any, api: string): { outputs: Tensor[]; rebuild(values: readonly any[]): any } {
  const { leaves, rebuild } = flatten(output);
  if (leaves.length === 0) {
    throw new RuntimeError(`${api}: Expected f to be a function that has non-empty output (got output = ${output})`);
  }
  for (const leaf of leaves) {
    if (!(leaf instanceof Tensor)) {
      throw new RuntimeError(
        `${api}: expected f(*primals) to return only tensors, got unsupported type <class '${typeText(leaf)}'>`,
      );
    }
  }
  return { outputs: leaves, rebuild };
}

const transformNames = ["argnums", "has_aux"];

/**
 * A function that gives `[gradient, value]` of `func`, which returns one number; with `has_aux` `[gradient, [value, aux]]`.
 * Nests with itself and the others. Throws RuntimeError where `func` returns anything but a scalar tensor.
 */
export function grad_and_value(func: AnyFunction, ...options: (TransformOptions | Argnums | boolean)[]): AnyFunction {
  [func, ...options] = leading(["func"], [func, ...options]);
  const { argnums = 0, has_aux = false } = keywordArguments("grad_and_value", transformNames, options);
  const api = "grad_and_value(f)(*args)";
  return (...args) => {
    const { level, args: inside, inputs, shaped } = enter(args, argnums);
    return level.run(() => {
      const [value, aux] = splitAux(func(...inside), has_aux, api);
      if (!(value instanceof Tensor)) {
        throw new RuntimeError(`${api}: Expected f(*args) to return a tensor, got <class '${typeText(value)}'>`);
      }
      if (value.ndim !== 0) {
        throw new RuntimeError(
          `${api}: Expected f(*args) to return a scalar Tensor, got tensor with ${value.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs instead?`,
        );
      }
      const gradients = level.pull([value], inputs, [null], level.reachesOut([value]));
      const out = level.output(shaped(gradients));
      return [out, has_aux ? [level.output(value), level.output(aux)] : level.output(value)];
    });
  };
}

/**
 * A function that gives the gradient of `func`, which returns one number, by its first argument (or those of `argnums`), in
 * that argument's structure; with `has_aux` `[gradient, aux]`. `grad(grad(f))` is the second derivative.
 * Throws RuntimeError where `func` returns anything but a scalar tensor.
 */
export function grad(func: AnyFunction, ...options: (TransformOptions | Argnums | boolean)[]): AnyFunction {
  [func, ...options] = leading(["func"], [func, ...options]);
  const { argnums = 0, has_aux = false } = keywordArguments("grad", transformNames, options);
  const both = grad_and_value(func, { argnums, has_aux });
  return (...args) => {
    const [gradient, rest] = both(...args);
    return has_aux ? [gradient, rest[1]] : gradient;
  };
}

/** A trailing object that names nothing but options; anything else is a primal. */
function takeOptions(args: any[], names: readonly string[]): Record<string, any> {
  const last = args.at(-1);
  if (!isKeywords(last)) return {};
  const keys = Object.keys(last);
  return keys.length > 0 && keys.every((key) => names.includes(key)) ? args.pop() : {};
}

/**
 * `[func(...primals), pull]`, where `pull(cotangents)` gives an array with uᵀJ for each primal; cotangents have the
 * structure of the output. With `{ has_aux: true }` behind the primals `[output, pull, aux]`.
 * Throws RuntimeError for outputs that are no floating-point tensors, and for cotangents of another structure or shape.
 */
export function vjp(func: AnyFunction, ...args: any[]): any {
  const primals = [...args];
  const { has_aux = false } = takeOptions(primals, ["has_aux"]);
  const { level, args: inside, inputs, shaped } = enter(primals, null);
  const [output, aux] = splitAux(
    level.run(() => func(...inside)),
    has_aux,
    "vjp(f, *primals)",
  );
  const { outputs } = tensorsOf(output, "vjp(f, *primals)");
  for (const out of outputs) {
    if (!out.dtype.is_floating_point) {
      throw new RuntimeError(
        `vjp(f, ...): All outputs of f must be floating-point or complex Tensors, got Tensor with dtype ${out.dtype}`,
      );
    }
  }
  const pull = (cotangents: any): any[] => {
    if (treeText(cotangents) !== treeText(output)) {
      throw new RuntimeError(
        `Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function. cotangents: ${treeText(cotangents)}, primal output: ${treeText(output)}`,
      );
    }
    const given: Tensor[] = flatten(cotangents).leaves;
    const keeps = level.reachesOut(outputs) || given.some((u) => u.requires_grad);
    return level.output(shaped(level.run(() => level.pull(outputs, inputs, given, keeps))));
  };
  return has_aux ? [level.output(output), pull, level.output(aux)] : [level.output(output), pull];
}

/**
 * J · v by two reverse passes: uᵀJ is linear in u, and its derivative along v is J v. The function runs once, whatever
 * the number of directions.
 */
function pusher(level: Level, outputs: readonly Tensor[], inputs: readonly Tensor[]) {
  const u = outputs.map((o) => level.leaf(o.detach().zeros_like()));
  const pulled = level.pull(outputs, inputs, u, true);
  return (tangents: readonly Tensor[], keeps: boolean): Tensor[] => level.pull(pulled, u, tangents, keeps);
}

/**
 * `[func(...primals), J v]`: the directional derivative along `tangents`, an array of the primals' structure.
 * With `has_aux` `[output, J v, aux]`. Throws RuntimeError where structures or shapes differ.
 */
export function jvp(
  func: AnyFunction,
  primals: readonly any[],
  tangents: readonly any[],
  ...options: ({ strict?: boolean; has_aux?: boolean } | boolean)[]
): any {
  const api = "jvp(f, primals, tangents)";
  const { strict = false, has_aux = false } = keywordArguments("jvp", ["strict", "has_aux"], options);
  if (!Array.isArray(primals)) {
    throw new RuntimeError(`${api}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).`);
  }
  if (treeText(primals) !== treeText(tangents)) {
    throw new RuntimeError(
      `${api}: Expected primals and tangents to have the same python structure. For example, if primals is a tuple of 3 tensors, tangents also must be. Got primals with structure ${treeText(primals)} and tangents with structure ${treeText(tangents)}`,
    );
  }
  const { level, args: inside, inputs } = enter(primals, null);
  const directions: Tensor[] = flatten(tangents).leaves;
  for (const [i, v] of directions.entries()) {
    if (!(v instanceof Tensor)) {
      throw new RuntimeError(`${api}: Expected tangents to only contain Tensors, got <class '${typeText(v)}'>`);
    }
    if (!sameShape(v.shape, inputs[i].shape)) {
      throw new RuntimeError(
        `Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported. Tensor is of size ${sizeText(inputs[i].shape)} while the given forward gradient is of size ${sizeText(v.shape)}.`,
      );
    }
  }
  return level.run(() => {
    const [output, aux] = splitAux(func(...inside), has_aux, api);
    const { outputs, rebuild } = tensorsOf(output, api);
    if (strict && outputs.some((o) => !o.requires_grad)) {
      throw new RuntimeError(
        "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not allowed with strict=True.",
      );
    }
    const keeps = level.reachesOut(outputs) || directions.some((v) => v.requires_grad);
    const pushed = pusher(level, outputs, inputs)(directions, keeps);
    const result = [level.output(output), level.output(rebuild(pushed))];
    return has_aux ? [...result, level.output(aux)] : result;
  });
}

const jacobianNames = ["argnums", "has_aux", "chunk_size", "randomness"];

/** Tensors with a single 1, one for each element of `like`. */
function* basis(like: Tensor): Iterable<Tensor> {
  const n = like.numel();
  for (let i = 0; i < n; i++) {
    const e = like.detach().new_zeros([n]);
    e.storageOf.data[i] = 1;
    yield e.reshape(like.shape);
  }
}

/**
 * A function that gives the Jacobian of `func` by reverse mode, a pass for each element of the output: `[*output, *input]`.
 * Structures of outputs come first, then those of inputs. Throws RuntimeError for outputs that are no tensors.
 */
export function jacrev(func: AnyFunction, ...options: (JacobianOptions | Argnums | boolean)[]): AnyFunction {
  [func, ...options] = leading(["func"], [func, ...options]);
  const { argnums = 0, has_aux = false } = keywordArguments("jacrev", jacobianNames, options);
  return (...args) => {
    const { level, args: inside, inputs, shaped } = enter(args, argnums);
    return level.run(() => {
      const [output, aux] = splitAux(func(...inside), has_aux, "jacrev(f, ...)(*args)");
      const { outputs, rebuild } = tensorsOf(output, "jacrev(f, ...)(*args)");
      const blocks = outputs.map((out) => {
        const keeps = level.reachesOut([out]);
        const rows = [...basis(out)].map((e) => level.pull([out], inputs, [e], keeps));
        return shaped(
          inputs.map((x, i) =>
            joined(
              rows.map((row) => row[i]),
              out.shape,
              x,
            ),
          ),
        );
      });
      const jacobian = level.output(rebuild(blocks));
      return has_aux ? [jacobian, level.output(aux)] : jacobian;
    });
  };
}

/** Rows into one tensor of shape `[*leading, *input]`. */
function joined(rows: readonly Tensor[], leading: readonly number[], input: Tensor): Tensor {
  const shape = [...leading, ...input.shape];
  return rows.length === 0 ? input.detach().new_zeros(shape) : stack([...rows], 0).reshape(shape);
}

/**
 * A function that gives the Jacobian of `func` column by column: a pass for each element of the input, `[*output, *input]`.
 * The better choice where there are fewer inputs than outputs. Throws RuntimeError for outputs that are no tensors.
 */
export function jacfwd(func: AnyFunction, ...options: (JacobianOptions | Argnums | boolean)[]): AnyFunction {
  [func, ...options] = leading(["func"], [func, ...options]);
  const { argnums = 0, has_aux = false } = keywordArguments("jacfwd", jacobianNames, options);
  return (...args) => {
    const { level, args: inside, inputs, shaped } = enter(args, argnums);
    return level.run(() => {
      const [output, aux] = splitAux(func(...inside), has_aux, "jacfwd(f, ...)(*args)");
      const { outputs, rebuild } = tensorsOf(output, "jacfwd(f, ...)(*args)");
      const keeps = level.reachesOut(outputs);
      const push = pusher(level, outputs, inputs);
      const zeros = inputs.map((x) => x.detach().zeros_like());
      // columns[input][element][output]
      const columns = inputs.map((x, i) =>
        [...basis(x)].map((e) =>
          push(
            zeros.map((z, k) => (k === i ? e : z)),
            keeps,
          ),
        ),
      );
      const blocks = outputs.map((out, o) =>
        shaped(
          inputs.map((x, i) => {
            const shape = [...out.shape, ...x.shape];
            if (columns[i].length === 0) return out.detach().new_zeros(shape);
            return stack(
              columns[i].map((column) => column[o]),
              -1,
            ).reshape(shape);
          }),
        ),
      );
      const jacobian = level.output(rebuild(blocks));
      return has_aux ? [jacobian, level.output(aux)] : jacobian;
    });
  };
}

/** A function that gives the second derivatives of `func`: `jacfwd(jacrev(func))`, shape `[*output, *input, *input]`. */
export function hessian(func: AnyFunction, ...options: (Pick<TransformOptions, "argnums"> | Argnums)[]): AnyFunction {
  [func, ...options] = leading(["func"], [func, ...options]);
  const { argnums = 0 } = keywordArguments("hessian", ["argnums"], options);
  return jacfwd(jacrev(func, { argnums }), { argnums });
}
