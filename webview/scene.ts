/**
 * What lies below Cytoscape's canvas: frames of open groups always, and the whole graph where there is too much of it on
 * screen for single elements. That far view is painted once into a picture somewhat larger than the screen, which pans
 * and zooms with it until it is painted anew.
 */
import { type GraphView, type Placement, scaleColor } from "../src/graph";
import { CardPainter, READABLE, type Viewport } from "./cards";
import { blend, cardColor, levelColor, type Theme } from "./theme";

/** The picture reaches beyond the screen by this part of it, on every side. */
const MARGIN = 0.3;
/** Edges curve where a curve can be seen. */
const CURVED = 0.12;
const ARROWS = 0.3;
/** Below this zoom cards have no borders. */
const BORDERS = 0.22;
const LEVELS = 16;
/** While it moves, the picture is painted anew after so many milliseconds of rest. */
const REST_MS = 90;

export interface SceneContent {
  view: GraphView;
  placed: Placement;
  theme: Theme;
}

export class Scene {
  private readonly context: CanvasRenderingContext2D;
  private picture: HTMLCanvasElement | null = null;
  /** The viewport that the picture was painted for. */
  private painted: Viewport | null = null;
  private rest = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    /** Called when the picture was painted anew. */
    private readonly refreshed: () => void,
  ) {
    this.context = canvas.getContext("2d")!;
  }

  /** The content has changed: the picture is of no use any more. */
  forget(): void {
    this.painted = null;
  }

  paint(content: SceneContent, port: Viewport, far: boolean): void {
    const ratio = devicePixelRatio;
    fitCanvas(this.canvas, port, ratio);
    const { context } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!far) {
      this.painted = null;
      context.setTransform(ratio * port.zoom, 0, 0, ratio * port.zoom, ratio * port.pan.x, ratio * port.pan.y);
      paintFrames(context, content, port.zoom);
      paintStacks(context, content, visibleBox(port), port.zoom);
      return;
    }
    if (!this.painted || !this.covers(port)) this.repaint(content, port);
    else if (this.painted.zoom !== port.zoom) this.repaintAtRest(content, port);
    const { zoom, pan } = this.painted!;
    const scale = port.zoom / zoom;
    const [marginX, marginY] = [MARGIN * this.painted!.width, MARGIN * this.painted!.height];
    context.imageSmoothingEnabled = scale !== 1;
    context.setTransform(
      scale,
      0,
      0,
      scale,
      Math.round(ratio * (port.pan.x - (pan.x + marginX) * scale)),
      Math.round(ratio * (port.pan.y - (pan.y + marginY) * scale)),
    );
    context.drawImage(this.picture!, 0, 0);
  }

  /** Whether the picture reaches to all borders, and is not too coarse. */
  private covers(port: Viewport): boolean {
    const { zoom, pan, width, height } = this.painted!;
    const scale = port.zoom / zoom;
    if (scale > 2.2 || scale < 0.45) return false;
    const left = port.pan.x - (pan.x + MARGIN * width) * scale;
    const top = port.pan.y - (pan.y + MARGIN * height) * scale;
    const reach = 1 + 2 * MARGIN;
    const slack = scale === 1 ? 0 : 0.25 * width;
    return (
      left <= slack &&
      top <= slack &&
      left + reach * width * scale >= port.width - slack &&
      top + reach * height * scale >= port.height - slack
    );
  }

  private repaintAtRest(content: SceneContent, port: Viewport): void {
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => {
      if (!this.painted || this.painted.zoom === port.zoom) return;
      this.repaint(content, port);
      this.refreshed();
    }, REST_MS);
  }

  private repaint(content: SceneContent, port: Viewport): void {
    clearTimeout(this.rest);
    const ratio = devicePixelRatio;
    this.picture ??= document.createElement("canvas");
    const [marginX, marginY] = [MARGIN * port.width, MARGIN * port.height];
    const larger: Viewport = {
      zoom: port.zoom,
      pan: { x: port.pan.x + marginX, y: port.pan.y + marginY },
      width: port.width + 2 * marginX,
      height: port.height + 2 * marginY,
    };
    fitCanvas(this.picture, larger, ratio);
    const context = this.picture.getContext("2d", { alpha: true })!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.picture.width, this.picture.height);
    context.setTransform(ratio * port.zoom, 0, 0, ratio * port.zoom, ratio * larger.pan.x, ratio * larger.pan.y);
    const box = visibleBox(larger);
    paintFrames(context, content, port.zoom);
    paintEdges(context, content, box, port.zoom);
    paintStacks(context, content, box, port.zoom);
    paintBodies(context, content, box, port.zoom);
    if (port.zoom >= READABLE) new CardPainter(this.picture).texts(content.view, content.placed, content.theme, larger);
    this.painted = { ...port, pan: { ...port.pan } };
  }
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** What of the graph is on screen. */
export function visibleBox({ zoom, pan, width, height }: Viewport): Box {
  return { left: -pan.x / zoom, top: -pan.y / zoom, right: (width - pan.x) / zoom, bottom: (height - pan.y) / zoom };
}

