/** One table of all parameters: how large they and their gradients are, how fast they change, what is broken. */
import { formatNumber, formatShape } from "../src/graph";
import {
  brokenCount,
  type Column,
  type Finding,
  findingsOf,
  gradientNorm,
  lastUpdate,
  ridgeOf,
  sorted,
} from "../src/graph/health";
import type { Distribution, History, Num, Parameter } from "../src/trace/model";
import { element } from "./dom";
import "./health.css";
import type { PanelTrace } from "./protocol";
import { sparklinePicture } from "./sparkline";
import { blend, readTheme } from "./theme";

export interface HealthEvents {
  /** A row's node is to be selected. */
  select(node: number): void;
  /** Go to its source. */
  open(node: number): void;
  changed(): void;
}

export interface HealthState {
  open: boolean;
  column: Column | null;
  descending: boolean;
}

const COLUMNS: readonly [Column | null, string, string][] = [
  ["name", "parameter", "Name"],
  ["shape", "shape", "Shape; sorted by the number of elements"],
  ["value", "‖w‖", "Euclidean norm of the value at the end"],
  [
    "gradient",
    "‖∇‖",
    "Euclidean norm of .grad at the end; of the last gradient that arrived where .grad has been cleared",
  ],
  [null, "course", "Norm of the gradient that arrived, pass by pass"],
  ["update", "update", "‖Δw‖ / ‖w‖ of the last step; around 0.001 is usual"],
  ["zeros", "zeros", "Elements of the value that are zero"],
  ["broken", "NaN", "Elements of value and gradient that are NaN or infinite"],
];

export class HealthTable {
  private parameters: readonly Parameter[] = [];
  private column: Column | null = null;
  private descending = true;
  private selected: number | null = null;
  /** Position of the parameter whose courses are shown. */
  private expanded: number | null = null;
  private readonly body = element("tbody");
  private readonly details: HTMLDetailsElement;
  private readonly heads: HTMLElement[];
  private readonly count = element("span", { class: "count" });
  private readonly warnings = element("span", { class: "warnings" });

  constructor(
    private readonly root: HTMLElement,
    private readonly events: HealthEvents,
  ) {
    this.heads = COLUMNS.map(([column, label, title]) => {
      if (column === null) return element("th", { scope: "col", title }, [label]);
      const button = element("button", { title }, [label]);
      button.addEventListener("click", () => this.sortBy(column));
      return element("th", { scope: "col", "aria-sort": "none" }, [button]);
    });
    const table = element("table", { class: "health-table", role: "treegrid", "aria-label": "Parameters" }, [
      element("thead", {}, [element("tr", {}, this.heads)]),
      this.body,
    ]);
    this.details = element("details", {}, [
      element("summary", {}, [element("h2", {}, ["Parameters"]), this.count, this.warnings]),
      element("div", { class: "health-scroll" }, [table]),
    ]);
    this.details.addEventListener("toggle", () => {
      if (this.details.open) this.draw();
      this.events.changed();
    });
    this.body.addEventListener("click", (event) => this.pick(event));
    this.body.addEventListener("dblclick", (event) => this.pick(event, true));
    this.body.addEventListener("keydown", (event) => this.key(event));
    root.append(this.details);
  }

  get state(): HealthState {
    return { open: this.details.open, column: this.column, descending: this.descending };
  }

  set state({ open, column, descending }: HealthState) {
    this.column = column;
    this.descending = descending;
    this.details.open = open;
  }

  show(trace: PanelTrace | null): void {
    this.parameters = trace?.parameters ?? [];
    this.expanded = null;
    this.root.hidden = this.parameters.length === 0;
    this.count.textContent = String(this.parameters.length);
    const findings = this.parameters.filter((parameter) => findingsOf(parameter).length > 0).length;
    this.warnings.textContent = findings === 0 ? "" : `${findings} worth a look`;
    this.draw();
  }

  unfold(): void {
    this.details.open = true;
  }

