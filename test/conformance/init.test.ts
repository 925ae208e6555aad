/** Seeded layers have the very numbers that PyTorch drew. */
import * as torch from "gradlens";
import { expect, test } from "vitest";
import { decode, readText } from "./support";

const records: { seed: number; ctor: string; args: unknown[]; params: Record<string, any> }[] = JSON.parse(
  readText("init.json.gz"),
);

test.each(records.map((r) => [`${r.ctor}(${r.args}) of seed ${r.seed}`, r] as const))("%s", (_, record) => {
  torch.manual_seed(record.seed);
  const layer: torch.nn.Module = new (torch.nn as any)[record.ctor](...record.args);
  const named = [...layer.named_parameters()];
  expect(named.map(([name, p]) => [name, p.dtype.name, ...p.shape])).toEqual(
    Object.entries(record.params).map(([name, { $t, shape }]) => [name, $t, ...shape]),
  );
  for (const [name, p] of named) {
    const want = decode(record.params[name]).flatData();
    expect([...p.flatData()], name).toEqual([...want].map(Math.fround));
  }
});
