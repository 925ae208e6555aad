/** What is measured. Each engine has every workload under its name here and takes its size. */

export interface Workload {
  name: string;
  size: number;
  title: string;
  /** How many units one run holds, and what a unit is. */
  units?: number;
  unit?: string;
}

export const WORKLOADS: readonly Workload[] = [
  { name: "ops", size: 100_000, title: "100,000 chained ops on 4 elements", units: 100_000, unit: "an op" },
  { name: "moons", size: 100, title: "moons MLP step, 2-16-16-1, batch 100" },
  { name: "mlp", size: 64, title: "MLP step, 784-256-10, batch 64" },
  { name: "conv", size: 32, title: "convolutional network step, 28×28, batch 32" },
  { name: "lstm", size: 16, title: "LSTM step, 32→64, 16 long, batch 16, Adam" },
  { name: "gpt", size: 8, title: "GPT step, 2 layers of width 64, 8×32 tokens, AdamW" },
  { name: "transcendentals", size: 1_000_000, title: "exp, log1p, sin, tanh, sigmoid of 10⁶ elements" },
  { name: "transcendentalsBackward", size: 1_000_000, title: "the same, forward and backward" },
  ...[64, 128, 256, 512, 1024].map((size) => ({ name: "matmul", size, title: `matmul ${size}×${size}` })),
];

export interface Growth {
  name: string;
  title: string;
  axis: string;
  sizes: readonly number[];
}

/** Cost against size: straight lines, no cliffs. */
export const GROWTH: readonly Growth[] = [
  { name: "ops", title: "Chained ops on 4 elements", axis: "ops", sizes: [100, 1000, 10_000, 100_000, 1_000_000] },
  {
    name: "matmul",
    title: "Matrix product",
    axis: "rows and columns",
    sizes: [16, 32, 64, 128, 256, 512, 1024, 2048],
  },
  { name: "mlp", title: "MLP step, 784-256-10", axis: "batch", sizes: [1, 4, 16, 64, 256, 1024, 4096] },
  {
    name: "transcendentals",
    title: "Chain of transcendentals",
    axis: "elements",
    sizes: [10, 100, 1000, 10_000, 100_000, 1_000_000],
  },
];
