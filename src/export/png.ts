/** The graph as a PNG, without a browser: the same picture as the SVG's. */
import {
  CARD,
  cornerOf,
  edgeWidth,
  type GraphView,
  MEASURES,
  normLabel,
  scaleColor,
  scaleLabels,
  type ViewNode,
} from "../graph";
import { frameTitle, inPlaceAt, LabelPlaces, paintInPlace, SAVED, STACK } from "./drawing";
import type { Drawing } from "./index";
import { PixelContext } from "./raster/context";
import { systemFonts } from "./raster/fonts";
import { encodePng } from "./raster/png";
import { LEVELS, type PictureTheme } from "./theme";

const MARGIN = 24;
const LEGEND = 44;
const FONT = "px sans-serif";
/** Pixels for each of the layout; a graph of more than so many pixels gets fewer. */
const SCALE = 2;
const PIXELS_MAX = 40_000_000;
/** Of a CSS pixel, 96 an inch. */
const PER_METRE = 96 / 0.0254;

/** Throws when the computer has no font. */
export function toPng({ view, placed }: Drawing, theme: PictureTheme): Uint8Array {
  const width = Math.max(placed.width, view.scale ? 260 : 0) + 2 * MARGIN;
  const height = placed.height + 2 * MARGIN + (view.scale ? LEGEND : 0);
  const scale = Math.min(SCALE, Math.sqrt(PIXELS_MAX / (width * height)));
  const context = new PixelContext(Math.ceil(width * scale), Math.ceil(height * scale), systemFonts());
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.fillStyle = theme.page;
  context.fillRect(0, 0, width + 1, height + 1);
  context.save();
  context.translate(MARGIN, MARGIN);
  for (const { x, y, width: w, height: h } of placed.groups) {
    context.beginPath();
    context.roundRect(x, y, w, h, 10);
    context.globalAlpha = 0.06;
    context.fillStyle = theme.muted;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = theme.border;
    context.lineWidth = 1;
    context.stroke();
  }
  for (let e = 0; e < view.edges.length; e++) edge(context, placed, e, edgeWidth(view.edges[e]!), theme);
  const places = new LabelPlaces();
  for (let e = 0; e < view.edges.length; e++)
    edgeLabel(context, view.edges[e]!.label, placed.labelX[e]!, placed.labelY[e]!, theme, places);
  view.frames.forEach((each, f) => {
    const { x, y, width: w } = placed.groups[f]!;
    context.font = `600 ${CARD.titleSize}${FONT}`;
    fitted(context, frameTitle(each), x + 14, y + 21, w - 28, theme.text);
  });
  for (const node of view.nodes) card(context, view, node, placed.x[node.index]!, placed.y[node.index]!, theme);
  context.restore();
  if (view.scale) legend(context, view, MARGIN, height - MARGIN - 12, theme);
  return encodePng(context.pixels, context.width, context.height, Math.round(PER_METRE * scale));
}

function edge(
  context: PixelContext,
  { points, pointStart }: Drawing["placed"],
  e: number,
  width: number,
  theme: PictureTheme,
): void {
  const start = pointStart[e]!;
  const end = pointStart[e + 1]! - 1;
  const at = (i: number): [number, number] => [points[2 * i]!, points[2 * i + 1]!];
  context.beginPath();
  context.moveTo(...at(start));
  for (let i = start + 1; i < end; i++) {
    const [x, y] = at(i);
    const [nextX, nextY] = at(i + 1);
    const joint: [number, number] = i + 1 === end ? [nextX, nextY] : [(x + nextX) / 2, (y + nextY) / 2];
    context.quadraticCurveTo(x, y, ...joint);
  }
  if (end - start === 1) context.lineTo(...at(end));
  context.strokeStyle = theme.edge;
  context.lineWidth = width;
  context.stroke();
  // The arrow's head, along the last piece.
  const [tipX, tipY] = at(end);
  const [fromX, fromY] = at(end - 1);
  context.save();
  context.translate(tipX, tipY);
  context.rotate(Math.atan2(tipY - fromY, tipX - fromX));
  context.beginPath();
  context.moveTo(0, 0);
  context.lineTo(-6.5, -2.8);
  context.lineTo(-6.5, 2.8);
  context.closePath();
  context.fillStyle = theme.edge;
  context.fill();
  context.restore();
}

