/** What a plotting call may be given as data, as plain numbers. */
import { RuntimeError, Tensor, ValueError } from "../torch";

/** Numbers in a row: a tensor, an array, nested arrays, or a single number. */
export type Data = Tensor | number | boolean | readonly Data[] | ArrayLike<number>;

export interface Grid {
  rows: number;
  columns: number;
  values: number[];
}

function nested(data: unknown): unknown {
  if (data instanceof Tensor) {
    if (data.requires_grad) {
      throw new RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.");
    }
    return data.tolist();
  }
  if (ArrayBuffer.isView(data)) return Array.from(data as unknown as ArrayLike<number>);
  return Array.isArray(data) ? data.map(nested) : data;
}

function number(value: unknown, what: string): number {
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return Number(value);
  if (value === null || value === undefined) return Number.NaN;
  throw new ValueError(
    `${what} must be numbers, but one is ${typeof value === "string" ? `"${value}"` : typeof value}`,
  );
}

/** All numbers in row-major order. Throws RuntimeError for a tensor that requires grad, ValueError for what is no number. */
export function flat(data: unknown, what: string): number[] {
  const rows = nested(data);
  return Array.isArray(rows)
    ? rows.flat(Number.POSITIVE_INFINITY).map((value) => number(value, what))
    : [number(rows, what)];
}

/** Columns of a matrix, or the one column of a vector: what `plot` draws as one line each. */
export function columns(data: unknown, what: string): number[][] {
  const rows = nested(data);
  if (!Array.isArray(rows) || !Array.isArray(rows[0])) return [flat(data, what)];
  const width = rows[0].length;
  const matrix = rows.map((row) => flat(row, what));
  if (matrix.some((row) => row.length !== width)) throw new ValueError(`${what} must be a vector or a matrix`);
  return Array.from({ length: width }, (_, column) => matrix.map((row) => row[column]!));
}

/** A matrix. Throws ValueError for any other shape. */
export function grid(data: unknown, what: string): Grid {
  const rows = nested(data);
  if (!Array.isArray(rows) || !Array.isArray(rows[0])) throw new ValueError(`${what} must have rows and columns`);
  const [first] = rows as number[][];
  const width = first!.length;
  const square = rows.every((row) => Array.isArray(row) && row.length === width && !Array.isArray(row[0]));
  if (!square) throw new ValueError(`${what} must be a matrix: rows of equally many numbers`);
  return { rows: rows.length, columns: width, values: flat(rows, what) };
}

/** A vector as one set of numbers, an array of vectors as several, a matrix's columns as several. */
export function datasets(data: unknown, what: string): number[][] {
  if (data instanceof Tensor) return columns(data, what);
  const isNested = Array.isArray(data) && data.some((part) => Array.isArray(part) || part instanceof Tensor);
  return isNested ? (data as unknown[]).map((part) => flat(part, what)) : [flat(data, what)];
}

/** Places of a grid's columns and rows: from vectors or from matrices as `meshgrid` makes them; counted without either. `borders`: one more of each will do too. */
export function meshOf(
  x: unknown,
  y: unknown,
  { rows, columns: width }: Grid,
  borders = false,
): { x: number[]; y: number[] } {
  const along = (data: unknown, count: number, axis: "X" | "Y"): number[] => {
    if (data === undefined) return Array.from({ length: count }, (_, i) => i);
    const lists = nested(data);
    const isMatrix = Array.isArray(lists) && Array.isArray(lists[0]);
    const line = isMatrix
      ? axis === "X"
        ? flat((lists as unknown[])[0], axis)
        : (lists as unknown[][]).map((row) => number(row[0], axis))
      : flat(lists, axis);
    if (line.length !== count && !(borders && line.length === count + 1))
      throw new ValueError(
        `${axis} has ${line.length} places for ${count} ${axis === "X" ? "columns" : "rows"}; X runs along columns, Y along rows (meshgrid with indexing "xy")`,
      );
    return line;
  };
  return { x: along(x, width, "X"), y: along(y, rows, "Y") };
}

/** Labels or positions of bars. */
export function categories(data: unknown, what: string): (string | number)[] {
  if (Array.isArray(data) && data.some((value) => typeof value === "string")) return data.map(String);
  return flat(data, what);
}
