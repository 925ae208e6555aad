/**
 * The graph on screen. Our layout places; Cytoscape pans, zooms and draws the cards and edges that are near; the scene
 * below it draws frames and what is far, the painter above it texts and marks.
 */
import cytoscape from "cytoscape";
import { CARD, edgeWidth, type GraphView, type Placement } from "../src/graph";
import { CardPainter, READABLE, type Viewport } from "./cards";
import { type FrameHeads, frameHeads } from "./frameHeads";
import { type Light, paintLight } from "./light";
import { arrow, curve, Scene, visibleBox } from "./scene";
import { cardColor, reducedMotion, type Theme } from "./theme";

export interface GraphEvents {
  /** A click on a card; `twice` on a double-click. */
  pick(card: number, twice: boolean): void;
  /** A click on nothing. */
  clear(): void;
  /** A person has panned or zoomed. */
  moved(): void;
  /** The head of an open group was clicked. */
  close(frame: number): void;
  /** Another iteration of an open loop or run is wanted. */
  step(frame: number, at: number): void;
}

const PADDING = 20;
/** Fitting never makes texts smaller than this; a long chain then shows its top. */
const READABLE_ZOOM = 0.62;
/** A graph that is only too wide may be this small, so that nothing of it is out of sight sideways. */
const NARROW_ZOOM = 0.5;
const COMFORTABLE_ZOOM = 0.85;
const ZOOM_STEP = 1.25;
/** Cytoscape draws as long as there are at most so many cards on screen, and they can be read. */
const NEAR_CARDS = 140;
const NEAR_ZOOM = 0.3;
/** A graph of at most so many cards is in Cytoscape as a whole; of a larger one only what is near the screen. */
const WHOLE_CARDS = 140;
const MOVE_MS = 220;

interface Tween {
  from: { x: Float64Array; y: Float64Array; groups: Placement["groups"] };
  start: number;
}

export class GraphCanvas {
  private readonly cy: cytoscape.Core;
  private readonly painter: CardPainter;
  private readonly scene: Scene;
  private readonly heads: FrameHeads;
  private readonly overlayContext: CanvasRenderingContext2D;
  private view: GraphView | null = null;
  private placed: Placement | null = null;
  /** Where things are drawn while they move to where they are placed. */
  private drawn: Placement | null = null;
  private theme!: Theme;
  /** Cards and edges that Cytoscape has. */
  private inCytoscape = new Set<number>();
  private edgesIn = new Set<number>();
  private far = false;
  private lit: Light | null = null;
  private selected: number | null = null;
  private hovered: number | null = null;
  private tween: Tween | null = null;
  private frame = 0;
  /** Called after each painting, for what lies over the graph. */
  onPaint: (view: GraphView, placed: Placement, port: Viewport) => void = () => {};
  /** Of the container; asked of the page only when it changes, for an answer may cost a whole layout. */
  private size: { width: number; height: number };
  /** Nobody has panned or zoomed since the last fit, so a resize fits again. */
  private fitted = true;

  constructor(
    private readonly container: HTMLElement,
    overlay: HTMLCanvasElement,
    theme: Theme,
    private readonly events: GraphEvents,
  ) {
    this.painter = new CardPainter(overlay);
    this.size = { width: container.clientWidth, height: container.clientHeight };
    this.overlayContext = overlay.getContext("2d")!;
    const below = document.createElement("canvas");
    below.id = "scene";
    container.before(below);
    this.scene = new Scene(below, () => this.schedule());
    this.heads = frameHeads(overlay, events);
    this.cy = cytoscape({
      container,
      autoungrabify: true,
      autounselectify: true,
      boxSelectionEnabled: false,
      userZoomingEnabled: false,
      minZoom: 0.002,
      maxZoom: 3,
    });
    this.applyTheme(theme);
    this.cy.on("viewport", () => this.viewportChanged());
    this.cy.on("render", () => this.schedule());
    this.cy.on("tap", (event) => {
      const card = this.cardAt(event.position.x, event.position.y);
      if (card === null) events.clear();
      else events.pick(card, false);
    });
    this.cy.on("dbltap", (event) => {
      const card = this.cardAt(event.position.x, event.position.y);
      if (card !== null) events.pick(card, true);
    });
    this.cy.on("dragpan", () => {
      this.fitted = false;
      events.moved();
    });
    container.addEventListener("mousemove", (event) => this.hover(event));
    container.addEventListener("mouseleave", () => this.setHovered(null));
    container.addEventListener("wheel", (event) => this.wheel(event), { passive: false, capture: true });
    new ResizeObserver(() => this.resize()).observe(container);
  }

