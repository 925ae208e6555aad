/**
 * safetensors, the format in which weights travel: eight bytes with the length of a JSON header, the header (each tensor's dtype,
 * shape and place), then the tensors' bytes without gaps; all little-endian.
 * Source: https://github.com/huggingface/safetensors, "Format".
 */
import {
  bfloat16,
  bool,
  type DType,
  float16,
  float32,
  float64,
  int8,
  int16,
  int32,
  int64,
  type TypedArray,
  uint8,
} from "../dtype";
import { RuntimeError } from "../errors";
import { numel } from "../shape";
import { fromData, type Tensor } from "../tensor";
import { type Json, parseHeader } from "./header";

/** As long a header as the reference implementation takes. */
const LONGEST_HEADER = 100_000_000;
const METADATA = "__metadata__";

/** How one dtype of the format is read and written. */
interface Code {
  dtype: DType;
  size: number;
  read(view: DataView, at: number): number;
  write(view: DataView, at: number, value: number): void;
}

function readInt64(view: DataView, at: number): number {
  const high = view.getInt32(at + 4, true);
  const value = high * 2 ** 32 + view.getUint32(at, true);
  if (!Number.isSafeInteger(value)) {
    throw new RuntimeError(
      `${view.getBigInt64(at, true)} is beyond 2^53: int64 holds whole numbers up to there exactly`,
    );
  }
  return value;
}

