/**
 * The recurrences of RNN, LSTM and GRU over whole sequences, step by step, from the same ops in the same order as
 * PyTorch's CPU code, so that values agree to the last digit and the graph reads the same.
 */
import { cat, stack } from "../generated/functions";
import { integers } from "../kernels/copy";
import type { Tensor } from "../tensor";
import * as F from "./functional";

/** Weights and biases of one direction of one layer; `hr` projects an LSTM's output. */
export interface CellWeights {
  ih: Tensor;
  hh: Tensor;
  biasIh: Tensor | null;
  biasHh: Tensor | null;
  hr: Tensor | null;
}

/** The hidden state: h alone, or h and c of an LSTM. */
export type State = Tensor[];

/** One step, from W_ih x + b_ih and the state before to the state after. */
export type Cell = (input: Tensor, state: State, w: CellWeights) => State;

export const inputGates = (input: Tensor, w: CellWeights): Tensor => F.linear(input, w.ih, w.biasIh);
const hiddenGates = (h: Tensor, w: CellWeights): Tensor => F.linear(h, w.hh, w.biasHh);

/** h' = tanh(W_hh h + b_hh + W_ih x + b_ih). */
const tanhCell: Cell = (x, [h], w) => [hiddenGates(h, w).add(x).tanh()];
/** h' = max(W_hh h + b_hh + W_ih x + b_ih, 0). */
const reluCell: Cell = (x, [h], w) => [hiddenGates(h, w).add(x).relu()];

/** c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'). */
const lstmCell: Cell = (x, [h, c], w) => {
  const [i, f, g, o] = hiddenGates(h, w).add(x).unsafe_chunk(4, 1);
  const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
  const out = o.sigmoid().mul(next.tanh());
  return [w.hr === null ? out : F.linear(out, w.hr), next];
};

/** n = tanh(n_x + σ(r) n_h), h' = (h − n) σ(z) + n. */
const gruCell: Cell = (x, [h], w) => {
  const [rx, zx, nx] = x.unsafe_chunk(3, 1);
  const [rh, zh, nh] = hiddenGates(h, w).unsafe_chunk(3, 1);
  const r = rh.add_(rx).sigmoid_();
  const z = zh.add_(zx).sigmoid_();
  const n = nx.add(nh.mul_(r)).tanh_();
  return [h.sub(n).mul_(z).add_(n)];
};

export const cells = { RNN_TANH: tanhCell, RNN_RELU: reluCell, LSTM: lstmCell, GRU: gruCell };
export type Mode = keyof typeof cells;

/** Output of each step, and the last state, of one direction over (T, N, …) gates. */
function overSteps(cell: Cell, gates: Tensor, state: State, w: CellWeights, reverse: boolean): [Tensor, State] {
  const steps = gates.unbind(0);
  if (reverse) steps.reverse();
  const outputs: Tensor[] = [];
  for (const step of steps) {
    state = cell(step, state, w);
    outputs.push(state[0]);
  }
  if (reverse) outputs.reverse();
  return [stack(outputs, 0), state];
}

const rows = (state: State, start: number, n: number): State => state.map((t) => t.narrow(0, start, n));

/** The same over packed steps: sequences that are shorter leave the state early, or join it late in reverse. */
function overPacked(
  cell: Cell,
  gates: Tensor,
  sizes: readonly number[],
  initial: State,
  w: CellWeights,
  reverse: boolean,
): [Tensor, State] {
  const outputs: Tensor[] = [];
  if (reverse) {
    let state = rows(initial, 0, sizes[sizes.length - 1]);
    let end = gates.shape[0];
    let last = sizes[sizes.length - 1];
    for (let t = sizes.length - 1; t >= 0; t--) {
      const n = sizes[t];
      if (n > last) {
        const joining = rows(initial, last, n - last);
        state = state.map((s, i) => cat([s, joining[i]], 0));
      }
      last = n;
      end -= n;
      state = cell(gates.narrow(0, end, n), state, w);
      outputs.push(state[0]);
    }
    return [cat(outputs.reverse(), 0), state];
  }
  const left: State[] = [];
  let state = initial;
  let start = 0;
  let last = sizes[0];
  for (const n of sizes) {
    if (n < last) {
      left.push(rows(state, n, last - n));
      state = rows(state, 0, n);
    }
    last = n;
    state = cell(gates.narrow(0, start, n), state, w);
    start += n;
    outputs.push(state[0]);
  }
  left.push(state);
  left.reverse();
  return [
    cat(outputs, 0),
    initial.map((_, i) =>
      cat(
        left.map((s) => s[i]),
        0,
      ),
    ),
  ];
}

export interface Stack {
  mode: Mode;
  /** By layer, then direction. */
  weights: CellWeights[][];
  dropout: number;
  training: boolean;
}

/**
 * All layers and directions: (T, N, …), or packed data with its `batchSizes`, and the state of each layer and direction
 * stacked along dimension 0, to the outputs of the last layer and the last state.
 */
export function run(
  { mode, weights, dropout, training }: Stack,
  input: Tensor,
  hx: State,
  batchSizes: Tensor | null,
): [Tensor, State] {
  const cell = cells[mode];
  const sizes = batchSizes === null ? null : [...integers(batchSizes)];
  const initial = hx.map((t) => t.unbind(0));
  const final: State[] = [];
  let out = input;
  weights.forEach((directions, layer) => {
    const results = directions.map((w, d) => {
      const state = initial.map((parts) => parts[layer * directions.length + d]);
      const gates = inputGates(out, w);
      const [output, last] =
        sizes === null ? overSteps(cell, gates, state, w, d === 1) : overPacked(cell, gates, sizes, state, w, d === 1);
      final.push(last);
      return output;
    });
    out = results.length === 1 ? results[0] : cat(results, -1);
    if (dropout > 0 && training && layer < weights.length - 1) out = F.dropout(out, dropout, true);
  });
  return [
    out,
    hx.map((_, i) =>
      stack(
        final.map((s) => s[i]),
        0,
      ),
    ),
  ];
}
