/** Edits that mend an engine error, read off the shapes and dtypes of what the failing expression works on. */
import type { Capture, SourceRange, TensorSummary, Trace } from "../trace/model";
import type { Fix } from "./finding";

/** A tensor that the failing expression uses: where, and where it was made. */
interface Operand {
  range: SourceRange;
  name: string;
  tensor: TensorSummary;
  /** The call that gave it, and its text. */
  made?: { range: SourceRange; text: string };
}

const SHAPES = /size of tensor a .* must match the size of tensor b|target size .* different to the input size/;
const DTYPES = /expected scalar type \w+ but found \w+|to have one of the following scalar types|same dtype/;
const REDUCTION = /\b(?:sum|mean|amax|amin|norm|std|var|logsumexp|prod|nansum|nanmean)\(\s*[^)]/;
/** One call, and nothing after it. */
const CREATION = /^(?:torch\.)?(?:tensor|zeros|ones|full|empty|rand|randn|arange|linspace)\((?:(?!\)\s*[.[]).)*\)$/s;

/** Edits for the error that ended the program; none where what it works on does not show them. */
export function errorFixes(trace: Pick<Trace, "error" | "captures">): Fix[] {
  const { error, captures } = trace;
  if (!error?.range) return [];
  if (SHAPES.test(error.message)) return shapeFixes(operandsIn(captures, error.range));
  if (DTYPES.test(error.message)) return dtypeFixes(operandsIn(captures, error.range));
  return [];
}

/** A dimension of size 1 is missing in one of two. */
function shapeFixes(operands: readonly Operand[]): Fix[] {
  for (const operand of operands) {
    for (const other of operands) {
      const dim = missingDimension(operand.tensor.shape, other.tensor.shape);
      if (dim === undefined) continue;
      const { made, name, range } = operand;
      const keep: Fix[] =
        made && REDUCTION.test(made.text) && !/keepdim/.test(made.text)
          ? [
              {
                title: `Keep the reduced dimension of '${made.text}': 'keepdim: true'`,
                edit: { place: "option", range: made.range, text: "keepdim: true" },
              },
            ]
          : [];
      const insert = `.unsqueeze(${dim})`;
      return [...keep, { title: `Use '${name}${insert}'`, edit: { place: "end", range, text: insert } }];
    }
  }
  return [];
}

/** Where a 1 goes into `shape`, so that it is the other's, or else broadcasts with it; undefined unless there is one such place. */
function missingDimension(shape: readonly number[], other: readonly number[]): number | undefined {
  if (shape.length === 0 || other.length !== shape.length + 1) return undefined;
  const places = Array.from({ length: other.length }, (_, dim) => dim);
  const filled = (dim: number) => [...shape.slice(0, dim), 1, ...shape.slice(dim)];
  const equal = places.filter((dim) => filled(dim).every((size, i) => size === other[i]));
  const fitting = places.filter((dim) =>
    filled(dim).every((size, i) => size === other[i] || size === 1 || other[i] === 1),
  );
  const [found, another] = equal.length > 0 ? equal : fitting;
  return another === undefined ? found : undefined;
}

/** Whole numbers among floats become floats; where all are floats, the last is an index or a class. */
function dtypeFixes(operands: readonly Operand[]): Fix[] {
  const whole = operands.find(({ tensor }) => /^u?int|^bool/.test(tensor.dtype));
  const double = operands.find(({ tensor }) => tensor.dtype === "float64");
  const single = operands.some(({ tensor }) => tensor.dtype === "float32");
  const [operand, dtype] = whole
    ? [whole, "float32"]
    : double && single
      ? [double, "float32"]
      : [operands.at(-1), "int64"];
  if (!operand) return [];
  const { made, name, range } = operand;
  const create: Fix[] =
    made && CREATION.test(made.text) && !/dtype/.test(made.text)
      ? [
          {
            title: `Create '${name}' with 'dtype: torch.${dtype}'`,
            edit: { place: "option", range: made.range, text: `dtype: torch.${dtype}` },
          },
        ]
      : [];
  const cast = `.to(torch.${dtype})`;
  return [...create, { title: `Use '${name}${cast}'`, edit: { place: "end", range, text: cast } }];
}

/** In the order of the text. */
function operandsIn(captures: readonly Capture[], where: SourceRange): Operand[] {
  const found: Operand[] = [];
  for (const { kind, name, range, uses = [], last } of captures) {
    if (last.kind !== "tensor") continue;
    const { tensor } = last;
    if (kind === "expression" && isWithin(range, where))
      found.push({ range, name, tensor, made: { range, text: name } });
    const use = kind === "variable" ? uses.find((each) => isWithin(each, where)) : undefined;
    if (use) found.push({ range: use, name, tensor, ...made(captures, range, tensor) });
  }
  return found.sort((a, b) => a.range.start.line - b.range.start.line || a.range.start.column - b.range.start.column);
}

/** The expression behind `name =` that gave the variable its value. */
function made(captures: readonly Capture[], name: SourceRange, { shape }: TensorSummary): Pick<Operand, "made"> {
  const behind = captures.filter(
    ({ kind, range, last }) =>
      kind === "expression" &&
      range.file === name.file &&
      range.start.line === name.end.line &&
      range.start.column > name.end.column &&
      last.kind === "tensor" &&
      String(last.tensor.shape) === String(shape),
  );
  const first = behind.sort(
    (a, b) => a.range.start.column - b.range.start.column || b.range.end.column - a.range.end.column,
  )[0];
  return first ? { made: { range: first.range, text: first.name } } : {};
}

/** Inside it, and not it itself. */
function isWithin(inner: SourceRange, outer: SourceRange): boolean {
  if (inner.file !== outer.file) return false;
  const after = (a: SourceRange["start"], b: SourceRange["start"]) => a.line - b.line || a.column - b.column;
  const [start, end] = [after(inner.start, outer.start), after(outer.end, inner.end)];
  return start >= 0 && end >= 0 && start + end > 0;
}
