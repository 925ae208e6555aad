/** The graph on screen: Cytoscape draws bodies and edges and feels the mouse, our layout places, the painter writes. */
import cytoscape from "cytoscape";
import { CARD, type GraphView, type LayoutResult } from "../src/graph";
import { CardPainter } from "./cards";
import { cardColor, reducedMotion, type Theme } from "./theme";

export interface GraphEvents {
  /** A click; `twice` on a double-click. */
  pick(node: number, twice: boolean): void;
  /** A click on nothing. */
  clear(): void;
  moved(): void;
}

const PADDING = 20;
/** Fitting never makes texts smaller than this; a long chain then shows its top. */
const READABLE_ZOOM = 0.62;
/** A graph that is only too wide may be this small, so that nothing of it is out of sight sideways. */
const NARROW_ZOOM = 0.5;
const COMFORTABLE_ZOOM = 0.85;
const ZOOM_STEP = 1.25;

export class GraphCanvas {
  private readonly cy: cytoscape.Core;
  private readonly painter: CardPainter;
  private view: GraphView = { nodes: [], edges: [], scale: null, repeats: 1 };
  private placed: LayoutResult | null = null;
  private theme!: Theme;
  private selected: number | null = null;
  /** Nobody has panned or zoomed since the last fit, so a resize fits again. */
  private fitted = true;

  constructor(
    private readonly container: HTMLElement,
    overlay: HTMLCanvasElement,
    theme: Theme,
    events: GraphEvents,
  ) {
    this.painter = new CardPainter(overlay);
    this.cy = cytoscape({
      container,
      autoungrabify: true,
      boxSelectionEnabled: false,
      userZoomingEnabled: false,
      selectionType: "single",
      minZoom: 0.02,
      maxZoom: 3,
    });
    this.applyTheme(theme);
    this.cy.on("render", () => this.paint());
    this.cy.on("tap", "node", (event) => events.pick(Number(event.target.id().slice(1)), false));
    this.cy.on("dbltap", "node", (event) => events.pick(Number(event.target.id().slice(1)), true));
    this.cy.on("tap", (event) => event.target === this.cy && events.clear());
    this.cy.on("dragpan", () => {
      this.fitted = false;
      events.moved();
    });
    this.cy.on("mouseover", "node", (event) => {
      event.target.addClass("hover");
      container.classList.add("pointing");
    });
    this.cy.on("mouseout", "node", (event) => {
      event.target.removeClass("hover");
      container.classList.remove("pointing");
    });
    container.addEventListener("wheel", (event) => this.wheel(event, events), { passive: false, capture: true });
    new ResizeObserver(() => this.resize()).observe(container);
  }

  /** Replaces the picture. `keepViewport` when the same program ran again. */
  show(view: GraphView, placed: LayoutResult, keepViewport: boolean): void {
    this.view = view;
    this.placed = placed;
    this.cy.batch(() => {
      this.cy.elements().remove();
      this.cy.add([
        ...view.nodes.map((node) => ({
          group: "nodes" as const,
          data: {
            id: `n${node.index}`,
            width: node.width,
            height: node.height,
            fill: cardColor(this.theme, node.level, node.broken),
          },
          position: { x: placed.x[node.index]!, y: placed.y[node.index]! },
          classes: node.kind,
        })),
        ...view.edges.map((edge, e) => ({ group: "edges" as const, ...edgeElement(view, placed, edge, e) })),
      ]);
    });
    if (this.selected !== null && this.selected < view.nodes.length) this.select(this.selected);
    else this.selected = null;
    if (!keepViewport || this.fitted) this.fit();
  }

  applyTheme(theme: Theme): void {
    this.theme = theme;
    this.cy.batch(() => {
      for (const node of this.view.nodes)
        this.cy.getElementById(`n${node.index}`).data("fill", cardColor(theme, node.level, node.broken));
    });
    this.cy.style(styleOf(theme));
    this.paint();
  }

  select(node: number | null): void {
    this.cy.batch(() => {
      this.cy.$(".selected, .near").removeClass("selected near");
      if (node === null) return;
      const element = this.cy.getElementById(`n${node}`);
      element.addClass("selected");
      element.connectedEdges().addClass("near");
    });
    this.selected = node;
  }

