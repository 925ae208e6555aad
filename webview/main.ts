/** The panel: hears the host, keeps what is on screen, and ties graph, tree, inspector and figures together. */
import { atOrigin, formatDuration } from "../src/graph";
import { Asker } from "./asker";
import { byId, element, placeLabel } from "./dom";
import { Explore, type ExploreState } from "./explore";
import { exportScreen } from "./exporting";
import { GraphOptions } from "./graphOptions";
import { GraphPane, type GraphSettings } from "./graphPane";
import { GraphCanvas } from "./graphView";
import { type HealthState, HealthTable } from "./health";
import { Inspector, type InspectorState } from "./inspector";
import { Cancelled, LayoutClient } from "./layoutClient";
import { Legend } from "./legend";
import { Plots } from "./plots";
import type { HostToPanel, PanelFormat, PanelState, PanelToHost, PanelTrace, RevealTarget } from "./protocol";
import "./styles.css";
import type { Standing } from "../src/graph/timeline";
import { onThemeChange, readTheme } from "./theme";
import { TimelineBar, type TimelineState } from "./timeline";
import { GraphTree } from "./tree";

interface Saved {
  program: string;
  node: number | null;
  viewport: GraphCanvas["viewport"];
  graph?: GraphSettings;
  explore?: ExploreState;
  inspector?: InspectorState;
  timeline?: TimelineState;
  health?: HealthState;
}

declare function acquireVsCodeApi(): {
  postMessage(message: PanelToHost): void;
  getState(): Saved | undefined;
  setState(state: Saved): void;
};

const vscode = acquireVsCodeApi();
const post = (message: PanelToHost) => vscode.postMessage(message);

let theme = readTheme();
/** How the panel was seen in an earlier window. */
let earlier: Saved | undefined;
let shown: { run: number; program: string; trace: PanelTrace } | null = null;
/** Index into the trace's nodes. */
let selected: number | null = null;
/** Where the timeline stands; null when it is off. */
let standingNow: Standing | null = null;

const layouts = new LayoutClient(workerSource(document.body.dataset.worker!));
const graph = new GraphCanvas(byId("graph"), byId<HTMLCanvasElement>("cards"), theme, {
  pick(card, twice) {
    const node = pane.current!.view.nodes[card]!;
    if (node.trace < 0) {
      quietly(pane.openCard(card));
      return;
    }
    if (inspector.takes(node.trace)) return;
    select(node.trace);
    tree.focus();
    reveal({ kind: "node", index: node.trace }, twice);
  },
  clear: () => select(null),
  moved: save,
  close: (frame) => quietly(pane.closeFrame(frame)),
  step: (frame, at) => quietly(pane.stepFrame(frame, at)),
});
let treeLater = 0;
const pane = new GraphPane(graph, layouts, ({ view, placed }) => {
  clearTimeout(treeLater);
  // The picture comes first where the tree has thousands of items.
  if (view.nodes.length <= TREE_AT_ONCE) tree.show(view, placed);
  else treeLater = window.setTimeout(() => showTree(), TREE_LATER_MS);
  legend.show(pane.current, theme);
  options.show(pane);
  explore.pictureChanged();
  markSelected();
  light();
  save();
});
const explore = new Explore(
  {
    get view() {
      return pane.current?.view ?? null;
    },
    get selected() {
      return selected;
    },
    show: (node) => quietly(showNode(node)),
    centre: (x, y) => graph.centre(x, y),
    zoomTo: (cards) => graph.zoomTo(cards),
    repaint: () => graph.repaint(),
    save,
  },
  theme,
);
graph.onPaint = (view, placed, port) => explore.painted(view, placed, port);
const legend = new Legend();
const options = new GraphOptions(pane, quietly);
const tree = new GraphTree(byId("graph-tree"), {
  select(card) {
    const { trace } = pane.current!.view.nodes[card]!;
    graph.reveal(card);
    if (trace < 0) {
      graph.select(card);
      return;
    }
    select(trace);
    reveal({ kind: "node", index: trace }, false);
  },
  open(card) {
    const { trace } = pane.current!.view.nodes[card]!;
    if (trace < 0) quietly(pane.openCard(card));
    else reveal({ kind: "node", index: trace }, true);
  },
});
const asker = new Asker(post);
const inspector = new Inspector(byId("inspector"), {
  open: (index) => reveal({ kind: "node", index }, true),
  select: (node) => quietly(showNode(node)),
  runAgain: () => post({ type: "command", command: "gradlens.runAgain" }),
  changed: save,
});
const timeline = new TimelineBar(byId("timeline"), {
  light: (standing) => {
    standingNow = standing;
    light();
  },
  recolor: (trace) => {
    if (shown) quietly(pane.show(trace ?? shown.trace, true));
  },
  changed: save,
});
const health = new HealthTable(byId("health"), {
  select: (node) => quietly(showNode(node)),
  open: (node) => reveal({ kind: "node", index: node }, true),
  changed: save,
});
const plots = new Plots(byId("plots"), {
  open: (index) => reveal({ kind: "figure", index }, true),
  save: (name, content) => post({ type: "save", name, ...content }),
});

