/** `torch.nn.utils.rnn`: batches of sequences of different lengths, padded or packed. */
import { as_tensor, tensor } from "../../construct";
import { int64 } from "../../dtype";
import { RuntimeError, ValueError } from "../../errors";
import { arange, cat, full, sort } from "../../generated/functions";
import { integers } from "../../kernels/copy";
import { leading } from "../../keywords";
import type { Tensor } from "../../tensor";
import { bind } from "../arguments";
import { typename } from "../text";

/**
 * Sequences, longest first, with their padding left out: `data` has the elements of every first step, then of every
 * second step, …, and `batch_sizes` says how many sequences reach each step.
 */
export class PackedSequence {
  constructor(
    readonly data: Tensor,
    readonly batch_sizes: Tensor,
    readonly sorted_indices: Tensor | null = null,
    readonly unsorted_indices: Tensor | null = invert_permutation(sorted_indices),
  ) {}

  *[Symbol.iterator](): Iterator<Tensor | null> {
    yield* [this.data, this.batch_sizes, this.sorted_indices, this.unsorted_indices];
  }

  /** The same sequences with other data. */
  with(data: Tensor): PackedSequence {
    const { batch_sizes, sorted_indices, unsorted_indices } = this;
    return Object.assign(Object.create(Object.getPrototypeOf(this)), {
      data,
      batch_sizes,
      sorted_indices,
      unsorted_indices,
    });
  }

  /** The sequences with `data` in another dtype. */
  to(...args: [any]): PackedSequence {
    return this.with(this.data.to(...args));
  }