  /** Brings a node into sight if it is not. */
  reveal(node: number): void {
    if (!this.placed) return;
    const { x, y } = this.rendered(node);
    const card = this.view.nodes[node]!;
    const zoom = this.cy.zoom();
    const [halfWidth, halfHeight] = [(card.width / 2) * zoom, (card.height / 2) * zoom];
    const [width, height] = [this.cy.width(), this.cy.height()];
    const outX = Math.max(0, PADDING - (x - halfWidth)) - Math.max(0, x + halfWidth - (width - PADDING));
    const outY = Math.max(0, PADDING - (y - halfHeight)) - Math.max(0, y + halfHeight - (height - PADDING));
    if (outX === 0 && outY === 0) return;
    this.fitted = false;
    const by = { x: outX, y: outY };
    this.cy.stop();
    if (reducedMotion()) this.cy.panBy(by);
    else this.cy.animate({ panBy: by, duration: 120, easing: "ease-out" });
  }

  fit(): void {
    if (!this.placed || this.view.nodes.length === 0) return;
    const width = Math.max(1, this.cy.width() - 2 * PADDING);
    const height = Math.max(1, this.cy.height() - 2 * PADDING);
    const whole = Math.min(1, width / this.placed.width, height / this.placed.height);
    const across = Math.min(1, width / this.placed.width);
    const zoom = whole >= READABLE_ZOOM ? whole : across >= NARROW_ZOOM ? across : READABLE_ZOOM;
    const tooWide = this.placed.width * zoom > width;
    const x = tooWide ? this.rootPan(zoom, width) : PADDING + (width - this.placed.width * zoom) / 2;
    const y = PADDING + Math.max(0, (height - this.placed.height * zoom) / 2);
    this.cy.viewport({ zoom, pan: { x, y } });
    this.fitted = true;
  }

  /** The whole graph, however small. */
  overview(): void {
    if (!this.placed) return;
    this.cy.fit(undefined, PADDING);
    if (this.cy.zoom() > 1) this.fit();
    this.fitted = true;
  }

  zoomBy(steps: number): void {
    const centre = { x: this.cy.width() / 2, y: this.cy.height() / 2 };
    this.cy.zoom({ level: this.cy.zoom() * ZOOM_STEP ** steps, renderedPosition: centre });
    this.fitted = false;
  }

  get viewport(): { zoom: number; pan: { x: number; y: number } } | null {
    return this.fitted ? null : { zoom: this.cy.zoom(), pan: { ...this.cy.pan() } };
  }

  set viewport(viewport: { zoom: number; pan: { x: number; y: number } } | null) {
    if (!viewport) return;
    this.cy.viewport(viewport);
    this.fitted = false;
  }

  /** So many layout units side by side are easy to read in the present width. */
  get comfortableWidth(): number {
    return Math.max(200, (this.cy.width() - 2 * PADDING) / COMFORTABLE_ZOOM);
  }

  /** Centre of a node in the page. */
  nodePosition(node: number): { x: number; y: number } {
    const box = this.container.getBoundingClientRect();
    const { x, y } = this.rendered(node);
    return { x: box.left + x, y: box.top + y };
  }

  measure(text: string, line: "title" | "subtitle" | "norm"): number {
    return this.painter.measure(text, line, this.theme);
  }

  private rendered(node: number): { x: number; y: number } {
    const { x, y } = this.cy.pan();
    return { x: this.placed!.x[node]! * this.cy.zoom() + x, y: this.placed!.y[node]! * this.cy.zoom() + y };
  }

  /** With the first root in the middle of a graph too wide to fit. */
  private rootPan(zoom: number, width: number): number {
    const root = this.placed!.rank.indexOf(0);
    const wanted = PADDING + width / 2 - this.placed!.x[root]! * zoom;
    return Math.min(PADDING, Math.max(PADDING + width - this.placed!.width * zoom, wanted));
  }

  private resize(): void {
    this.cy.resize();
    if (this.fitted) this.fit();
    if (this.selected !== null) this.reveal(this.selected);
  }

