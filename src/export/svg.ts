import {
  CARD,
  cornerOf,
  edgeWidth,
  type GraphView,
  MEASURES,
  normLabel,
  type Placement,
  scaleLabels,
  type ViewFrame,
  type ViewNode,
} from "../graph";
import { IN_PLACE, inPlaceAt, LabelPlaces, SAVED } from "./drawing";
import { LEVELS, levelClass, type ThemeChoice, themeRules } from "./theme";

const MARGIN = 24;
const LEGEND = 44;

/** A self-contained picture; by default it follows the reader's light or dark preference. */
export function toSvg(view: GraphView, placed: Placement, theme: ThemeChoice = "auto"): string {
  const width = Math.ceil(Math.max(placed.width, view.scale ? 260 : 0) + 2 * MARGIN);
  const height = Math.ceil(placed.height + 2 * MARGIN + (view.scale ? LEGEND : 0));
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(`grad_fn graph of ${view.nodes.length} nodes`)}">`,
    `<style>${themeRules(theme)}${STYLE}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 .8 7.4 4 0 7.2z"/></marker></defs>',
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<g transform="translate(${MARGIN} ${MARGIN})">`,
  ];
  view.frames.forEach((frame, f) => {
    parts.push(frameBox(frame, placed.groups[f]!));
  });
  for (let e = 0; e < view.edges.length; e++) {
    const stroke = `stroke-width:${round(edgeWidth(view.edges[e]!))}`;
    parts.push(`<path class="edge" style="${stroke}" d="${edgePath(placed, e)}" marker-end="url(#arrow)"/>`);
  }
  const places = new LabelPlaces();
  for (let e = 0; e < view.edges.length; e++)
    parts.push(edgeLabel(view.edges[e]!.label, placed.labelX[e]!, placed.labelY[e]!, places));
  for (const node of view.nodes) parts.push(card(node, placed.x[node.index]!, placed.y[node.index]!, view));
  parts.push("</g>");
  if (view.scale) parts.push(legend(view, scaleLabels(view.scale, view.quantity), MARGIN, height - MARGIN - 12));
  parts.push("</svg>");
  return `${parts.join("\n")}\n`;
}

/** An edge's B-spline as quadratic Bézier pieces. */
export function edgePath({ points, pointStart }: Pick<Placement, "points" | "pointStart">, edge: number): string {
  const start = pointStart[edge]!;
  const end = pointStart[edge + 1]! - 1;
  const at = (i: number) => `${round(points[2 * i]!)} ${round(points[2 * i + 1]!)}`;
  let path = `M${at(start)}`;
  for (let i = start + 1; i < end; i++) {
    const joint =
      i + 1 === end
        ? at(end)
        : `${round((points[2 * i]! + points[2 * i + 2]!) / 2)} ${round((points[2 * i + 1]! + points[2 * i + 3]!) / 2)}`;
    path += `Q${at(i)} ${joint}`;
  }
  return end - start === 1 ? `${path}L${at(end)}` : path;
}

/** An open group. */
function frameBox({ title, subtitle, steps }: ViewFrame, { x, y, width, height }: Placement["groups"][number]): string {
  const step = steps ? ` ${steps.at + 1} / ${steps.count}` : "";
  const what = subtitle === "" ? "" : `<tspan class="what" dx="6">${escapeXml(subtitle + step)}</tspan>`;
  return `<g class="frame" transform="translate(${round(x)} ${round(y)})"><rect width="${round(width)}" height="${round(height)}" rx="10"/><text x="14" y="20">${escapeXml(title)}${what}</text></g>`;
}