function edgeLabel(
  context: PixelContext,
  label: string,
  x: number,
  y: number,
  theme: PictureTheme,
  places: LabelPlaces,
): void {
  if (label === "") return;
  context.font = `10${FONT}`;
  const width = context.measureText(label).width + 8;
  if (!places.take(x, y, width / 2)) return;
  context.fillStyle = theme.page;
  context.fillRect(x - width / 2, y - 8, width, 16);
  text(context, label, x, y + 3.5, theme.muted, "center");
}

function card(context: PixelContext, view: GraphView, node: ViewNode, x: number, y: number, theme: PictureTheme): void {
  const { width, height } = node;
  const [left, top] = [x - width / 2, y - height / 2];
  const isLeaf = node.kind === "leaf";
  const inset = isLeaf ? CARD.leafInset : 0;
  context.lineWidth = 1;
  for (const by of [...(node.kind === "group" ? STACK : []), 0]) {
    context.beginPath();
    context.roundRect(left + by + 0.5, top + by + 0.5, width - 1, height - 1, isLeaf ? height / 2 : CARD.radius);
    context.fillStyle = theme.card;
    context.fill();
    context.strokeStyle = node.marks.derivative ? theme.derivative : node.marks.view ? theme.muted : theme.border;
    context.setLineDash(node.marks.view && by === 0 ? [4, 3] : []);
    context.stroke();
  }
  context.setLineDash([]);
  context.fillStyle = theme.saved;
  for (let i = 0; i < Math.min(node.marks.saved, SAVED.most); i++)
    context.fillRect(left + SAVED.left + inset + i * SAVED.step, top + height - SAVED.size / 2, SAVED.size, SAVED.size);
  if (node.marks.inPlace) paintInPlace(context, left + inPlaceAt(node.marks.saved) + inset, top + height, theme);
  context.beginPath();
  context.roundRect(left + CARD.barInset + inset, top + 9, CARD.barWidth, height - 18, 2);
  context.fillStyle = node.broken
    ? theme.error
    : node.level === null
      ? theme.border
      : scaleColor(node.level, theme.appearance);
  context.fill();
  const right = left + width - CARD.right - inset;
  const from = left + CARD.left + inset;
  context.font = `${CARD.subtitleSize}${FONT}`;
  const norm = normLabel(node, view);
  const corner = cornerOf(node);
  const normLine = node.low ? CARD.subtitleBaseline : CARD.titleBaseline;
  text(context, norm, right, top + normLine, node.broken ? theme.error : theme.muted, "right");
  text(context, corner, right, top + CARD.subtitleBaseline, theme.muted, "right");
  const normRoom = norm === "" || node.low ? 0 : context.measureText(norm).width + 6;
  const lower = node.low ? norm : corner;
  const cornerRoom = lower === "" ? 0 : context.measureText(lower).width + 6;
  fitted(context, node.subtitle, from, top + CARD.subtitleBaseline, right - from - cornerRoom, theme.muted);
  context.font = `${node.named ? "600 " : ""}${CARD.titleSize}${FONT}`;
  fitted(
    context,
    `${node.marks.derivative ? "∂ " : ""}${node.title}`,
    from,
    top + CARD.titleBaseline,
    right - from - normRoom,
    theme.text,
  );
}

function legend(
  context: PixelContext,
  { scale, quantity }: GraphView,
  x: number,
  y: number,
  theme: PictureTheme,
): void {
  const [low, high] = scaleLabels(scale!, quantity);
  context.font = `${CARD.subtitleSize}${FONT}`;
  text(context, MEASURES[quantity].prefix || quantity, x, y + 8, theme.muted, "left");
  text(context, low, x + 74, y + 8, theme.muted, "right");
  for (let i = 0; i < LEVELS; i++) {
    context.fillStyle = scaleColor(i / (LEVELS - 1), theme.appearance);
    context.fillRect(x + 82 + i * 8, y, 8.5, 8);
  }
  text(context, high, x + 90 + LEVELS * 8, y + 8, theme.muted, "left");
}

/** What is too long for its room loses its end. */
function fitted(context: PixelContext, label: string, x: number, y: number, room: number, color: string): void {
  let shown = label;
  for (let length = label.length; length > 1 && context.measureText(shown).width > room; )
    shown = `${label.slice(0, --length)}…`;
  text(context, shown, x, y, color, "left");
}

function text(context: PixelContext, label: string, x: number, y: number, color: string, align: string): void {
  context.fillStyle = color;
  context.textAlign = align;
  context.fillText(label, x, y);
}
