/** The panel: hears the host, keeps what is on screen, and ties graph, tree, inspector and figures together. */
import { formatDuration, type GraphView, type LayoutResult, scaleLabels, scaleStops, viewOf } from "../src/graph";
import { Asker } from "./asker";
import { byId, element, placeLabel } from "./dom";
import { exportScreen } from "./exporting";
import { GraphCanvas } from "./graphView";
import { Inspector, type InspectorState } from "./inspector";
import { Cancelled, LayoutClient } from "./layoutClient";
import { Plots } from "./plots";
import type { HostToPanel, PanelFormat, PanelState, PanelToHost, PanelTrace, RevealTarget } from "./protocol";
import "./styles.css";
import { onThemeChange, readTheme } from "./theme";
import { GraphTree } from "./tree";

interface Saved {
  program: string;
  node: number | null;
  viewport: GraphCanvas["viewport"];
  inspector?: InspectorState;
}

declare function acquireVsCodeApi(): {
  postMessage(message: PanelToHost): void;
  getState(): Saved | undefined;
  setState(state: Saved): void;
};

const vscode = acquireVsCodeApi();
const post = (message: PanelToHost) => vscode.postMessage(message);

let theme = readTheme();
let shown: { run: number; program: string; trace: PanelTrace; view: GraphView; placed: LayoutResult } | null = null;
let selected: number | null = null;

const layouts = new LayoutClient(workerSource(document.body.dataset.worker!));
const graph = new GraphCanvas(byId("graph"), byId<HTMLCanvasElement>("cards"), theme, {
  pick(node, twice) {
    if (inspector.takes(node)) return;
    select(node);
    tree.focus();
    reveal({ kind: "node", index: node }, twice);
  },
  clear: () => select(null),
  moved: save,
});
const tree = new GraphTree(byId("graph-tree"), {
  select(node) {
    select(node);
    graph.reveal(node);
    reveal({ kind: "node", index: node }, false);
  },
  open: (node) => reveal({ kind: "node", index: node }, true),
});
const asker = new Asker(post);
const inspector = new Inspector(byId("inspector"), {
  open: (index) => reveal({ kind: "node", index }, true),
  select(node) {
    select(node);
    graph.reveal(node);
  },
  runAgain: () => post({ type: "command", command: "gradlens.runAgain" }),
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
  showLegend();
  void plots.retheme(theme);
});

/** For tests that click with a real mouse. */
Object.assign(window, {
  __gradlens: {
    nodePosition: (index: number) => graph.nodePosition(index),
    get selected() {
      return selected;
    },
  },
});

const NO_GRAPH = "This run made no graph: no tensor that requires a gradient went through an operation.";

setState("empty");
post({ type: "ready" });

async function receive(message: HostToPanel): Promise<void> {
  switch (message.type) {
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
      select(message.node);
      graph.reveal(message.node);
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
    if (!shown) throw new Error("There is no graph to export.");
    post({ type: "exported", id, ...(await exportScreen(shown, format, theme, savedState())) });
  } catch (error) {
    post({ type: "exported", id, error: error instanceof Error ? error.message : String(error) });
  }
}

async function showTrace(run: number, program: string, trace: PanelTrace): Promise<void> {
  const begin = performance.now();
  const view = viewOf(trace, (text, line) => graph.measure(text, line));
  let placed: LayoutResult;
  try {
    placed = await layouts.run(view, { wrapWidth: graph.comfortableWidth });
  } catch (error) {
    if (error instanceof Cancelled) return;
    throw error;
  }
  const saved = shown ? null : vscode.getState();
  const again = shown?.program === program || saved?.program === program;
  const samePlace = again && shown !== null && shown.view.nodes.length === view.nodes.length;
  shown = { run, program, trace, view, placed };
  byId("program").textContent = program;
  showOutcome(false);
  byId("no-graph").hidden = view.nodes.length > 0;
  byId("no-graph").textContent =
    trace.status === "ok" || trace.status === "exited" ? NO_GRAPH : "The run ended before it made a graph.";
  byId("omitted").hidden = trace.omittedNodes === 0;
  byId("omitted").textContent = `${trace.omittedNodes} more nodes were left out.`;
  showError(trace);
  showLegend();
  setState(trace.status === "error" || trace.status === "crashed" ? "error" : "ready");
  graph.show(view, placed, samePlace);
  tree.show(view, placed);
  if (saved && again) graph.viewport = saved.viewport;
  if (saved?.inspector && again) inspector.state = saved.inspector;
  const keep = again ? (saved ? saved.node : selected) : null;
  select(keep !== null && keep < view.nodes.length ? keep : null);
  requestAnimationFrame(() => {
    document.body.dataset.run = String(run);
    post({ type: "drawn", run, nodes: view.nodes.length, milliseconds: performance.now() - begin });
  });
  await plots.show(trace.figures, trace.files, theme);
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

function showLegend(): void {
  const scale = shown?.view.scale;
  byId("legend").hidden = !shown || shown.view.nodes.length === 0;
  byId("legend-scale").hidden = !scale;
  byId("legend-leaf").hidden = !shown?.view.nodes.some((node) => node.kind === "leaf");
  byId("legend-repeats").hidden = !shown || shown.view.repeats === 1;
  byId("legend-repeats").textContent = `×${shown?.view.repeats}`;
  if (!scale) return;
  const [low, high] = scaleLabels(scale);
  byId("legend-low").textContent = low;
  byId("legend-high").textContent = low === high ? "" : high;
  byId("legend-bar").style.backgroundImage = `linear-gradient(to right, ${scaleStops(theme.appearance).join(", ")})`;
}

function select(node: number | null): void {
  selected = node;
  graph.select(node);
  tree.mark(node);
  inspector.show(shown?.trace ?? null, node, asker.about(shown?.run ?? 0));
  save();
}

function reveal(target: RevealTarget, focus: boolean): void {
  if (shown) post({ type: "reveal", run: shown.run, target, focus });
}

function save(): void {
  const state = savedState();
  if (state) vscode.setState(state);
}

function savedState(): Saved | undefined {
  if (!shown) return undefined;
  return { program: shown.program, node: selected, viewport: graph.viewport, inspector: inspector.state };
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
