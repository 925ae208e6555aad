/** Plays, steps and scrubs through forward and backward as they ran, and through the passes of a training run. */
import { formatNumber, formatShape } from "../src/graph";
import { formulaOf } from "../src/graph/formula";
import { passNumbers, type Standing, type Step, Timeline, traceAt } from "../src/graph/timeline";
import type { NodeFacts } from "../src/runner/questions";
import { HISTORY_MAX } from "../src/trace/model";
import type { Ask } from "./asker";
import { element, svg } from "./dom";
import { FormulaCard } from "./inspector/formulaCard";
import type { PanelTrace } from "./protocol";
import "./timeline.css";

export interface TimelineEvents {
  /** Lights a step's node and dims what has not run; null when the timeline is off. */
  light(standing: Standing | null): void;
  /** Shows the gradients of one pass of a training run; null: those of the last. */
  recolor(trace: PanelTrace | null): void;
  changed(): void;
}

export interface TimelineState {
  pass: number;
  at: number | null;
  speed: number;
  /** Position among the passes of a training run; null: the last. */
  training: number | null;
}

/** Steps a second. */
const SPEEDS = [0.5, 1, 2, 5, 10, 30];
const DEFAULT_SPEED = 2;
/** Waiting nodes that are named; the rest are counted. */
const NAMED_MAX = 4;

const ICONS = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M4 3l9 5-9 5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M5 3v10l7-5z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
  close: "M4.2 3.5 8 7.3l3.8-3.8.7.7L8.7 8l3.8 3.8-.7.7L8 8.7l-3.8 3.8-.7-.7L7.3 8 3.5 4.2z",
} as const;

export class TimelineBar {
  private trace: PanelTrace | null = null;
  private ask: Ask | null = null;
  /** Made when somebody looks at it. */
  private made: Timeline | null = null;
  private pass = 0;
  /** Step shown; null: the timeline is off. */
  private at: number | null = null;
  private speed = DEFAULT_SPEED;
  private timer = 0;
  private facts = new Map<number, NodeFacts>();
  private passes: number[] = [];
  private training: number | null = null;

  private readonly buttons = {
    first: this.button("first", "First step (Home)", () => this.go(0)),
    back: this.button("back", "Step back (←)", () => this.step(-1)),
    play: this.button("play", "Play (Space)", () => this.toggle()),
    forward: this.button("forward", "Step forward (→)", () => this.step(1)),
    last: this.button("last", "Last step (End)", () => this.go(this.end)),
    close: this.button("close", "Leave the timeline (Escape)", () => this.off()),
  };
  private readonly slider = element("input", { type: "range", min: "0", step: "1", "aria-label": "Step" });
  private readonly count = element("span", { class: "count" });
  private readonly speeds = element(
    "select",
    { "aria-label": "Speed", title: "Steps a second" },
    SPEEDS.map((speed) => element("option", { value: String(speed) }, [`${speed}/s`])),
  );
  private readonly which = element("select", { "aria-label": "Backward pass", title: "Backward pass" });
  private readonly trainingRow = element("div", { class: "training" });
  private readonly trainingSlider = element("input", {
    type: "range",
    min: "0",
    step: "1",
    "aria-label": "Training step",
  });
  private readonly trainingLabel = element("span", { class: "count" });
  private readonly now = element("div", { class: "now" });
  private readonly spoken = element("p", { class: "visually-hidden", role: "status" });

  constructor(
    private readonly root: HTMLElement,
    private readonly events: TimelineEvents,
  ) {
    const { first, back, play, forward, last, close } = this.buttons;
    this.trainingRow.append(element("label", {}, ["training step"]), this.trainingSlider, this.trainingLabel);
    root.append(
      this.trainingRow,
      element("div", { class: "transport", role: "group", "aria-label": "Steps of forward and backward" }, [
        element("span", { class: "buttons" }, [first, back, play, forward, last]),
        this.slider,
        this.count,
        this.speeds,
        this.which,
        close,
      ]),
      this.now,
      this.spoken,
    );
    this.speeds.value = String(this.speed);
    this.slider.addEventListener("input", () => this.go(this.slider.valueAsNumber));
    this.speeds.addEventListener("change", () => {
      this.speed = Number(this.speeds.value);
      if (this.timer) this.play();
      this.events.changed();
    });
    this.which.addEventListener("change", () => this.choosePass(Number(this.which.value)));
    this.trainingSlider.addEventListener("input", () => this.train(this.trainingSlider.valueAsNumber));
    root.addEventListener("keydown", (event) => this.key(event));
  }

  get state(): TimelineState {
    return { pass: this.pass, at: this.at, speed: this.speed, training: this.training };
  }

