/** Rows in a table that scrolls as many as there are: only those that are seen are in the page. */
import "regular-table";
import type { RegularTableElement } from "regular-table";
import type { DataResponse } from "regular-table/dist/esm/types.js";
import { count, h } from "./dom.js";
import { isNumber, shownValue } from "./values.js";

/** What a grid shows. */
export interface Rows {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  /** How many rows there are, as far as is known. */
  readonly count: number;
  /** Rows from that place on, at most so many, and fewer only at the end. */
  read(from: number, most: number): Promise<readonly (readonly unknown[])[]>;
}

interface GridOptions {
  /** What the grid is called, for who hears it. */
  readonly label: string;
  /** A column's head was chosen. */
  readonly onHead?: (column: number) => void;
  /** Marks behind a column's name, like the direction of an order. */
  readonly headMark?: (column: number) => string;
  /** A row was chosen, by a click or the return key. */
  readonly onRow?: (row: number) => void;
  /** Whether values of that column lead to another row. */
  readonly isLink?: (column: number) => boolean;
  readonly onLink?: (row: number, column: number) => void;
}

/** Rows that are read and kept at once, and how many of such parts. */
const PART = 200;
const PARTS = 50;

export class Grid {
  readonly element: HTMLElement;
  readonly #table: RegularTableElement;
  readonly #options: GridOptions;
  #rows: Rows;
  readonly #parts = new Map<number, Promise<readonly (readonly unknown[])[]>>();
  /** The cell that keys move. */
  #active = { x: 0, y: 0 };
  readonly #said = h("div", { className: "visually-hidden", role: "status", "aria-live": "polite" });

