/** The file's pages as a picture, what is in each, and the way from there to the rows. */
import { FaultLine, button, count, h } from "./dom.js";
import { Grid } from "./grid.js";
import { type Around, lookAt } from "./look.js";
import { type Opened, literal, quoted } from "./opened.js";

/** What `map --json` gives: of each page a letter for what it is, and the number of its table, counted from 1. */
interface PageMap {
  readonly pages: string;
  readonly owners: readonly number[];
  readonly kinds: Readonly<Record<string, string>>;
  readonly tables: readonly string[];
}

/** What `page N --json` gives: what the page is, its fields, and its entries. */
interface DecodedPage {
  readonly page: number;
  readonly owner: string;
  readonly table: string | null;
  /** The columns of the index that a node is of. */
  readonly index?: string;
  readonly entries?: readonly Readonly<Record<string, unknown>>[];
  readonly hex: string;
  readonly [field: string]: unknown;
}

/** Fields and columns that have the number of another page. */
const PAGE_NAMES = new Set(
  "page,child,root,parent,previous leaf,next leaf,snapshot,page ledger,free segments,index ledger,autoincrement".split(","),
);

/** What the title, the list of entries and the bytes tell. */
const TITLE_FIELDS = new Set(["page", "owner", "table", "index", "entries", "hex"]);

/** Pages of one kind that follow each other are one cell from so many on: a canister's memory has thousands that are empty. */
const LONG_RUN = 256;

/** A cell of the picture: pages from `first` on. */
interface Cell {
  readonly first: number;
  readonly length: number;
  readonly kind: string;
  readonly owner: number;
}

function cellsOf({ pages, owners }: PageMap): Cell[] {
  const cells: Cell[] = [];
  for (let first = 0, next = 0; first < pages.length; first = next) {
    const [kind = "", owner = 0] = [pages[first], owners[first]];
    while (next < pages.length && pages[next] === kind && owners[next] === owner) next++;
    const length = next - first;
    if (length >= LONG_RUN) cells.push({ first, length, kind, owner });
    else for (let page = first; page < next; page++) cells.push({ first: page, length: 1, kind, owner });
  }
  return cells;
}

/** The number of a page in a field or cell; null where it is none. */
function pageIn(name: string, value: unknown): number | null {
  const isNumber = typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
  return PAGE_NAMES.has(name) && isNumber ? Number(value) : null;
}

/** The bytes in hexadecimal, 16 a line, with their characters. */
function hexLines(hex: string): string {
  const lines = [];
  for (let at = 0; at < hex.length; at += 32) {
    const bytes = (hex.slice(at, at + 32).match(/../g) ?? []).map((byte) => parseInt(byte, 16));
    const letters = bytes.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    const digits = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    lines.push(`${(at / 2).toString(16).padStart(4, "0")}  ${digits.padEnd(47)}  ${letters}`);
  }
  return lines.join("\n");
}

