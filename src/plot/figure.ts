/** Figures: grids of axes, the current one, and where they go when they are shown. */
import { NotImplementedError, ValueError } from "../torch";
import type { Figure as ShownFigure, SourceRange } from "../trace/model";
import { Axes } from "./figureAxes";
import { bind, optionalNumber } from "./figureOptions";
import { SCHEMA, viewSpec } from "./figureSpec";

/** Who takes figures: the runner. Without one they are made and forgotten. */
export interface FigureSink {
  /** The place of the call that runs, if it is one of the program. */
  place(): SourceRange | undefined;
  /** A figure that is shown again under the same `id` takes the place of the earlier one. */
  show(figure: ShownFigure, id: number): void;
  /** Writes a figure into a file. Throws when that cannot be. */
  save?(figure: ShownFigure, path: string, options: SaveOptions): void;
}

export interface SaveOptions {
  /** Pixels for each of the specification's. */
  scale: number;
  transparent: boolean;
}

let sink: FigureSink | null = null;

export function setFigureSink(next: FigureSink | null): void {
  sink = next;
}

/** Inches, as in matplotlib, at this many pixels each. */
const DPI = 75;
/** Of a saved picture, unless told. */
const DEFAULT_DPI = 100;
const DEFAULT_SIZE: [number, number] = [6.4, 4.8];

interface Place {
  row: number;
  column: number;
  axes: Axes;
}

let lastId = 0;

export class Figure {
  private places: Place[] = [];
  private title = "";
  /** @internal */ current: Axes | undefined;
  /** @internal */ readonly id = ++lastId;
  private lastCall: SourceRange | undefined;

  /** @internal */
  constructor(private readonly size: [number, number] = DEFAULT_SIZE) {}

  private touch(): void {
    this.lastCall = sink?.place();
  }

  suptitle(title: string): void {
    this.title = String(title);
  }

  /** The axes at a place of a grid, counted from 0; made when asked for first. */
  at(row: number, column: number): Axes {
    let place = this.places.find((known) => known.row === row && known.column === column);
    if (!place) {
      place = { row, column, axes: new Axes({ touch: () => this.touch() }) };
      this.places.push(place);
    }
    this.current = place.axes;
    return place.axes;
  }

  /** `add_subplot(2, 1, 1)`, `add_subplot(211)`: counted from 1, along rows. Throws ValueError outside the grid. */
  add_subplot(rows: number = 111, columns?: number, index?: number): Axes {
    const [r, c, i] = columns === undefined ? String(rows).split("").map(Number) : [rows, columns, index];
    if (!r || !c || !i || i > r * c) {
      throw new ValueError(`num must be an integer with 1 <= num <= ${(r ?? 0) * (c ?? 0)}, not ${i}`);
    }
    return this.at(Math.floor((i - 1) / c), (i - 1) % c);
  }

  gca(): Axes {
    return this.current ?? this.at(0, 0);
  }

  clear(): void {
    this.places = [];
    this.current = undefined;
    this.title = "";
  }

  /** The scale of what was drawn last in colours by value, or of what was drawn into `ax`. */
  colorbar(...args: unknown[]): void {
    const { ax } = (args.at(-1) ?? {}) as { ax?: unknown };
    (ax instanceof Axes ? ax : this.gca()).colorbar(...args);
  }

  /** Writes the figure into a file: .svg, .png or .json (its Vega-Lite specification); `dpi` is matplotlib's, 100. */
  savefig(...args: unknown[]): void {
    const more = ["dpi", "transparent", "bbox_inches", "facecolor", "format"];
    const bound = bind("savefig", args, ["fname"], more);
    const path = String(bound.fname);
    if (!sink?.save) throw new NotImplementedError(`savefig('${path}') needs a program that runs in Gradlens`);
    const scale = (optionalNumber(bound, "dpi") ?? DEFAULT_DPI) / DPI;
    sink.save(this.finish(sink.place()), path, { scale, transparent: bound.transparent === true });
  }

  tight_layout(): void {
    // Vega-Lite leaves room for labels by itself.
  }

  /** @internal */
  get isEmpty(): boolean {
    return this.places.every(({ axes }) => axes.artists.length === 0);
  }

  /** @internal What is drawn so far; `shownAt` is the place of `plt.show()`. */
  finish(shownAt: SourceRange | undefined): ShownFigure {
    const rows = [...new Set(this.places.map(({ row }) => row))].sort((a, b) => a - b);
    const grid = rows.map((row) =>
      this.places.filter((place) => place.row === row).sort((a, b) => a.column - b.column),
    );
    const widest = Math.max(1, ...grid.map((row) => row.length));
    const size = {
      width: Math.round((this.size[0] * DPI) / widest),
      height: Math.round((this.size[1] * DPI) / Math.max(1, rows.length)),
    };
    const views = grid.map((row) => row.map(({ axes }) => viewSpec(axes, size)));
    const title = this.title || (this.places.length === 1 ? this.places[0]!.axes.title : "");
    const body =
      views.length === 1 && views[0]!.length === 1
        ? views[0]![0]!
        : { vconcat: views.map((row) => (row.length === 1 ? row[0] : { hconcat: row })) };
    const heading = this.title ? { title: this.title } : {};
    const range = shownAt ?? this.lastCall;
    return { ...(title ? { title } : {}), ...(range ? { range } : {}), spec: { $schema: SCHEMA, ...body, ...heading } };
  }
}

/** The figures that are open, the current one last. */
let open: Figure[] = [];

export const figures = {
  create(size?: [number, number]): Figure {
    const figure = new Figure(size);
    open.push(figure);
    return figure;
  },
  current(): Figure {
    return open.at(-1) ?? figures.create();
  },
  close(which?: Figure | "all"): void {
    if (which === "all") open = [];
    else if (which) open = open.filter((figure) => figure !== which);
    else open.pop();
  },
  /** Hands over all that are open and closes them. */
  show(): void {
    const shown = open;
    open = [];
    const place = sink?.place();
    for (const figure of shown) if (!figure.isEmpty) sink?.show(figure.finish(place), figure.id);
  },
  /** Hands over all that are open, as they are now. */
  draw(): void {
    const place = sink?.place();
    for (const figure of open) if (!figure.isEmpty) sink?.show(figure.finish(place), figure.id);
  },
};
