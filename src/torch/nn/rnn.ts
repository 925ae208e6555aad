/** Recurrent layers and their cells. */

import { AssertionError, RuntimeError, ValueError } from "../errors";
import { zeros } from "../generated/functions";
import { tupleText } from "../printing";
import { sameShape } from "../shape";
import type { Tensor } from "../tensor";
import { warn } from "../warnings";
import { type Arguments, construct, placed, required, type Word } from "./arguments";
import { takes } from "./hooks";
import { uniform_ } from "./init";
import { emptyParameter } from "./layer";
import { Module } from "./module";
import type { Parameter } from "./parameter";
import { type CellWeights, cells, inputGates, type Mode, run, type State } from "./recurrence";
import { fields, float, python } from "./text";
import { PackedSequence } from "./utils/rnn";

interface RecurrentKeywords {
  input_size: number;
  hidden_size: number;
  num_layers: number;
  bias: boolean;
  batch_first: boolean;
  dropout: number;
  bidirectional: boolean;
}

type RecurrentPositions = [
  input_size: number,
  hidden_size: number,
  num_layers?: number,
  bias?: boolean,
  batch_first?: boolean,
  dropout?: number,
  bidirectional?: boolean,
];

const recurrent = {
  input_size: required,
  hidden_size: required,
  num_layers: 1,
  bias: true,
  batch_first: false,
  dropout: 0,
  bidirectional: false,
};

const gatesOf: Record<Mode, number> = { RNN_TANH: 1, RNN_RELU: 1, GRU: 3, LSTM: 4 };

const list = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** Parameters of every layer and direction, `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_ih_l0_reverse`, …, and the run over a sequence. */
export abstract class RNNBase extends Module {
  declare mode: Mode;
  declare input_size: number;
  declare hidden_size: number;
  declare num_layers: number;
  declare bias: boolean;
  declare batch_first: boolean;
  declare dropout: number;
  declare bidirectional: boolean;
  declare proj_size: number;
  declare private _names: string[][];

  protected setUp(mode: Mode, o: Record<string, any>): void {
    const { input_size, hidden_size, num_layers, bias, dropout, bidirectional, dtype } = o;
    const proj_size: number = o.proj_size ?? 0;
    if (typeof dropout !== "number" || dropout < 0 || dropout > 1) {
      throw new ValueError(
        "dropout should be a number in range [0, 1] representing the probability of an element being zeroed",
      );
    }
    if (dropout > 0 && num_layers === 1) {
      warn(
        `dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater than 1, but got dropout=${float(dropout)} and num_layers=${num_layers}`,
      );
    }
    if (proj_size < 0) throw new ValueError("proj_size should be a positive integer or zero to disable projections");
    if (proj_size >= hidden_size) throw new ValueError("proj_size has to be smaller than hidden_size");
    Object.assign(this, { mode, input_size, hidden_size, num_layers, bias, batch_first: o.batch_first });
    Object.assign(this, { dropout, bidirectional, proj_size, _names: [] });
    const rows = gatesOf[mode] * hidden_size;
    const out = proj_size > 0 ? proj_size : hidden_size;
    for (let layer = 0; layer < num_layers; layer++) {
      const inputs = layer === 0 ? input_size : out * (bidirectional ? 2 : 1);
      for (const suffix of bidirectional ? ["", "_reverse"] : [""]) {
        const own: Record<string, number[]> = { weight_ih: [rows, inputs], weight_hh: [rows, out] };
        if (bias) Object.assign(own, { bias_ih: [rows], bias_hh: [rows] });
        if (proj_size > 0) own.weight_hr = [proj_size, hidden_size];
        const names = Object.entries(own).map(([name, shape]) => {
          this[`${name}_l${layer}${suffix}`] = emptyParameter(shape, dtype);
          return `${name}_l${layer}${suffix}`;
        });
        this._names.push(names);
      }
    }
    this.reset_parameters();
  }

  /** Draws everything from U(−1/√hidden_size, 1/√hidden_size). */
  reset_parameters(): void {
    const bound = this.hidden_size > 0 ? 1 / Math.sqrt(this.hidden_size) : 0;
    for (const p of this.parameters()) uniform_(p, -bound, bound);
  }

  /** The parameters of each layer and direction. */
  get all_weights(): Parameter[][] {
    return this._names.map((names) => names.map((name) => this[name]));
  }

  /** Nothing to do on a CPU. */
  flatten_parameters(): void {}

