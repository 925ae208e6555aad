/** The layout beside @dagrejs/dagre and elkjs: milliseconds, crossings, and what they come to in ratios. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { type LayoutInput, layout } from "../../src/graph";
import { autogradPairs } from "../webview/traces";

/** Beside the engine's peers, in a folder of its own. */
const FOLDER = join(".bench", "layout");
const PEERS = { "@dagrejs/dagre": "3.1.3", elkjs: "0.12.1" };
const [WIDTH, HEIGHT, NODE_GAP, RANK_GAP] = [160, 44, 28, 54];
/** Peers take minutes beyond this. */
const PEER_NODES = 1000;
const SIZES = [1000, 10_000, 50_000];
const SEEDS = [1, 2, 3];

interface Outcome {
  name: string;
  milliseconds: number;
  /** Polylines, x and y in turns. */
  lines: number[][];
}

type Peer = (input: LayoutInput) => Promise<Outcome>;

export async function layoutBench(): Promise<void> {
  const peers = loadPeers();
  for (const count of SIZES) {
    for (const seed of count > PEER_NODES ? SEEDS.slice(0, 1) : SEEDS) {
      const input = graph(count, seed);
      const ours = measureOurs(input);
      const results = [ours];
      if (count <= PEER_NODES) for (const peer of peers) results.push(await peer(input));
      console.log(`\n${count.toLocaleString("en")} nodes, ${input.from.length} edges (graph ${seed})`);
      const crossed = results.map(({ lines }) => (count <= 10_000 ? crossings(lines, input) : Number.NaN));
      results.forEach(({ name, milliseconds }, i) => {
        const time = `${milliseconds.toFixed(1)} ms`.padStart(12);
        const crossing = Number.isNaN(crossed[i]!) ? "" : `${crossed[i]} crossings`.padStart(18);
        const ratio =
          i === 0
            ? ""
            : `${(milliseconds / ours.milliseconds).toFixed(0)}× our time, ours has ${percent(crossed[0]! / crossed[i]! - 1)} crossings`;
        console.log(`  ${name.padEnd(16)}${time}${crossing}   ${ratio}`);
      });
    }
  }
}

const percent = (share: number) => `${share >= 0 ? "+" : "−"}${Math.abs(share * 100).toFixed(0)} %`;

/** Edges ≈ 1.1 n, as autograd makes them. */
function graph(count: number, seed: number): LayoutInput {
  const pairs = autogradPairs(count, seed);
  return {
    width: new Float64Array(count).fill(WIDTH),
    height: new Float64Array(count).fill(HEIGHT),
    from: Int32Array.from(pairs, ([from]) => from),
    to: Int32Array.from(pairs, ([, to]) => to),
  };
}

function measureOurs(input: LayoutInput): Outcome {
  const times: number[] = [];
  let placed = layout(input);
  for (let i = 0; i < (input.width.length > 10_000 ? 3 : 9); i++) {
    const begin = performance.now();
    placed = layout(input);
    times.push(performance.now() - begin);
  }
  const { points, pointStart } = placed;
  const lines = Array.from(input.from, (_, e) => [...points.subarray(2 * pointStart[e]!, 2 * pointStart[e + 1]!)]);
  return { name: "Gradlens", milliseconds: times.sort((a, b) => a - b)[times.length >> 1]!, lines };
}

/** Installs the peers, pinned, where they are missing; one that cannot be had is named and left out. */
function loadPeers(): Peer[] {
  const manifest = `${JSON.stringify({ private: true, dependencies: PEERS })}\n`;
  const file = join(FOLDER, "package.json");
  if (!existsSync(join(FOLDER, "node_modules")) || !existsSync(file) || readFileSync(file, "utf8") !== manifest) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, manifest);
    console.log(`→ Install the layout's peers into ${FOLDER} …`);
    const install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"];
    spawnSync("npm", install, { cwd: FOLDER, stdio: "inherit", shell: process.platform === "win32" });
  }
  const load = createRequire(resolve(file));
  const found: Peer[] = [];
  for (const [name, peer] of [
    ["@dagrejs/dagre", dagre],
    ["elkjs", elk],
  ] as const) {
    try {
      found.push(peer(load(name)));
    } catch (error) {
      console.log(`  ${name} is left out: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  return found;
}

function dagre(library: any): Peer {
  return async (input) => {
    const graph = new library.graphlib.Graph({ multigraph: true });
    graph.setGraph({ nodesep: NODE_GAP, ranksep: RANK_GAP });
    graph.setDefaultEdgeLabel(() => ({}));
    for (let v = 0; v < input.width.length; v++) graph.setNode(String(v), { width: WIDTH, height: HEIGHT });
    const edges = [...input.from].map((u, e) => ({ v: String(u), w: String(input.to[e]), name: String(e) }));
    for (const edge of edges) graph.setEdge(edge, {});
    const begin = performance.now();
    library.layout(graph);
    const milliseconds = performance.now() - begin;
    const lines = edges.map((edge) => graph.edge(edge).points.flatMap(({ x, y }: any) => [x, y]));
    return { name: "@dagrejs/dagre", milliseconds, lines };
  };
}

function elk(Library: any): Peer {
  return async (input) => {
    const graph = {
      id: "root",
      layoutOptions: {
        "elk.algorithm": "layered",
        "elk.direction": "DOWN",
        "elk.spacing.nodeNode": String(NODE_GAP),
        "elk.layered.spacing.nodeNodeBetweenLayers": String(RANK_GAP),
      },
      children: Array.from(input.width, (_, v) => ({ id: `n${v}`, width: WIDTH, height: HEIGHT })),
      edges: Array.from(input.from, (u, e) => ({ id: `e${e}`, sources: [`n${u}`], targets: [`n${input.to[e]}`] })),
    };
    const library = new Library();
    const begin = performance.now();
    const placed = await library.layout(graph);
    const milliseconds = performance.now() - begin;
    const lines = placed.edges.map(({ sections: [section] }: any) =>
      [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].flatMap(({ x, y }: any) => [x, y]),
    );
    return { name: "elkjs", milliseconds, lines };
  };
}

/** Pairs of segments of different edges without a common node that cross. */
function crossings(lines: readonly number[][], { from, to }: LayoutInput): number {
  const segments: [x1: number, y1: number, x2: number, y2: number, edge: number][] = [];
  lines.forEach((line, e) => {
    for (let i = 0; i + 3 < line.length; i += 2) segments.push([line[i]!, line[i + 1]!, line[i + 2]!, line[i + 3]!, e]);
  });
  segments.sort((a, b) => Math.min(a[1], a[3]) - Math.min(b[1], b[3]));
  const side = (ax: number, ay: number, bx: number, by: number, cx: number, cy: number) =>
    (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  let count = 0;
  for (let i = 0; i < segments.length; i++) {
    const [ax, ay, bx, by, e] = segments[i]!;
    for (let j = i + 1; j < segments.length; j++) {
      const [cx, cy, dx, dy, f] = segments[j]!;
      if (Math.min(cy, dy) > Math.max(ay, by)) break;
      if (Math.max(ax, bx) < Math.min(cx, dx) || Math.max(cx, dx) < Math.min(ax, bx)) continue;
      if (e === f || from[e] === from[f] || from[e] === to[f] || to[e] === from[f] || to[e] === to[f]) continue;
      const apart = side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) >= 0;
      if (!apart && side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) < 0) count++;
    }
  }
  return count;
}