/** 1 sign bit, 5 of exponent, 10 of fraction. */
function readHalf(view: DataView, at: number): number {
  const bits = view.getUint16(at, true);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const single = new DataView(new ArrayBuffer(4));

function writeHalf(view: DataView, at: number, value: number): void {
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  single.setFloat32(0, size);
  const exponent = (single.getUint32(0) >>> 23) - 127;
  let bits = 0x7e00;
  if (size === Number.POSITIVE_INFINITY) bits = 0x7c00;
  else if (size < 2 ** -14) bits = size * 2 ** 24;
  else if (!Number.isNaN(size)) bits = ((exponent + 15) << 10) | ((single.getUint32(0) >>> 13) & 1023);
  view.setUint16(at, sign | bits, true);
}

/** The upper half of a float32. */
function readBrain(view: DataView, at: number): number {
  single.setUint32(0, view.getUint16(at, true) << 16);
  return single.getFloat32(0);
}

function writeBrain(view: DataView, at: number, value: number): void {
  single.setFloat32(0, value);
  view.setUint16(at, single.getUint16(0), true);
}

const codes: Record<string, Code> = {
  F64: {
    dtype: float64,
    size: 8,
    read: (v, at) => v.getFloat64(at, true),
    write: (v, at, x) => v.setFloat64(at, x, true),
  },
  F32: {
    dtype: float32,
    size: 4,
    read: (v, at) => v.getFloat32(at, true),
    write: (v, at, x) => v.setFloat32(at, x, true),
  },
  F16: { dtype: float16, size: 2, read: readHalf, write: writeHalf },
  BF16: { dtype: bfloat16, size: 2, read: readBrain, write: writeBrain },
  I64: { dtype: int64, size: 8, read: readInt64, write: (v, at, x) => v.setBigInt64(at, BigInt(x), true) },
  I32: { dtype: int32, size: 4, read: (v, at) => v.getInt32(at, true), write: (v, at, x) => v.setInt32(at, x, true) },
  I16: { dtype: int16, size: 2, read: (v, at) => v.getInt16(at, true), write: (v, at, x) => v.setInt16(at, x, true) },
  I8: { dtype: int8, size: 1, read: (v, at) => v.getInt8(at), write: (v, at, x) => v.setInt8(at, x) },
  U8: { dtype: uint8, size: 1, read: (v, at) => v.getUint8(at), write: (v, at, x) => v.setUint8(at, x) },
  BOOL: {
    dtype: bool,
    size: 1,
    read: (v, at) => (v.getUint8(at) === 0 ? 0 : 1),
    write: (v, at, x) => v.setUint8(at, x),
  },
};

const codeOf = (dtype: DType): [string, Code] => Object.entries(codes).find(([, code]) => code.dtype === dtype)!;

/** The bytes of a file with these tensors, in this order. */
export function writeSafetensors(tensors: ReadonlyMap<string, Tensor>, metadata: Record<string, string>): Uint8Array {
  const entries = [...tensors].map(([name, tensor]) => {
    const [text, code] = codeOf(tensor.dtype);
    return { name, tensor, text, code, start: 0, end: 0 };
  });
  // The widest first: then each lies at a multiple of its own size.
  let end = 0;
  for (const entry of [...entries].sort((a, b) => b.code.size - a.code.size)) {
    entry.start = end;
    end += entry.tensor.numel() * entry.code.size;
    entry.end = end;
  }
  const fields = entries.map(({ name, tensor, text, start, end }) => {
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: text, shape: tensor.shape, data_offsets: [start, end] })}`;
  });
  if (Object.keys(metadata).length > 0) fields.unshift(`${JSON.stringify(METADATA)}:${JSON.stringify(metadata)}`);
  let header = encodeUtf8(`{${fields.join(",")}}`);
  // Padded so that the data begin at a multiple of eight.
  const padded = new Uint8Array(Math.ceil(header.length / 8) * 8).fill(0x20);
  padded.set(header);
  header = padded;
  if (header.length > LONGEST_HEADER) throw new RuntimeError(`header too large: ${header.length} bytes`);
  const bytes = new Uint8Array(8 + header.length + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  for (const { tensor, code, start } of entries) {
    let at = 8 + header.length + start;
    for (const value of tensor.flatData()) {
      code.write(view, at, value);
      at += code.size;
    }
  }
  return bytes;
}

export interface SafetensorsFile {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/**
 * The tensors of a file, in the header's order.
 * Throws RuntimeError where the file is cut off, or its header is malformed, names a dtype that there is not here, repeats a
 * name, or places tensors outside the data, over each other or with gaps between.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) {
    throw new RuntimeError(`Error while deserializing header: HeaderTooSmall: the file has ${bytes.length} bytes`);
  }
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > LONGEST_HEADER) {
    throw new RuntimeError(`Error while deserializing header: HeaderTooLarge: ${length} bytes are announced`);
  }
  const data = 8 + length;
  if (data > bytes.length) {
    throw new RuntimeError(
      `Error while deserializing header: InvalidHeaderLength: ${length} bytes are announced, ${bytes.length - 8} are there`,
    );
  }
  const header = parseHeader(decodeUtf8(bytes.subarray(8, data)));
  if (!(header instanceof Map)) throw new RuntimeError("Error while deserializing header: it is no object");
  const metadata: Record<string, string> = {};
  const places: Place[] = [];
  for (const [name, value] of header) {
    if (name === METADATA) readMetadata(value, metadata);
    else places.push(placeOf(name, value));
  }
  checkPlaces(places, bytes.length - data);
  const tensors = new Map<string, Tensor>();
  for (const { name, code, shape, start } of places) {
    const n = numel(shape);
    const values: TypedArray = code.dtype.allocate(n);
    for (let i = 0, at = data + start; i < n; i++, at += code.size) values[i] = code.read(view, at);
    tensors.set(name, fromData(values, code.dtype, shape));
  }
  return { tensors, metadata };
}

interface Place {
  name: string;
  code: Code;
  shape: number[];
  start: number;
  end: number;
}

function readMetadata(value: Json, into: Record<string, string>): void {
  if (!(value instanceof Map)) throw new RuntimeError(`${METADATA} is no object of strings`);
  for (const [key, text] of value) {
    if (typeof text !== "string") throw new RuntimeError(`${METADATA} is no object of strings: see '${key}'`);
    Object.defineProperty(into, key, { value: text, enumerable: true, configurable: true, writable: true });
  }
}

const isCount = (x: Json | undefined): x is number => typeof x === "number" && Number.isSafeInteger(x) && x >= 0;

function placeOf(name: string, value: Json): Place {
  const wrong = (what: string) => new RuntimeError(`Error while deserializing header: tensor '${name}': ${what}`);
  if (!(value instanceof Map)) throw wrong("its entry is no object");
  const dtype = value.get("dtype");
  const shape = value.get("shape");
  const offsets = value.get("data_offsets");
  if (typeof dtype !== "string") throw wrong("it has no dtype");
  if (!Object.hasOwn(codes, dtype)) throw wrong(`its dtype ${JSON.stringify(dtype)} is not one that tensors have here`);
  if (!Array.isArray(shape) || !shape.every(isCount)) throw wrong("its shape is no array of sizes");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw wrong("its data_offsets are no two positions");
  }
  const [start, end] = offsets as number[];
  const code = codes[dtype];
  const size = numel(shape as number[]) * code.size;
  if (!Number.isSafeInteger(size)) throw wrong("its shape has too many elements");
  if (end - start !== size) {
    throw wrong(`${dtype} of shape [${shape.join(", ")}] takes ${size} bytes, but data_offsets give it ${end - start}`);
  }
  return { name, code, shape: shape as number[], start, end };
}

/** The tensors cover the data once, without gaps. Throws RuntimeError. */
function checkPlaces(places: readonly Place[], length: number): void {
  let covered = 0;
  for (const { name, start, end } of [...places].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (end > length) {
      throw new RuntimeError(
        `tensor '${name}' ends at byte ${end} of the data, of which there are ${length}: the file is cut off`,
      );
    }
    if (start !== covered) {
      throw new RuntimeError(
        `tensor '${name}' begins at byte ${start} of the data: ${start < covered ? "it overlaps another" : "there is a gap before it"}`,
      );
    }
    covered = end;
  }
  if (covered !== length) {
    throw new RuntimeError(`MetadataIncompleteBuffer: ${length - covered} bytes of the data belong to no tensor`);
  }
}

// The engine knows no platform: TextEncoder is everywhere, but no library that the compiler is told of has it.

/** Of JSON text, in which halves of surrogate pairs are escaped. */
function encodeUtf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text);
  const out: number[] = [];
  for (let i = 0; i < escaped.length; i++) {
    if (escaped[i] !== "%") out.push(escaped.charCodeAt(i));
    else {
      out.push(Number.parseInt(escaped.slice(i + 1, i + 3), 16));
      i += 2;
    }
  }
  return Uint8Array.from(out);
}

/** Throws RuntimeError for bytes that are no UTF-8. */
function decodeUtf8(bytes: Uint8Array): string {
  const parts: string[] = [];
  let plain: number[] = [];
  const fail = (): never => {
    throw new RuntimeError("Error while deserializing header: InvalidHeader: it is not UTF-8");
  };
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i];
    const count = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || i + count > bytes.length) fail();
    let code = count === 1 ? first : first & (0xff >> (count + 1));
    for (let k = 1; k < count; k++) {
      if ((bytes[i + k] & 0xc0) !== 0x80) fail();
      code = (code << 6) | (bytes[i + k] & 0x3f);
    }
    const smallest = [0, 0, 0x80, 0x800, 0x10000][count];
    if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) fail();
    plain.push(code);
    i += count;
    if (plain.length === 4096) {
      parts.push(String.fromCodePoint(...plain));
      plain = [];
    }
  }
  parts.push(String.fromCodePoint(...plain));
  return parts.join("");
}