export function fitCanvas(canvas: HTMLCanvasElement, { width, height }: Viewport, ratio: number): void {
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width === w && canvas.height === h) return;
  canvas.width = w;
  canvas.height = h;
}

function paintFrames(context: CanvasRenderingContext2D, { view, placed, theme }: SceneContent, zoom: number): void {
  view.frames.forEach((frame, f) => {
    const box = placed.groups?.[f];
    if (!box) return;
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, 10);
    if (!theme.highContrast) {
      context.fillStyle = theme.frame;
      context.fill();
    }
    context.strokeStyle = frame.steps ? theme.muted : theme.border;
    context.lineWidth = Math.max(1, 0.7 / zoom);
    context.setLineDash(theme.highContrast ? [6, 4] : []);
    context.stroke();
    context.setLineDash([]);
  });
}

/** A closed group looks like a small pile of cards. */
function paintStacks(
  context: CanvasRenderingContext2D,
  { view, placed, theme }: SceneContent,
  box: Box,
  zoom: number,
): void {
  if (zoom < BORDERS) return;
  context.lineWidth = 1;
  for (const node of view.nodes) {
    if (node.kind !== "group") continue;
    const x = placed.x[node.index]! - node.width / 2;
    const y = placed.y[node.index]! - node.height / 2;
    if (x > box.right || y > box.bottom || x + node.width < box.left || y + node.height < box.top) continue;
    for (const by of [6, 3]) {
      context.beginPath();
      context.roundRect(x + by + 0.5, y + by + 0.5, node.width - 1, node.height - 1, 6);
      context.fillStyle = theme.card;
      context.strokeStyle = theme.border;
      context.fill();
      context.stroke();
    }
  }
}

