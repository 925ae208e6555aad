/** `torch.save` and `torch.load`: state dicts, and whatever holds them, as safetensors files. */
import { NotImplementedError, RuntimeError } from "../errors";
import { isKeywords, keywordArguments } from "../keywords";
import { typeText } from "../pythonText";
import { Tensor } from "../tensor";
import { type Json, parseHeader } from "./header";
import { readSafetensors, writeSafetensors } from "./safetensors";

/** Where `save` and `load` find files; a platform that has some puts its own here. */
export interface Files {
  read(path: string): Uint8Array;
  write(path: string, bytes: Uint8Array): void;
}

/** Node's own, where there is a Node that hands them out (20.16 and later); else none. */
function platformFiles(): Files | null {
  const { process } = globalThis as unknown as { process?: { getBuiltinModule?(name: string): any } };
  const fs = process?.getBuiltinModule?.("node:fs");
  if (fs === undefined || fs === null) return null;
  return { read: (path) => fs.readFileSync(path), write: (path, bytes) => fs.writeFileSync(path, bytes) };
}

/** The file system in use; assign `serialization.files` to have another. */
export const serialization: { files: Files | null } = { files: null };

function filesOrThrow(): Files {
  serialization.files ??= platformFiles();
  if (serialization.files !== null) return serialization.files;
  throw new NotImplementedError(
    "there is no file system here: use torch.saveToBytes and torch.loadFromBytes, or set torch.serialization.files",
  );
}

/** The name in the file's metadata under which the structure around the tensors is kept. */
const STRUCTURE = "gradlens";
/** In that structure, keys of our own begin so; a user's key that does gets one more. */
const MARK = "$";

/**
 * The bytes of a safetensors file with `obj`: a state dict (tensors by name), or plain objects and arrays of tensors, numbers,
 * strings, booleans and null, as in `{ model: model.state_dict(), optimizer: optimizer.state_dict(), epoch }`.
 * Nested tensors are named by their path, `model.fc.weight`, so that Python finds them.
 * Throws TypeError for anything else, such as a module: save its `state_dict()`.
 */
export function saveToBytes(obj: unknown): Uint8Array {
  const tensors = new Map<string, Tensor>();
  const metadata: Record<string, string> = { format: "pt" };
  const flat =
    isKeywords(obj) &&
    Object.entries(obj).every(([name, t]) => t instanceof Tensor && !t.requires_grad && name !== "__metadata__");
  if (flat) {
    for (const [name, t] of Object.entries(obj)) tensors.set(name, t as Tensor);
  } else {
    metadata[STRUCTURE] = JSON.stringify(packed(obj, [], tensors, new Set()));
  }
  return writeSafetensors(tensors, metadata);
}

function packed(value: unknown, path: readonly string[], tensors: Map<string, Tensor>, inside: Set<unknown>): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value instanceof Tensor) {
    const name = freeName(path.join(".") || "tensor", tensors);
    tensors.set(name, value);
    return { $tensor: name, ...(value.requires_grad ? { requires_grad: true } : {}) };
  }
  const children = Array.isArray(value) ? value.entries() : isKeywords(value) ? Object.entries(value) : null;
  if (children === null) {
    const at = path.length > 0 ? ` at ${path.join(".")}` : "";
    const stateful = typeof value === "function" && "state_dict" in value;
    const type = stateful ? value.constructor.name : typeText(value);
    throw new TypeError(`torch.save: a ${type}${at} cannot be saved${stateful ? ": save its state_dict()" : ""}`);
  }
  if (inside.has(value)) throw new TypeError(`torch.save: ${path.join(".")} holds itself`);
  inside.add(value);
  const entries = [...children].map(([key, child]) => {
    return [key, packed(child, [...path, String(key)], tensors, inside)] as const;
  });
  inside.delete(value);
  if (Array.isArray(value)) return entries.map(([, child]) => child);
  return Object.fromEntries(entries.map(([key, child]) => [`${key}`.startsWith(MARK) ? MARK + key : key, child]));
}

function freeName(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  let name = wanted === "__metadata__" ? "__metadata__0" : wanted;
  for (let i = 1; taken.has(name); i++) name = `${wanted}#${i}`;
  return name;
}

/**
 * What `saveToBytes` was given; of a file that something else wrote, its tensors by name.
 * Throws RuntimeError for a file that is cut off, malformed or of another kind.
 */
export function loadFromBytes(bytes: Uint8Array): any {
  refuseOthers(bytes);
  const { tensors, metadata } = readSafetensors(bytes);
  if (!Object.hasOwn(metadata, STRUCTURE)) {
    const out = {};
    for (const [name, tensor] of tensors) put(out, name, tensor);
    return out;
  }
  return unpacked(parseHeader(metadata[STRUCTURE]), tensors);
}

/** Files that people have under the same name, told apart by how they begin. */
function refuseOthers(bytes: Uint8Array): void {
  const zip = bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
  const pickle = bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5 && bytes[2] !== 0;
  if (zip || pickle) {
    throw new RuntimeError(
      "this file is a pickle, which can only be read by running it. In Python, write it as safetensors: safetensors.torch.save_file(torch.load(path), 'weights.safetensors')",
    );
  }
}

function unpacked(value: Json, tensors: ReadonlyMap<string, Tensor>): unknown {
  if (Array.isArray(value)) return value.map((child) => unpacked(child, tensors));
  if (!(value instanceof Map)) return value;
  const name = value.get("$tensor");
  if (name !== undefined) {
    const tensor = typeof name === "string" ? tensors.get(name) : undefined;
    if (tensor === undefined)
      throw new RuntimeError(`the structure names a tensor that the file has not: ${String(name)}`);
    if (value.get("requires_grad") === true && tensor.is_floating_point()) tensor.requires_grad = true;
    return tensor;
  }
  const number = value.get("$number");
  if (number !== undefined) return Number(number);
  const out = {};
  for (const [key, child] of value) put(out, key.startsWith(MARK) ? key.slice(1) : key, unpacked(child, tensors));
  return out;
}

/** A field of its own, whatever its name: a file may say `__proto__`. */
function put(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * Writes `obj` (see `saveToBytes`) to a safetensors file. In Python, `safetensors.torch.load_file(path)` reads it.
 * Throws TypeError for what cannot be saved, NotImplementedError where there is no file system.
 */
export function save(obj: unknown, path: string): void {
  const bytes = saveToBytes(obj);
  filesOrThrow().write(path, bytes);
}

/**
 * Reads a safetensors file: what `torch.save` was given, or of any other file its tensors by name.
 * PyTorch's `map_location` and `weights_only` may be given: there is one device, and nothing but data is read.
 * Throws RuntimeError for a file that is cut off, malformed or a pickle.
 */
export function load(path: string, ...options: ({ map_location?: unknown; weights_only?: boolean } | null)[]): any {
  keywordArguments("load", ["map_location", "weights_only"], options);
  return loadFromBytes(filesOrThrow().read(path));
}