window.addEventListener("message", ({ data }: MessageEvent<HostToPanel>) => void receive(data));
byId("zoom-in").addEventListener("click", () => graph.zoomBy(1));
byId("zoom-out").addEventListener("click", () => graph.zoomBy(-1));
byId("zoom-fit").addEventListener("click", () => graph.overview());
byId("stop").addEventListener("click", () => post({ type: "command", command: "gradlens.stop" }));
byId("empty-run").addEventListener("click", () => post({ type: "command", command: "gradlens.runSelection" }));
byId("empty-trust").addEventListener("click", () => post({ type: "command", command: "workbench.trust.manage" }));
byId("export").addEventListener("click", () => post({ type: "command", command: "gradlens.exportGraph" }));
byId("error").addEventListener("click", () => reveal({ kind: "error" }, true));
byId("graph-section").addEventListener("keydown", (event) => {
  if (event.key === "+" || event.key === "=") graph.zoomBy(1);
  else if (event.key === "-") graph.zoomBy(-1);
  else if (event.key === "0") graph.overview();
  else if (event.key === "Escape") select(null);
});
// The keyboard goes to the graph when the panel gets it from a command.
window.addEventListener("focus", () => document.activeElement === document.body && tree.focus());
onThemeChange(() => {
  theme = readTheme();
  graph.applyTheme(theme);
  legend.show(pane.current, theme);
  explore.applyTheme(theme);
  void plots.retheme(theme);
});

/** For tests that click with a real mouse. */
Object.assign(window, {
  __gradlens: {
    /** Of a node of the trace, or of the closed group that it is in. */
    nodePosition: (index: number) => graph.nodePosition(pane.current!.view.nodeOf[index]!),
    get pane() {
      return pane;
    },
    get canvas() {
      return graph;
    },
    get selected() {
      return selected;
    },
  },
});

/** Details stand beside the graph, as in styles.css. */
const WIDE = "(min-width: 720px)";
/** The host hears of the state once it has been at rest for so long. */
const SAVE_MS = 400;
const TREE_AT_ONCE = 1500;
const TREE_LATER_MS = 150;
const NO_GRAPH = "This run made no graph: no tensor that requires a gradient went through an operation.";

setState("empty");
post({ type: "ready" });

async function receive(message: HostToPanel): Promise<void> {
  switch (message.type) {
    case "state":
      earlier = message.state as Saved | undefined;
      return;
    case "empty":
      shown = null;
      byId("empty").dataset.trusted = String(message.trusted);
      byId("error").hidden = true;
      void plots.show([], [], theme);
      select(null);
      return setState("empty");
    case "running":
      byId("program").textContent = message.program;
      return setState("running");
    case "trace":
      return await showTrace(message.run, message.program, message.trace);
    case "edited":
      if (shown?.run === message.run) showOutcome(message.edited);
      return;
    case "select":
      if (shown?.run !== message.run) return;
      await showNode(message.node);
      if (message.focus) tree.focus();
      return;
    case "figure":
      return await plots.live(message.run, message.index, message.figure, theme);
    case "answer":
    case "progress":
    case "unanswered":
      return asker.receive(message);
    case "export":
      return await exportTo(message.id, message.format);
  }
}

async function exportTo(id: number, format: PanelFormat): Promise<void> {
  try {
    const { current } = pane;
    if (!shown || !current) throw new Error("There is no graph to export.");
    const drawing = { ...current, placed: atOrigin(current.placed) };
    post({ type: "exported", id, ...(await exportScreen(drawing, format, theme, savedState())) });
  } catch (error) {
    post({ type: "exported", id, error: error instanceof Error ? error.message : String(error) });
  }
}

