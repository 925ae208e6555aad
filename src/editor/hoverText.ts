/** What a hover says, as Markdown in which nothing of the user's is markup. */
import { formatNorm, formatNumber, formatShape } from "../graph/format";
import type { Appearance } from "../graph/palette";
import { hoverPicture, pictureMarkdown } from "../plot/hover";
import type { Capture, Gradient, Num, Statistics, TensorSummary } from "../trace/model";
import type { OperatorDoc } from "./operatorDocs";

/** VS Code cuts a hover's Markdown at 100,000 characters; a picture cut through is no picture. */
const TEXT_MAX = 6_000;
/** Lines of a printed tensor, so that what follows is not far. */
const LINES_MAX = 14;
const PICTURE_MAX = 40_000;

export interface HoverContext {
  appearance: Appearance;
  /** The program was edited since it ran. */
  edited: boolean;
  /** Link target of a node's "Show in graph". */
  showInGraph(node: number): string;
  /** Link targets for the value itself. */
  copyJson: string;
  copyPyTorch: string;
  pin: string;
  /** The pointer is on the name of an operator that is called. */
  operator?: { name: string; doc: OperatorDoc };
}

export function hoverMarkdown(capture: Capture, context: HoverContext): string {
  const { last, name } = capture;
  const parts: string[] = context.operator ? [operatorMarkdown(context.operator)] : [];
  const links = [
    ...(last.kind === "tensor" && last.node !== undefined
      ? [`[Show in graph](${context.showInGraph(last.node)} "Select its node in the graph")`]
      : []),
    [
      `[$(json)](${context.copyJson} "Copy as JSON")`,
      ...(last.kind === "other" ? [] : [`[$(copy)](${context.copyPyTorch} "Copy as PyTorch code")`]),
      ...(capture.kind === "variable" && last.kind !== "other"
        ? [`[$(pin)](${context.pin} "Pin to the Tensors view")`]
        : []),
    ].join(" "),
  ];
  const link = ` · ${links.join(" · ")}`;
  const often = capture.count > 1 ? ` · the last of ${capture.count}` : "";
  const edited = context.edited ? " · *edited since this run*" : "";
  if (last.kind === "tensor") {
    parts.push(`${title(name)} ${tensorLine(last.tensor)}${often}${link}${edited}`);
    parts.push(...tensorParts(capture, last.tensor, context));
  } else if (last.kind === "number") {
    parts.push(`${title(name)} ${inlineCode(formatNumber(last.value))}${often}${link}${edited}`);
    parts.push(...picture(capture, undefined, context));
  } else {
    parts.push(`${title(name)} ${inlineCode(last.type)}${often}${link}${edited}`);
    if (last.text !== "") parts.push(codeBlock(last.text));
  }
  return parts.join("\n\n");
}

/** Doc lines are the engine's own Markdown; formulas are shown as they are. */
export function operatorMarkdown({ name, doc }: NonNullable<HoverContext["operator"]>): string {
  const lines = [`${title(name)} ${doc.docs.join(" ")}`];
  if (doc.derivatives.length > 0) lines.push(codeBlock(doc.derivatives.join("\n")));
  return lines.join("\n\n");
}

/** `float32 [25] · requires_grad · leaf · ‖∇‖ 7.21` */
function tensorLine(tensor: TensorSummary): string {
  const parts = [`${inlineCode(formatShape(tensor.shape))} ${tensor.dtype}`];
  if (tensor.requires_grad) parts.push("requires_grad");
  if (tensor.grad_fn !== null) parts.push(inlineCode(tensor.grad_fn));
  if (tensor.is_leaf) parts.push("leaf");
  if (tensor.gradient) parts.push(formatNorm(tensor.gradient.stats.norm));
  if (tensor.modified > 0) parts.push(`changed in place${tensor.modified === 1 ? "" : ` ×${tensor.modified}`} since`);
  return parts.join(" · ");
}

function tensorParts(capture: Capture, tensor: TensorSummary, context: HoverContext): string[] {
  const parts = picture(capture, tensor, context);
  const value = [codeBlock(tensor.text), statsLine(tensor.stats)];
  const { gradient } = tensor;
  if (gradient) {
    // A hover opens at its top and shows some fifteen lines: the gradient is what people came for.
    parts.push(gradientTitle(capture, tensor, gradient), codeBlock(gradient.text), statsLine(gradient.stats));
    parts.push("**value**", ...value);
  } else {
    parts.push(...value);
    if (tensor.requires_grad) parts.push("No gradient has arrived here.");
  }
  return parts.filter((part) => part !== "");
}

function gradientTitle({ kind, name }: Capture, { is_leaf }: TensorSummary, { source }: Gradient): string {
  if (source === "grad") return kind === "variable" ? `**${inlineCode(`${name}.grad`)}**` : "**.grad**";
  if (is_leaf) return "**gradient of the last backward** — `.grad` has been cleared since";
  return "**gradient that flowed through** — `.grad` is null without `retain_grad()`";
}

function statsLine(stats: Statistics): string {
  if (stats.numel < 2) return "";
  const facts: [string, Num][] = [
    ["min", stats.min],
    ["mean", stats.mean],
    ["max", stats.max],
    ["norm", stats.norm],
  ];
  if (stats.zeros > 0) facts.push(["zeros", stats.zeros]);
  const text = facts.map(([name, value]) => `${name} ${formatNumber(value)}`).join(" · ");
  const bad = [stats.nan > 0 ? `${stats.nan} NaN` : "", stats.inf > 0 ? `${stats.inf} Inf` : ""].filter(
    (part) => part !== "",
  );
  return bad.length > 0 ? `${text} · **${bad.join(" · ")}**` : text;
}

function picture(capture: Capture, tensor: TensorSummary | undefined, { appearance }: HoverContext): string[] {
  const drawn = hoverPicture({ value: tensor, gradient: tensor?.gradient, history: capture.history }, appearance);
  if (!drawn) return [];
  const markdown = pictureMarkdown(drawn);
  return markdown.length <= PICTURE_MAX ? [markdown] : [];
}

function title(name: string): string {
  return `**${inlineCode(name)}**`;
}

/** A code span whose fence is longer than any run of backticks in it. */
export function inlineCode(text: string): string {
  const line = text.replace(/\s+/g, " ");
  const fence = "`".repeat(longestRun(line) + 1);
  const pad = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A code block that its text cannot close; of a long text the beginning and the last line. */
export function codeBlock(text: string): string {
  const lines = text.split("\n");
  const short = lines.length > LINES_MAX ? [...lines.slice(0, LINES_MAX - 2), " ⋮", lines.at(-1)!].join("\n") : text;
  const shown = short.length > TEXT_MAX ? `${short.slice(0, TEXT_MAX)}…` : short;
  const fence = "`".repeat(Math.max(3, longestRun(shown) + 1));
  return `${fence}text\n${shown}\n${fence}`;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);
}
