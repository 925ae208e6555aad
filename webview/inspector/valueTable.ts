/** The values of a tensor as a grid of which only what is in sight exists; the rest is asked for when it scrolls in. */
import type { TensorRef } from "../../src/runner/questions";
import type { Ask } from "../asker";
import { element } from "../dom";

const ROW_HEIGHT = 20;
const HEAD_HEIGHT = 20;
const MAX_HEIGHT = 220;
/** Rows and columns asked for at once. */
const BLOCK = { rows: 64, columns: 16 };
const BLOCKS_KEPT = 200;
/** Browsers clip boxes beyond some 33 million pixels; what is below can be reached by its slice only. */
const PIXELS_MAX = 30_000_000;

export interface TableSource {
  ref: TensorRef;
  shape: readonly number[];
  /** Indices of the leading dimensions. */
  at: number[];
}

export class ValueTable {
  readonly root: HTMLElement;
  private readonly layer: HTMLElement;
  private readonly blocks = new Map<string, string[][] | null>();
  private readonly rows: number;
  private readonly columns: number;
  private columnWidth = 66;
  private readonly headWidth: number;
  private frame = 0;

  constructor(
    private readonly source: TableSource,
    private readonly ask: Ask,
    /** Tells which element was clicked, by row and column. */
    private readonly pick: (row: number, column: number) => void,
  ) {
    const [rows = 1, columns = 1] = source.shape.slice(Math.max(0, source.shape.length - 2));
    this.rows = Math.min(rows, Math.floor(PIXELS_MAX / ROW_HEIGHT));
    this.columns = Math.min(columns, Math.floor(PIXELS_MAX / 200));
    this.headWidth = 14 + 7 * String(rows - 1).length;
    this.layer = element("div", { class: "cells", role: "presentation" });
    this.root = element(
      "div",
      {
        class: "value-table",
        role: "grid",
        tabindex: "0",
        "aria-rowcount": String(rows),
        "aria-colcount": String(columns),
        "aria-label": `${rows} by ${columns} values`,
      },
      [this.layer],
    );
    this.root.style.height = `${Math.min(MAX_HEIGHT, this.rows * ROW_HEIGHT + HEAD_HEIGHT + 12)}px`;
    this.root.addEventListener("scroll", () => this.schedule());
    this.root.addEventListener("click", (event) => {
      const { row, column } = (event.target as HTMLElement).dataset;
      if (row !== undefined && column !== undefined) this.pick(Number(row), Number(column));
    });
    new ResizeObserver(() => this.schedule()).observe(this.root);
    this.size();
  }

  private size(): void {
    this.layer.style.width = `${this.headWidth + this.columns * this.columnWidth}px`;
    this.layer.style.height = `${HEAD_HEIGHT + this.rows * ROW_HEIGHT}px`;
  }

  private schedule(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.root;
    if (clientHeight === 0) return;
    const top = Math.floor(scrollTop / ROW_HEIGHT);
    const bottom = Math.min(this.rows, Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT));
    const left = Math.floor(scrollLeft / this.columnWidth);
    const right = Math.min(this.columns, Math.ceil((scrollLeft + clientWidth) / this.columnWidth));
    const made = document.createDocumentFragment();
    const place = (cell: HTMLElement, x: number, y: number): void => {
      cell.style.transform = `translate(${x}px, ${y}px)`;
      made.append(cell);
    };
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        const attributes = { class: "cell", role: "gridcell", "data-row": String(row), "data-column": String(column) };
        const cell = element("span", attributes, [this.text(row, column) ?? ""]);
        cell.style.width = `${this.columnWidth}px`;
        place(cell, this.headWidth + column * this.columnWidth, HEAD_HEIGHT + row * ROW_HEIGHT);
      }
    }
    for (let column = left; column < right; column++) {
      const head = element("span", { class: "column head" }, [String(column)]);
      head.style.width = `${this.columnWidth}px`;
      place(head, this.headWidth + column * this.columnWidth, scrollTop);
    }
    for (let row = top; row < bottom; row++) {
      const head = element("span", { class: "row head" }, [String(row)]);
      head.style.width = `${this.headWidth}px`;
      place(head, scrollLeft, HEAD_HEIGHT + row * ROW_HEIGHT);
    }
    const corner = element("span", { class: "corner head" });
    corner.style.width = `${this.headWidth}px`;
    place(corner, scrollLeft, scrollTop);
    this.layer.replaceChildren(made);
  }

  private text(row: number, column: number): string | undefined {
    const [i, j] = [Math.floor(row / BLOCK.rows), Math.floor(column / BLOCK.columns)];
    const key = `${i},${j}`;
    const block = this.blocks.get(key);
    if (block === undefined) this.load(key, i, j);
    return block?.[row - i * BLOCK.rows]?.[column - j * BLOCK.columns];
  }

  private load(key: string, i: number, j: number): void {
    if (this.blocks.size >= BLOCKS_KEPT) this.blocks.delete(this.blocks.keys().next().value!);
    this.blocks.set(key, null);
    const { ref, at } = this.source;
    const rows: [number, number] = [i * BLOCK.rows, (i + 1) * BLOCK.rows];
    const columns: [number, number] = [j * BLOCK.columns, (j + 1) * BLOCK.columns];
    this.ask({ type: "values", tensor: ref, at, rows, columns }).then(
      (values) => {
        this.blocks.set(key, values.rows);
        const longest = Math.max(...values.rows.map((row) => Math.max(...row.map((text) => text.length))));
        const wanted = 14 + Math.ceil(longest * 6.8);
        if (wanted > this.columnWidth) {
          this.columnWidth = wanted;
          this.size();
        }
        this.schedule();
      },
      (error: Error) => this.root.replaceChildren(element("p", { class: "note" }, [error.message])),
    );
  }
}
