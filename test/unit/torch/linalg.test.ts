/** Linear algebra beyond the recorded cases: identities of factorisations, derivatives at the edge, and texts. */
import * as torch from "gradlens";
import { expect, test } from "vitest";

const { linalg } = torch;
const options = { dtype: torch.float64 };
const square = (n: number) => torch.randn(n, n, options);

const close = (a: torch.Tensor, b: torch.Tensor, within = 1e-9) => {
  expect(a.shape).toEqual(b.shape);
  expect(Number(a.sub(b).abs().max().item())).toBeLessThan(within);
};
const transposed = (a: torch.Tensor) => a.transpose(-2, -1);

test("P L U, Q R and U S Vᵀ give the matrix back, tall and wide", () => {
  for (const [m, n] of [
    [5, 3],
    [3, 5],
    [4, 4],
  ]) {
    const a = torch.randn(2, m, n, options);
    const [p, l, u] = linalg.lu(a);
    close(p.matmul(l).matmul(u), a);
    const [q, r] = linalg.qr(a);
    close(q.matmul(r), a);
    const [left, s, right] = linalg.svd(a, false);
    close(left.mul(s.unsqueeze(-2)).matmul(right), a);
    // A full basis is orthonormal too.
    const [full] = linalg.svd(a);
    close(transposed(full).matmul(full), torch.eye(m, options).expand([2, m, m]));
  }
});

test("a matrix of rank one has one singular value and full orthonormal bases", () => {
  const a = torch.outer(torch.tensor([1, 2, 3], options), torch.tensor([1, 0, -1], options));
  const [u, s, vh] = linalg.svd(a);
  close(s, torch.tensor([Math.sqrt(28), 0, 0], options));
  close(u.mul(s).matmul(vh), a);
  close(transposed(u).matmul(u), torch.eye(3, options));
});

test("eigenvectors of a symmetric matrix", () => {
  const a = square(6);
  const symmetric = a.add(a.t());
  const { eigenvalues, eigenvectors } = linalg.eigh(symmetric) as any;
  close(symmetric.matmul(eigenvectors), eigenvectors.mul(eigenvalues));
});

test("exp of a nilpotent matrix is its series, of a large one is scaled back", () => {
  // e^(0 t; 0 0) = (1 t; 0 1)
  const nilpotent = torch.tensor(
    [
      [0, 40],
      [0, 0],
    ],
    options,
  );
  close(
    torch.matrix_exp(nilpotent),
    torch.tensor(
      [
        [1, 40],
        [0, 1],
      ],
      options,
    ),
  );
  const a = square(4);
  close(torch.matrix_exp(a).matmul(torch.matrix_exp(a.neg())), torch.eye(4, options));
});

test("the determinant of a singular matrix has its cofactors for a gradient", () => {
  // det (a b; c d) = a d − b c: (d −c; −b a)
  const a = torch.tensor(
    [
      [1, 2],
      [2, 4],
    ],
    { requires_grad: true },
  );
  linalg.det(a).backward();
  close(
    a.grad,
    torch.tensor([
      [4, -2],
      [-2, 1],
    ]),
    1e-5,
  );
});

test("einsum: operands one by one or in a list, diagonals, traces, broadcast dimensions", () => {
  const a = torch.arange(9).double().reshape([3, 3]);
  expect(torch.einsum("ii", a).item()).toBe(12);
  expect(torch.einsum("ii->i", [a]).tolist()).toEqual([0, 4, 8]);
  close(torch.einsum("...i,ij->...j", torch.ones([2, 2, 3], options), a), torch.ones([2, 2, 3], options).matmul(a));
  close(torch.einsum("ij,jk", a, a), a.matmul(a));
});

test("tensordot takes a count or pairs of dimensions", () => {
  const a = torch.randn(2, 3, 4, options);
  const b = torch.randn(4, 3, 5, options);
  close(
    torch.tensordot(a, b, [
      [1, 2],
      [1, 0],
    ]),
    torch.einsum("abc,cbd->ad", a, b),
  );
  expect(torch.tensordot(a, b, 0).shape).toEqual([2, 3, 4, 4, 3, 5]);
});

test("linear systems: vectors, batches, either side", () => {
  const a = torch.randn(2, 3, 3, options);
  const b = torch.randn(2, 3, options);
  close(a.matmul(linalg.solve(a, b).unsqueeze(-1)).squeeze(-1), b);
  const c = torch.randn(2, 4, 3, options);
  close(linalg.solve(a, c, { left: false }).matmul(a), c);
});

test("chains of products go in the cheapest order", () => {
  const [a, b, c] = [torch.randn(2, 50, options), torch.randn(50, 3, options), torch.randn(3, options)];
  close(linalg.multi_dot([a, b, c]), a.matmul(b).matmul(c));
});

type Refusal = [what: () => unknown, name: string, message: string];