  constructor(rows: Rows, options: GridOptions) {
    this.#rows = rows;
    this.#options = options;
    const table = (this.#table = document.createElement("regular-table"));
    table.tabIndex = 0;
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", options.label);
    table.setAttribute("aria-colcount", String(rows.columns.length));
    this.element = h("div", { className: "grid" }, table, this.#said);
    table.setDataListener((x0, y0, x1, y1) => this.#data(x0, y0, x1, y1));
    table.addStyleListener(() => this.#style());
    table.addEventListener("click", (event) => this.#clicked(event));
    table.addEventListener("keydown", (event) => this.#key(event));
    // A grid that was taken out of the page has no room to be drawn in.
    new ResizeObserver(() => {
      if (this.element.isConnected) void table.draw();
    }).observe(this.element);
  }

  /** Other rows in the place of these. */
  async show(rows: Rows): Promise<void> {
    this.#rows = rows;
    this.#parts.clear();
    this.#active = { x: 0, y: 0 };
    this.#table.setAttribute("aria-colcount", String(rows.columns.length));
    if (this.element.isConnected) await this.#table.draw({ invalid_viewport: true });
  }

  /** A row that has been shown. */
  async row(at: number): Promise<readonly unknown[] | undefined> {
    return (await this.#part(Math.floor(at / PART)))[at % PART];
  }

  #part(part: number): Promise<readonly (readonly unknown[])[]> {
    let rows = this.#parts.get(part);
    if (rows === undefined) {
      rows = this.#rows.read(part * PART, PART);
      // What failed is asked for again.
      rows.catch(() => this.#parts.delete(part));
      if (this.#parts.size >= PARTS) for (const [oldest] of this.#parts) if (this.#parts.delete(oldest)) break;
    } else this.#parts.delete(part);
    this.#parts.set(part, rows);
    return rows;
  }

  async #data(x0: number, y0: number, x1: number, y1: number): Promise<DataResponse> {
    const { columns } = this.#rows;
    const wanted = [];
    for (let part = Math.floor(y0 / PART); part * PART < y1; part++) wanted.push(this.#part(part));
    const parts = (await Promise.all(wanted)).flat();
    const start = Math.floor(y0 / PART) * PART;
    const rows = parts.slice(y0 - start, y1 - start);
    return {
      num_rows: this.#rows.count,
      num_columns: columns.length,
      column_headers: columns.slice(x0, x1).map((name, x) => [`${name}${this.#options.headMark?.(x0 + x) ?? ""}`]),
      data: columns.slice(x0, x1).map((_, x) => rows.map((row) => shownValue(row[x0 + x]))),
    };
  }

  #style(): void {
    const table = this.#table;
    table.setAttribute("aria-rowcount", String(this.#rows.count + 1));
    for (const cell of table.querySelectorAll<HTMLTableCellElement>("tbody td")) {
      const { x = 0, y = 0 } = table.getMeta(cell) as { x?: number; y?: number };
      cell.classList.toggle("number", isNumber(this.#rows.types[x] ?? ""));
      cell.classList.toggle("null", cell.textContent === "null");
      cell.classList.toggle("link", this.#options.isLink?.(x) === true && cell.textContent !== "null");
      cell.classList.toggle("active", x === this.#active.x && y === this.#active.y);
      cell.parentElement?.setAttribute("aria-rowindex", String(y + 2));
      cell.setAttribute("aria-colindex", String(x + 1));
      cell.parentElement?.classList.toggle("even", y % 2 === 0);
    }
    for (const head of table.querySelectorAll<HTMLTableCellElement>("thead th"))
      head.classList.toggle("sortable", this.#options.onHead !== undefined);
  }

  #clicked(event: Event): void {
    const cell = (event.target as Element).closest("td, th");
    if (cell === null) return;
    const meta = this.#table.getMeta(cell as never) as { x?: number; y?: number; column_header_y?: number } | undefined;
    if (meta?.x === undefined) return;
    if (cell.tagName === "TH") this.#options.onHead?.(meta.x);
    else if (meta.y !== undefined) {
      this.#active = { x: meta.x, y: meta.y };
      this.#style();
      this.#choose();
    }
  }

  #choose(): void {
    const { x, y } = this.#active;
    if (this.#options.isLink?.(x) === true) this.#options.onLink?.(y, x);
    else this.#options.onRow?.(y);
  }

  #key(event: KeyboardEvent): void {
    const { columns, count: rowCount } = this.#rows;
    const page = 20;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      PageUp: [0, -page],
      PageDown: [0, page],
      Home: event.ctrlKey ? [-Infinity, -Infinity] : [-Infinity, 0],
      End: event.ctrlKey ? [Infinity, Infinity] : [Infinity, 0],
    };
    const move = moves[event.key];
    if (event.key === "Enter" && rowCount > 0) this.#choose();
    else if (move !== undefined && rowCount > 0) {
      const within = (at: number, by: number, end: number): number => Math.min(Math.max(at + by, 0), end - 1);
      this.#active = { x: within(this.#active.x, move[0], columns.length), y: within(this.#active.y, move[1], rowCount) };
      void this.#reveal();
    } else return;
    event.preventDefault();
  }

  /** Scrolls to the active cell where it is not seen, and says what it has. */
  async #reveal(): Promise<void> {
    const { x, y } = this.#active;
    const { columns } = this.#rows;
    const seen = [...this.#table.querySelectorAll("tbody td")].some((cell) => {
      const meta = this.#table.getMeta(cell as never) as { x?: number; y?: number } | undefined;
      const { top, bottom, left, right } = cell.getBoundingClientRect();
      const box = this.#table.getBoundingClientRect();
      return (
        meta?.x === x && meta.y === y && top >= box.top && bottom <= box.bottom && left >= box.left - 1 && right <= box.right + 1
      );
    });
    if (!seen) await this.#table.scrollToCell(x, Math.max(0, y - 3));
    this.#style();
    const row = await this.row(y);
    this.#said.textContent = `${columns[x] ?? ""}: ${shownValue(row?.[x])}, row ${count(y + 1)}`;
  }
}
