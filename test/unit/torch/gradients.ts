/** Autograd against central differences, for float64 inputs. */
import * as torch from "gradlens";

/** A fixed weight for each element, so that no symmetry of a sum hides a wrong gradient. */
const weights = (shape: readonly number[]): torch.Tensor =>
  torch
    .arange(
      shape.reduce((a, b) => a * b, 1),
      { dtype: torch.float64 },
    )
    .mul(0.7)
    .add(0.3)
    .cos()
    .add(1.5)
    .reshape([...shape]);

/** Σ wᵢ yᵢ over all floating-point outputs of `f`. */
function scalarOf(f: (...xs: torch.Tensor[]) => any, inputs: torch.Tensor[]): torch.Tensor {
  const outputs: torch.Tensor[] = [f(...inputs)].flat(2).filter((t) => t.is_floating_point());
  return outputs.map((t) => t.mul(weights(t.shape)).sum()).reduce((a, b) => a.add(b));
}

const H = 1e-5;

/** ∂f/∂x by (f(x + h) − f(x − h)) / 2h for each element of each input. */
function numeric(f: (...xs: torch.Tensor[]) => torch.Tensor, inputs: torch.Tensor[]): number[][] {
  return inputs.map((x, i) =>
    Array.from({ length: x.numel() }, (_, k) => {
      const shifted = (by: number) => {
        const data = Array.from(x.flatData(), (v, j) => (j === k ? v + by : v));
        const moved = torch.tensor(data, { dtype: torch.float64 }).reshape(x.shape);
        return f(...inputs.map((t, j) => (i === j ? moved : t.detach()))).item();
      };
      return (shifted(H) - shifted(-H)) / (2 * H);
    }),
  );
}

function furthest(analytic: (torch.Tensor | null)[], expected: number[][]): number {
  let worst = 0;
  expected.forEach((row, i) => {
    const got = analytic[i]?.detach().flatData() ?? new Float64Array(row.length);
    row.forEach((v, k) => {
      worst = Math.max(worst, Math.abs(got[k] - v) / (1 + Math.abs(v)));
    });
  });
  return worst;
}

/** How far autograd is from central differences, relative to 1 + their size, in first and second order. */
export function gradientErrors(
  f: (...xs: torch.Tensor[]) => any,
  ...values: unknown[]
): { first: number; second: number } {
  const inputs = values.map((v) => torch.tensor(v as number[], { dtype: torch.float64 }).requires_grad_());
  const scalar = (...xs: torch.Tensor[]) => scalarOf(f, xs);
  const first = torch.autograd.grad(scalar(...inputs), inputs, { create_graph: true, allow_unused: true });
  const slope = (...xs: torch.Tensor[]) => {
    const leaves = xs.map((x) => (x.requires_grad ? x : x.detach().requires_grad_()));
    const grads = torch.autograd.grad(scalar(...leaves), leaves, { create_graph: true, allow_unused: true });
    return scalarOf(
      (...gs) => gs,
      grads.map((g, i) => g ?? leaves[i].detach().zeros_like()),
    );
  };
  const out = { first: furthest(first, numeric(scalar, inputs)), second: 0 };
  const root = slope(...inputs);
  if (root.requires_grad) {
    const second = torch.autograd.grad(root, inputs, { allow_unused: true });
    out.second = furthest(second, numeric(slope, inputs));
  }
  return out;
}
