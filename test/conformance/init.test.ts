/** Seeded layers have the very numbers that PyTorch drew. */
import * as torch from "gradlens";
import { expect, test } from "vitest";
import { decode, readText } from "./support";

const records: { seed: number; ctor: string; args: unknown[]; params: Record<string, any> }[] = JSON.parse(
  readText("init.json.gz"),
);

/** Units in the last place of a float32 between two numbers. */
const ulps = (a: number, b: number): number =>
  Math.abs(a - b) / 2 ** (Math.floor(Math.log2(Math.max(Math.abs(b), 1e-30))) - 23);

test.each(records.map((r) => [`${r.ctor}(${r.args}) of seed ${r.seed}`, r] as const))("%s", (_, record) => {
  torch.manual_seed(record.seed);
  const layer: torch.nn.Module = new (torch.nn as any)[record.ctor](...record.args);
  const named = [...layer.named_parameters()];
  expect(named.map(([name, p]) => [name, p.dtype.name, ...p.shape])).toEqual(
    Object.entries(record.params).map(([name, { $t, shape }]) => [name, $t, ...shape]),
  );
  for (const [name, p] of named) {
    const want = decode(record.params[name]).flatData();
    // Box and Muller's logarithm and cosine are another library's: two units are left to Embedding.
    const most = record.ctor === "Embedding" ? 2 : 0;
    p.flatData().forEach((v, i) => {
      expect(ulps(v, Math.fround(want[i])), `${name}[${i}]`).toBeLessThanOrEqual(most);
    });
  }
});