function card(node: ViewNode, x: number, y: number, view: GraphView): string {
  const left = x - node.width / 2;
  const top = y - node.height / 2;
  const radius = node.kind === "leaf" ? node.height / 2 : CARD.radius;
  const inset = node.kind === "leaf" ? CARD.leafInset : 0;
  const level = levelClass(node.level, node.broken);
  const right = node.width - CARD.right - inset;
  return [
    `<g class="${level}" transform="translate(${round(left)} ${round(top)})"><title>${escapeXml(node.description)}</title>`,
    ...(node.kind === "group"
      ? [6, 3].map(
          (by) =>
            `<rect class="card" x="${by}" y="${by}" width="${node.width}" height="${node.height}" rx="${radius}"/>`,
        )
      : []),
    `<rect class="card${node.marks.view ? " view" : ""}${node.marks.derivative ? " derivative" : ""}" width="${node.width}" height="${node.height}" rx="${radius}"/>`,
    `<rect class="bar" x="${CARD.barInset + inset}" y="9" width="${CARD.barWidth}" height="${node.height - 18}" rx="2"/>`,
    text(
      node.named ? "title" : "title op",
      CARD.left + inset,
      CARD.titleBaseline,
      `${node.marks.derivative ? "∂ " : ""}${node.title}`,
    ),
    text("norm", right, node.low ? CARD.subtitleBaseline : CARD.titleBaseline, normLabel(node, view)),
    text("subtitle", CARD.left + inset, CARD.subtitleBaseline, node.subtitle),
    text("norm", right, CARD.subtitleBaseline, cornerOf(node)),
    ...Array.from(
      { length: Math.min(node.marks.saved, SAVED.most) },
      (_, i) =>
        `<rect class="saved" x="${SAVED.left + inset + i * SAVED.step}" y="${node.height - SAVED.size / 2}" width="${SAVED.size}" height="${SAVED.size}"/>`,
    ),
    node.marks.inPlace ? inPlaceMark(inPlaceAt(node.marks.saved) + inset, node.height) : "",
    "</g>",
  ].join("");
}

function inPlaceMark(x: number, y: number): string {
  const { patch, radius, from, to, width, head } = IN_PLACE;
  const at = (angle: number) => `${round(radius * Math.cos(angle))} ${round(radius * Math.sin(angle))}`;
  return `<g class="in-place" transform="translate(${round(x)} ${round(y)})"><circle class="page" r="${patch}"/><path fill="none" stroke-width="${width}" d="M${at(from)}A${radius} ${radius} 0 1 1 ${at(to)}"/><path stroke="none" d="M${head.map((point) => point.join(" ")).join("L")}z"/></g>`;
}

function edgeLabel(label: string, x: number, y: number, places: LabelPlaces): string {
  const width = label.length * 5.6 + 8;
  if (label === "" || !places.take(x, y, width / 2)) return "";
  return `<rect class="page" x="${round(x - width / 2)}" y="${round(y - 8)}" width="${round(width)}" height="16" rx="3"/>${text("shape", x, y + 3.5, label)}`;
}

function legend({ repeats, quantity }: GraphView, [low, high]: [string, string], x: number, y: number): string {
  const bars = Array.from(
    { length: LEVELS },
    (_, i) => `<rect class="l${i} swatch" x="${x + 82 + i * 8}" y="${y}" width="8.5" height="8"/>`,
  );
  return `${text("legend", x, y + 8, MEASURES[quantity].prefix || quantity)}${text("legend end", x + 74, y + 8, low)}${bars.join("")}${text("legend", x + 90 + LEVELS * 8, y + 8, high)}${repeats > 1 ? text("legend", x + 140 + LEVELS * 8, y + 8, `×${repeats}`) : ""}`;
}

function text(className: string, x: number, y: number, content: string): string {
  return content === ""
    ? ""
    : `<text class="${className}" x="${round(x)}" y="${round(y)}">${escapeXml(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Characters that XML 1.0 forbids are dropped, those that it reserves are escaped. */
export function escapeXml(value: string): string {
  return value
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}

const STYLE = [
  'text{font-family:system-ui,-apple-system,"Segoe UI",Ubuntu,sans-serif}',
  ".page{fill:var(--page)}.edge{fill:none;stroke:var(--edge);stroke-width:1.3}.head{fill:var(--edge)}.saved{fill:var(--saved)}",
  ".frame rect{fill:var(--text);fill-opacity:.03;stroke:var(--border)}.frame text{font-size:12px;font-weight:600;fill:var(--text)}",
  ".what{font-size:11px;font-weight:400;fill:var(--muted)}",
  ".in-place{fill:var(--in-place);stroke:var(--in-place)}.in-place .page{fill:var(--page);stroke:none}",
  ".card{fill:var(--card);stroke:var(--border)}.bar,.swatch{fill:var(--level)}.view{stroke:var(--muted);stroke-dasharray:4 3}.derivative{stroke:var(--derivative)}",
  `.title{font-size:${CARD.titleSize}px;font-weight:600;fill:var(--text)}.op{font-weight:400}`,
  `.subtitle,.norm,.shape,.legend{font-size:${CARD.subtitleSize}px;fill:var(--muted)}.norm,.end{text-anchor:end}.shape{font-size:10px;text-anchor:middle}`,
].join("");
