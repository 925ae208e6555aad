import * as torch from "gradlens";
import { expect, test } from "vitest";
import { decode, readText } from "./support";

interface Call {
  fn: string;
  args: unknown[];
  kwargs: Record<string, unknown>;
}
const records: { seed: number; calls: Call[]; outs: any[] }[] = JSON.parse(readText("rng.json.gz"));

const lookUp = (name: string): any => name.split(".").reduce<any>((o, part) => o[part], torch);

/** What nine written digits leave open. */
const written = (v: number) => 5e-9 * Math.abs(v);

/** Two units in the last place of a float of this size. */
const twoUlp = (v: number, dtype: string) =>
  2 * 2 ** (Math.floor(Math.log2(Math.abs(v) || 1e-30)) - (dtype === "float32" ? 23 : 52));

test.each(records)("the stream of seed $seed is PyTorch's", ({ seed, calls, outs }) => {
  torch.manual_seed(seed);
  calls.forEach(({ fn, args, kwargs }, i) => {
    const keywords = Object.fromEntries(Object.entries(kwargs).map(([k, v]) => [k, decode(v)]));
    const got: torch.Tensor = lookUp(fn)(...decode(args), keywords);
    const want = outs[i];
    expect([fn, got.dtype.name, ...got.shape]).toEqual([fn, want.$t, ...want.shape]);
    got.flatData().forEach((v, k) => {
      const exact = !want.$t.startsWith("float");
      const expected = want.$t === "float32" ? Math.fround(want.data[k]) : want.data[k];
      expect(Math.abs(v - expected), `${fn} #${i}[${k}]`).toBeLessThanOrEqual(
        exact ? 0 : Math.max(twoUlp(want.data[k], want.$t), written(want.data[k])),
      );
    });
  });
});
