/** The program's figures below the graph. Vega comes only when there is one. */
import { formatNumber } from "../src/graph";
import { describeFigure } from "../src/plot/arrange";
import type { Figure, TraceFile } from "../src/trace/model";
import { element, placeLabel, svg } from "./dom";
import type { Content } from "./protocol";
import type { Theme } from "./theme";
import type { Drawing } from "./vega";

export interface PlotEvents {
  /** To the code that drew a figure. */
  open(figure: number): void;
  save(name: string, content: Content): void;
}

/** A figure on screen. What it shows is known by `key`: the same is never drawn twice. */
interface Frame {
  root: HTMLElement;
  key: string;
  drawing: Drawing | null;
}

interface Wanted {
  figures: readonly Figure[];
  files: readonly TraceFile[];
  theme: Theme;
  /** For each figure, what {@link Frame.key} is once it is drawn so. */
  keys: string[];
}

export class Plots {
  private frames: Frame[] = [];
  private wanted: Wanted = { figures: [], files: [], theme: null!, keys: [] };
  private work: Promise<void> | null = null;
  private liveRun: number | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly events: PlotEvents,
  ) {}

  /** The figures of a run that is over. Those that are there already, in these colours, stay as they are. */
  async show(figures: readonly Figure[], files: readonly TraceFile[], theme: Theme): Promise<void> {
    this.liveRun = null;
    delete this.root.dataset.live;
    await this.want(figures, files, theme);
  }

  /** A figure of a run that goes on: the first of a run takes the place of all of the run before. */
  async live(run: number, index: number, figure: Figure, theme: Theme): Promise<void> {
    const figures = this.liveRun === run ? [...this.wanted.figures] : [];
    this.liveRun = run;
    this.root.dataset.live = "true";
    figures[index] = figure;
    await this.want(figures, this.wanted.files, theme);
  }

  /** Draws again in new colours. */
  async retheme(theme: Theme): Promise<void> {
    await this.want(this.wanted.figures, this.wanted.files, theme);
  }

  private async want(figures: readonly Figure[], files: readonly TraceFile[], theme: Theme): Promise<void> {
    const keys = figures.map((figure) => JSON.stringify([figure, theme, figure?.range && files]));
    this.wanted = { figures, files, theme, keys };
    this.root.hidden = figures.length === 0;
    for (const { root, drawing } of this.frames.splice(figures.length)) {
      drawing?.dispose();
      root.remove();
    }
    this.work ??= this.catchUp().finally(() => {
      this.work = null;
    });
    await this.work;
  }

  /** Draws one figure after the other until all are as they are wanted, which may change meanwhile. */
  private async catchUp(): Promise<void> {
    for (;;) {
      const { figures, keys } = this.wanted;
      const next = figures.findIndex((figure, i) => figure && this.frames[i]?.key !== keys[i]);
      if (next < 0) break;
      delete this.root.dataset.drawn;
      await this.draw(next);
    }
    this.root.dataset.drawn = String(this.frames.filter((frame) => frame?.drawing).length);
  }

  private async draw(index: number): Promise<void> {
    const { figures, theme, keys } = this.wanted;
    const figure = figures[index]!;
    const { root, plot } = this.frame(figure, index);
    const frame: Frame = { root, key: keys[index]!, drawing: null };
    // What was there stays in sight until the new picture is ready; both have the same width.
    const stage = element("div", { class: "stage" }, [root]);
    this.root.append(stage);
    try {
      const { draw } = await import("./vega");
      frame.drawing = await draw(plot, figure.spec, theme);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      root.append(element("p", { class: "note" }, [`This figure could not be drawn: ${why}`]));
    }
    stage.remove();
    if (index >= this.wanted.figures.length) {
      frame.drawing?.dispose();
      return;
    }
    const old = this.frames[index];
    const after = this.frames.slice(index + 1).find((later) => later);
    if (old) old.root.replaceWith(root);
    else if (after) after.root.before(root);
    else this.root.append(root);
    old?.drawing?.dispose();
    this.frames[index] = frame;
  }

  private frame(figure: Figure, index: number): { root: HTMLElement; plot: HTMLElement } {
    const title = figure.title ?? `Figure ${index + 1}`;
    const caption = element("figcaption", {}, [element("span", { class: "title" }, [title])]);
    caption.append(this.saveButton(index, title, "svg"), this.saveButton(index, title, "png"));
    if (figure.range) {
      const link = element("a", { href: "#", class: "source" }, [placeLabel(this.wanted.files, figure.range)]);
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.events.open(index);
      });
      caption.append(link);
    }
    const plot = element("div", {
      class: "plot",
      role: "img",
      "aria-label": `${title}. ${describeFigure(figure.spec, formatNumber)}`,
    });
    return { root: element("figure", { "data-figure": String(index) }, [caption, plot]), plot };
  }

  private saveButton(index: number, title: string, format: "svg" | "png"): HTMLElement {
    const label = `Save ${title} as ${format.toUpperCase()}`;
    const icon = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, [
      svg("path", { d: "M8 2.5V10M5 7.5l3 3 3-3M3 10.5V13h10v-2.5" }),
    ]);
    const button = element(
      "button",
      { class: "save", title: `Save as ${format.toUpperCase()}…`, "aria-label": label },
      [icon, format.toUpperCase()],
    );
    button.addEventListener("click", async () => {
      const content = await this.frames[index]?.drawing?.save(format);
      if (content) this.events.save(`${title}.${format}`, content);
    });
    return button;
  }
}
