/** Interleaved rounds: in each, every engine runs the workload once more, so that all of them share the machine's moods. */
import { type Engine, timeStart } from "./engine";

/** By engine name: median milliseconds a run, or why there is none. */
export type Times = Map<string, number | string>;

const ROUNDS = 7;
const ROUND_MS = 150;
/** Runs that take longer are measured twice only. */
const LONG_MS = 2000;
const STARTS = 7;
/** The first run's values come from sums in other orders. */
const AGREEMENT = 0.01;

const median = (xs: number[]): number => {
  const sorted = [...xs].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

export async function measure(engines: readonly Engine[], name: string, size: number, rounds = ROUNDS): Promise<Times> {
  const samples = new Map<string, number[]>();
  const times: Times = new Map();
  let expected: number | undefined;
  for (let round = 0; round < rounds; round++) {
    for (const engine of engines) {
      const id = engine.spec.name;
      if (times.has(id) || (round >= 2 && samples.get(id)![0] > LONG_MS)) continue;
      const { ms, value, reason } = await engine.time(name, size, ROUND_MS);
      if (ms === undefined) {
        times.set(id, reason || "no answer");
        continue;
      }
      if (round === 0) {
        expected ??= value!;
        if (!(Math.abs(value! - expected) <= AGREEMENT * Math.abs(expected))) {
          times.set(id, `computes ${value} where ${engines[0].spec.title} computes ${expected}`);
          continue;
        }
      }
      const known = samples.get(id);
      if (known) known.push(ms);
      else samples.set(id, [ms]);
    }
  }
  for (const [id, all] of samples) if (!times.has(id) && all.length > 0) times.set(id, median(all));
  return times;
}

/** From a fresh process to its first printed gradient. */
export async function measureStart(engines: readonly Engine[]): Promise<Times> {
  const samples = new Map<string, number[]>(engines.map((engine) => [engine.spec.name, []]));
  const times: Times = new Map();
  for (let i = 0; i < STARTS; i++) {
    for (const { spec } of engines) {
      if (spec.start === undefined) continue;
      const took = await timeStart(spec.start);
      if (took === null) times.set(spec.name, "does not start");
      else samples.get(spec.name)!.push(took);
    }
  }
  for (const [id, all] of samples) if (!times.has(id) && all.length > 0) times.set(id, median(all));
  return times;
}
