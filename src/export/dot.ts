import { type GraphView, normLabel, scaleColor } from "../graph";

/** Graphviz: leaves as ellipses, the border in the colour of the gradient's norm. */
export function toDot(view: GraphView): string {
  const lines = [
    "digraph backward {",
    '  graph [rankdir=TB, fontname="Helvetica"];',
    '  node [shape=box, style="rounded", fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=9, arrowsize=0.7];',
  ];
  for (const node of view.nodes) {
    const label = [node.title, node.subtitle, `${normLabel(node)} ${node.repeats}`.trim()]
      .filter((line) => line !== "")
      .join("\n");
    const attributes = [`label=${quote(label)}`];
    if (node.kind === "leaf") attributes.push('shape=ellipse, style="solid"');
    if (node.level !== null) attributes.push(`color=${quote(scaleColor(node.level, "light"))}, penwidth=1.6`);
    lines.push(`  n${node.index} [${attributes.join(", ")}];`);
  }
  for (const { from, to, label } of view.edges) lines.push(`  n${from} -> n${to} [label=${quote(label)}];`);
  return `${lines.join("\n")}\n}\n`;
}

/** A double-quoted ID of the DOT language; a line break is its escape `\n`, other control characters are dropped. */
function quote(text: string): string {
  const plain = text.replace(/[^\P{Cc}\n]/gu, "");
  return `"${plain.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;
}
