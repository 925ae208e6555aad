/** The whole graph in a corner on the right, with a frame round what is in sight; there when something is out of sight. */
import { type GraphView, type Placement, scaleColor } from "../../src/graph";
import type { Viewport } from "../cards";
import { blend, type Theme } from "../theme";

const WIDTH_MAX = 132;
const HEIGHT_MAX = 104;
/** Of the graph's place, at most so much. */
const SHARE = 0.26;
const PADDING = 5;
/** To the edges of the graph's place. */
const MARGIN = 10;
/** In a narrower place it would lie over the cards. */
const ROOM_MIN = 320;
/** Less than this part out of sight is no reason for a map. */
const OUT_OF_SIGHT = 0.02;

export class Minimap {
  private picture: HTMLCanvasElement | null = null;
  private drawn: { view: GraphView; placed: Placement; theme: Theme; room: number } | null = null;
  private scale = 1;
  private readonly context: CanvasRenderingContext2D;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    public theme: Theme,
    private readonly centre: (x: number, y: number) => void,
  ) {
    this.context = canvas.getContext("2d")!;
    const go = (event: PointerEvent) => {
      const { left, top } = canvas.getBoundingClientRect();
      const { placed } = this.drawn!;
      const at = (client: number, start: number, from: number) => from + (client - start - PADDING) / this.scale;
      this.centre(at(event.clientX, left, placed.left), at(event.clientY, top, placed.top));
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && go(event));
  }

  paint(view: GraphView, placed: Placement, port: Viewport): void {
    const box = {
      left: -port.pan.x / port.zoom,
      top: -port.pan.y / port.zoom,
      width: port.width / port.zoom,
      height: port.height / port.zoom,
    };
    const beyond = (from: number, size: number, start: number, length: number) =>
      Math.max(start - from, from + size - start - length) / Math.max(1, size);
    const isOut =
      beyond(placed.left, placed.width, box.left, box.width) > OUT_OF_SIGHT ||
      beyond(placed.top, placed.height, box.top, box.height) > OUT_OF_SIGHT;
    this.canvas.hidden = !isOut || view.nodes.length < 2 || port.width < ROOM_MIN;
    if (this.canvas.hidden) return;
    if (
      this.drawn?.view !== view ||
      this.drawn.placed !== placed ||
      this.drawn.theme !== this.theme ||
      this.drawn.room !== port.width
    )
      this.redraw(view, placed, port);
    const { context, canvas, scale, theme } = this;
    const ratio = devicePixelRatio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.picture!, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, ratio * PADDING, ratio * PADDING);
    const clamp = (value: number, limit: number) => Math.min(limit, Math.max(0, value));
    const [w, h] = [placed.width * scale, placed.height * scale];
    const [left, top] = [clamp((box.left - placed.left) * scale, w), clamp((box.top - placed.top) * scale, h)];
    const right = clamp((box.left + box.width - placed.left) * scale, w);
    const bottom = clamp((box.top + box.height - placed.top) * scale, h);
    context.strokeStyle = theme.focus;
    context.lineWidth = theme.highContrast ? 2 : 1.2;
    context.strokeRect(left, top, Math.max(3, right - left), Math.max(3, bottom - top));
  }

  private redraw(view: GraphView, placed: Placement, port: Viewport): void {
    const { theme, canvas } = this;
    this.drawn = { view, placed, theme, room: port.width };
    const ratio = devicePixelRatio;
    const [widthMax, heightMax] = [Math.min(WIDTH_MAX, SHARE * port.width), Math.min(HEIGHT_MAX, SHARE * port.height)];
    this.scale = Math.min(widthMax / Math.max(1, placed.width), heightMax / Math.max(1, placed.height), 0.3);
    const width = Math.ceil(placed.width * this.scale) + 2 * PADDING;
    const height = Math.ceil(placed.height * this.scale) + 2 * PADDING;
    this.picture ??= document.createElement("canvas");
    for (const each of [canvas, this.picture]) Object.assign(each, { width: width * ratio, height: height * ratio });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const hides = (top: number) =>
      covered(view, placed, port, { left: port.width - MARGIN - width, top, width, height });
    canvas.classList.toggle("at-top", hides(MARGIN) < hides(port.height - MARGIN - height));
    const context = this.picture.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = theme.page;
    context.fillRect(0, 0, width, height);
    context.setTransform(
      ratio * this.scale,
      0,
      0,
      ratio * this.scale,
      ratio * (PADDING - placed.left * this.scale),
      ratio * (PADDING - placed.top * this.scale),
    );
    const least = 1.4 / this.scale;
    for (const node of view.nodes) {
      const [w, h] = [Math.max(node.width, least), Math.max(node.height, least)];
      context.fillStyle = node.broken
        ? theme.error
        : node.level === null
          ? blend(theme.text, theme.page, 0.35)
          : scaleColor(node.level, theme.appearance);
      context.fillRect(placed.x[node.index]! - w / 2, placed.y[node.index]! - h / 2, w, h);
    }
  }
}

/** Square pixels of cards behind a box of the screen. */
function covered(
  { nodes }: GraphView,
  { x, y }: Placement,
  { pan, zoom }: Viewport,
  box: { left: number; top: number; width: number; height: number },
): number {
  const overlap = (middle: number, size: number, shift: number, from: number, length: number) => {
    const start = (middle - size / 2) * zoom + shift;
    return Math.max(0, Math.min(start + size * zoom, from + length) - Math.max(start, from));
  };
  let area = 0;
  for (const { index, width, height } of nodes)
    area +=
      overlap(x[index]!, width, pan.x, box.left, box.width) * overlap(y[index]!, height, pan.y, box.top, box.height);
  return area;
}
