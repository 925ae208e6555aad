/** Cost against size, drawn by the plotting that programs use. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import * as plt from "../../src/plot/pyplot";
import type { Engine } from "./engine";
import { measure } from "./measure";
import { SINGLE } from "./peers";
import { duration } from "./report";
import { GROWTH, type Growth } from "./workloads";

const IMAGES = join("docs", "images");
const ROUNDS = 3;
/** An engine whose run took longer is not asked for a larger one. */
const LONG_MS = 1000;

export const plotName = ({ name }: Growth): string => `growth-${name}.svg`;

export async function growthBench(engines: readonly Engine[]): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  for (const growth of GROWTH) {
    const lines = new Map<string, { x: number[]; y: number[] }>();
    let taking = engines.filter(({ spec }) => spec.name !== SINGLE);
    for (const size of growth.sizes) {
      const times = await measure(taking, growth.name, size, ROUNDS);
      const said = taking.map(({ spec }) => {
        const time = times.get(spec.name)!;
        if (typeof time === "string") return `${spec.title} —`;
        const line = lines.get(spec.title) ?? { x: [], y: [] };
        lines.set(spec.title, { x: [...line.x, size], y: [...line.y, time] });
        return `${spec.title} ${duration(time)}`;
      });
      console.log(`  ${growth.title}, ${size}: ${said.join(" · ")}`);
      taking = taking.filter(({ spec }) => !((times.get(spec.name) as number) > LONG_MS));
    }
    for (const engine of engines) engine.close();
    writeFileSync(join(IMAGES, plotName(growth)), await picture(growth, lines));
  }
}

async function picture(growth: Growth, lines: Map<string, { x: number[]; y: number[] }>): Promise<string> {
  const figure = plt.figure({ figsize: [6.4, 4] });
  for (const [label, { x, y }] of lines) plt.loglog(x, y, { label, marker: "o" });
  plt.title(growth.title);
  plt.xlabel(growth.axis);
  plt.ylabel("milliseconds a run");
  plt.grid(true);
  plt.legend();
  plt.close(figure);
  const spec = { background: "white", padding: 12, ...figure.finish(undefined).spec } as TopLevelSpec;
  return `${await new View(parse(compile(spec).spec), { renderer: "none" }).toSVG()}\n`;
}