  private cellWeights(): CellWeights[][] {
    const directions = this.bidirectional ? 2 : 1;
    const sets = this.all_weights.map((w): CellWeights => {
      const hr = this.proj_size > 0 ? w[w.length - 1] : null;
      return { ih: w[0], hh: w[1], biasIh: this.bias ? w[2] : null, biasHh: this.bias ? w[3] : null, hr };
    });
    return Array.from({ length: this.num_layers }, (_, l) => sets.slice(l * directions, (l + 1) * directions));
  }

  /** Sizes of the states: h, and c of an LSTM. */
  protected stateSizes(): number[] {
    return [this.hidden_size];
  }

  private check(input: Tensor, packed: boolean): void {
    const rank = packed ? 2 : 3;
    if (input.ndim !== rank) throw new RuntimeError(`input must have ${rank} dimensions, got ${input.ndim}`);
    if (input.shape[input.ndim - 1] !== this.input_size) {
      throw new RuntimeError(
        `input.size(-1) must be equal to input_size. Expected ${this.input_size}, got ${input.shape[input.ndim - 1]}`,
      );
    }
  }

  /** Throws RuntimeError for a state whose rank is not the input's. */
  protected abstract checkRank(hx: State, batched: boolean): void;

  protected stateText(i: number): string {
    return this.stateSizes().length === 1 ? "Expected hidden size" : `Expected hidden[${i}] size`;
  }

  /** The sequence, or packed sequences, and the first state (zeros for null), to outputs and last state. */
  protected recur(given: Tensor | PackedSequence, hx: State | null): [any, State] {
    const packed = given instanceof PackedSequence ? given : null;
    let input: Tensor = packed === null ? (given as Tensor) : packed.data;
    const batchDim = this.batch_first ? 0 : 1;
    const batched = packed !== null || input.ndim === 3;
    if (packed === null) {
      if (hx !== null) this.checkRank(hx, batched);
      if (!batched) {
        input = input.unsqueeze(batchDim);
        hx = hx?.map((t) => t.unsqueeze(1)) ?? null;
      }
    }
    this.check(input, packed !== null);
    const n = packed === null ? input.shape[batchDim] : packed.batch_sizes.index(0).item();
    const layers = this.num_layers * (this.bidirectional ? 2 : 1);
    const shapes = this.stateSizes().map((s) => [layers, n, s]);
    const order = packed?.sorted_indices ?? null;
    const start =
      hx === null
        ? shapes.map((s) => zeros(s, { dtype: input.dtype }))
        : hx.map((t) => (order === null ? t : t.index_select(1, order)));
    start.forEach((t, i) => {
      if (!sameShape(t.shape, shapes[i])) {
        throw new RuntimeError(`${this.stateText(i)} ${tupleText(shapes[i])}, got ${list(t.shape)}`);
      }
    });
    const { mode, dropout, training } = this;
    const stack = { mode, weights: this.cellWeights(), dropout, training };
    if (packed !== null) {
      const [data, last] = run(stack, input, start, packed.batch_sizes);
      const back = packed.unsorted_indices;
      return [packed.with(data), back === null ? last : last.map((t) => t.index_select(1, back))];
    }
    const [steps, last] = run(stack, this.batch_first ? input.transpose(0, 1) : input, start, null);
    const output = this.batch_first ? steps.transpose(0, 1) : steps;
    return batched ? [output, last] : [output.squeeze(batchDim), last.map((t) => t.squeeze(1))];
  }

  override extra_repr(): string {
    const parts = [`${this.input_size}, ${this.hidden_size}`];
    if (this.proj_size !== 0) parts.push(`proj_size=${this.proj_size}`);
    if (this.num_layers !== 1) parts.push(`num_layers=${this.num_layers}`);
    if (this.bias !== true) parts.push(`bias=${python(this.bias)}`);
    if (this.batch_first !== false) parts.push(`batch_first=${python(this.batch_first)}`);
    if (this.dropout !== 0) parts.push(`dropout=${float(this.dropout)}`);
    if (this.bidirectional !== false) parts.push(`bidirectional=${python(this.bidirectional)}`);
    return parts.join(", ");
  }
}

/** Throws RuntimeError unless a state has the rank that goes with the input's. */
function checkStateRank(hx: Tensor, batched: boolean): void {
  if (hx.ndim === (batched ? 3 : 2)) return;
  throw new RuntimeError(
    batched
      ? `For batched 3-D input, hx should also be 3-D but got ${hx.ndim}-D tensor`
      : `For unbatched 2-D input, hx should also be 2-D but got ${hx.ndim}-D tensor`,
  );
}

/** A layer whose state is h alone. */
abstract class PlainRecurrent extends RNNBase {
  protected override checkRank([hx]: State, batched: boolean): void {
    checkStateRank(hx, batched);
  }

