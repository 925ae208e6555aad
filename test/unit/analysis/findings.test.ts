/** Programs with a planted fault, each with the codes at the line of `// expect:`, and healthy ones, which must stay without alarm. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { analyse, CODES } from "../../../src/analysis";
import { Program } from "../../../src/runner/execute";
import { mode } from "../../../src/torch/autograd/gradMode";
import type { Trace } from "../../../src/trace/model";

const root = join(import.meta.dirname, "../../..");
const programs = join(root, "test/programs");

let program: Program | undefined;
afterEach(() => {
  program?.dispose();
  // A program may have switched recording off for good.
  Object.assign(mode, { grad: true, inference: false });
});

async function traceOf(path: string): Promise<Trace> {
  program = new Program({ path, text: readFileSync(path, "utf8") }, { onConsole: () => {} });
  await program.main();
  return program.trace();
}

const found = (trace: Trace) => [
  ...new Set(analyse(trace).map(({ code, range }) => `${code} at line ${range ? range.start.line + 1 : "?"}`)),
];

function expected(text: string): string[] {
  return text.split("\n").flatMap((line, i) => {
    const codes = /\/\/ expect: (.+)$/.exec(line)?.[1]?.split(" ") ?? [];
    return codes.map((code) => `${code} at line ${i + 1}`);
  });
}

const namesIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".ts"));

describe("planted faults", () => {
  const folder = join(programs, "findings/faulty");

  test.each(namesIn(folder))("%s", async (name) => {
    const path = join(folder, name);
    const wanted = expected(readFileSync(path, "utf8"));
    expect(wanted).not.toEqual([]);
    expect(found(await traceOf(path))).toEqual(wanted);
  });

  test("every code is among them", () => {
    const texts = namesIn(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    const planted = new Set(texts.flatMap(expected).map((each) => each.split(" ")[0]!));
    expect([...CODES].filter((code) => !planted.has(code))).toEqual([]);
  });
});

describe("healthy programs", () => {
  const folder = join(programs, "findings/healthy");

  test.each(namesIn(folder))("%s", async (name) => {
    expect(found(await traceOf(join(folder, name)))).toEqual([]);
  });

  // What these show is real: the chain that gives its example the name, a parameter and a value made to be seen.
  const known: Record<string, string[]> = {
    "examples/vanishing.ts": ["vanishing at line 31"],
    "test/programs/nn_layers_seeded.ts": ["nan-origin at line 15"],
    "test/programs/optim_groups.ts": ["grad-unreached at line 9"],
  };
  const examples = namesIn(join(root, "examples")).map((name) => `examples/${name}`);
  const ports = namesIn(programs).map((name) => `test/programs/${name}`);

  test.each([...examples, ...ports])("%s", { timeout: 120_000 }, async (name) => {
    expect(found(await traceOf(join(root, name)))).toEqual(known[name] ?? []);
  });
});

test("each code has its page", () => {
  for (const code of CODES) expect(existsSync(join(root, `docs/findings/${code}.md`)), code).toBe(true);
});