  /** Replaces the picture. With `keepViewport`, what both pictures have moves from its old place to its new one. */
  show(view: GraphView, placed: Placement, keepViewport: boolean): void {
    const before = this.view && this.drawn && keepViewport ? { view: this.view, drawn: this.drawn } : null;
    const selectedKey = this.selected === null ? null : this.view?.nodes[this.selected]?.key;
    this.view = view;
    this.placed = placed;
    this.drawn = placed;
    this.tween = null;
    this.hovered = null;
    const kept = selectedKey ? view.nodes.findIndex(({ key }) => key === selectedKey) : -1;
    this.selected = kept >= 0 ? kept : null;
    this.scene.forget();
    this.emptyCytoscape();
    // Where nothing moves in the graph, nothing moves on screen either.
    if (!before && (!keepViewport || this.fitted)) this.fit();
    this.heads.show(view);
    if (before) this.moveFrom(before.view, before.drawn);
    this.refresh();
  }

  applyTheme(theme: Theme): void {
    this.theme = theme;
    this.scene.forget();
    this.cy.style(styleOf(theme));
    this.emptyCytoscape();
    this.refresh();
  }

  select(card: number | null): void {
    this.selected = card;
    this.cy.batch(() => {
      this.cy.$(".selected, .near").removeClass("selected near");
      if (card === null) return;
      const element = this.cy.getElementById(`n${card}`);
      element.addClass("selected");
      element.connectedEdges().addClass("near");
    });
    this.schedule();
  }

  /** The timeline's step; null: no light but the picture's own. */
  light(light: Light | null): void {
    this.lit = light;
    this.schedule();
  }

  /** Brings a card into sight if it is not. */
  reveal(card: number): void {
    if (!this.placed || !this.view) return;
    const { x, y } = this.rendered(card);
    const { width: cardWidth, height: cardHeight } = this.view.nodes[card]!;
    const zoom = this.cy.zoom();
    if (zoom < READABLE) {
      const level = READABLE_ZOOM;
      const at = { x: this.placed.x[card]! * level, y: this.placed.y[card]! * level };
      this.go({ zoom: level, pan: { x: this.cy.width() / 2 - at.x, y: this.cy.height() / 2 - at.y } });
      return;
    }
    const [halfWidth, halfHeight] = [(cardWidth / 2) * zoom, (cardHeight / 2) * zoom];
    const [width, height] = [this.cy.width(), this.cy.height()];
    const outX = Math.max(0, PADDING - (x - halfWidth)) - Math.max(0, x + halfWidth - (width - PADDING));
    const outY = Math.max(0, PADDING - (y - halfHeight)) - Math.max(0, y + halfHeight - (height - PADDING));
    if (outX === 0 && outY === 0) return;
    const pan = this.cy.pan();
    this.go({ zoom, pan: { x: pan.x + outX, y: pan.y + outY } });
  }

  private go(viewport: { zoom: number; pan: { x: number; y: number } }): void {
    this.fitted = false;
    this.cy.stop();
    if (reducedMotion()) this.cy.viewport(viewport);
    else this.cy.animate({ ...viewport, duration: 120, easing: "ease-out" });
  }

  fit(): void {
    if (!this.placed || !this.view || this.view.nodes.length === 0) return;
    const width = Math.max(1, this.cy.width() - 2 * PADDING);
    const height = Math.max(1, this.cy.height() - 2 * PADDING);
    const whole = Math.min(1, width / this.placed.width, height / this.placed.height);
    const across = Math.min(1, width / this.placed.width);
    const zoom = whole >= READABLE_ZOOM ? whole : across >= NARROW_ZOOM ? across : READABLE_ZOOM;
    const tooWide = this.placed.width * zoom > width;
    const { left, top } = this.placed;
    const x = tooWide ? this.rootPan(zoom, width) : PADDING + (width - this.placed.width * zoom) / 2 - left * zoom;
    const y = PADDING + Math.max(0, (height - this.placed.height * zoom) / 2) - top * zoom;
    this.cy.viewport({ zoom, pan: { x, y } });
    this.fitted = true;
  }

