/**
 * What every JavaScript engine of the benchmark does: prepares a workload, runs it for as long as it is told, says how
 * long one run took. A request is a line of JSON on standard input, its answer one on standard output.
 */
import { createInterface } from "node:readline";

/**
 * Numbers in [−1, 1) that every engine, in every language, makes alike: a hash of place and seed.
 * @param {number} n
 * @param {number} seed
 * @param {number} [scale]
 */
export function numbers(n, seed, scale = 1) {
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.imul(i + 1, 2654435761) ^ Math.imul(seed, 362437);
    x = Math.imul(x ^ (x >>> 15), 2246822519);
    x = (x ^ (x >>> 13)) >>> 0;
    out[i] = (x / 2 ** 31 - 1) * scale;
  }
  return out;
}

/**
 * Whole numbers below `limit`, alike in every engine.
 * @param {number} n
 * @param {number} seed
 * @param {number} limit
 */
export const classes = (n, seed, limit) => Int32Array.from(numbers(n, seed), (x) => Math.floor(((x + 1) / 2) * limit));

/** @param {() => unknown} run @param {number} ms */
async function perRun(run, ms) {
  const start = performance.now();
  let n = 0;
  do {
    const pending = run();
    if (pending instanceof Promise) await pending;
    n++;
  } while (performance.now() - start < ms);
  return (performance.now() - start) / n;
}

/**
 * Answers requests until standard input ends. A workload, given its size, prepares and returns its run; the first run's
 * value says whether the engines compute the same.
 * @param {string} version
 * @param {Record<string, (size: number) => () => unknown>} workloads
 */
export async function serve(version, workloads) {
  const say = (/** @type {unknown} */ answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
  say({ version });
  let key = "";
  /** @type {() => unknown} */
  let run = () => {};
  for await (const line of createInterface({ input: process.stdin })) {
    const { workload, size, ms } = JSON.parse(line);
    try {
      let value;
      if (key !== `${workload} ${size}`) {
        key = `${workload} ${size}`;
        const prepare = workloads[workload];
        if (prepare === undefined) throw new Error("not written for this engine");
        run = prepare(size);
        const began = performance.now();
        value = Number(await run());
        // Compilers at run time need a while; a long run has given it to them.
        if (performance.now() - began < 6 * ms) await perRun(run, 10 * ms);
      }
      say({ ms: await perRun(run, ms), value });
    } catch (error) {
      key = "";
      say({
        reason: String(error instanceof Error ? error.message : error)
          .split("\n")[0]
          .slice(0, 120),
      });
    }
  }
}
