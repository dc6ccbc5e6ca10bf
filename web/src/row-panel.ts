/** One row with all its values, what it refers to and what refers to it; to be changed, removed or made. */
import type { TableSchemaInfo } from "quire-db/web";
import { FaultLine, button, count, h } from "./dom.js";
import { type Opened, quoted } from "./opened.js";
import { DocumentText, editedText, shownValue, typedValue } from "./values.js";

interface PanelActions {
  readonly close: () => void;
  /** Rows were changed. */
  readonly changed: () => Promise<void>;
  /** Goes to the rows of a table that have the value in the column. */
  readonly follow: (table: string, column: string, value: unknown) => void;
}

type Row = Readonly<Record<string, unknown>>;

/** Where one value is changed. */
interface Editor {
  readonly element: HTMLElement;
  /** What was put in the place of the value that it began with; undefined when it is as it was. */
  changed(): unknown;
}

type Field = TableSchemaInfo["fields"][number];

function editorOf(field: Field, value: unknown, isNew: boolean): Editor {
  const { name, type } = field;
  const id = `value-${name}`;
  const began = value === null || value === undefined ? "" : editedText(value, type);
  const isLong = type === "json" || began.length > 60 || /[\r\n]/.test(began);
  const input =
    type === "boolean"
      ? h(
          "select",
          { id },
          ...["", "false", "true"].map((text) =>
            h("option", { value: text, selected: text === began }, text === "" ? "not given" : text),
          ),
        )
      : isLong
        ? h("textarea", { id, value: began, rows: Math.min(12, began.split("\n").length + 1), spellcheck: false })
        : h("input", { id, type: "text", value: began, spellcheck: false });
  // Elements have one kind of line end: what was not touched is as it is stored.
  const untouched = input.value;
  const isNull = h("input", { type: "checkbox", checked: value === null, "aria-label": `${name} is null` });
  const update = (): void => {
    input.disabled = isNull.checked;
  };
  isNull.onchange = update;
  update();
  const nullBox = field.null ? h("label", { className: "null-box" }, isNull, "null") : null;
  return {
    element: h("div", { className: "field" }, h("label", { for: id }, name, h("small", {}, ` ${type}`)), nullBox, input),
    changed: () => {
      if (isNull.checked) return value === null ? undefined : null;
      if (input.value === untouched && value !== null) return undefined;
      // What a new row has nothing for gets its default.
      if (isNew && input.value === "") return undefined;
      return typedValue(input.value, type);
    },
  };
}

export class RowPanel {
  readonly element: HTMLElement;
  readonly #opened: Opened;
  readonly #table: TableSchemaInfo;
  /** Null: of a row that is to be made. */
  readonly #key: unknown;
  readonly #actions: PanelActions;
  readonly #body = h("div");
  readonly #fault = new FaultLine();

  constructor(opened: Opened, table: TableSchemaInfo, key: unknown, actions: PanelActions) {
    this.#opened = opened;
    this.#table = table;
    this.#key = key;
    this.#actions = actions;
    const title = key === null ? `A new row of ${table.name}` : `${table.name} ${shownValue(key)}`;
    this.element = h(
      "div",
      {
        className: "row-panel",
        onkeydown: (event: KeyboardEvent) => {
          if (event.key === "Escape") actions.close();
        },
      },
      h("header", {}, h("h2", { tabIndex: -1 }, title), button("Close", actions.close)),
      this.#fault.element,
      this.#body,
    );
    void this.#tell(() => this.#load());
  }