  toString(): string {
    const text = (t: Tensor | null) => (t === null ? "None" : String(t));
    return `PackedSequence(data=${this.data}, batch_sizes=${this.batch_sizes}, sorted_indices=${text(this.sorted_indices)}, unsorted_indices=${text(this.unsorted_indices)})`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** The permutation that undoes `permutation`. */
export function invert_permutation(permutation: Tensor | null): Tensor | null {
  if (permutation === null) return null;
  const out: number[] = [];
  integers(permutation).forEach((from: number, i: number) => {
    out[from] = i;
  });
  return tensor(out, { dtype: int64 });
}

type Lengths = Tensor | readonly number[];
type Options<P extends unknown[], K> = P | [...any[], K];

/**
 * Packs a padded batch (T, B, …), or (B, T, …) with `batch_first`. Sequences must be sorted by length, longest first,
 * unless `enforce_sorted` is false. Throws RuntimeError otherwise, and for lengths of 0 or below.
 */
export function pack_padded_sequence(
  input: Tensor,
  lengths: Lengths,
  ...args: Options<
    [batch_first?: boolean, enforce_sorted?: boolean],
    { batch_first?: boolean; enforce_sorted?: boolean }
  >
): PackedSequence {
  [input, lengths, ...args as any[]] = leading(["input", "lengths"], [input, lengths, ...args]);
  const spec = { batch_first: false, enforce_sorted: true };
  const { batch_first, enforce_sorted } = bind("pack_padded_sequence", spec, args);
  let sizes: Tensor = as_tensor(lengths as any, { dtype: int64 });
  let order: Tensor | null = null;
  let padded = input;
  if (!enforce_sorted) {
    [sizes, order] = sort(sizes, -1, true);
    padded = input.index_select(batch_first ? 0 : 1, order);
  }
  if (batch_first) padded = padded.transpose(0, 1);
  const each: number[] = [...integers(sizes)];
  if (each.length !== padded.shape[1]) {
    throw new RuntimeError(
      `Expected \`len(lengths)\` to be equal to batch_size, but got ${each.length} (batch_size=${padded.shape[1]})`,
    );
  }
  if (each[each.length - 1] <= 0) {
    throw new RuntimeError(
      `Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0`,
    );
  }
  if (each.some((n, i) => i > 0 && n > each[i - 1])) {
    throw new RuntimeError(
      "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not need ONNX exportability.",
    );
  }
  // Steps that the same sequences reach are taken at once.
  const steps: Tensor[] = [];
  const reaching: number[] = [];
  for (let start = 0, n = each.length; n > 0; n--) {
    const end = each[n - 1];
    if (end <= start) continue;
    steps.push(
      padded
        .narrow(0, start, end - start)
        .narrow(1, 0, n)
        .contiguous()
        .view([(end - start) * n, ...padded.shape.slice(2)]),
    );
    for (; start < end; start++) reaching.push(n);
  }
  return new PackedSequence(cat(steps), tensor(reaching, { dtype: int64 }), order);
}

/**
 * Back to a padded batch and its lengths: `[(T, B, …) or (B, T, …), lengths]`, in the order before packing.
 * Throws ValueError for a `total_length` below the longest sequence.
 */
export function pad_packed_sequence(
  sequence: PackedSequence,
  ...args: Options<
    [batch_first?: boolean, padding_value?: number, total_length?: number | null],
    { batch_first?: boolean; padding_value?: number; total_length?: number | null }
  >
): [Tensor, Tensor] {
  [sequence, ...args as any[]] = leading(["sequence"], [sequence, ...args]);
  const spec = { batch_first: false, padding_value: 0, total_length: null };
  const { batch_first, padding_value, total_length } = bind("pad_packed_sequence", spec, args);
  const sizes: number[] = [...integers(sequence.batch_sizes)];
  if (total_length !== null && total_length < sizes.length) {
    throw new ValueError(
      `Expected total_length to be at least the length of the longest sequence in input, but got total_length=${total_length} and max sequence length being ${sizes.length}`,
    );
  }
  const { data } = sequence;
  const shape = [total_length ?? sizes.length, sizes[0], ...data.shape.slice(1)];
  let padded: Tensor = full(shape, padding_value, { dtype: data.dtype });
  const lengths = new Array<number>(sizes[0]).fill(0);
  for (let t = 0, at = 0; t < sizes.length; ) {
    let end = t;
    while (end < sizes.length && sizes[end] === sizes[t]) end++;
    const [steps, n] = [end - t, sizes[t]];
    const block = data.narrow(0, at, steps * n).view([steps, n, ...data.shape.slice(1)]);
    padded.narrow(0, t, steps).narrow(1, 0, n).copy_(block);
    for (let i = 0; i < n; i++) lengths[i] = end;
    at += steps * n;
    t = end;
  }
  let sizesOut: Tensor = tensor(lengths, { dtype: int64 });
  if (batch_first) padded = padded.transpose(0, 1);
  const order = sequence.unsorted_indices;
  if (order !== null) {
    padded = padded.index_select(batch_first ? 0 : 1, order);
    sizesOut = sizesOut.index(order);
  }
  return [padded, sizesOut];
}

/** Sequences (L_i, …) side by side in one batch, (T, B, …) or (B, T, …), the ends filled with `padding_value`. Throws RuntimeError for what is no list. */
export function pad_sequence(
  sequences: Iterable<Tensor>,
  ...args: Options<[batch_first?: boolean, padding_value?: number], { batch_first?: boolean; padding_value?: number }>
): Tensor {
  [sequences, ...args as any[]] = leading(["sequences"], [sequences, ...args]);
  const { batch_first, padding_value } = bind("pad_sequence", { batch_first: false, padding_value: 0 }, args);
  if (typeof (sequences as any)?.[Symbol.iterator] !== "function") {
    throw new RuntimeError(
      `pad_sequence: Expected iterable for input sequences, but got arg of type: <class '${typename(sequences)}'>`,
    );
  }
  const list = [...sequences];
  const longest = Math.max(...list.map((s) => s.shape[0]));
  const rest = list[0].shape.slice(1);
  const shape = batch_first ? [list.length, longest, ...rest] : [longest, list.length, ...rest];
  const out: Tensor = full(shape, padding_value, { dtype: list[0].dtype });
  list.forEach((s, i) => {
    out
      .select(batch_first ? 0 : 1, i)
      .narrow(0, 0, s.shape[0])
      .copy_(s);
  });
  return out;
}

/** The sequences of a padded batch with `lengths`, as a list. */
export function unpad_sequence(
  padded_sequences: Tensor,
  lengths: Lengths,
  ...args: Options<[batch_first?: boolean], { batch_first?: boolean }>
): Tensor[] {
  const { batch_first } = bind("unpad_sequence", { batch_first: false }, args);
  const batch = batch_first ? padded_sequences : padded_sequences.transpose(0, 1);
  const steps = arange(batch.shape[1]);
  const each = [...integers(as_tensor(lengths as any, { dtype: int64 }))];
  return batch.unbind(0).map((s, i) => s.index(steps.lt(each[i])));
}

/** Packs a list of sequences (L_i, …), which must be sorted by length unless `enforce_sorted` is false. */
export function pack_sequence(
  sequences: readonly Tensor[],
  ...args: Options<[enforce_sorted?: boolean], { enforce_sorted?: boolean }>
): PackedSequence {
  [sequences, ...args as any[]] = leading(["sequences"], [sequences, ...args]);
  const { enforce_sorted } = bind("pack_sequence", { enforce_sorted: true }, args);
  return pack_padded_sequence(
    pad_sequence(sequences),
    sequences.map((s) => s.shape[0]),
    { enforce_sorted },
  );
}

/** The sequences of a packed batch, as a list. */
export function unpack_sequence(packed_sequences: PackedSequence): Tensor[] {
  const [padded, lengths] = pad_packed_sequence(packed_sequences, true);
  return unpad_sequence(padded, lengths, true);
}