async function showTrace(run: number, program: string, trace: PanelTrace): Promise<void> {
  const begin = performance.now();
  const saved = shown ? undefined : (earlier ?? vscode.getState());
  const again = shown?.program === program || saved?.program === program;
  if (saved?.graph && again) pane.settings = saved.graph;
  if (saved && again) selected = saved.node;
  if (saved?.explore && again) explore.restore(saved.explore);
  if (!again || (selected ?? 0) >= trace.nodes.length) selected = null;
  shown = { run, program, trace };
  standingNow = null;
  try {
    await pane.show(trace, again);
  } catch (error) {
    if (error instanceof Cancelled) return;
    throw error;
  }
  byId("program").textContent = program;
  showOutcome(false);
  const nodes = trace.nodes.length;
  byId("no-graph").hidden = nodes > 0;
  byId("no-graph").textContent =
    trace.status === "ok" || trace.status === "exited" ? NO_GRAPH : "The run ended before it made a graph.";
  byId("omitted").hidden = trace.omittedNodes === 0;
  byId("omitted").textContent = `${trace.omittedNodes} more nodes were left out.`;
  showError(trace);
  setState(trace.status === "error" || trace.status === "crashed" ? "error" : "ready");
  if (saved && again) graph.viewport = saved.viewport;
  if (saved?.inspector && again) inspector.state = saved.inspector;
  if (saved?.health && again) health.state = saved.health;
  health.show(trace);
  if (!again && matchMedia(WIDE).matches && trace.figures.length === 0) health.unfold();
  timeline.show(trace, asker.about(run), again ? (saved?.timeline ?? timeline.state) : undefined);
  select(selected);
  explore.ran(run, program, trace);
  requestAnimationFrame(() => {
    document.body.dataset.run = String(run);
    post({ type: "drawn", run, nodes, milliseconds: performance.now() - begin });
  });
  await plots.show(trace.figures, trace.files, theme);
}

function showTree(): void {
  const { view, placed } = pane.current!;
  tree.show(view, placed);
  markSelected();
}

/** Selects a node and brings it into sight, out of closed groups too. */
async function showNode(node: number): Promise<void> {
  const card = await pane.uncover(node);
  if (card === null) return;
  select(node);
  graph.reveal(card);
}

/** A later change of the picture cancels an earlier one: that is no error. */
function quietly(change: Promise<unknown>): void {
  change.catch((error: unknown) => {
    if (!(error instanceof Cancelled)) throw error;
  });
}

function showOutcome(edited: boolean): void {
  byId("outcome").textContent = edited ? "edited since this run" : formatDuration(shown!.trace.durationMs);
}

function showError(trace: PanelTrace): void {
  const banner = byId<HTMLButtonElement>("error");
  const { error, status } = trace;
  banner.hidden = !error;
  if (!error) return;
  banner.dataset.kind = status === "stopped" ? "info" : "error";
  banner.disabled = !error.range;
  banner.replaceChildren(
    element("strong", {}, [error.name]),
    element("span", { class: "message" }, [error.message]),
    element("span", { class: "source" }, [error.range ? placeLabel(trace.files, error.range) : ""]),
  );
}

function select(node: number | null): void {
  selected = node;
  markSelected();
  health.mark(node);
  inspector.show(shown?.trace ?? null, node, asker.about(shown?.run ?? 0));
  save();
}

/** What the timeline lights, as cards: a closed group's stands for all that is in it. */
function light(): void {
  const view = pane.current?.view;
  if (!view || !standingNow) {
    graph.light(null);
    return;
  }
  const { step, done, waiting, sent } = standingNow;
  const cards = (nodes: Iterable<number>): Set<number> => new Set(Array.from(nodes, (node) => view.nodeOf[node]!));
  const current = view.nodeOf[step.node]!;
  const light = {
    current,
    done: cards(done),
    waiting: cards(waiting.map(({ node }) => node)),
    sentTo: cards(sent.map(({ edge }) => edge.to)),
  };
  graph.light(light);
  graph.reveal(current);
}

/** The selected node's card, or that of the closed group it is in. */
function markSelected(): void {
  const card = selected === null ? null : (pane.current?.view.nodeOf[selected] ?? null);
  graph.select(card);
  tree.mark(card);
  explore.selectionChanged();
}

function reveal(target: RevealTarget, focus: boolean): void {
  if (shown) post({ type: "reveal", run: shown.run, target, focus });
}

let saveLater = 0;

function save(): void {
  const state = savedState();
  if (!state) return;
  vscode.setState(state);
  clearTimeout(saveLater);
  saveLater = window.setTimeout(() => post({ type: "state", state }), SAVE_MS);
}

function savedState(): Saved | undefined {
  if (!shown) return undefined;
  const seen = { viewport: graph.viewport, graph: pane.settings, inspector: inspector.state };
  const others = { timeline: timeline.state, health: health.state, explore: explore.state };
  return { program: shown.program, node: selected, ...seen, ...others };
}

function setState(state: PanelState): void {
  document.body.dataset.state = state;
  byId("graph-section").setAttribute("aria-busy", String(state === "running"));
}

/** A worker may only be started from the panel's own origin: the script becomes a blob. */
async function workerSource(address: string): Promise<string> {
  const inPage = document.getElementById("layout-worker");
  const script = inPage ? inPage.textContent! : await (await fetch(address)).text();
  return URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
}