const refusals: Refusal[] = [
  [
    () => linalg.inv(torch.ones(2, 2)),
    "LinAlgError",
    "linalg.inv: The diagonal element 2 is zero, the inversion could not be completed because the input matrix is singular.",
  ],
  [
    () => linalg.inv(torch.zeros(2, 3, 3)),
    "LinAlgError",
    "linalg.inv: (Batch element 0): The diagonal element 1 is zero, the inversion could not be completed because the input matrix is singular.",
  ],
  [
    () => linalg.cholesky(torch.eye(2).neg()),
    "LinAlgError",
    "linalg.cholesky: The factorization could not be completed because the input is not positive-definite (the leading minor of order 1 is not positive-definite).",
  ],
  [
    () => linalg.det(torch.ones(2, 3)),
    "RuntimeError",
    "linalg.det: A must be batches of square matrices, but they are 2 by 3 matrices",
  ],
  [
    () => linalg.lu(torch.ones(2, 2), { pivot: false }),
    "RuntimeError",
    "linalg.lu_factor: LU without pivoting is not implemented on the CPU",
  ],
  [
    () => torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(4, 5)),
    "RuntimeError",
    "einsum(): subscript j has size 4 for operand 1 which does not broadcast with previously seen size 3",
  ],
  [
    () => torch.matmul(torch.ones(2, 3), torch.ones(4, 5)),
    "RuntimeError",
    "mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)",
  ],
  [
    () => torch.mm(torch.ones(2, 3), torch.ones(3, 2).double()),
    "RuntimeError",
    "expected scalar type Float but found Double",
  ],
  [
    () => linalg.eig(torch.eye(2)),
    "NotImplementedError",
    "torch.linalg.eig: its result is complex, and complex tensors are not supported; use torch.linalg.eigh for symmetric matrices",
  ],
  [
    () => torch.fft.fft(torch.ones(3)),
    "NotImplementedError",
    "torch.fft.fft: its result is complex, and complex tensors are not supported",
  ],
];

test.each(refusals)("%s", (what, name, message) => {
  expect(what).toThrow(expect.objectContaining({ name, message }));
});

test("a short-time transform and its inverse", () => {
  const x = torch.randn(3, 40, options);
  const window = torch.tensor(
    Array.from({ length: 8 }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / 8)),
    options,
  );
  const spectra = torch.stft(x, 8, { hop_length: 4, window });
  expect(spectra.shape).toEqual([3, 5, 11, 2]);
  close(torch.istft(spectra, 8, { hop_length: 4, window, length: 40 }), x);
});

test("irfft at lengths that are no power of two, against the definition", () => {
  for (const n of [7, 60, 101]) {
    const half = Math.floor(n / 2) + 1;
    const x = torch.randn(half, options);
    const v = x.tolist();
    // y_k = (x₀ + 2 Σ x_j cos(2π jk / n) + (−1)ᵏ x_{n/2}) / n
    const y = Array.from({ length: n }, (_, k) => {
      let sum = v[0];
      for (let j = 1; j < half; j++)
        sum += (n % 2 === 0 && j === n / 2 ? 1 : 2) * v[j] * Math.cos((2 * Math.PI * j * k) / n);
      return sum / n;
    });
    close(torch.fft.irfft(x, n), torch.tensor(y, options));
  }
});

test("the signs of eigenvectors and singular vectors are LAPACK's", () => {
  const signs = (t: torch.Tensor) => t.sign().tolist();
  const a = torch.tensor([
    [2, -1, 0, 3],
    [-1, 1, 4, 0],
    [0, 4, -3, 1],
    [3, 0, 1, 5],
  ]);
  // What PyTorch 1.13.1 prints; the two triangles are reduced from opposite ends.
  const lower = [
    [-1, 1, -1, -1],
    [-1, 1, 1, 1],
    [1, 1, 1, -1],
    [-1, -1, 1, -1],
  ];
  expect(signs(linalg.eigh(a, "L").eigenvectors)).toEqual(lower);
  expect(signs(linalg.eigh(a, "U").eigenvectors)).toEqual(lower.map(([w, x, y, z]) => [w, x, -y, -z]));
  const wide = torch.tensor([
    [1, 2, 0, -1, 3],
    [0, 1, 4, 2, -2],
    [5, 0, 1, 1, 1],
  ]);
  expect(signs(linalg.svd(wide, false)[0])).toEqual([
    [1, -1, -1],
    [1, 1, -1],
    [1, -1, 1],
  ]);
  expect(signs(linalg.svd(wide.T, false)[2])).toEqual([
    [-1, -1, -1],
    [1, -1, 1],
    [-1, -1, 1],
  ]);
});

test("a transposed convolution whose output padding reaches the stride has a gradient of the input's shape", () => {
  const x = torch.ones(1, 1, 2, 2, { requires_grad: true });
  const out = torch.conv_transpose2d(x, torch.ones(1, 1, 2, 2), { stride: 1, output_padding: 1, dilation: 2 });
  expect(out.shape).toEqual([1, 1, 5, 5]);
  out.sum().backward();
  // Every input reaches all four taps of the kernel.
  expect(x.grad.flatten().tolist()).toEqual([4, 4, 4, 4]);
});