  /** Marks the row of the graph's selected node. */
  mark(node: number | null): void {
    this.selected = node;
    for (const row of this.body.querySelectorAll<HTMLElement>("tr[data-parameter]")) {
      const parameter = this.parameters[Number(row.dataset.parameter)];
      row.setAttribute("aria-selected", String(parameter?.node !== undefined && parameter.node === node));
    }
  }

  private sortBy(column: Column): void {
    // A first click shows what is largest, for names what is first; a third gives the program's own order back.
    const first = column !== "name";
    if (this.column !== column) {
      this.column = column;
      this.descending = first;
    } else if (this.descending === first) {
      this.descending = !first;
    } else {
      this.column = null;
    }
    this.draw();
    this.events.changed();
  }

  private draw(): void {
    for (const [i, [column]] of COLUMNS.entries()) {
      if (column === null) continue;
      const sort = column !== this.column ? "none" : this.descending ? "descending" : "ascending";
      this.heads[i]!.setAttribute("aria-sort", sort);
      const arrow = sort === "none" ? "" : sort === "descending" ? " ↓" : " ↑";
      this.heads[i]!.firstElementChild!.textContent = COLUMNS[i]![1] + arrow;
    }
    // Hundreds of rows are made when somebody wants to see them.
    const order = this.details.open ? sorted(this.parameters, this.column, this.descending) : [];
    this.body.replaceChildren(
      ...order.flatMap((i) => (i === this.expanded ? [this.row(i), this.courses(i)] : [this.row(i)])),
    );
    const first = this.body.querySelector<HTMLElement>("tr[data-parameter]");
    if (first) first.tabIndex = 0;
    this.mark(this.selected);
  }

  private row(index: number): HTMLElement {
    const parameter = this.parameters[index]!;
    const { name, shape, value, gradientNorms } = parameter;
    const findings = findingsOf(parameter);
    const cell = (column: Column, text: string | null): HTMLElement => {
      const found = findings.find((finding) => finding.column === column);
      return element("td", { ...(found ? marks(found) : text === null ? { class: "none" } : {}) }, [text ?? "–"]);
    };
    const number = (given: Num | undefined): string | null => (given === undefined ? null : formatNumber(given));
    const share = value.numel > 0 ? value.zeros / value.numel : 0;
    const broken = brokenCount(parameter);
    const course = gradientNorms && gradientNorms.values.length > 1;
    const attributes = { "data-parameter": String(index), tabindex: "-1", "aria-selected": "false" };
    return element("tr", { ...attributes, "aria-expanded": String(index === this.expanded) }, [
      element("th", { scope: "row", title: name }, [name]),
      cell("shape", formatShape(shape)),
      cell("value", number(value.norm)),
      cell("gradient", number(gradientNorm(parameter))),
      element("td", {}, course ? [sparklinePicture(gradientNorms, spoken(gradientNorms), [72, 18])] : []),
      cell("update", number(lastUpdate(parameter))),
      cell("zeros", share === 0 ? "0" : `${formatNumber(Number((100 * share).toPrecision(3)))} %`),
      cell("broken", String(broken)),
    ]);
  }

  /** What a row unfolds to: every course of the parameter, and where it leads. */
  private courses(index: number): HTMLElement {
    const parameter = this.parameters[index]!;
    const { gradientNorms, valueNorms, updates, gradientBins, valueBins } = parameter;
    const pictures = [
      course("‖∇‖ of each pass", gradientNorms),
      course("‖w‖ before each pass", valueNorms),
      course("update ‖Δw‖ / ‖w‖", updates),
      ridge("Gradients over the steps", gradientBins),
      ridge("Values over the steps", valueBins),
    ].filter((picture) => picture !== null);
    const kept =
      updates || valueNorms ? null : note("Run it again with this panel in sight to see its course over the steps.");
    const findings = findingsOf(parameter).map(({ text }) => note(`${parameter.name}: ${text}.`));
    return element("tr", { class: "health-more" }, [
      element("td", { colspan: String(COLUMNS.length) }, [
        ...findings,
        pictures.length > 0 ? element("div", { class: "health-courses" }, pictures) : null,
        kept,
      ]),
    ]);
  }

