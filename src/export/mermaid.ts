import { type GraphView, normLabel, scaleColor } from "../graph";
import { LEVELS, levelClass } from "./theme";

/** A Mermaid flowchart: leaves with round ends, the border in the colour of the gradient's norm. */
export function toMermaid(view: GraphView): string {
  const lines = ["flowchart TB"];
  const members = new Map<string, number[]>();
  for (const node of view.nodes) {
    const label = [node.title, node.subtitle, `${normLabel(node)} ${node.repeats}`.trim()]
      .filter((line) => line !== "")
      .map(escapeMermaid)
      .join("<br/>");
    const [open, close] = node.kind === "leaf" ? ["([", "])"] : ["(", ")"];
    lines.push(`  n${node.index}${open}"${label}"${close}`);
    const level = levelClass(node.level, node.broken);
    if (level !== "none") members.set(level, [...(members.get(level) ?? []), node.index]);
  }
  for (const { from, to, label } of view.edges) lines.push(`  n${from} -->|"${escapeMermaid(label)}"| n${to}`);
  for (const [level, nodes] of [...members].sort()) {
    lines.push(`  classDef ${level} stroke:${colorOf(level)},stroke-width:2px`);
    lines.push(`  class ${nodes.map((node) => `n${node}`).join(",")} ${level}`);
  }
  return `${lines.join("\n")}\n`;
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
