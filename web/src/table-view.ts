/** A table's rows: sorted, filtered, followed to those that they refer to, and changed. */
import type { TableSchemaInfo } from "quire-db/web";
import { FaultLine, button, count, h, plural } from "./dom.js";
import { Grid, type Rows } from "./grid.js";
import { type Around, type TableLook, lookAt } from "./look.js";
import { type Opened, literal, quoted } from "./opened.js";
import { RowPanel } from "./row-panel.js";
import { CELL_LETTERS } from "./values.js";

/** A column as a cell shows it: of long values their beginning. */
function cellOf(name: string, type: string): string {
  if (type === "text") return `substr(${quoted(name)}, 1, ${CELL_LETTERS + 1})`;
  if (type === "json") return `substr(CAST(${quoted(name)} AS TEXT), 1, ${CELL_LETTERS + 1})`;
  return quoted(name);
}

/** What the rows of a look are read by. */
function statementOf(table: TableSchemaInfo, { where, order, descending }: TableLook): string {
  const columns = table.fields.map(({ name, type }) => cellOf(name, type)).join(", ");
  const filter = where.trim() === "" ? "" : ` WHERE ${where}`;
  const by = order === "" ? "" : ` ORDER BY ${quoted(order)}${descending ? " DESC" : ""}`;
  return `SELECT ${columns} FROM ${quoted(table.name)}${filter}${by}`;
}

async function rowsOf(opened: Opened, table: TableSchemaInfo, look: TableLook): Promise<Rows> {
  const isAll = look.where.trim() === "";
  const total = isAll
    ? opened.rowsOf(table.name)
    : Number((await opened.sql(`SELECT count(*) FROM ${quoted(table.name)} WHERE ${look.where}`)).rows[0]?.[0]);
  if (total < 0) throw new Error("the rows of this table can't be counted: Check tells what is wrong with the file");
  const statement = statementOf(table, look);
  return {
    columns: table.fields.map(({ name }) => name),
    types: table.fields.map(({ type }) => type),
    count: total,
    read: async (from, most) => (await opened.sql(`${statement} LIMIT ${most} OFFSET ${from}`, [], { maxRows: most })).rows,
  };
}

export class TableView {
  readonly element: HTMLElement;
  readonly #page: Around;
  readonly #opened: Opened;
  readonly #table: TableSchemaInfo;
  readonly #look: TableLook;
  readonly #grid: Grid;
  readonly #count = h("span", { className: "count", role: "status" });
  readonly #fault = new FaultLine();
  readonly #filter: HTMLInputElement;
  readonly #panel = h("aside", { className: "panel", hidden: true, "aria-label": "Row" });

  constructor(page: Around, opened: Opened, table: TableSchemaInfo, look: TableLook) {
    this.#page = page;
    this.#opened = opened;
    this.#table = table;
    this.#look = look;
    const references = new Map(
      opened.references().flatMap((found) => (found.from === table.name ? [[found.column, found] as const] : [])),
    );
    this.#filter = h("input", {
      type: "text",
      value: look.where,
      placeholder: `a condition, like ${table.primaryKey} = 1`,
      "aria-label": "Filter: a condition of SQL",
      spellcheck: false,
      autocapitalize: "off",
    });
    const none: Rows = {
      columns: table.fields.map(({ name }) => name),
      types: [],
      count: 0,
      read: async () => await Promise.resolve([]),
    };
    this.#grid = new Grid(none, {
      label: `Rows of ${table.name}`,
      onHead: (column) => this.#sort(table.fields[column]?.name ?? ""),
      headMark: (column) => (table.fields[column]?.name === look.order ? (look.descending ? " ▼" : " ▲") : ""),
      onRow: (row) => void this.#openRow(row),
      isLink: (column) => references.has(table.fields[column]?.name ?? ""),
      onLink: (row, column) => void this.#follow(row, column, references.get(table.fields[column]?.name ?? "")),
    });
    const form = h(
      "form",
      {
        className: "filter",
        onsubmit: (event: Event) => {
          event.preventDefault();
          this.#go({ where: this.#filter.value });
        },
      },
      this.#filter,
      h("button", { type: "submit" }, "Filter"),
      look.where === "" ? null : button("Show all", () => this.#go({ where: "" })),
      this.#count,
      h("span", { className: "space" }),
      opened.isReadOnly ? null : button("New row", () => this.#openPanel(null)),
    );
    this.element = h(
      "section",
      { className: "table-view" },
      form,
      this.#fault.element,
      h("div", { className: "beside" }, this.#grid.element, this.#panel),
    );
    void this.#load();
  }

  #go(change: Partial<TableLook>): void {
    this.#page.goTable({ ...this.#look, ...change });
  }

  #sort(column: string): void {
    const { order, descending } = this.#look;
    if (order !== column) this.#go({ order: column, descending: false });
    else if (descending) this.#go({ order: "", descending: false });
    else this.#go({ descending: true });
  }

  async #load(): Promise<void> {
    try {
      const rows = await rowsOf(this.#opened, this.#table, this.#look);
      const all = this.#opened.rowsOf(this.#table.name);
      this.#count.textContent = rows.count === all ? plural(all, "row") : `${count(rows.count)} of ${plural(all, "row")}`;
      await this.#grid.show(rows);
    } catch (error) {
      this.#fault.show(error);
    }
  }

  async #keyOf(row: number): Promise<unknown> {
    const at = this.#table.fields.findIndex(({ name }) => name === this.#table.primaryKey);
    return (await this.#grid.row(row))?.[at];
  }

  async #follow(row: number, column: number, reference: { to: string; target: string } | undefined): Promise<void> {
    const value = (await this.#grid.row(row))?.[column];
    if (reference === undefined || value === null || value === undefined) await this.#openRow(row);
    else this.#page.goTable(lookAt(reference.to, `${quoted(reference.target)} = ${literal(value)}`));
  }

  async #openRow(row: number): Promise<void> {
    const key = await this.#keyOf(row);
    if (key !== undefined) this.#openPanel(key);
  }

  #openPanel(key: unknown): void {
    const panel = new RowPanel(this.#opened, this.#table, key, {
      close: () => {
        this.#panel.hidden = true;
        this.#grid.element.querySelector<HTMLElement>("regular-table")?.focus();
      },
      changed: async () => {
        await this.#page.changed();
        await this.#load();
      },
      follow: (table, column, value) => this.#page.goTable(lookAt(table, `${quoted(column)} = ${literal(value)}`)),
    });
    this.#panel.replaceChildren(panel.element);
    this.#panel.hidden = false;
    panel.element.querySelector<HTMLElement>("h2")?.focus();
  }
}