  /**
   * `[output, h_n]` from input (T, N, input_size), (N, T, input_size) with `batch_first`, (T, input_size), or a
   * PackedSequence, and h_0 (layers · directions, N, hidden_size), zeros unless given.
   */
  override forward(input: Tensor | PackedSequence, hx: Tensor | null = null): [any, Tensor] {
    const [output, last] = this.recur(input, hx === null ? null : [hx]);
    return [output, last[0]];
  }
}

/** h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh), or max(…, 0) with `nonlinearity` "relu" (Elman, 1990). Throws ValueError for others. */
export class RNN extends PlainRecurrent {
  declare nonlinearity: string;

  constructor(
    ...args: Arguments<
      RecurrentPositions,
      RecurrentKeywords & { nonlinearity: Word<"tanh" | "relu">; proj_size: number }
    >
  ) {
    super();
    const o = construct("RNN", { ...recurrent, ...placed, nonlinearity: "tanh", proj_size: 0 }, args);
    if (o.proj_size > 0) throw new ValueError("proj_size argument is only supported for LSTM, not RNN or GRU");
    this.nonlinearity = o.nonlinearity;
    if (o.nonlinearity !== "tanh" && o.nonlinearity !== "relu") {
      throw new ValueError(`Unknown nonlinearity '${o.nonlinearity}'`);
    }
    this.setUp(o.nonlinearity === "tanh" ? "RNN_TANH" : "RNN_RELU", o);
  }
}

/** r, z = σ(W x_t + b + U h_{t−1} + c); n = tanh(W x_t + b + r (U h_{t−1} + c)); h_t = (1 − z) n + z h_{t−1} (Cho et al., 2014). */
export class GRU extends PlainRecurrent {
  constructor(...args: Arguments<RecurrentPositions, RecurrentKeywords & { proj_size: number }>) {
    super();
    const o = construct("GRU", { ...recurrent, ...placed, proj_size: 0 }, args);
    if (o.proj_size > 0) throw new ValueError("proj_size argument is only supported for LSTM, not RNN or GRU");
    this.setUp("GRU", o);
  }
}

/** i, f, o = σ(W x_t + b + U h_{t−1} + c), g = tanh(…); c_t = f c_{t−1} + i g; h_t = o tanh(c_t), projected to `proj_size` if asked (Hochreiter and Schmidhuber, 1997). */
export class LSTM extends RNNBase {
  constructor(
    ...args: Arguments<[...RecurrentPositions, proj_size?: number], RecurrentKeywords & { proj_size: number }>
  ) {
    super();
    this.setUp("LSTM", construct("LSTM", { ...recurrent, proj_size: 0, ...placed }, args));
  }

  protected override stateSizes(): number[] {
    return [this.proj_size > 0 ? this.proj_size : this.hidden_size, this.hidden_size];
  }

  protected override checkRank(hx: State, batched: boolean): void {
    if (hx.every((t) => t.ndim === (batched ? 3 : 2))) return;
    const ranks = `(${hx[0].ndim}-D, ${hx[1].ndim}-D)`;
    throw new RuntimeError(
      batched
        ? `For batched 3-D input, hx and cx should also be 3-D but got ${ranks} tensors`
        : `For unbatched 2-D input, hx and cx should also be 2-D but got ${ranks} tensors`,
    );
  }

  /** `[output, [h_n, c_n]]`; the input as for `RNN`, the state `[h_0, c_0]`, zeros unless given. */
  override forward(
    input: Tensor | PackedSequence,
    hx: readonly [Tensor, Tensor] | null = null,
  ): [any, [Tensor, Tensor]] {
    const [output, last] = this.recur(input, hx === null ? null : [...hx]);
    return [output, last as [Tensor, Tensor]];
  }
}

type CellArguments = Arguments<
  [input_size: number, hidden_size: number, bias?: boolean],
  { input_size: number; hidden_size: number; bias: boolean }
>;

/** One step of a recurrent layer, with `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`. */
export abstract class RNNCellBase extends Module {
  declare input_size: number;
  declare hidden_size: number;
  declare bias: boolean;
  declare weight_ih: Parameter;
  declare weight_hh: Parameter;
  declare bias_ih: Parameter;
  declare bias_hh: Parameter;

  protected setUp(gates: number, o: Record<string, any>): void {
    const { input_size, hidden_size, bias, dtype } = o;
    Object.assign(this, { input_size, hidden_size, bias });
    const rows = gates * hidden_size;
    this.weight_ih = emptyParameter([rows, input_size], dtype);
    this.weight_hh = emptyParameter([rows, hidden_size], dtype);
    this.register_parameter("bias_ih", bias ? emptyParameter([rows], dtype) : null);
    this.register_parameter("bias_hh", bias ? emptyParameter([rows], dtype) : null);
    this.reset_parameters();
  }

