/** torch.save and torch.load: what comes back, what Python wrote, and files that were made to do harm. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as torch from "gradlens";
import { describe, expect, test } from "vitest";

/** Written by `safetensors.torch.save_file` (0.8.0). */
const FROM_PYTHON =
  "CAMAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJub3RlIjoid3JpdHRlbiBpbiBQeXRob24iLCJmb3JtYXQiOiJwdCJ9LCJzdGVwcyI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzAsMjRdfSwiZG91YmxlIjp7ImR0eXBlIjoiRjY0Iiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOlsyNCwzMl19LCJlbXB0eSI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMCwzXSwiZGF0YV9vZmZzZXRzIjpbMzIsMzJdfSwiZmMud2VpZ2h0Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlszMiw0OF19LCLQutC70Y7RhyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMV0sImRhdGFfb2Zmc2V0cyI6WzQ4LDUyXX0sImludCI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMSwxXSwiZGF0YV9vZmZzZXRzIjpbNTIsNTZdfSwiYnJhaW4iOnsiZHR5cGUiOiJCRjE2Iiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbNTYsNjJdfSwiaGFsZiI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbNF0sImRhdGFfb2Zmc2V0cyI6WzYyLDcwXX0sInNob3J0Ijp7ImR0eXBlIjoiSTE2Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNzAsNzJdfSwidGlueSI6eyJkdHlwZSI6Ikk4Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNzIsNzNdfSwiYnl0ZXMiOnsiZHR5cGUiOiJVOCIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzczLDc1XX0sIm1hc2siOnsiZHR5cGUiOiJCT09MIiwic2hhcGUiOlszXSwiZGF0YV9vZmZzZXRzIjpbNzUsNzhdfX0gIAEAAAAAAAAA/v////////////////8fAJqZmZmZmbk/AADAPwAAAMAAAIA+AABAQAAAgD/5////wD9i/6INAD4AgP97AQAAgIAA/wEAAQ==";

const fromBase64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

/** A file with any header over any data. */
function file(header: unknown, data: number | Uint8Array = 0): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const body = typeof data === "number" ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

const entry = (dtype: string, shape: unknown, data_offsets: unknown) => ({ dtype, shape, data_offsets });
const four = entry("F32", [1], [0, 4]);