function paintEdges(
  context: CanvasRenderingContext2D,
  { view, placed, theme }: SceneContent,
  box: Box,
  zoom: number,
): void {
  const { points, pointStart } = placed;
  const curved = zoom >= CURVED;
  // Strong and weak flows apart: two strokes in all.
  for (const strong of [false, true]) {
    context.beginPath();
    for (let e = 0; e < view.edges.length; e++) {
      if ((view.edges[e]!.flow ?? 0) > 0.6 !== strong) continue;
      const start = pointStart[e]!;
      const last = pointStart[e + 1]! - 1;
      let [left, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = start; i <= last; i++) {
        const x = points[2 * i]!;
        if (x < left) left = x;
        if (x > right) right = x;
      }
      const [top, bottom] = [points[2 * start + 1]!, points[2 * last + 1]!];
      if (left > box.right || right < box.left || Math.min(top, bottom) > box.bottom || Math.max(top, bottom) < box.top)
        continue;
      if (curved) curve(context, points, start, last);
      else {
        context.moveTo(points[2 * start]!, top);
        // Only the bends that are wider than a pixel.
        let x = points[2 * start]!;
        for (let i = start + 1; i < last; i++) {
          if (Math.abs(points[2 * i]! - x) * zoom < 1) continue;
          context.lineTo(x, points[2 * i - 1]!);
          x = points[2 * i]!;
          context.lineTo(x, points[2 * i + 1]!);
        }
        context.lineTo(points[2 * last]!, bottom);
      }
    }
    context.strokeStyle = zoom >= CURVED ? theme.edge : blend(theme.edge, theme.page, strong ? 0.6 : 0.4);
    context.lineWidth = Math.max(strong ? 2.2 : 1.3, 0.7 / zoom);
    context.stroke();
  }
  if (zoom < ARROWS) return;
  context.beginPath();
  for (let e = 0; e < view.edges.length; e++) {
    const last = pointStart[e + 1]! - 1;
    const [x, y] = [points[2 * last]!, points[2 * last + 1]!];
    if (x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
    arrow(context, points, last);
  }
  context.fillStyle = theme.edge;
  context.fill();
}

/** A head along the last piece of an edge. */
export function arrow(context: CanvasRenderingContext2D, points: Float64Array, last: number): void {
  const [x, y] = [points[2 * last]!, points[2 * last + 1]!];
  const [dx, dy] = [x - points[2 * last - 2]!, y - points[2 * last - 1]!];
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length];
  context.moveTo(x, y);
  context.lineTo(x - 7 * ux + 3 * uy, y - 7 * uy - 3 * ux);
  context.lineTo(x - 7 * ux - 3 * uy, y - 7 * uy + 3 * ux);
}

/** Edge as quadratic Bézier pieces of its B-spline. */
export function curve(context: CanvasRenderingContext2D, points: Float64Array, start: number, last: number): void {
  context.moveTo(points[2 * start]!, points[2 * start + 1]!);
  for (let i = start + 1; i < last; i++) {
    const [x, y] = [points[2 * i]!, points[2 * i + 1]!];
    const [nextX, nextY] = [points[2 * i + 2]!, points[2 * i + 3]!];
    if (i + 1 === last) context.quadraticCurveTo(x, y, nextX, nextY);
    else context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  if (last - start === 1) context.lineTo(points[2 * last]!, points[2 * last + 1]!);
}

function paintBodies(
  context: CanvasRenderingContext2D,
  { view, placed, theme }: SceneContent,
  box: Box,
  zoom: number,
): void {
  const readable = zoom >= READABLE;
  const buckets = new Map<string, number[]>();
  for (const node of view.nodes) {
    const [x, y] = [placed.x[node.index]!, placed.y[node.index]!];
    const [halfWidth, halfHeight] = [node.width / 2, node.height / 2];
    if (
      x - halfWidth > box.right ||
      x + halfWidth < box.left ||
      y - halfHeight > box.bottom ||
      y + halfHeight < box.top
    )
      continue;
    // A card that cannot be read is its colour.
    const color = readable
      ? cardColor(theme, node.level, node.broken)
      : node.broken || node.level === null
        ? levelColor(theme, node.level, node.broken)
        : scaleColor(Math.round(node.level * LEVELS) / LEVELS, theme.appearance);
    const list = buckets.get(color);
    if (list) list.push(node.index);
    else buckets.set(color, [node.index]);
  }
  context.lineWidth = 1;
  context.strokeStyle = theme.border;
  for (const [color, list] of buckets) {
    context.beginPath();
    for (const index of list) {
      const { width, height, kind } = view.nodes[index]!;
      const [x, y] = [placed.x[index]! - width / 2, placed.y[index]! - height / 2];
      if (zoom < BORDERS) context.rect(x, y, width, height);
      else context.roundRect(x, y, width, height, kind === "leaf" ? height / 2 : 6);
    }
    context.fillStyle = color;
    context.fill();
    if (zoom >= BORDERS) context.stroke();
  }
}
