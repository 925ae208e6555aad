/** The measurements as tables: on the terminal, and as docs/performance.md. */
import { cpus, totalmem, type } from "node:os";
import type { Engine } from "./engine";
import type { Times } from "./measure";
import { SINGLE } from "./peers";
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

const isOurs = (name: string): boolean => name === "gradlens" || name === SINGLE;

/** Ours over theirs: below 1 where this engine is faster. */
function ratio(row: Row, name: string, peer: string): number | null {
  const [ours, theirs] = [row.times.get(name), row.times.get(peer)];
  return typeof ours === "number" && typeof theirs === "number" ? ours / theirs : null;
}

/** Both of our ratios to a peer: on all processors, on one thread. */
function ratios(row: Row, peer: string): string {
  const both = ["gradlens", SINGLE].map((name) => ratio(row, name, peer)?.toFixed(2));
  return both.filter((r) => r !== undefined).join(" · ");
}

function means(rows: readonly Row[], peer: string): string {
  const both = ["gradlens", SINGLE].map((name) => rows.map((row) => ratio(row, name, peer)).filter((r) => r !== null));
  return both.flatMap((all) => (all.length > 0 ? [geometricMean(all).toFixed(2)] : [])).join(" · ");
}

/** Header and lines of the table: time of this engine on all processors and on one, then of each peer its time and the ratios. */
function cells(rows: readonly Row[], engines: readonly Engine[]): string[][] {
  const ours = engines.filter(({ spec }) => isOurs(spec.name));
  const peers = engines.filter(({ spec }) => !isOurs(spec.name));
  const header = ["", ...ours.map(({ spec }) => spec.title), ...peers.flatMap(({ spec }) => [spec.title, "ratios"])];
  const lines = rows.map((row) => [
    row.workload.title,
    ...ours.map((engine) => show(row, engine)),
    ...peers.flatMap((peer) => [show(row, peer), ratios(row, peer.spec.name)]),
  ]);
  const last = ["geometric mean of the ratios", ...ours.map(() => "")];
  return [header, ...lines, [...last, ...peers.flatMap(({ spec }) => ["", means(rows, spec.name)])]];
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
  return `## Growth

The time of a run against its size, both on logarithmic scales. A line ends where a run took more than a second.

${pictures}

`;
}

export function markdown(rows: readonly Row[], engines: readonly Engine[], plots: readonly string[]): string {
  const versions = engines
    .filter(({ spec }) => spec.name !== SINGLE)
    .map(({ spec, version }) => `${spec.title} ${version}`)
    .join(", ");
  const machine = `${cpus()[0]?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()}`;
  const why = reasons(rows, engines).map((reason) => `- ${reason}`);
  return `# Performance

Each workload beside its peers in the same run: the engines take turns, each in a process of its own that has run the workload
for 1.5 s before (compilers at run time need a while), and the table gives the median time of a run. Gradlens runs as programs run it, large work shared by all processors (\`torch.set_num_threads\`), and
again on one thread; the peers run on one. A ratio is our time over theirs, first on all processors, then on one thread; below
1 we are faster. All engines start from the same numbers, and the first loss of each has to agree with ours, or the row has no
number.

${markdownTable(cells(rows, engines))}
${why.length > 0 ? `\n${why.join("\n")}\n` : ""}
Machine: ${machine}; Node ${process.version}.
Engines: ${versions}. PyTorch calls OpenBLAS; tfjs runs its WebAssembly backend with SIMD, through its own optimisers;
jax-js runs its WebAssembly backend, training steps compiled whole by \`jit\`.
The fresh process is \`gradlens run\` with the code that V8 keeps of it between runs, as a user has it from the second run on.

${growth(plots)}## Repeat it

\`npm run bench\` measures everything, installs the JavaScript peers into \`.bench\` and rewrites this page; PyTorch takes part
where \`python3-torch\` is installed. \`npm run bench engine\` measures the table alone, \`npm run bench growth\` the plots,
\`npm run bench window\` the time from a key press to the drawn graph in a real window; \`npm run bench engine mlp matmul\`
only these workloads, and writes nothing.
`;
}
