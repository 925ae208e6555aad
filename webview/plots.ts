/** The program's figures below the graph. Vega comes only when there is one. */
import type { Figure, TraceFile } from "../src/trace/model";
import { element, placeLabel } from "./dom";
import type { Theme } from "./theme";
import type { Drawing } from "./vega";

export class Plots {
  private drawings: Drawing[] = [];
  private figures: readonly Figure[] = [];
  private files: readonly TraceFile[] = [];
  private generation = 0;
  private key = "";

  constructor(
    private readonly root: HTMLElement,
    private readonly open: (figure: number) => void,
  ) {}

  /** Figures that are there already, in these colours, stay as they are. */
  async show(figures: readonly Figure[], files: readonly TraceFile[], theme: Theme): Promise<void> {
    const key = JSON.stringify([figures, files, theme]);
    if (key === this.key) return;
    this.key = key;
    const generation = ++this.generation;
    this.figures = figures;
    this.files = files;
    this.root.hidden = figures.length === 0;
    if (figures.length === 0) {
      this.dispose();
      this.root.replaceChildren();
      return;
    }
    this.dispose();
    delete this.root.dataset.drawn;
    const places = figures.map((figure, i) => this.frame(figure, i));
    this.root.replaceChildren(...places.map(({ frame }) => frame));
    const { draw } = await import("./vega");
    if (generation !== this.generation) return;
    for (const [i, { plot, frame }] of places.entries()) {
      try {
        const drawing = await draw(plot, figures[i]!.spec, theme);
        if (generation !== this.generation) {
          drawing.dispose();
          return;
        }
        this.drawings.push(drawing);
      } catch (error) {
        frame.append(
          element("p", { class: "note" }, [
            `This figure could not be drawn: ${error instanceof Error ? error.message : String(error)}`,
          ]),
        );
      }
    }
    this.root.dataset.drawn = String(this.drawings.length);
  }

  /** Draws again in new colours. */
  async retheme(theme: Theme): Promise<void> {
    if (this.figures.length > 0) await this.show(this.figures, this.files, theme);
  }

  private frame(figure: Figure, index: number): { frame: HTMLElement; plot: HTMLElement } {
    const title = figure.title ?? `Figure ${index + 1}`;
    const caption = element("figcaption", {}, [element("span", {}, [title])]);
    if (figure.range) {
      const link = element("a", { href: "#", class: "source" }, [placeLabel(this.files, figure.range)]);
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.open(index);
      });
      caption.append(link);
    }
    const plot = element("div", { class: "plot", role: "img", "aria-label": title });
    return { frame: element("figure", { "data-figure": String(index) }, [caption, plot]), plot };
  }

  private dispose(): void {
    for (const drawing of this.drawings) drawing.dispose();
    this.drawings = [];
  }
}