  /** The whole graph, however small. */
  overview(): void {
    if (!this.placed) return;
    const { left, top, width, height } = this.placed;
    const zoom = Math.min((this.cy.width() - 2 * PADDING) / width, (this.cy.height() - 2 * PADDING) / height);
    if (zoom > 1) this.fit();
    else {
      const pan = {
        x: this.cy.width() / 2 - (left + width / 2) * zoom,
        y: this.cy.height() / 2 - (top + height / 2) * zoom,
      };
      this.cy.viewport({ zoom, pan });
    }
    this.fitted = true;
  }

  /** Brings a place of the layout into the middle, at once. */
  centre(x: number, y: number): void {
    const zoom = this.cy.zoom();
    this.cy.viewport({ zoom, pan: { x: this.cy.width() / 2 - x * zoom, y: this.cy.height() / 2 - y * zoom } });
    this.fitted = false;
  }

  /** Brings these cards into sight, as large as there is room for, but not larger than they are. */
  zoomTo(cards: readonly number[]): void {
    if (!this.placed || !this.view || cards.length === 0) return;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const card of cards) {
      const { width, height } = this.view.nodes[card]!;
      const [x, y] = [this.placed.x[card]!, this.placed.y[card]!];
      left = Math.min(left, x - width / 2);
      right = Math.max(right, x + width / 2);
      top = Math.min(top, y - height / 2);
      bottom = Math.max(bottom, y + height / 2);
    }
    const [width, height] = [this.cy.width() - 2 * PADDING, this.cy.height() - 2 * PADDING];
    const zoom = Math.min(1, width / Math.max(1, right - left), height / Math.max(1, bottom - top));
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    this.go({ zoom, pan: { x: this.cy.width() / 2 - x * zoom, y: this.cy.height() / 2 - y * zoom } });
  }

  /** Paints once more, for what lies over the graph. */
  repaint(): void {
    this.schedule();
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

  /** Cards are on their way to their places. */
  get moving(): boolean {
    return this.tween !== null;
  }

  /** What of the graph is on screen, in the layout's units. */
  get screen(): { left: number; top: number; right: number; bottom: number } {
    return visibleBox(this.port);
  }

  /** So many layout units side by side are easy to read in the present width. */
  get comfortableWidth(): number {
    return Math.max(200, (this.cy.width() - 2 * PADDING) / COMFORTABLE_ZOOM);
  }

  /** Centre of a card in the page. */
  nodePosition(card: number): { x: number; y: number } {
    const box = this.container.getBoundingClientRect();
    const { x, y } = this.rendered(card);
    return { x: box.left + x, y: box.top + y };
  }

  measure(text: string, line: "title" | "subtitle" | "norm"): number {
    return this.painter.measure(text, line, this.theme);
  }

  private rendered(card: number): { x: number; y: number } {
    const { x, y } = this.cy.pan();
    return { x: this.placed!.x[card]! * this.cy.zoom() + x, y: this.placed!.y[card]! * this.cy.zoom() + y };
  }

  /** With the first root in the middle of a graph too wide to fit. */
  private rootPan(zoom: number, width: number): number {
    const { x, y, left, width: total } = this.placed!;
    let root = 0;
    for (let v = 1; v < y.length; v++) if (y[v]! < y[root]!) root = v;
    const wanted = PADDING + width / 2 - x[root]! * zoom;
    return Math.min(PADDING - left * zoom, Math.max(PADDING + width - (left + total) * zoom, wanted));
  }

  private resize(): void {
    this.size = { width: this.container.clientWidth, height: this.container.clientHeight };
    this.cy.resize();
    if (this.fitted) this.fit();
    if (this.selected !== null) this.reveal(this.selected);
    this.refresh();
  }

  private get port(): Viewport {
    return { zoom: this.cy.zoom(), pan: this.cy.pan(), ...this.size };
  }

  // ── near and far ────────────────────────────────────────────────────────────────────────────────────────────────

  private viewportChanged(): void {
    this.chooseDistance();
    this.schedule();
  }

  private refresh(): void {
    this.chooseDistance();
    this.schedule();
  }

  /** Gives Cytoscape what is near, or nothing where the scene draws. */
  private chooseDistance(): void {
    if (!this.view || !this.placed || !this.drawn) return;
    const port = this.port;
    const { nodes } = this.view;
    const whole = nodes.length <= WHOLE_CARDS;
    const box = visibleBox(port);
    const [marginX, marginY] = [0.35 * (box.right - box.left), 0.35 * (box.bottom - box.top)];
    const wanted: number[] = [];
    let onScreen = 0;
    for (const { index, width, height } of nodes) {
      const [x, y] = [this.drawn.x[index]!, this.drawn.y[index]!];
      const [outX, outY] = [
        Math.max(box.left - x - width / 2, x - width / 2 - box.right),
        Math.max(box.top - y - height / 2, y - height / 2 - box.bottom),
      ];
      if (outX < 0 && outY < 0) onScreen++;
      if (whole || (outX < marginX && outY < marginY)) wanted.push(index);
    }
    this.far = !whole && (onScreen > NEAR_CARDS || port.zoom < NEAR_ZOOM);
    if (this.far) {
      if (this.inCytoscape.size > 0) this.emptyCytoscape();
      return;
    }
    const missing = wanted.some((index) => !this.inCytoscape.has(index));
    if (missing || this.inCytoscape.size === 0) this.fillCytoscape(wanted, box, marginX, marginY);
  }

  private emptyCytoscape(): void {
    this.cy.batch(() => this.cy.elements().remove());
    this.inCytoscape.clear();
    this.edgesIn.clear();
  }

  private fillCytoscape(cards: readonly number[], box: ReturnType<typeof visibleBox>, dx: number, dy: number): void {
    const { view, drawn, placed } = this;
    const elements: cytoscape.ElementDefinition[] = [];
    const wanted = new Set(cards);
    const edges: number[] = [];
    view!.edges.forEach(({ from, to }, e) => {
      const near = wanted.has(from) || wanted.has(to) || crosses(placed!, e, box, dx, dy);
      if (near) edges.push(e);
    });
    // An edge needs both of its ends.
    for (const e of edges) {
      wanted.add(view!.edges[e]!.from);
      wanted.add(view!.edges[e]!.to);
    }
    const keep = wanted.size + this.inCytoscape.size < 3 * NEAR_CARDS;
    if (!keep) this.emptyCytoscape();
    for (const index of wanted) {
      if (this.inCytoscape.has(index)) continue;
      const node = view!.nodes[index]!;
      this.inCytoscape.add(index);
      elements.push({
        group: "nodes",
        data: {
          id: `n${index}`,
          width: node.width,
          height: node.height,
          fill: cardColor(this.theme, node.level, node.broken),
        },
        position: { x: drawn!.x[index]!, y: drawn!.y[index]! },
        classes: classesOf(node, index === this.selected),
      });
    }
    for (const e of edges) {
      if (this.edgesIn.has(e)) continue;
      this.edgesIn.add(e);
      elements.push({ group: "edges", ...edgeElement(view!, placed!, e, this.selected) });
    }
    if (elements.length > 0) this.cy.batch(() => this.cy.add(elements));
  }

  // ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Paints once in the next frame, however often it is asked to. */
  private schedule(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  private paint(): void {
    const { view, theme } = this;
    if (!view || !this.placed) return;
    if (this.tween) this.advance();
    const placed = this.drawn!;
    const port = this.port;
    this.scene.paint({ view, placed, theme }, port, this.far);
    this.painter.clear(port);
    if (!this.far) this.painter.texts(view, placed, theme, port, this.tween === null);
    if (this.lit) paintLight(this.overlayContext, { view, placed, theme, light: this.lit }, port);
    this.highlight(port);
    this.heads.place(placed, port);
    this.onPaint(view, placed, port);
  }

  /** The selected card, its edges and the one under the mouse, where Cytoscape does not draw them. */
  private highlight(port: Viewport): void {
    if (!this.far) return;
    const context = this.overlayContext;
    const ratio = devicePixelRatio;
    context.setTransform(ratio * port.zoom, 0, 0, ratio * port.zoom, ratio * port.pan.x, ratio * port.pan.y);
    const { view, placed, theme } = this;
    const outline = (card: number, width: number, color: string) => {
      const node = view!.nodes[card]!;
      const w = Math.max(node.width, 8 / port.zoom);
      const h = Math.max(node.height, 8 / port.zoom);
      context.beginPath();
      context.roundRect(placed!.x[card]! - w / 2, placed!.y[card]! - h / 2, w, h, node.kind === "leaf" ? h / 2 : 6);
      context.lineWidth = width / Math.min(1, port.zoom);
      context.strokeStyle = color;
      context.stroke();
    };
    if (this.selected !== null) {
      context.beginPath();
      view!.edges.forEach(({ from, to }, e) => {
        if (from !== this.selected && to !== this.selected) return;
        const [start, last] = [placed!.pointStart[e]!, placed!.pointStart[e + 1]! - 1];
        curve(context, placed!.points, start, last);
        arrow(context, placed!.points, last);
      });
      context.lineWidth = 1.6 / Math.min(1, port.zoom);
      context.strokeStyle = theme.focus;
      context.stroke();
      outline(this.selected, 2, theme.focus);
    }
    if (this.hovered !== null && this.hovered !== this.selected) outline(this.hovered, 1, theme.muted);
  }

  // ── moving ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What was on screen before starts from where it was; reduced motion and large graphs change at once. */
  private moveFrom(before: GraphView, drawn: Placement): void {
    const { view, placed } = this;
    if (reducedMotion() || view!.nodes.length > WHOLE_CARDS) return;
    const was = new Map(before.nodes.map(({ key, index }) => [key, index]));
    const wasFrame = new Map(before.frames.map(({ key }, f) => [key, f]));
    const [x, y] = [placed!.x.slice(), placed!.y.slice()];
    let moves = false;
    for (const { key, index, frame } of view!.nodes) {
      const old = was.get(key);
      const from: [number, number] | null =
        old !== undefined ? [drawn.x[old]!, drawn.y[old]!] : this.origin(frame, was, drawn);
      if (!from) continue;
      if (Math.abs(from[0] - x[index]!) + Math.abs(from[1] - y[index]!) > 0.5) moves = true;
      [x[index], y[index]] = from;
    }
    const groups = placed!.groups.map((box, f) => {
      const old = wasFrame.get(view!.frames[f]!.key);
      const card = was.get(view!.frames[f]!.key);
      if (old !== undefined) return drawn.groups[old]!;
      if (card === undefined) return box;
      const { width, height } = before.nodes[card]!;
      return { x: drawn.x[card]! - width / 2, y: drawn.y[card]! - height / 2, width, height };
    });
    if (!moves) return;
    this.tween = { from: { x, y, groups }, start: performance.now() };
    this.drawn = { ...placed!, x: x.slice(), y: y.slice(), groups };
  }

  /** A card that was inside of a closed group comes out of that group's card. */
  private origin(frame: number, was: ReadonlyMap<string, number>, drawn: Placement): [number, number] | null {
    for (let f = frame; f >= 0; f = this.view!.frames[f]!.parent) {
      const card = was.get(this.view!.frames[f]!.key);
      if (card !== undefined) return [drawn.x[card]!, drawn.y[card]!];
    }
    return null;
  }

  private advance(): void {
    const { from, start } = this.tween!;
    const placed = this.placed!;
    const t = Math.min(1, (performance.now() - start) / MOVE_MS);
    const eased = 1 - (1 - t) ** 3;
    const mix = (a: number, b: number) => a + (b - a) * eased;
    if (t === 1) {
      this.tween = null;
      this.drawn = placed;
    } else {
      this.drawn = {
        ...placed,
        x: placed.x.map((x, v) => mix(from.x[v]!, x)),
        y: placed.y.map((y, v) => mix(from.y[v]!, y)),
        groups: placed.groups.map((box, f) => ({
          x: mix(from.groups[f]!.x, box.x),
          y: mix(from.groups[f]!.y, box.y),
          width: mix(from.groups[f]!.width, box.width),
          height: mix(from.groups[f]!.height, box.height),
        })),
      };
      this.schedule();
    }
    this.cy.batch(() => {
      for (const index of this.inCytoscape)
        this.cy.getElementById(`n${index}`).position({ x: this.drawn!.x[index]!, y: this.drawn!.y[index]! });
    });
  }

  // ── mouse ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The card at a place of the layout. */
  private cardAt(x: number, y: number): number | null {
    if (!this.view || !this.placed) return null;
    // A card of a few pixels is hit within a few pixels.
    const slack = this.far ? Math.max(0, 5 / this.cy.zoom() - CARD.height / 2) : 0;
    for (const { index, width, height } of this.view.nodes) {
      if (
        Math.abs(this.placed.x[index]! - x) <= width / 2 + slack &&
        Math.abs(this.placed.y[index]! - y) <= height / 2 + slack
      )
        return index;
    }
    return null;
  }

  private hover(event: MouseEvent): void {
    const box = this.container.getBoundingClientRect();
    const { x, y } = this.cy.pan();
    const zoom = this.cy.zoom();
    this.setHovered(this.cardAt((event.clientX - box.left - x) / zoom, (event.clientY - box.top - y) / zoom));
  }

  private setHovered(card: number | null): void {
    if (card === this.hovered) return;
    if (this.hovered !== null) this.cy.getElementById(`n${this.hovered}`).removeClass("hover");
    this.hovered = card;
    if (card !== null) this.cy.getElementById(`n${card}`).addClass("hover");
    this.container.classList.toggle("pointing", card !== null);
    this.container.title = card === null || !this.view ? "" : this.view.nodes[card]!.description;
    if (this.far) this.schedule();
  }

  /** With Ctrl (or a pinch) it zooms; else it pans a graph larger than its place and leaves the page to scroll otherwise. */
  private wheel(event: WheelEvent): void {
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
    this.events.moved();
  }
}

function classesOf({ kind, marks }: GraphView["nodes"][number], selected: boolean): string {
  return [kind, marks.view ? "view" : "", marks.derivative ? "derivative" : "", selected ? "selected" : ""].join(" ");
}

/** Whether an edge passes the screen, both of its ends being elsewhere. */
function crosses(placed: Placement, e: number, box: ReturnType<typeof visibleBox>, dx: number, dy: number): boolean {
  const [start, end] = [placed.pointStart[e]!, placed.pointStart[e + 1]!];
  let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [top, bottom] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = start; i < end; i++) {
    left = Math.min(left, placed.points[2 * i]!);
    right = Math.max(right, placed.points[2 * i]!);
    top = Math.min(top, placed.points[2 * i + 1]!);
    bottom = Math.max(bottom, placed.points[2 * i + 1]!);
  }
  return right > box.left - dx && left < box.right + dx && bottom > box.top - dy && top < box.bottom + dy;
}

