/** The timeline's light on the graph: what has not run is dimmed, what runs now stands out, with what it sends. */
import type { GraphView, Placement } from "../src/graph";
import type { Viewport } from "./cards";
import { curve, visibleBox } from "./scene";
import type { Theme } from "./theme";

/** By card. */
export interface Light {
  current: number;
  done: ReadonlySet<number>;
  /** Have gradient and have not run. */
  waiting: ReadonlySet<number>;
  /** Where the current one sends gradient to. */
  sentTo: ReadonlySet<number>;
}

const DIMMED = 0.62;
const REACH = 3;

export function paintLight(
  context: CanvasRenderingContext2D,
  { view, placed, theme, light }: { view: GraphView; placed: Placement; theme: Theme; light: Light },
  port: Viewport,
): void {
  const ratio = devicePixelRatio;
  context.save();
  context.setTransform(ratio * port.zoom, 0, 0, ratio * port.zoom, ratio * port.pan.x, ratio * port.pan.y);
  const box = visibleBox(port);
  const outline = (card: number, reach: number): boolean => {
    const { width, height, kind } = view.nodes[card]!;
    const [x, y] = [placed.x[card]! - width / 2, placed.y[card]! - height / 2];
    if (x > box.right || y > box.bottom || x + width < box.left || y + height < box.top) return false;
    context.beginPath();
    const radius = kind === "leaf" ? height / 2 : 6;
    context.roundRect(x - reach, y - reach, width + 2 * reach, height + 2 * reach, radius + reach);
    return true;
  };
  context.fillStyle = theme.page;
  context.globalAlpha = DIMMED;
  for (let card = 0; card < view.nodes.length; card++) {
    if (light.done.has(card) || light.waiting.has(card) || card === light.current) continue;
    if (outline(card, 1)) context.fill();
  }
  context.globalAlpha = 1;
  context.strokeStyle = theme.focus;
  // Lines stay as wide on screen as they are, however far the graph is.
  const pixel = 1 / Math.max(port.zoom, 0.05);
  context.lineWidth = 1.4 * pixel;
  context.setLineDash([4 * pixel, 3 * pixel]);
  for (const card of light.waiting) if (outline(card, REACH)) context.stroke();
  context.setLineDash([]);
  context.lineWidth = 3 * Math.max(1, Math.min(pixel, 1.6));
  for (const [e, edge] of view.edges.entries()) {
    if (edge.from !== light.current || !light.sentTo.has(edge.to)) continue;
    context.beginPath();
    curve(context, placed.points, placed.pointStart[e]!, placed.pointStart[e + 1]! - 1);
    context.stroke();
  }
  if (outline(light.current, REACH)) context.stroke();
  context.restore();
}