  /** Draws everything from U(−1/√hidden_size, 1/√hidden_size). */
  reset_parameters(): void {
    const bound = this.hidden_size > 0 ? 1 / Math.sqrt(this.hidden_size) : 0;
    for (const p of this.parameters()) uniform_(p, -bound, bound);
  }

  /** Throws AssertionError for an input of another rank than 1 and 2, RuntimeError for sizes that do not fit. */
  protected step(mode: Mode, input: Tensor, hx: State | null, states: number): State {
    if (input.ndim !== 1 && input.ndim !== 2) {
      throw new AssertionError(
        `${this._get_name()}: Expected input to be 1-D or 2-D but received ${input.ndim}-D tensor`,
      );
    }
    const batched = input.ndim === 2;
    const x = batched ? input : input.unsqueeze(0);
    const given = hx?.map((t) => (batched ? t : t.unsqueeze(0)));
    const state = given ?? new Array(states).fill(zeros([x.shape[0], this.hidden_size], { dtype: x.dtype }));
    if (x.shape[1] !== this.input_size) {
      throw new RuntimeError(`input has inconsistent input_size: got ${x.shape[1]} expected ${this.input_size}`);
    }
    state.forEach((t, i) => {
      if (t.shape[0] !== x.shape[0]) {
        throw new RuntimeError(`Input batch size ${x.shape[0]} doesn't match hidden${i} batch size ${t.shape[0]}`);
      }
      if (t.shape[1] !== this.hidden_size) {
        throw new RuntimeError(
          `hidden${i} has inconsistent hidden_size: got ${t.shape[1]}, expected ${this.hidden_size}`,
        );
      }
    });
    const w = { ih: this.weight_ih, hh: this.weight_hh, biasIh: this.bias_ih, biasHh: this.bias_hh, hr: null };
    const next = cells[mode](inputGates(x, w), state, w);
    return batched ? next : next.map((t) => t.squeeze(0));
  }

  override extra_repr(): string {
    const parts = [`${this.input_size}, ${this.hidden_size}`];
    if (this.bias !== true) parts.push(`bias=${python(this.bias)}`);
    if (this.nonlinearity !== undefined && this.nonlinearity !== "tanh") {
      parts.push(fields({ nonlinearity: this.nonlinearity }));
    }
    return parts.join(", ");
  }
}

const cell = { input_size: required, hidden_size: required, bias: true };

/** h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or max(…, 0) with `nonlinearity` "relu": (N, input_size) or (input_size) to the hidden state. */
export class RNNCell extends RNNCellBase {
  declare nonlinearity: string;

  constructor(
    ...args: Arguments<
      [input_size: number, hidden_size: number, bias?: boolean, nonlinearity?: Word<"tanh" | "relu">],
      { input_size: number; hidden_size: number; bias: boolean; nonlinearity: Word<"tanh" | "relu"> }
    >
  ) {
    super();
    const o = construct("RNNCell", { ...cell, nonlinearity: "tanh", ...placed }, args);
    this.nonlinearity = o.nonlinearity;
    this.setUp(1, o);
  }

  /** Throws RuntimeError for an unknown nonlinearity. */
  override forward(input: Tensor, hx: Tensor | null = null): Tensor {
    if (this.nonlinearity !== "tanh" && this.nonlinearity !== "relu") {
      throw new RuntimeError(`Unknown nonlinearity: ${this.nonlinearity}`);
    }
    return this.step(this.nonlinearity === "tanh" ? "RNN_TANH" : "RNN_RELU", input, hx === null ? null : [hx], 1)[0];
  }
}

/** One step of an LSTM: input and `[h, c]` (zeros unless given) to `[h', c']`. */
export class LSTMCell extends RNNCellBase {
  constructor(...args: CellArguments) {
    super();
    this.setUp(4, construct("LSTMCell", { ...cell, ...placed }, args));
  }

  override forward(input: Tensor, hx: readonly [Tensor, Tensor] | null = null): [Tensor, Tensor] {
    return this.step("LSTM", input, hx === null ? null : [...hx], 2) as [Tensor, Tensor];
  }
}

/** One step of a GRU: input and h (zeros unless given) to h'. */
export class GRUCell extends RNNCellBase {
  constructor(...args: CellArguments) {
    super();
    this.setUp(3, construct("GRUCell", { ...cell, ...placed }, args));
  }

  override forward(input: Tensor, hx: Tensor | null = null): Tensor {
    return this.step("GRU", input, hx === null ? null : [hx], 1)[0];
  }
}

takes(["input", "hx"], RNN, GRU, LSTM, RNNCell, LSTMCell, GRUCell);