  /** `state`: where another page of the panel, or this one before a re-run, stood. */
  show(trace: PanelTrace | null, ask: Ask, state?: TimelineState): void {
    this.stop();
    this.trace = trace;
    this.ask = ask;
    this.facts = new Map();
    const passes = trace?.passes ?? [];
    this.root.hidden = passes.every(({ order }) => order.length === 0);
    if (!trace || this.root.hidden) {
      this.made = null;
      this.at = null;
      this.events.light(null);
      return;
    }
    this.which.replaceChildren(
      ...passes.map(({ range, repeats }, i) => {
        const line = range ? `line ${range.start.line + 1}` : `pass ${i + 1}`;
        return element("option", { value: String(i) }, [repeats > 1 ? `${line} ×${repeats}` : line]);
      }),
    );
    this.which.hidden = passes.length < 2;
    this.speed = SPEEDS.includes(state?.speed ?? 0) ? state!.speed : DEFAULT_SPEED;
    this.speeds.value = String(this.speed);
    this.pass = Math.min(state?.pass ?? passes.length - 1, passes.length - 1);
    this.which.value = String(this.pass);
    this.begin(state?.training ?? null);
    this.at = null;
    if (state?.at != null) this.go(Math.min(state.at, this.end));
    else this.draw();
  }

  /** Space, arrows, Home and End, wherever the keyboard is in the bar; true if the key was one of them. */
  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (target.matches("select") || target === this.trainingSlider) return;
    // A button's own Space presses it.
    if (event.key === " " && target.matches("button") && target !== this.buttons.play) return;
    const actions: Record<string, () => void> = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      Home: () => this.go(0),
      End: () => this.go(this.end),
      Escape: () => this.off(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  private get timeline(): Timeline {
    this.made ??= new Timeline(this.trace!, this.trace!.passes[this.pass]!);
    return this.made;
  }

  /** Every node of the pass runs once forward and once backward. */
  private get length(): number {
    return 2 * (this.trace?.passes[this.pass]?.order.length ?? 0);
  }

  private get end(): number {
    return Math.max(0, this.length - 1);
  }

  private choosePass(pass: number): void {
    this.stop();
    this.pass = pass;
    this.begin(null);
    this.events.recolor(null);
    this.go(0);
  }

  private begin(training: number | null): void {
    const pass = this.trace!.passes[this.pass]!;
    this.made = null;
    this.slider.max = String(this.end);
    this.passes = passNumbers(pass, HISTORY_MAX);
    this.trainingRow.hidden = this.passes.length < 2;
    this.trainingSlider.max = String(this.passes.length - 1);
    this.training = null;
    this.trainingSlider.value = String(training ?? this.passes.length - 1);
    if (training !== null && training < this.passes.length - 1) this.train(training);
    else this.labelTraining();
  }

  private train(position: number): void {
    const last = position >= this.passes.length - 1;
    this.training = last ? null : position;
    this.labelTraining();
    this.events.recolor(last ? null : traceAt(this.trace!, this.passes[position]!));
    this.draw();
    this.events.changed();
  }

  private labelTraining(): void {
    const { repeats, at } = this.trace!.passes[this.pass]!;
    const position = this.training ?? this.passes.length - 1;
    // Numbers of passes among all of the run are for us; a person counts the repetitions of this one.
    const number =
      this.training === null
        ? repeats
        : at
          ? Math.round((position / (this.passes.length - 1)) * (repeats - 1)) + 1
          : this.passes[position]! + 1;
    this.trainingLabel.textContent = `${number} / ${repeats}`;
  }

  private toggle(): void {
    if (this.timer) this.stop();
    else this.play();
  }

  private play(): void {
    this.stop();
    if (this.at === null || this.at >= this.end) this.go(0);
    this.timer = window.setInterval(() => {
      if (this.at === null || this.at >= this.end) this.stop();
      else this.go(this.at + 1, true);
    }, 1000 / this.speed);
    this.icon(this.buttons.play, "pause", "Pause (Space)");
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = 0;
    this.icon(this.buttons.play, "play", "Play (Space)");
  }

  private step(by: number): void {
    this.go(this.at === null ? (by > 0 ? 0 : this.end) : this.at + by);
  }

  private go(at: number, playing = false): void {
    if (this.length === 0) return;
    if (!playing) this.stop();
    this.at = Math.min(this.end, Math.max(0, at));
    this.draw();
    this.events.changed();
  }

  private off(): void {
    this.stop();
    this.at = null;
    this.draw();
    this.events.changed();
  }

  private draw(): void {
    const { at } = this;
    const on = at !== null;
    this.now.hidden = !on;
    this.buttons.close.hidden = !on;
    this.slider.value = String(at ?? 0);
    this.count.textContent = on ? `${at + 1} / ${this.length}` : `${this.length} steps`;
    if (!on) {
      this.spoken.textContent = "";
      this.events.light(null);
      return;
    }
    const standing = this.timeline.standing(at);
    this.slider.setAttribute("aria-valuetext", this.sentence(standing.step));
    this.events.light(standing);
    this.tell(standing);
    void this.look(standing);
  }

  /** What the process of the run knows of the node, for the formula's numbers. */
  private async look({ step }: Standing): Promise<void> {
    const { node } = step;
    if (this.facts.has(node) || !this.ask) return;
    const elementwise = formulaOf(this.trace!.nodes[node]!.name)?.kind === "elementwise";
    try {
      const { facts } = this;
      facts.set(node, await this.ask({ type: "inspect", node, elementwise }));
      if (this.facts === facts && this.at !== null && this.timeline.steps[this.at]?.node === node) {
        this.tell(this.timeline.standing(this.at));
      }
    } catch {
      // Without its process the run's own numbers remain.
    }
  }

  private tell(standing: Standing): void {
    const { step } = standing;
    const node = this.trace!.nodes[step.node]!;
    const facts = this.facts.get(step.node) ?? null;
    const headline = element("p", { class: "headline" }, [
      element("span", { class: "phase" }, [step.phase === "forward" ? "Forward" : "Backward"]),
      element("span", {}, [this.name(step.node)]),
      node.variable === undefined ? null : element("span", { class: "op" }, [node.name]),
    ]);
    const parts = step.phase === "forward" ? this.forward(step, facts) : this.backward(standing, facts);
    this.now.replaceChildren(headline, ...parts);
    this.spoken.textContent = this.timer ? "" : this.sentence(step);
  }

  private forward(step: Step, facts: NodeFacts | null): HTMLElement[] {
    const node = this.trace!.nodes[step.node]!;
    const result = facts?.outputs[0];
    const value =
      result && result.stats.numel <= 8 ? result.text.replace(/, (?:requires_grad|grad_fn).*\)$/, ")") : null;
    if (node.name === "AccumulateGrad") return [line("leaf ", value ?? shapes(node.shapes))];
    return [this.formula(step.node, facts), line("result ", value ?? shapes(node.shapes))];
  }

