/** Paints what Cytoscape cannot: two weights of text on a card, the colour bar, marks, and the shapes on edges. */

import { LabelPlaces, paintInPlace } from "../src/export";
import { CARD, cornerOf, type GraphView, normLabel, type Placement, type ViewNode } from "../src/graph";
import { levelColor, type Theme } from "./theme";

export interface Viewport {
  zoom: number;
  pan: { x: number; y: number };
  width: number;
  height: number;
}

/** Below this zoom texts are left out and a card is its colour. */
export const READABLE = 0.42;
/** Below this one edges lose their shapes. */
const LABELS = 0.48;
/** Squares that stand for saved tensors, at most. */
const SAVED_MAX = 4;

export class CardPainter {
  private readonly context: CanvasRenderingContext2D;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  clear(port: Viewport): void {
    const ratio = devicePixelRatio;
    const { canvas, context } = this;
    const [width, height] = [Math.round(port.width * ratio), Math.round(port.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, port.width, port.height);
  }

  /** All that is written on cards and, unless things are moving, on edges. */
  texts(view: GraphView, placed: Placement, theme: Theme, port: Viewport, onEdges = true): void {
    const ratio = devicePixelRatio;
    const { context } = this;
    context.setTransform(ratio * port.zoom, 0, 0, ratio * port.zoom, ratio * port.pan.x, ratio * port.pan.y);
    const left = -port.pan.x / port.zoom;
    const top = -port.pan.y / port.zoom;
    const right = left + port.width / port.zoom;
    const bottom = top + port.height / port.zoom;

    if (onEdges && port.zoom >= LABELS) {
      const places = new LabelPlaces();
      context.textAlign = "center";
      context.font = fontOf(theme, "norm");
      for (let e = 0; e < view.edges.length; e++) {
        const x = placed.labelX[e]!;
        const y = placed.labelY[e]!;
        if (x < left - 60 || x > right + 60 || y < top - 20 || y > bottom + 20) continue;
        this.edgeLabel(view.edges[e]!.label, x, y, theme, places);
      }
    }
    for (const node of view.nodes) {
      const x = placed.x[node.index]! - node.width / 2;
      const y = placed.y[node.index]! - node.height / 2;
      if (x > right || y > bottom || x + node.width < left || y + node.height < top) continue;
      if (port.zoom < READABLE) this.plain(node, x, y, theme);
      else this.card(view, node, x, y, theme);
    }
  }

  /** A card too small to be read. */
  private plain(node: ViewNode, x: number, y: number, theme: Theme): void {
    const { context } = this;
    context.fillStyle = levelColor(theme, node.level, node.broken);
    context.beginPath();
    const radius = node.kind === "leaf" ? (node.height - 6) / 2 : CARD.radius - 2;
    context.roundRect(x + 3, y + 3, node.width - 6, node.height - 6, radius);
    context.fill();
  }

  private card(view: GraphView, node: ViewNode, x: number, y: number, theme: Theme): void {
    const { context } = this;
    const inset = node.kind === "leaf" ? CARD.leafInset : 0;
    context.fillStyle = levelColor(theme, node.level, node.broken);
    context.beginPath();
    context.roundRect(x + CARD.barInset + inset, y + 9, CARD.barWidth, node.height - 18, CARD.barWidth / 2);
    context.fill();

    const textLeft = x + CARD.left + inset;
    const textRight = x + node.width - CARD.right - inset;
    const room = textRight - textLeft;
    context.textAlign = "right";
    context.font = fontOf(theme, "norm");
    context.fillStyle = node.broken ? theme.error : theme.muted;
    const norm = normLabel(node, view);
    const corner = cornerOf(node);
    context.fillText(norm, textRight, y + (node.low ? CARD.subtitleBaseline : CARD.titleBaseline));
    context.fillStyle = theme.muted;
    context.fillText(corner, textRight, y + CARD.subtitleBaseline);
    const normWidth = norm === "" ? 0 : this.width(norm, theme, "norm") + 6;
    const cornerWidth = corner === "" ? 0 : this.width(corner, theme, "norm") + 6;
    context.textAlign = "left";
    context.font = fontOf(theme, "subtitle");
    this.fitted(
      node.subtitle,
      textLeft,
      y + CARD.subtitleBaseline,
      room - (node.low ? normWidth : cornerWidth),
      theme,
      "subtitle",
    );
    const line = node.named ? "title" : "plainTitle";
    context.font = fontOf(theme, line);
    context.fillStyle = theme.text;
    const title = node.marks.derivative ? `∂ ${node.title}` : node.title;
    this.fitted(title, textLeft, y + CARD.titleBaseline, node.low ? room : room - normWidth, theme, line);
    this.marks(node, x, y, theme);
  }

  /** On the lower border: a square for each saved tensor, a turned arrow for a change in place. */
  private marks({ marks, height, kind }: ViewNode, x: number, y: number, theme: Theme): void {
    const { context } = this;
    let at = x + CARD.left + (kind === "leaf" ? CARD.leafInset : 0);
    const bottom = y + height;
    context.fillStyle = theme.saved;
    for (let i = 0; i < Math.min(marks.saved, SAVED_MAX); i++) {
      context.fillRect(at, bottom - 3, 6, 6);
      context.strokeStyle = theme.page;
      context.lineWidth = 1;
      context.strokeRect(at - 0.5, bottom - 3.5, 7, 7);
      at += 9;
    }
    if (marks.inPlace) paintInPlace(context, at + 6, bottom, theme);
  }

  /** Width of `text` in the font of a line, for the model to size the cards with. */
  measure(text: string, line: "title" | "subtitle" | "norm", theme: Theme): number {
    this.context.font = fontOf(theme, line);
    return this.context.measureText(text).width;
  }

  private readonly widths = new Map<string, number>();

  /** In the font that is set. */
  private width(text: string, theme: Theme, line: Line): number {
    const key = `${line}${theme.font}${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      if (this.widths.size > 20_000) this.widths.clear();
      width = this.context.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }

  private fitted(text: string, x: number, y: number, room: number, theme: Theme, line: Line): void {
    const { context } = this;
    if (this.width(text, theme, line) <= room) {
      context.fillText(text, x, y);
      return;
    }
    let low = 0;
    for (let high = text.length; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if (this.width(`${text.slice(0, middle)}…`, theme, line) <= room) low = middle;
      else high = middle - 1;
    }
    context.fillText(`${text.slice(0, low)}…`, x, y);
  }

  /** On a patch of the page's colour, unless another label has the place. */
  private edgeLabel(label: string, x: number, y: number, theme: Theme, places: LabelPlaces): void {
    if (label === "") return;
    const half = this.width(label, theme, "norm") / 2 + 4;
    if (!places.take(x, y, half)) return;
    this.context.fillStyle = theme.page;
    this.context.globalAlpha = 0.88;
    this.context.fillRect(x - half, y - 7.5, 2 * half, 15);
    this.context.globalAlpha = 1;
    this.context.fillStyle = theme.muted;
    this.context.fillText(label, x, y + 3.5);
  }
}

type Line = "title" | "plainTitle" | "subtitle" | "norm";

function fontOf(theme: Theme, line: Line): string {
  if (line === "title") return `600 ${CARD.titleSize}px ${theme.font}`;
  if (line === "plainTitle") return `${CARD.titleSize - 0.5}px ${theme.font}`;
  return `${line === "norm" ? CARD.subtitleSize - 0.5 : CARD.subtitleSize}px ${theme.font}`;
}
