import { cornerOf, type GraphView, normLabel, scaleColor, type ViewNode } from "../graph";
import { frameTitle } from "./drawing";
import { LEVELS, levelClass } from "./theme";

/** A Mermaid flowchart: leaves with round ends, open groups as subgraphs, the border in the colour of the scale. */
export function toMermaid(view: GraphView): string {
  const lines = ["flowchart TB"];
  const members = new Map<string, number[]>();
  const inside = (frame: number, indent: string): void => {
    for (const node of view.nodes) {
      if (node.frame !== frame) continue;
      lines.push(`${indent}${nodeLine(view, node)}`);
      const level = levelClass(node.level, node.broken);
      if (level !== "none") members.set(level, [...(members.get(level) ?? []), node.index]);
    }
    view.frames.forEach((each, f) => {
      if (each.parent !== frame) return;
      lines.push(`${indent}subgraph g${f} ["${escapeMermaid(frameTitle(each))}"]`);
      inside(f, `${indent}  `);
      lines.push(`${indent}end`);
    });
  };
  inside(-1, "  ");
  for (const { from, to, label } of view.edges) lines.push(`  n${from} -->|"${escapeMermaid(label)}"| n${to}`);
  for (const [level, nodes] of [...members].sort()) {
    lines.push(`  classDef ${level} stroke:${colorOf(level)},stroke-width:2px`);
    lines.push(`  class ${nodes.map((node) => `n${node}`).join(",")} ${level}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Brackets round a label say a node's shape. */
const SHAPES = { op: ["(", ")"], leaf: ["([", "])"], group: ["[[", "]]"] } as const;

function nodeLine(view: GraphView, node: ViewNode): string {
  const label = [node.title, node.subtitle, `${normLabel(node, view)} ${cornerOf(node)}`.trim()]
    .filter((line) => line !== "")
    .map(escapeMermaid)
    .join("<br/>");
  const [open, close] = SHAPES[node.kind];
  return `n${node.index}${open}"${label}"${close}`;
}

function colorOf(level: string): string {
  return level === "broken" ? "#c72e0f" : scaleColor(Number(level.slice(1)) / (LEVELS - 1), "light");
}

/** What could end a quoted label, open a tag, a directive or a markdown string becomes an entity code; a line break is a space. */
export function escapeMermaid(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")
    .replace(/[#&<>"`%{}\\;]/g, (character) => `#${character.codePointAt(0)};`);
}