  private backward({ step, sent, waiting }: Standing, facts: NodeFacts | null): HTMLElement[] {
    const node = this.trace!.nodes[step.node]!;
    const parts: HTMLElement[] = [];
    const { gradient } = node;
    // Of another training step than the last only the norm is known.
    const norm =
      this.training === null
        ? undefined
        : traceAt(this.trace!, this.passes[this.training]!).nodes[step.node]!.gradient?.stats.norm;
    const small = gradient && gradient.stats.numel <= 8 && this.training === null;
    parts.push(
      line(
        `arrives ∇${this.name(step.node)} `,
        small ? gradient.text : gradient ? `‖∇‖ ${formatNumber(norm ?? gradient.stats.norm)}` : "nothing",
      ),
    );
    if (node.name === "AccumulateGrad") {
      parts.push(line("accumulates ", `${this.name(step.node)}.grad += ${small ? gradient.text : "∇"}`));
    } else {
      parts.push(this.formula(step.node, facts));
    }
    if (this.training === null) {
      for (const { edge, gathering } of sent) {
        const what = edge.flow!.text ?? `‖∇‖ ${formatNumber(edge.flow!.norm)}`;
        const sum = gathering.sum && gathering.parts > 1 ? `, sum [${gathering.sum.map(formatNumber).join(", ")}]` : "";
        const share = gathering.of > 1 ? ` (${gathering.parts} of ${gathering.of} parts${sum})` : "";
        parts.push(line(`sends ${this.name(edge.to)} `, what, share));
      }
    }
    const others = waiting.filter(({ node: other }) => !sent.some(({ edge }) => edge.to === other));
    if (others.length > 0) {
      const named = others
        .slice(0, NAMED_MAX)
        .map(({ node: other, parts, of }) => `${this.name(other)} ${parts}/${of}`);
      const more = others.length > NAMED_MAX ? ` and ${others.length - NAMED_MAX} more` : "";
      parts.push(element("p", { class: "gathered" }, [`also waiting: ${named.join(", ")}${more}`]));
    }
    return parts;
  }

  private formula(node: number, facts: NodeFacts | null): HTMLElement {
    const { name, variable, shapes: all } = this.trace!.nodes[node]!;
    const nameOf = (other: number): string | undefined => this.trace!.nodes[other]?.variable;
    return new FormulaCard({ gradFn: name, name: variable, shape: all[0] ?? [], facts }, { ask: this.ask!, nameOf })
      .root;
  }

  private sentence(step: Step): string {
    const { gradient } = this.trace!.nodes[step.node]!;
    const norm = step.phase === "backward" && gradient ? `, gradient norm ${formatNumber(gradient.stats.norm)}` : "";
    return `${step.phase} step ${this.at! + 1} of ${this.length}: ${this.name(step.node)}${norm}`;
  }

  private name(node: number): string {
    const { variable, name } = this.trace!.nodes[node]!;
    return variable ?? name;
  }

  private button(icon: keyof typeof ICONS, label: string, action: () => void): HTMLButtonElement {
    const button = element("button");
    this.icon(button, icon, label);
    button.addEventListener("click", action);
    return button;
  }

  private icon(button: HTMLButtonElement, icon: keyof typeof ICONS, label: string): void {
    if (button.title === label) return;
    button.title = label;
    button.setAttribute("aria-label", label.replace(/ \(.*\)$/, ""));
    button.replaceChildren(
      svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, [svg("path", { d: ICONS[icon] })]),
    );
  }
}

function line(label: string, code: string, rest = ""): HTMLElement {
  return element("p", {}, [label, element("code", {}, [code]), rest]);
}

function shapes(all: readonly number[][]): string {
  return all.map(formatShape).join(" ");
}