/** An edge's control points as Cytoscape wants them: along and across the line between the ends. */
function edgeElement(
  view: GraphView,
  placed: Placement,
  e: number,
  selected: number | null,
): cytoscape.EdgeDefinition & { classes: string } {
  const { from, to } = view.edges[e]!;
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
  const data = {
    id: `e${e}`,
    source: `n${from}`,
    target: `n${to}`,
    out: `${sx - placed.x[from]!}px ${sy - placed.y[from]!}px`,
    in: `${tx - placed.x[to]!}px ${ty - placed.y[to]!}px`,
    width: edgeWidth(view.edges[e]!),
  };
  const near = from === selected || to === selected ? " near" : "";
  if (weights.length === 0) return { data, classes: `straight${near}` };
  return { data: { ...data, weights: weights.join(" "), distances: distances.join(" ") }, classes: `bent${near}` };
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
        events: "no",
      },
    },
    { selector: "node.leaf", style: { "corner-radius": CARD.height / 2 } },
    { selector: "node.view", style: { "border-style": "dashed", "border-color": theme.muted } },
    { selector: "node.derivative", style: { "border-color": theme.derivative, "border-width": 1.5 } },
    { selector: "node.hover", style: { "border-color": theme.muted } },
    { selector: "node.selected", style: { "border-width": 2, "border-color": theme.focus, "border-style": "solid" } },
    {
      selector: "edge",
      style: {
        width: "data(width)",
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
    { selector: "edge.near", style: { "line-color": theme.focus, "target-arrow-color": theme.focus } },
  ];
  return rules as unknown as cytoscape.StylesheetJson;
}
