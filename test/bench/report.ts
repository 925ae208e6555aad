/** The measurements as tables: on the terminal, and as docs/performance.md. */
import { cpus, totalmem, type } from "node:os";
import type { Engine } from "./engine";
import type { Times } from "./measure";
import type { Workload } from "./workloads";

export interface Row {
  workload: Pick<Workload, "title" | "units" | "unit">;
  times: Times;
}

/** Milliseconds as people read them. */
export function duration(ms: number): string {
  const [value, unit] = ms >= 1000 ? [ms / 1000, "s"] : ms >= 1 ? [ms, "ms"] : [ms * 1000, "µs"];
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
}

const perUnit = (time: number, { units = 1, unit }: Row["workload"]): string =>
  unit === undefined ? duration(time) : `${duration(time / units)} ${unit}`;

const geometricMean = (xs: number[]): number => Math.exp(xs.reduce((sum, x) => sum + Math.log(x), 0) / xs.length);

/** Ours over theirs: below 1 where this engine is faster. */
function ratio(row: Row, peer: string): number | null {
  const [ours, theirs] = [row.times.get("gradlens"), row.times.get(peer)];
  return typeof ours === "number" && typeof theirs === "number" ? ours / theirs : null;
}

/** Header and lines of the table: time of this engine, then of each peer its time and the ratio. */
function cells(rows: readonly Row[], engines: readonly Engine[]): string[][] {
  const [us, ...peers] = engines;
  const header = ["", us.spec.title, ...peers.flatMap(({ spec }) => [spec.title, "ratio"])];
  const lines = rows.map((row) => [
    row.workload.title,
    show(row, us),
    ...peers.flatMap((peer) => [show(row, peer), ratio(row, peer.spec.name)?.toFixed(2) ?? ""]),
  ]);
  const mean = peers.flatMap(({ spec }) => {
    const all = rows.map((row) => ratio(row, spec.name)).filter((r) => r !== null);
    return ["", all.length > 0 ? geometricMean(all).toFixed(2) : ""];
  });
  return [header, ...lines, ["geometric mean of the ratios", "", ...mean]];
}

function show(row: Row, engine: Engine): string {
  const time = row.times.get(engine.spec.name);
  return typeof time === "number" ? perUnit(time, row.workload) : "—";
}

export function terminalTable(rows: readonly Row[], engines: readonly Engine[]): string {
  const table = cells(rows, engines);
  const widths = table[0].map((_, i) => Math.max(...table.map((line) => [...line[i]].length)));
  const line = (of: string[]) =>
    of.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  return [...table.map(line), ...reasons(rows, engines)].join("\n");
}

/** Why a peer has no number. */
function reasons(rows: readonly Row[], engines: readonly Engine[]): string[] {
  return rows.flatMap(({ workload, times }) =>
    engines.flatMap(({ spec }) => {
      const time = times.get(spec.name);
      return typeof time === "string" ? [`— ${spec.title}, ${workload.title}: ${time}`] : [];
    }),
  );
}

const markdownTable = (table: string[][]): string =>
  [table[0], table[0].map((_, i) => (i === 0 ? "---" : "--:")), ...table.slice(1)]
    .map((line) => `| ${line.join(" | ")} |`)
    .join("\n");

/** The plots that were drawn. */
function growth(plots: readonly string[]): string {
  if (plots.length === 0) return "";
  const pictures = plots.map((plot) => `![${plot}](images/${plot})`).join("\n");
  return `## Growth\n\nThe time of a run against its size, both on logarithmic scales.\n\n${pictures}\n\n`;
}

export function markdown(rows: readonly Row[], engines: readonly Engine[], plots: readonly string[]): string {
  const versions = engines.map(({ spec, version }) => `${spec.title} ${version}`).join(", ");
  const machine = `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()}`;
  const why = reasons(rows, engines).map((reason) => `- ${reason}`);
  return `# Performance

Each workload beside its peers in the same run: the engines take turns, each in a process of its own and on one thread, and
the table gives the median time of a run. A ratio is our time over theirs; below 1 we are faster. All engines start from the
same numbers, and the first loss of each has to agree with ours, or the row has no number.

${markdownTable(cells(rows, engines))}
${why.length > 0 ? `\n${why.join("\n")}\n` : ""}
Machine: ${machine}; Node ${process.version}.
Engines: ${versions}. PyTorch calls OpenBLAS; tfjs runs its WebAssembly backend with SIMD, through its own optimisers;
jax-js runs its WebAssembly backend, training steps compiled whole by \`jit\`.

${growth(plots)}## Repeat it

\`npm run bench\` measures everything, installs the JavaScript peers into \`.bench\` and rewrites this page; PyTorch takes part
where \`python3-torch\` is installed. \`npm run bench engine\` measures the table alone, \`npm run bench growth\` the plots,
\`npm run bench window\` the time from a key press to the drawn graph in a real window; \`npm run bench engine mlp matmul\`
only these workloads, and writes nothing.
`;
}
