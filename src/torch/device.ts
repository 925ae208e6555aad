/** `torch.device`, `torch.cuda` and `torch.backends`: there is one device here, the CPU. */
import { AssertionError, RuntimeError } from "./errors";

/** Where memory is: `cpu`, or the name of a device that is not here. */
export class Device {
  constructor(
    readonly type: string,
    readonly index: number | null,
  ) {}

  toString(): string {
    return this.index === null ? this.type : `${this.type}:${this.index}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

const known = new Map<string, Device>();

/** `torch.device("cpu")`, one object for each name. Throws RuntimeError for a name that is none. */
export function device(name: string | Device | { type: string; index?: number | null }, index?: number | null): Device {
  if (name instanceof Device) return name;
  if (typeof name === "object") return device(name.type, name.index);
  const parts = /^(cpu|cuda|mps|xpu|xla|meta)(?::(\d+))?$/.exec(name);
  if (parts === null) {
    throw new RuntimeError(
      `Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, ort, xla, lazy, vulkan, mps, meta, hpu, privateuseone device type at start of device string: ${name}`,
    );
  }
  const text = index == null ? name : `${parts[1]}:${index}`;
  let found = known.get(text);
  if (found === undefined) {
    found = new Device(parts[1], index ?? (parts[2] === undefined ? null : Number(parts[2])));
    known.set(text, found);
  }
  return found;
}

/** The only one that there is. */
export const cpu = device("cpu");

export const isDevice = (value: unknown): value is string | Device =>
  typeof value === "string" || value instanceof Device;

/** Throws PyTorch's AssertionError for a GPU, RuntimeError for any other device but the CPU. */
export function checkDevice(value: unknown): void {
  if (value == null) return;
  const { type } = device(value as string | Device);
  if (type === "cuda") throw new AssertionError("Torch not compiled with CUDA enabled");
  if (type !== "cpu") throw new RuntimeError(`tensors live on the CPU here: device '${value}' is not available`);
}

const nothing = () => {};
const never = () => false;

/** `torch.cuda`: none is there. */
export const cuda = {
  is_available: never,
  is_initialized: never,
  device_count: () => 0,
  manual_seed: nothing as (seed: number) => void,
  manual_seed_all: nothing as (seed: number) => void,
  empty_cache: nothing,
};

/** `torch.backends`: switches of libraries that are not here; they may be set and do nothing. */
export const backends = {
  cudnn: { is_available: never, enabled: true, benchmark: false, deterministic: false },
  mps: { is_available: never, is_built: never },
  mkl: { is_available: never },
};

/** All ops are deterministic: nothing changes. */
export function use_deterministic_algorithms(_mode: boolean, _options?: { warn_only?: boolean }): void {}

export const are_deterministic_algorithms_enabled = (): boolean => true;
