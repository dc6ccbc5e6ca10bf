/** In what another file differs from this one: by tables, definitions and rows. */
import { FaultLine, button, droppedFile, fileChooser, h, plural } from "./dom.js";
import { type Around, lookAt } from "./look.js";
import { type Opened, literal, quoted } from "./opened.js";
import { shownValue } from "./values.js";

type Row = Readonly<Record<string, unknown>>;

/** What `diff --json` tells of a table that differs: `a` is this file, `b` the other one. */
type Difference =
  | { readonly name: string; readonly in: "a" | "b"; readonly columns: readonly string[]; readonly rows: number }
  | {
      readonly name: string;
      readonly in: "both";
      readonly schema: readonly string[];
      readonly rows: readonly { readonly a: Row | null; readonly b: Row | null }[];
      readonly onlyA: number;
      readonly onlyB: number;
      readonly changed: number;
      /** False: the primary keys differ, and so rows have no others to be compared with. */
      readonly comparable?: false;
    };

/** Rows of each table that are shown at most. */
const MOST_ROWS = 300;

const ONLY_HERE = "only here";
const ONLY_THERE = "only in the other file";

export class DiffView {
  readonly element: HTMLElement;
  readonly #around: Around;
  readonly #opened: Opened;
  readonly #fault = new FaultLine();
  readonly #said = h("p", { role: "status" });
  readonly #result = h("div");

  constructor(around: Around, opened: Opened) {
    this.#around = around;
    this.#opened = opened;
    this.element = h(
      "section",
      {
        className: "diff-view",
        ondragover: (event: Event) => event.preventDefault(),
        ondrop: (event: DragEvent) => {
          const file = droppedFile(event);
          if (file !== null) void this.#compare(file);
        },
      },
      h("p", {}, "Compares this file with another one, by primary keys: choose it, or drop it here."),
      h(
        "p",
        { className: "count" },
        "− is only here, + only in the other file, ~ in both with other values: this file's are crossed out.",
      ),
      h(
        "div",
        { className: "actions" },
        fileChooser("other", "Choose the other file", (file) => void this.#compare(file)),
      ),
      this.#fault.element,
      this.#said,
      this.#result,
    );
  }

  async #compare(other: File): Promise<void> {
    this.#fault.clear();
    this.#result.replaceChildren();
    this.#said.textContent = "comparing …";
    try {
      const text = await this.#opened.command(["diff", "OTHER", "--limit", String(MOST_ROWS)], other);
      const { tables, equal } = JSON.parse(text) as { tables: readonly Difference[]; equal: boolean };
      this.#said.textContent = equal ? `${other.name} is equal.` : `${other.name} differs in ${plural(tables.length, "table")}.`;
      this.#result.replaceChildren(...tables.map((table) => this.#table(table)));
    } catch (error) {
      this.#said.textContent = "";
      this.#fault.show(error);
    }
  }

  #table(table: Difference): HTMLElement {
    const { name } = table;
    if (table.in !== "both") {
      const where = table.in === "a" ? ONLY_HERE : ONLY_THERE;
      const told = h("p", {}, `${where}: ${plural(table.columns.length, "column")}, ${plural(table.rows, "row")}`);
      const columns = h("ul", { className: "changes" }, ...table.columns.map((column) => h("li", {}, column)));
      return h("section", {}, h("h2", {}, name), told, columns);
    }
    const { schema, rows, onlyA, onlyB, changed, comparable = true } = table;
    const definitions = h(
      "ul",
      { className: "changes" },
      ...schema.map((line) =>
        h("li", { className: line.startsWith("-") ? "removed" : line.startsWith("+") ? "added" : "" }, line),
      ),
    );
    const parts = [
      onlyA === 0 ? null : `${plural(onlyA, "row")} ${ONLY_HERE}`,
      onlyB === 0 ? null : `${plural(onlyB, "row")} ${ONLY_THERE}`,
      changed === 0 ? null : `${plural(changed, "row")} changed`,
    ].filter((part) => part !== null);
    const told = comparable ? parts.join(", ") : "rows can't be compared: the primary keys differ";
    const left = onlyA + onlyB + changed - rows.length;
    return h(
      "section",
      {},
      h("h2", {}, name),
      schema.length === 0 ? null : definitions,
      told === "" ? null : h("p", {}, told),
      rows.length === 0 ? null : this.#rows(name, rows),
      left > 0 ? h("p", { className: "count" }, `and ${plural(left, "row")} more`) : null,
    );
  }

  #rows(name: string, rows: readonly { readonly a: Row | null; readonly b: Row | null }[]): HTMLElement {
    const key = this.#opened.table(name)?.primaryKey ?? "";
    const lines = rows.map(({ a, b }) => {
      const value = (a ?? b)?.[key];
      const go = (): void => this.#around.goTable(lookAt(name, `${quoted(key)} = ${literal(value)}`));
      const [mark, kind] = b === null ? ["−", "removed"] : a === null ? ["+", "added"] : ["~", ""];
      const meaning = b === null ? ONLY_HERE : a === null ? ONLY_THERE : "changed";
      return h(
        "tr",
        { className: kind },
        h("td", {}, h("span", { "aria-hidden": "true" }, mark), h("span", { className: "visually-hidden" }, meaning)),
        h("td", {}, a === null ? shownValue(value) : button(shownValue(value), go, { className: "link" })),
        h("td", {}, ...valuesOf(a, b, key)),
      );
    });
    const titles = ["", key, "what differs"].map((text) => h("th", { scope: "col" }, text));
    return h(
      "div",
      { className: "wide" },
      h("table", { className: "differences" }, h("thead", {}, h("tr", {}, ...titles)), h("tbody", {}, ...lines)),
    );
  }
}

/** The values of a row that only one file has, or those that differ. */
function valuesOf(a: Row | null, b: Row | null, key: string): HTMLElement[] {
  const [left, right] = [a ?? {}, b ?? {}];
  const isChanged = (name: string): boolean =>
    // What a column has that only one file has the definitions tell.
    name in left && name in right && JSON.stringify(left[name]) !== JSON.stringify(right[name]);
  const isOne = [a, b].includes(null);
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((name) => name !== key && (isOne || isChanged(name)))
    .map((name) => {
      const before = a === null ? null : h("del", {}, shownValue(left[name]));
      const after = b === null ? null : h("ins", {}, shownValue(right[name]));
      return h(
        "span",
        { className: "value" },
        h("b", {}, name),
        " ",
        before,
        before !== null && after !== null ? " → " : null,
        after,
      );
    });
}
