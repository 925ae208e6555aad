/** Paints what Cytoscape cannot: two weights of text on a card, the colour bar, and the shapes on edges. */
import { CARD, type GraphView, type LayoutResult, normLabel } from "../src/graph";
import { levelColor, type Theme } from "./theme";

export interface Viewport {
  zoom: number;
  pan: { x: number; y: number };
  width: number;
  height: number;
}

/** Below this zoom texts are left out and a card is its colour. */
const READABLE = 0.42;
/** Below this one edges lose their shapes. */
const LABELS = 0.48;

export class CardPainter {
  private readonly context: CanvasRenderingContext2D;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  paint(view: GraphView, placed: LayoutResult, theme: Theme, port: Viewport, faded: (node: number) => boolean): void {
    const ratio = devicePixelRatio;
    const { canvas, context } = this;
    const [width, height] = [Math.round(port.width * ratio), Math.round(port.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, port.width, port.height);
    context.setTransform(ratio * port.zoom, 0, 0, ratio * port.zoom, ratio * port.pan.x, ratio * port.pan.y);
    const left = -port.pan.x / port.zoom;
    const top = -port.pan.y / port.zoom;
    const right = left + port.width / port.zoom;
    const bottom = top + port.height / port.zoom;

    if (port.zoom >= LABELS) {
      const taken: number[] = [];
      context.textAlign = "center";
      context.font = fontOf(theme, "norm");
      for (let e = 0; e < view.edges.length; e++) {
        const x = placed.labelX[e]!;
        const y = placed.labelY[e]!;
        if (x < left - 60 || x > right + 60 || y < top - 20 || y > bottom + 20) continue;
        this.edgeLabel(view.edges[e]!.label, x, y, theme, taken);
      }
    }
    for (const node of view.nodes) {
      const x = placed.x[node.index]! - node.width / 2;
      const y = placed.y[node.index]! - node.height / 2;
      if (x > right || y > bottom || x + node.width < left || y + node.height < top) continue;
      context.globalAlpha = faded(node.index) ? 0.35 : 1;
      const inset = node.kind === "leaf" ? CARD.leafInset : 0;
      context.fillStyle = levelColor(theme, node.level, node.broken);
      if (port.zoom < READABLE) {
        context.beginPath();
        context.roundRect(
          x + 3,
          y + 3,
          node.width - 6,
          node.height - 6,
          node.kind === "leaf" ? (node.height - 6) / 2 : CARD.radius - 2,
        );
        context.fill();
        continue;
      }
      context.beginPath();
      context.roundRect(x + CARD.barInset + inset, y + 9, CARD.barWidth, node.height - 18, CARD.barWidth / 2);
      context.fill();

      const textLeft = x + CARD.left + inset;
      const textRight = x + node.width - CARD.right - inset;
      const room = textRight - textLeft;
      context.textAlign = "right";
      context.font = fontOf(theme, "norm");
      context.fillStyle = node.broken ? theme.error : theme.muted;
      const norm = normLabel(node);
      context.fillText(norm, textRight, y + CARD.titleBaseline);
      context.fillStyle = theme.muted;
      context.fillText(node.repeats, textRight, y + CARD.subtitleBaseline);
      const normWidth = norm === "" ? 0 : context.measureText(norm).width + 6;
      const repeatsWidth = node.repeats === "" ? 0 : context.measureText(node.repeats).width + 6;
      context.textAlign = "left";
      context.font = fontOf(theme, "subtitle");
      this.fitted(node.subtitle, textLeft, y + CARD.subtitleBaseline, room - repeatsWidth);
      context.font = fontOf(theme, node.named ? "title" : "plainTitle");
      context.fillStyle = theme.text;
      this.fitted(node.title, textLeft, y + CARD.titleBaseline, room - normWidth);
    }
    context.globalAlpha = 1;
  }

  /** Width of `text` in the font of a line, for the model to size the cards with. */
  measure(text: string, line: "title" | "subtitle" | "norm", theme: Theme): number {
    this.context.font = fontOf(theme, line);
    return this.context.measureText(text).width;
  }

  private fitted(text: string, x: number, y: number, room: number): void {
    const { context } = this;
    if (context.measureText(text).width <= room) {
      context.fillText(text, x, y);
      return;
    }
    let low = 0;
    for (let high = text.length; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
      else high = middle - 1;
    }
    context.fillText(`${text.slice(0, low)}…`, x, y);
  }

  /** On a patch of the page's colour, unless another label has the place. */
  private edgeLabel(label: string, x: number, y: number, theme: Theme, taken: number[]): void {
    const half = this.context.measureText(label).width / 2 + 4;
    for (let i = 0; i < taken.length; i += 3) {
      if (Math.abs(taken[i + 1]! - y) < 15 && Math.abs(taken[i]! - x) < taken[i + 2]! + half) return;
    }
    taken.push(x, y, half);
    this.context.fillStyle = theme.page;
    this.context.fillRect(x - half, y - 7.5, 2 * half, 15);
    this.context.fillStyle = theme.muted;
    this.context.fillText(label, x, y + 3.5);
  }
}

function fontOf(theme: Theme, line: "title" | "plainTitle" | "subtitle" | "norm"): string {
  if (line === "title") return `600 ${CARD.titleSize}px ${theme.font}`;
  if (line === "plainTitle") return `${CARD.titleSize - 0.5}px ${theme.font}`;
  return `${line === "norm" ? CARD.subtitleSize - 0.5 : CARD.subtitleSize}px ${theme.font}`;
}