  private pick(event: Event, twice = false): void {
    const row = (event.target as HTMLElement).closest<HTMLElement>("tr[data-parameter]");
    if (!row) return;
    const index = Number(row.dataset.parameter);
    const node = this.parameters[index]!.node;
    if (twice) {
      if (node !== undefined) this.events.open(node);
      return;
    }
    this.expand(index);
    if (node !== undefined) this.events.select(node);
  }

  private expand(index: number): void {
    this.expanded = this.expanded === index ? null : index;
    this.draw();
    this.focusRow(index);
  }

  private focusRow(index: number): void {
    const row = this.body.querySelector<HTMLElement>(`tr[data-parameter="${index}"]`);
    if (!row) return;
    for (const other of this.body.querySelectorAll<HTMLElement>('tr[tabindex="0"]')) other.tabIndex = -1;
    row.tabIndex = 0;
    row.focus();
  }

  private key(event: KeyboardEvent): void {
    const row = event.target as HTMLElement;
    if (row.dataset.parameter === undefined) return;
    const rows = [...this.body.querySelectorAll<HTMLElement>("tr[data-parameter]")];
    const at = rows.indexOf(row);
    const to: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    const index = Number(row.dataset.parameter);
    const node = this.parameters[index]!.node;
    if (event.key in to) this.focusRow(Number(rows[to[event.key]!]?.dataset.parameter ?? index));
    else if (event.key === " ") this.expand(index);
    else if (event.key === "Enter" && node !== undefined) {
      this.events.select(node);
      this.events.open(node);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function marks({ level, text }: Finding): { class: string; title: string } {
  return { class: level, title: text };
}

function spoken({ values, total }: History): string {
  return `${formatNumber(values[0]!)} to ${formatNumber(values.at(-1)!)} over ${total} passes`;
}

function note(text: string): HTMLElement {
  return element("p", { class: "note" }, [text]);
}

function course(title: string, history: History | undefined): HTMLElement | null {
  if (!history || history.values.length === 0) return null;
  return element("figure", {}, [
    element("h3", {}, [title]),
    sparklinePicture(history, `${title}: ${spoken(history)}`, [210, 54]),
    element("figcaption", {}, [
      element("span", {}, [formatNumber(history.values[0]!)]),
      element("span", {}, [formatNumber(history.values.at(-1)!)]),
    ]),
  ]);
}

/** Steps from left to right, values from bottom to top, darker where more elements are. */
function ridge(title: string, distributions: readonly Distribution[] | undefined): HTMLElement | null {
  const found = ridgeOf(distributions);
  if (!found) return null;
  const { levels, steps, min, max } = found;
  const bins = levels[0]!.length;
  const label = `${title}, from ${formatNumber(min)} to ${formatNumber(max)}`;
  const attributes = { width: String(levels.length), height: String(bins), role: "img", "aria-label": label };
  const canvas = element("canvas", attributes);
  const theme = readTheme();
  const context = canvas.getContext("2d")!;
  for (const [x, column] of levels.entries()) {
    for (const [bin, level] of column.entries()) {
      if (level === 0) continue;
      context.fillStyle = blend(theme.chart[0]!, theme.page, 0.12 + 0.88 * level);
      context.fillRect(x, bins - 1 - bin, 1, 1);
    }
  }
  return element("figure", {}, [
    element("h3", {}, [`${title}: ${formatNumber(min)} … ${formatNumber(max)}`]),
    canvas,
    element("figcaption", {}, [
      element("span", {}, [`pass ${steps[0]! + 1}`]),
      element("span", {}, [`pass ${steps.at(-1)! + 1}`]),
    ]),
  ]);
}