  /** Does something, and says what went wrong with it. */
  async #tell(act: () => Promise<void>): Promise<void> {
    try {
      this.#fault.clear();
      await act();
    } catch (error) {
      this.#fault.show(error);
    }
  }

  async #load(): Promise<void> {
    const { name } = this.#table;
    const isNew = this.#key === null;
    let row: Row = {};
    if (!isNew) {
      const reply = (await this.#opened.session.request({ op: "get", table: name, key: this.#key })) as { row?: Row | null };
      const found = reply.row ?? null;
      if (found === null) throw new Error("this row is gone");
      row = { ...found, ...(await this.#documents()) };
    }
    const editors = this.#table.fields.map((field) => ({ field, editor: editorOf(field, row[field.name], isNew) }));
    const save = async (): Promise<void> => {
      const set: Record<string, unknown> = {};
      const documents: [string, DocumentText][] = [];
      for (const { field, editor } of editors) {
        const value = editor.changed();
        if (value instanceof DocumentText) documents.push([field.name, value]);
        if (value !== undefined) set[field.name] = value instanceof DocumentText ? value.value : value;
      }
      if (!isNew && Object.keys(set).length === 0) return;
      const { primaryKey } = this.#table;
      await this.#opened.session.transaction(async (inner) => {
        const asked = isNew ? { op: "insert", row: set } : { op: "update", key: this.#key, set };
        const { key } = (await inner.request({ ...asked, table: name })) as { key?: unknown };
        for (const [column, { text }] of documents) {
          const sql = `UPDATE ${quoted(name)} SET ${quoted(column)} = ? WHERE ${quoted(primaryKey)} = ?`;
          await inner.request({ op: "sql", sql, params: [text, set[primaryKey] ?? key ?? this.#key] });
        }
      });
      this.#actions.close();
      await this.#actions.changed();
    };
    const remove = async (): Promise<void> => {
      await this.#opened.session.request({ op: "delete", table: name, key: this.#key });
      this.#actions.close();
      await this.#actions.changed();
    };
    const form = h(
      "form",
      {
        onsubmit: (event: Event) => {
          event.preventDefault();
          void this.#tell(save);
        },
      },
      ...editors.map(({ editor }) => editor.element),
      this.#opened.isReadOnly
        ? null
        : h(
            "div",
            { className: "actions" },
            h("button", { type: "submit", className: "main" }, isNew ? "Insert" : "Save"),
            isNew ? null : button("Delete", () => void this.#tell(remove)),
          ),
    );
    this.#body.replaceChildren(form);
    if (!isNew) this.#body.append(await this.#links(row));
  }

  /** The texts of the row's documents, with all digits of their numbers. */
  async #documents(): Promise<Row> {
    const { name, primaryKey, fields } = this.#table;
    const names = fields.filter(({ type }) => type === "json").map(({ name }) => name);
    if (names.length === 0) return {};
    const columns = names.map((column) => `CAST(${quoted(column)} AS TEXT)`).join(", ");
    const sql = `SELECT ${columns} FROM ${quoted(name)} WHERE ${quoted(primaryKey)} = ?`;
    const { rows } = await this.#opened.sql(sql, [this.#key]);
    return Object.fromEntries(names.map((column, i) => [column, rows[0]?.[i]]));
  }

  /** What the row refers to, and what refers to it. */
  async #links(row: Row): Promise<HTMLElement> {
    const { name } = this.#table;
    const list = h("ul", { className: "links" });
    const add = (text: string, table: string, column: string, value: unknown): void =>
      list.append(
        h(
          "li",
          {},
          button(text, () => this.#actions.follow(table, column, value), { className: "link" }),
        ),
      );
    for (const { from, column, to, target } of this.#opened.references()) {
      const value = row[column];
      if (from === name && value !== null && value !== undefined) add(`${column}: ${to} ${shownValue(value)}`, to, target, value);
    }
    for (const { from, column, to, target } of this.#opened.references()) {
      const value = row[target];
      if (to !== name || value === null || value === undefined) continue;
      const found = await this.#opened.sql(`SELECT count(*) FROM ${quoted(from)} WHERE ${quoted(column)} = ?`, [value]);
      const rows = Number(found.rows[0]?.[0]);
      if (rows > 0) add(`${count(rows)} in ${from}.${column}`, from, column, value);
    }
    return list.childElementCount === 0 ? list : h("nav", { "aria-label": "References" }, h("h3", {}, "References"), list);
  }
}
