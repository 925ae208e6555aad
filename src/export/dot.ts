import { cornerOf, type GraphView, normLabel, scaleColor, type ViewNode } from "../graph";
import { frameTitle } from "./drawing";

/** Graphviz: leaves as ellipses, closed groups as folders, open ones as clusters, the border in the colour of the scale. */
export function toDot(view: GraphView): string {
  const lines = [
    "digraph backward {",
    '  graph [rankdir=TB, fontname="Helvetica"];',
    '  node [shape=box, style="rounded", fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=9, arrowsize=0.7];',
  ];
  const inside = (frame: number, indent: string): void => {
    for (const node of view.nodes) if (node.frame === frame) lines.push(`${indent}${nodeLine(view, node)}`);
    view.frames.forEach((each, f) => {
      if (each.parent !== frame) return;
      lines.push(`${indent}subgraph cluster_${f} {`, `${indent}  label=${quote(frameTitle(each))}; style=rounded;`);
      inside(f, `${indent}  `);
      lines.push(`${indent}}`);
    });
  };
  inside(-1, "  ");
  for (const { from, to, label } of view.edges) lines.push(`  n${from} -> n${to} [label=${quote(label)}];`);
  return `${lines.join("\n")}\n}\n`;
}

const SHAPES = { op: "", leaf: 'shape=ellipse, style="solid"', group: 'shape=folder, style="solid"' } as const;

function nodeLine(view: GraphView, node: ViewNode): string {
  const label = [node.title, node.subtitle, `${normLabel(node, view)} ${cornerOf(node)}`.trim()]
    .filter((line) => line !== "")
    .join("\n");
  const color = node.level === null ? "" : `color=${quote(scaleColor(node.level, "light"))}, penwidth=1.6`;
  const attributes = [`label=${quote(label)}`, SHAPES[node.kind], color].filter((attribute) => attribute !== "");
  return `n${node.index} [${attributes.join(", ")}];`;
}

/** A double-quoted ID of the DOT language; a line break is its escape `\n`, other control characters are dropped. */
function quote(text: string): string {
  const plain = text.replace(/[^\P{Cc}\n]/gu, "");
  return `"${plain.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;
}