export class PagesView {
  readonly element: HTMLElement;
  readonly #around: Around;
  readonly #opened: Opened;
  readonly #map = h("div", {
    className: "page-map",
    role: "toolbar",
    "aria-label": "Pages",
    onkeydown: (event: KeyboardEvent) => this.#key(event),
  });
  readonly #legend = h("ul", { className: "legend" });
  readonly #tables = h("select", { "aria-label": "Whose pages", onchange: () => this.#dim(Number(this.#tables.value)) });
  readonly #page = h("div", { className: "decoded" });
  readonly #fault = new FaultLine();
  readonly #number = h("input", { type: "number", min: "0", "aria-label": "Number of a page" });
  readonly #hex = h("input", { type: "checkbox", id: "hex", onchange: () => void this.#show(Number(this.#number.value)) });
  #cells: readonly Cell[] = [];

  constructor(around: Around, opened: Opened) {
    this.#around = around;
    this.#opened = opened;
    const form = h(
      "form",
      {
        className: "actions",
        onsubmit: (event: Event) => {
          event.preventDefault();
          void this.#show(Number(this.#number.value));
        },
      },
      h("span", {}, "Page"),
      this.#number,
      h("button", { type: "submit" }, "Show"),
      h("label", { for: "hex" }, this.#hex, " in hexadecimal"),
      h("span", { className: "space" }),
      this.#tables,
    );
    this.element = h("section", { className: "pages-view" }, form, this.#fault.element, this.#map, this.#legend, this.#page);
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const map = JSON.parse(await this.#opened.command(["map"])) as PageMap;
      const letters = Object.keys(map.kinds);
      const classOf = (kind: string): string => `cell kind-${letters.indexOf(kind)}`;
      this.#cells = cellsOf(map);
      const buttons = this.#cells.map(({ first, length, kind, owner }) => {
        const table = map.tables[owner - 1];
        const pages = length === 1 ? `page ${count(first)}` : `pages ${count(first)} to ${count(first + length - 1)}`;
        const title = `${pages}: ${map.kinds[kind] ?? kind}${table === undefined ? "" : `, table ${table}`}`;
        return button(length === 1 ? kind : `${kind} × ${count(length)}`, () => void this.#show(first), {
          className: classOf(kind),
          title,
          tabIndex: first === 0 ? 0 : -1,
          "aria-label": title,
        });
      });
      this.#map.replaceChildren(...buttons);
      const counts = new Map<string, number>();
      for (const kind of map.pages) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      this.#legend.replaceChildren(
        ...[...counts].map(([kind, pages]) =>
          h(
            "li",
            {},
            h("span", { className: classOf(kind), "aria-hidden": "true" }, kind),
            ` ${map.kinds[kind] ?? kind} (${count(pages)})`,
          ),
        ),
      );
      this.#tables.replaceChildren(
        h("option", { value: "0" }, "all tables"),
        ...map.tables.map((name, i) => h("option", { value: String(i + 1) }, name)),
      );
    } catch (error) {
      this.#fault.show(error);
    }
  }

  /** Only the pages of that table stand out; 0: all do. */
  #dim(table: number): void {
    for (const [i, cell] of [...this.#map.children].entries())
      cell.classList.toggle("others", table !== 0 && this.#cells[i]?.owner !== table);
  }

  /** One cell of the picture can be reached by the tab key, the others from there. */
  #key(event: KeyboardEvent): void {
    const cells = [...this.#map.children] as HTMLElement[];
    const at = cells.indexOf(document.activeElement as HTMLElement);
    const top = cells[at]?.offsetTop;
    const columns = Math.max(1, cells.filter(({ offsetTop }) => offsetTop === cells[0]?.offsetTop).length);
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns,
      ArrowDown: columns,
      Home: -Infinity,
      End: Infinity,
    };
    const move = moves[event.key];
    if (move === undefined || top === undefined) return;
    event.preventDefault();
    this.#focus(cells, Math.min(Math.max(at + move, 0), cells.length - 1))?.focus();
  }

  #focus(cells: readonly HTMLElement[], at: number): HTMLElement | undefined {
    for (const cell of cells) if (cell.tabIndex === 0) cell.tabIndex = -1;
    const cell = cells[at];
    if (cell !== undefined) cell.tabIndex = 0;
    return cell;
  }

  /** Marks the page's cell. */
  #mark(page: number): void {
    const at = this.#cells.findIndex(({ first, length }) => page >= first && page < first + length);
    const cells = [...this.#map.children] as HTMLElement[];
    for (const cell of cells) cell.removeAttribute("aria-current");
    this.#focus(cells, at)?.setAttribute("aria-current", "true");
  }

  async #show(page: number): Promise<void> {
    try {
      this.#fault.clear();
      this.#number.value = String(page);
      this.#page.replaceChildren();
      const words = ["page", String(page), ...(this.#hex.checked ? ["--hex"] : [])];
      const decoded = JSON.parse(await this.#opened.command(words)) as DecodedPage;
      this.#mark(page);
      this.#page.replaceChildren(...(this.#hex.checked ? this.#bytes(decoded) : this.#decoded(decoded)));
    } catch (error) {
      this.#fault.show(error);
    }
  }

  #title({ page, owner, table, index }: DecodedPage): HTMLElement {
    const of = `${table === null ? "" : ` of table ${table}`}${index === undefined ? "" : `, index ${index}`}`;
    return h("h2", { "aria-live": "polite" }, `page ${count(page)}: ${owner}${of}`);
  }

  #bytes(decoded: DecodedPage): HTMLElement[] {
    return [this.#title(decoded), h("pre", { tabIndex: 0, "aria-label": "Bytes" }, hexLines(decoded.hex))];
  }

  #decoded(decoded: DecodedPage): HTMLElement[] {
    const { table, entries = [] } = decoded;
    const fields = Object.entries(decoded).filter(([name]) => !TITLE_FIELDS.has(name));
    const facts = fields.flatMap(([name, value]) => {
      const to = pageIn(name, value);
      const text = String(value);
      return [
        h("dt", {}, name),
        h("dd", {}, to === null ? text : button(text, () => void this.#show(to), { className: "link" })),
      ];
    });
    const way =
      table === null ? null : button(`All rows of ${table}`, () => this.#around.goTable(lookAt(table)), { className: "link" });
    const parts = [this.#title(decoded), h("dl", { className: "facts" }, ...facts), h("p", {}, way)];
    return entries.length === 0 ? parts : [...parts, this.#entries(decoded, entries)];
  }

  /** What is on the page, one a row: of records their values. */
  #entries(decoded: DecodedPage, entries: readonly Readonly<Record<string, unknown>>[]): HTMLElement {
    const rowOf = (entry: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
      const { row, ...others } = entry;
      return typeof row === "object" && row !== null ? { ...prefixed(others), ...row } : entry;
    };
    const rows = entries.map(rowOf);
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const follows = (at: number, column: number): (() => void) | null =>
      this.#way(decoded, entries[at] ?? {}, columns[column] ?? "");
    const links = columns.map((_, column) => entries.some((_, at) => follows(at, column) !== null));
    const grid = new Grid(
      {
        columns,
        types: columns.map((name) => (rows.every((row) => typeof (row[name] ?? 0) === "number") ? "int64" : "text")),
        count: rows.length,
        read: async (from, most) =>
          await Promise.resolve(rows.slice(from, from + most).map((row) => columns.map((name) => row[name] ?? null))),
      },
      {
        label: "What is on the page",
        isLink: (column) => links[column] === true,
        onLink: (at, column) => follows(at, column)?.(),
      },
    );
    return grid.element;
  }

  /** Where a cell leads: to another page, to a table, or to the row; null for nowhere. */
  #way(decoded: DecodedPage, entry: Readonly<Record<string, unknown>>, column: string): (() => void) | null {
    const { table, index, owner } = decoded;
    if (typeof entry["row"] === "object" && entry["row"] !== null) {
      const key = this.#opened.table(table ?? "")?.primaryKey;
      const value = key === undefined ? undefined : (entry["row"] as Readonly<Record<string, unknown>>)[key];
      return column === key && value !== undefined ? () => this.#goRows(table ?? "", [column], [value]) : null;
    }
    const page = pageIn(column, entry[column]);
    if (page !== null) return () => void this.#show(page);
    if (column === "table" && this.#opened.table(String(entry[column])) !== undefined)
      return () => this.#around.goTable(lookAt(String(entry[column])));
    if (column !== "key" || owner !== "index leaf" || table === null || index === undefined) return null;
    const names = this.#opened.table(table)?.indexes.find(({ columns }) => columns.join() === index)?.columns;
    if (names === undefined) return null;
    const values = names.length === 1 ? [entry["key"]] : (entry["key"] as unknown[]);
    return () => this.#goRows(table, names, values);
  }

  #goRows(table: string, columns: readonly string[], values: readonly unknown[]): void {
    const parts = columns.map((name, i) => `${quoted(name)} ${values[i] === null ? "IS NULL" : `= ${literal(values[i])}`}`);
    this.#around.goTable(lookAt(table, parts.join(" AND ")));
  }
}

/** Places of a record, by names that its columns don't have. */
function prefixed(places: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(places).map(([name, value]) => [`(${name})`, value]));
}
