import type { Artist } from "./figureAxes";
import type { Json } from "./figureSpec";

/** Of a figure's smaller side: the pie and, beside it, its labels. */
const RADIUS = 0.36;
const LABELS = 1.12;

/** Wedges run counterclockwise from `start` degrees above the right, as matplotlib's. */
export function pieView(
  { shares, labels, colors, texts, start, hole }: Artist & { kind: "pie" },
  title: string,
  size: { width: number; height: number },
): Json {
  let sum = 0;
  const angle = (share: number) => Math.PI / 2 - (start / 180) * Math.PI - 2 * Math.PI * share;
  const values = shares.map((share, i) => {
    const from = sum;
    sum += share;
    const middle = angle(from + share / 2);
    return {
      share,
      label: labels[i],
      text: texts[i],
      color: colors[i],
      from: angle(from),
      to: angle(sum),
      middle,
      align: Math.sin(middle) < -0.01 ? "right" : Math.sin(middle) > 0.01 ? "left" : "center",
    };
  });
  const radius = { expr: `min(width, height) * ${RADIUS}` };
  const wedge = {
    theta: { field: "from", type: "quantitative", scale: null },
    theta2: { field: "to" },
    color: { field: "color", type: "nominal", scale: null, legend: null },
    tooltip: [
      ...(labels.some((label) => label !== "") ? [{ field: "label", type: "nominal", title: "label" }] : []),
      { field: "share", type: "quantitative", format: ".1%" },
    ],
  };
  const at = { theta: { field: "middle", type: "quantitative", scale: null } };
  const words = (field: string, share: number, more: Json): Json => ({
    mark: { type: "text", radius: { expr: `min(width, height) * ${RADIUS * share}` }, ...more },
    encoding: { ...at, text: { field, type: "nominal" } },
  });
  return {
    ...(title ? { title } : {}),
    ...size,
    data: { values },
    layer: [
      {
        mark: { type: "arc", outerRadius: radius, innerRadius: { expr: `min(width, height) * ${RADIUS * hole}` } },
        encoding: wedge,
      },
      words("text", (1 + hole) / 2 + (hole === 0 ? 0.1 : 0), { color: "white", align: "center", baseline: "middle" }),
      words("label", LABELS, { align: { expr: "datum.align" }, baseline: "middle" }),
    ],
  };
}
