/** What lies over the graph: a veil with holes for the cards that count, and marks at their corners. */
import type { GraphView, Placement } from "../../src/graph";
import type { Viewport } from "../cards";
import type { Theme } from "../theme";

/** A sign and a word at a card's corner: its shape says what its colour does. */
export interface Mark {
  sign: "up" | "down" | "added" | "shape" | "broken" | "mended";
  text: string;
}

const VEIL = 0.72;
const VEIL_HIGH_CONTRAST = 0.8;
/** Below this zoom marks have no words. */
const WORDS = 0.5;
/** Below this zoom a card is a dot, and its mark too. */
const SMALL = 0.25;
const RADIUS = 9;
const AROUND = 5;

export class Overlay {
  /** Cards that stay clear; null leaves all so. */
  lit: ReadonlySet<number> | null = null;
  /** One of them, with a frame. */
  current: number | null = null;
  marks: ReadonlyMap<number, Mark> = new Map();
  private readonly context: CanvasRenderingContext2D;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    public theme: Theme,
  ) {
    this.context = canvas.getContext("2d")!;
  }

  paint(view: GraphView, placed: Placement, port: Viewport): void {
    const ratio = devicePixelRatio;
    const { canvas, context, lit, theme } = this;
    const [width, height] = [Math.round(port.width * ratio), Math.round(port.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!lit && this.marks.size === 0) return;
    if (lit) {
      context.globalAlpha = theme.highContrast ? VEIL_HIGH_CONTRAST : VEIL;
      context.fillStyle = theme.page;
      context.fillRect(0, 0, width, height);
      context.globalAlpha = 1;
    }
    context.setTransform(ratio * port.zoom, 0, 0, ratio * port.zoom, ratio * port.pan.x, ratio * port.pan.y);
    if (lit) this.cutOut(view, placed, lit, port);
    for (const [card, mark] of this.marks) if (view.nodes[card]) this.mark(view, placed, card, mark, port);
  }

  /** Holes for cards and for the edges between them. */
  private cutOut(view: GraphView, placed: Placement, lit: ReadonlySet<number>, { zoom }: Viewport): void {
    const { context, theme } = this;
    context.globalCompositeOperation = "destination-out";
    context.lineCap = "round";
    context.lineWidth = Math.max(12, 5 / zoom);
    context.beginPath();
    const { points, pointStart } = placed;
    view.edges.forEach(({ from, to }, e) => {
      if (!lit.has(from) || !lit.has(to)) return;
      context.moveTo(points[2 * pointStart[e]!]!, points[2 * pointStart[e]! + 1]!);
      for (let i = pointStart[e]! + 1; i < pointStart[e + 1]!; i++) context.lineTo(points[2 * i]!, points[2 * i + 1]!);
    });
    context.stroke();
    const outline = (card: number, around: number) => {
      const { width, height, kind } = view.nodes[card]!;
      const [w, h] = [Math.max(width + 2 * around, 6 / zoom), Math.max(height + 2 * around, 6 / zoom)];
      const radius = kind === "leaf" ? h / 2 : RADIUS;
      context.roundRect(placed.x[card]! - w / 2, placed.y[card]! - h / 2, w, h, radius);
    };
    context.beginPath();
    for (const card of lit) if (view.nodes[card]) outline(card, AROUND);
    context.fill();
    context.globalCompositeOperation = "source-over";
    if (this.current === null || !view.nodes[this.current]) return;
    context.beginPath();
    outline(this.current, AROUND);
    context.lineWidth = 2 / Math.min(1, zoom);
    context.strokeStyle = theme.focus;
    context.stroke();
  }

  private mark(view: GraphView, placed: Placement, card: number, { sign, text }: Mark, { zoom }: Viewport): void {
    const { context, theme } = this;
    const { width, height } = view.nodes[card]!;
    const scale = zoom < SMALL ? SMALL / zoom : 1;
    context.save();
    context.translate(placed.x[card]! + width / 2 - 4, placed.y[card]! - height / 2);
    context.scale(scale, scale);
    const color = colorOf(sign, theme);
    const words = zoom >= WORDS ? text : "";
    context.font = `600 10px ${theme.font}`;
    const room = words === "" ? 0 : context.measureText(words).width + 3;
    const [left, w] = [-(18 + room) / 2, 18 + room];
    context.beginPath();
    context.roundRect(left, -9, w, 16, 8);
    context.fillStyle = theme.highContrast ? theme.page : color;
    context.strokeStyle = theme.highContrast ? color : theme.page;
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
    context.fillStyle = theme.highContrast ? theme.text : theme.page;
    context.strokeStyle = context.fillStyle;
    context.beginPath();
    drawSign(context, sign, left + 9, -1);
    if (words === "") {
      context.restore();
      return;
    }
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(words, left + 15, -0.5);
    context.restore();
  }
}

function colorOf(sign: Mark["sign"], theme: Theme): string {
  const [blue, orange, green, purple, red] = theme.chart;
  return { up: orange!, down: blue!, added: green!, shape: purple!, broken: red!, mended: green! }[sign];
}

/** Up and down are triangles, added a plus, a shape a square, broken an exclamation mark, mended a tick. */
function drawSign(context: CanvasRenderingContext2D, sign: Mark["sign"], x: number, y: number): void {
  const line = (...points: number[]) => {
    context.moveTo(x + points[0]!, y + points[1]!);
    for (let i = 2; i < points.length; i += 2) context.lineTo(x + points[i]!, y + points[i + 1]!);
  };
  context.lineWidth = 1.8;
  switch (sign) {
    case "up":
      line(-4, 3, 0, -4, 4, 3);
      context.fill();
      return;
    case "down":
      line(-4, -3, 0, 4, 4, -3);
      context.fill();
      return;
    case "added":
      line(-3.5, 0, 3.5, 0);
      line(0, -3.5, 0, 3.5);
      break;
    case "shape":
      context.rect(x - 3, y - 3, 6, 6);
      break;
    case "broken":
      line(0, -4, 0, 1);
      line(0, 3.4, 0, 3.6);
      break;
    case "mended":
      line(-3.5, 0, -1, 2.5, 3.5, -3);
      break;
  }
  context.stroke();
}