describe("round trips", () => {
  const { float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, bool } = torch;
  const dtypes = [float32, float64, float16, bfloat16, int64, int32, int16, int8, uint8, bool];

  test.each(dtypes)("%s, of any shape", (dtype) => {
    const t = torch.tensor(
      [
        [0, 1, 100],
        [2, 3, -1],
      ],
      { dtype },
    );
    const views = {
      t,
      transposed: t.t(),
      part: t.index(":", "1:"),
      scalar: t.index(0, 1),
      empty: torch.zeros(0, 3, { dtype }),
    };
    const back = torch.loadFromBytes(torch.saveToBytes(views));
    expect(Object.keys(back)).toEqual(Object.keys(views));
    for (const [key, view] of Object.entries(views)) {
      expect(back[key].dtype).toBe(dtype);
      expect(back[key].shape).toEqual(view.shape);
      expect(back[key].tolist()).toEqual(view.tolist());
    }
  });

  test("numbers that no text holds exactly", () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 1 / 3];
    const back = torch.loadFromBytes(torch.saveToBytes({ x: torch.tensor(values, { dtype: torch.float64 }) }));
    expect(back.x.tolist()).toEqual(values);
  });

  test("halves of every size keep their bits", () => {
    const values = [
      0,
      -0,
      1,
      -2.5,
      65504,
      2 ** -14,
      2 ** -24,
      1023 * 2 ** -24,
      1 / 3,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ];
    for (const dtype of [torch.float16, torch.bfloat16]) {
      const x = torch.tensor(values, { dtype });
      expect(torch.loadFromBytes(torch.saveToBytes({ x })).x.tolist()).toEqual(x.tolist());
    }
  });

  test("any names, in their order", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: "grapheme" }), { maxLength: 6 }), (names) => {
        // Whole numbers come first in any JavaScript object.
        const keys = names.filter((n) => !/^\d+$/.test(n) && n !== "__proto__");
        const back = torch.loadFromBytes(
          torch.saveToBytes(Object.fromEntries(keys.map((k, i) => [k, torch.tensor(i)]))),
        );
        expect(Object.entries<torch.Tensor>(back).map(([k, t]) => [k, t.item()])).toEqual(keys.map((k, i) => [k, i]));
      }),
      { numRuns: 50 },
    );
  });

  test("a checkpoint: nested objects, arrays, numbers", () => {
    const w = torch.tensor([1, 2], { requires_grad: true });
    const opt = new torch.optim.Adam([w], { lr: 0.1 });
    w.sum().backward();
    opt.step();
    const saved = {
      epoch: 3,
      best: Number.POSITIVE_INFINITY,
      w,
      opt: opt.state_dict(),
      $odd: { $tensor: "x" },
      list: [null, "a", true, [w.detach()]],
    };
    const back = torch.loadFromBytes(torch.saveToBytes(saved));
    expect(back.epoch).toBe(3);
    expect(back.best).toBe(Number.POSITIVE_INFINITY);
    expect(back.w.requires_grad).toBe(true);
    expect(back.$odd).toEqual({ $tensor: "x" });
    expect(back.list.slice(0, 3)).toEqual([null, "a", true]);
    const again = new torch.optim.Adam([w], { lr: 0.5 });
    again.load_state_dict(back.opt);
    expect(again.param_groups[0].lr).toBe(0.1);
    expect(String(again.state.get(w).exp_avg)).toBe(String(opt.state.get(w).exp_avg));
  });

  test("through a file", () => {
    const path = join(mkdtempSync(join(tmpdir(), "gradlens-")), "weights.safetensors");
    torch.save({ a: torch.ones(2) }, path);
    expect(torch.load(path, { map_location: "cpu" }).a.tolist()).toEqual([1, 1]);
    expect(() => torch.load(path, { location: "cpu" } as any)).toThrow("unexpected keyword argument 'location'");
  });

  test("a module, a function and a ring are refused by name", () => {
    const ring: any = { x: {} };
    ring.x.ring = ring;
    expect(() => torch.saveToBytes(new torch.nn.Linear(1, 1))).toThrow(
      "a Linear cannot be saved: save its state_dict()",
    );
    expect(() => torch.saveToBytes({ a: { f: () => 1 } })).toThrow("a function at a.f cannot be saved");
    expect(() => torch.saveToBytes(ring)).toThrow("x.ring holds itself");
  });
});

test("what Python wrote", () => {
  const back = torch.loadFromBytes(fromBase64(FROM_PYTHON));
  const values = Object.fromEntries(
    Object.entries<torch.Tensor>(back).map(([k, t]) => [k, [t.dtype.name, t.tolist()]]),
  );
  expect(values).toEqual({
    steps: ["int64", [1, -2, 2 ** 53 - 1]],
    double: ["float64", 0.1],
    empty: ["float32", []],
    "fc.weight": [
      "float32",
      [
        [1.5, -2],
        [0.25, 3],
      ],
    ],
    ключ: ["float32", [1]],
    int: ["int32", [[-7]]],
    // 2⁻²⁴ is the smallest half.
    brain: ["bfloat16", [1.5, -3.00405527047391e38, 9.98402083170343e-31]],
    half: ["float16", [1.5, -0, 65504, 2 ** -24]],
    short: ["int16", [-32768]],
    tiny: ["int8", [-128]],
    bytes: ["uint8", [0, 255]],
    mask: ["bool", [true, false, true]],
  });
});

