/** How many threads large work is shared by. No result depends on it. */
import { RuntimeError } from "./errors";
import { setThreadCount, threadCount } from "./kernels/wasm/threads";

/** Threads that share large products and elementwise work: the processors of the machine, unless it was set. */
export function get_num_threads(): number {
  return threadCount();
}

/** Sets it; 1 keeps all work in the calling thread. Throws RuntimeError unless `count` is a positive integer. */
export function set_num_threads(count: number): void {
  if (!Number.isInteger(count)) {
    const type = typeof count === "number" ? "float" : typeof count;
    throw new RuntimeError(`set_num_threads expects an int, but got ${type}`);
  }
  if (count < 1) throw new RuntimeError("set_num_threads expects a positive integer");
  setThreadCount(count);
}