  private paint(): void {
    if (!this.placed) return;
    const size = { width: this.container.clientWidth, height: this.container.clientHeight };
    this.painter.paint(
      this.view,
      this.placed,
      this.theme,
      { zoom: this.cy.zoom(), pan: this.cy.pan(), ...size },
      () => false,
    );
  }

  /** With Ctrl (or a pinch) it zooms; else it pans a graph larger than its place and leaves the page to scroll otherwise. */
  private wheel(event: WheelEvent, events: GraphEvents): void {
    if (!this.placed) return;
    const scale = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      const box = this.container.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      this.cy.zoom({ level: this.cy.zoom() * Math.exp(-event.deltaY * scale * 0.0022), renderedPosition: at });
    } else {
      const fits =
        this.placed.height * this.cy.zoom() <= this.cy.height() &&
        this.placed.width * this.cy.zoom() <= this.cy.width();
      if (fits) return;
      this.cy.panBy({ x: -event.deltaX * scale, y: -event.deltaY * scale });
    }
    this.fitted = false;
    event.preventDefault();
    event.stopPropagation();
    events.moved();
  }
}

/** An edge's control points as Cytoscape wants them: along and across the line between the ends. */
function edgeElement(
  view: GraphView,
  placed: LayoutResult,
  edge: GraphView["edges"][number],
  e: number,
): cytoscape.EdgeDefinition & { classes: string } {
  const start = placed.pointStart[e]!;
  const end = placed.pointStart[e + 1]! - 1;
  const at = (i: number): [number, number] => [placed.points[2 * i]!, placed.points[2 * i + 1]!];
  const [sx, sy] = at(start);
  const [tx, ty] = at(end);
  const [dx, dy] = [tx - sx, ty - sy];
  const length = Math.hypot(dx, dy) || 1;
  const weights: string[] = [];
  const distances: string[] = [];
  for (let i = start + 1; i < end; i++) {
    const [px, py] = [at(i)[0] - sx, at(i)[1] - sy];
    weights.push(String((px * dx + py * dy) / (length * length)));
    distances.push(String((py * dx - px * dy) / length));
  }
  const source = `${sx - placed.x[edge.from]!}px ${sy - placed.y[edge.from]!}px`;
  const target = `${tx - placed.x[edge.to]!}px ${ty - placed.y[edge.to]!}px`;
  const data = {
    id: `e${e}`,
    source: `n${view.nodes[edge.from]!.index}`,
    target: `n${view.nodes[edge.to]!.index}`,
    out: source,
    in: target,
  };
  if (weights.length === 0) return { data, classes: "straight" };
  return { data: { ...data, weights: weights.join(" "), distances: distances.join(" ") }, classes: "bent" };
}

function styleOf(theme: Theme): cytoscape.StylesheetJson {
  const rules = [
    {
      selector: "node",
      style: {
        shape: "round-rectangle",
        "corner-radius": CARD.radius,
        width: "data(width)",
        height: "data(height)",
        "background-color": "data(fill)",
        "border-width": 1,
        "border-color": theme.border,
        "overlay-opacity": 0,
        events: "yes",
      },
    },
    { selector: "node.leaf", style: { "corner-radius": CARD.height / 2 } },
    { selector: "node.hover", style: { "border-color": theme.muted } },
    { selector: "node.selected", style: { "border-width": 2, "border-color": theme.focus } },
    {
      selector: "edge",
      style: {
        width: 1.3,
        "line-color": theme.edge,
        "target-arrow-color": theme.edge,
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.75,
        "source-endpoint": "data(out)",
        "target-endpoint": "data(in)",
        "overlay-opacity": 0,
        events: "no",
      },
    },
    { selector: "edge.straight", style: { "curve-style": "straight" } },
    {
      selector: "edge.bent",
      style: {
        "curve-style": "unbundled-bezier",
        "edge-distances": "endpoints",
        "control-point-weights": "data(weights)",
        "control-point-distances": "data(distances)",
      },
    },
    { selector: "edge.near", style: { width: 2, "line-color": theme.focus, "target-arrow-color": theme.focus } },
  ];
  return rules as unknown as cytoscape.StylesheetJson;
}