describe("files that are no such files", () => {
  const good = torch.saveToBytes({ w: torch.arange(6), b: torch.ones(2) });

  test("cut off anywhere", () => {
    for (let n = 0; n < good.length; n++)
      expect(() => torch.loadFromBytes(good.slice(0, n))).toThrow(torch.RuntimeError);
  });

  test("any byte of the header changed: an error of ours, or a file all the same", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 65), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bad = good.slice();
        bad[at] = byte;
        try {
          torch.loadFromBytes(bad);
        } catch (error) {
          expect(error).toBeInstanceOf(torch.RuntimeError);
        }
      }),
      { numRuns: 500 },
    );
  });

  const hostile: [string, Uint8Array, string | RegExp][] = [
    ["a length beyond the file", file("{}").map((x, i) => (i === 2 ? 1 : x)), "InvalidHeaderLength"],
    ["a length beyond sense", file("{}").map((x, i) => (i < 8 ? 255 : x)), "HeaderTooLarge"],
    ["no object", file([1]), "it is no object"],
    ["no JSON", file("{w:1}"), "expected a string"],
    ["text behind", file("{} {}"), "more text than one value"],
    ["no UTF-8", file("{}", 0).map((x, i) => (i === 9 ? 0xff : x)), "not UTF-8"],
    ["UTF-8 longer than it need be", new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x80]), "not UTF-8"],
    ["a string without end", file('{"w'), "malformed string"],
    ["a line feed in a string", file('{"w\n":1}'), "malformed string"],
    [
      "the same name twice",
      file(
        '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      "the key 'w' comes twice",
    ],
    ["a hundred thousand levels", file(`${"[".repeat(100_000)}`), "too many levels"],
    ["an entry that is no object", file({ w: 3 }), "tensor 'w': its entry is no object"],
    ["no dtype", file({ w: { shape: [1], data_offsets: [0, 4] } }, 4), "no dtype"],
    ["an unknown dtype", file({ w: entry("F8_E4M3", [1], [0, 1]) }, 1), '"F8_E4M3"'],
    ["a dtype from a prototype", file({ w: entry("constructor", [1], [0, 1]) }, 1), '"constructor"'],
    ["a negative size", file({ w: entry("F32", [-1], [0, 4]) }, 4), "no array of sizes"],
    ["half a size", file({ w: entry("F32", [0.5], [0, 2]) }, 2), "no array of sizes"],
    ["a size beyond numbers", file({ w: entry("F32", [2 ** 40, 2 ** 40], [0, 4]) }, 4), "too many elements"],
    ["sizes whose product wraps to zero", file({ w: entry("F32", [2 ** 32, 2 ** 32], [0, 0]) }), "too many elements"],
    ["one offset", file({ w: entry("F32", [1], [0]) }, 4), "no two positions"],
    ["offsets backwards", file({ w: entry("F32", [1], [4, 0]) }, 4), "takes 4 bytes"],
    ["a dtype of another width", file({ w: entry("F64", [1], [0, 4]) }, 4), "F64 of shape [1] takes 8 bytes"],
    ["a place beyond the data", file({ w: entry("F32", [2], [0, 8]) }, 4), "ends at byte 8"],
    ["two in one place", file({ w: four, v: four }, 4), "overlaps another"],
    ["two that overlap", file({ w: entry("U8", [4], [0, 4]), v: entry("U8", [4], [2, 6]) }, 6), "overlaps another"],
    ["a gap", file({ w: four, v: entry("F32", [1], [8, 12]) }, 12), "there is a gap"],
    ["data of nobody", file({ w: four }, 8), "4 bytes of the data belong to no tensor"],
    ["metadata that are no strings", file({ __metadata__: { a: 1 } }), "no object of strings"],
    ["a structure that lies", file({ __metadata__: { gradlens: '{"w":{"$tensor":"v"}}' } }), "the file has not: v"],
    [
      "a whole number beyond 2^53",
      file({ w: entry("I64", [1], [0, 8]) }, new Uint8Array([1, 0, 0, 0, 0, 0, 32, 0])),
      "9007199254740993",
    ],
    ["a zip archive: torch.save's own", new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0, 0]), "this file is a pickle"],
    ["a pickle", new Uint8Array([0x80, 2, 0x8a, 0x0a, 0, 0, 0, 0]), "this file is a pickle"],
  ];
  test.each(hostile)("%s", (_, bytes, message) => {
    expect(() => torch.loadFromBytes(bytes)).toThrow(torch.RuntimeError);
    expect(() => torch.loadFromBytes(bytes)).toThrow(message);
  });

  test("a tensor named __proto__ is a field like any other", () => {
    const back = torch.loadFromBytes(file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4));
    expect(Object.keys(back)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });
});
