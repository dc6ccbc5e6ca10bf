/** SQL that is typed, and what it gives. */
import { autocompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { SQLDialect, sql } from "@codemirror/lang-sql";
import { bracketMatching, defaultHighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { FaultLine, button, count, download, h, messageOf, plural } from "./dom.js";
import { Grid } from "./grid.js";
import type { Around } from "./look.js";
import { type Answer, type Opened, placeOf } from "./opened.js";
import { type PlanStep, planPicture } from "./plan-picture.js";
import { textOf } from "./values.js";

/** Rows that are asked for at once. */
const PAGE = 1000;

/** What is typed stays while the page is there. */
let typed = "";

/** Words of the dialect that completion knows, besides tables and columns. */
const QUIRE = SQLDialect.define({
  keywords:
    "select from where group by having order limit offset join left right full outer inner cross on using as with recursive union all intersect except distinct values insert into update set delete returning create table view index unique primary key references default check drop alter add column rename to begin commit rollback savepoint release explain analyze case when then else end and or not in is null like between exists over partition rows range groups asc desc nulls first last conflict do nothing cascade if pragma",
  types: "integer int bigint smallint text boolean decimal numeric date datetime timestamp uuid json blob real",
  doubleQuotedStrings: false,
});

/** Rows of an answer that come as they are scrolled to. */
class Result {
  rows: (readonly unknown[])[];
  #after: string | null;
  readonly #opened: Opened;
  readonly #sql: string;
  readonly answer: Answer;

  constructor(opened: Opened, sql: string, answer: Answer) {
    this.#opened = opened;
    this.#sql = sql;
    this.answer = answer;
    this.rows = [...answer.rows];
    this.#after = answer.after ?? null;
  }

  get hasMore(): boolean {
    return this.#after !== null;
  }

  async more(): Promise<void> {
    if (this.#after === null) return;
    const { rows, after } = await this.#opened.sql(this.#sql, [], { maxRows: PAGE, after: this.#after });
    this.rows.push(...rows);
    this.#after = after ?? null;
  }

  async all(): Promise<void> {
    while (this.hasMore) await this.more();
  }
}

/** A field of CSV, in quotes where it has to be. */
function csvField(value: unknown): string {
  if (value === null) return "";
  const text = textOf(value);
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csvOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): Blob {
  const lines = [columns, ...rows].map((row) => `${row.map(csvField).join(",")}\r\n`);
  return new Blob(lines, { type: "text/csv" });
}

function jsonOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): Blob {
  const objects = rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, row[i]]))));
  return new Blob([`[\n${objects.join(",\n")}\n]\n`], { type: "application/json" });
}

export class SqlView {
  readonly element: HTMLElement;
  readonly #page: Around;
  readonly #opened: Opened;
  readonly #editor: EditorView;
  readonly #said = h("span", { className: "count", role: "status" });
  readonly #fault = new FaultLine();
  readonly #result = h("div", { className: "result" });
  readonly #run = button("Run", () => void this.run(), { className: "main", title: "Ctrl+Enter" });
  readonly #stop = button("Stop", () => this.#stopRunning(), { hidden: true });
  #isRunning = false;

  constructor(page: Around, opened: Opened) {
    this.#page = page;
    this.#opened = opened;
    const schema = Object.fromEntries(opened.schema.tables.map((table) => [table.name, table.fields.map(({ name }) => name)]));
    const first = opened.schema.tables[0]?.name;
    const begin = typed !== "" ? typed : first === undefined ? "" : `SELECT * FROM ${first} LIMIT 100`;
    const runs = (): boolean => {
      void this.run();
      return true;
    };
    const isMac = navigator.platform.startsWith("Mac");
    this.#editor = new EditorView({
      state: EditorState.create({
        doc: begin,
        extensions: [
          lineNumbers(),
          history(),
          bracketMatching(),
          autocompletion(),
          lintGutter(),
          syntaxHighlighting(defaultHighlightStyle),
          sql({ dialect: QUIRE, schema, upperCaseKeywords: true }),
          Prec.highest(keymap.of([{ key: isMac ? "Cmd-Enter" : "Ctrl-Enter", run: runs }])),
          // The tab key leaves the editor behind Escape, as Codemirror has it.
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "SQL" }),
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (docChanged) typed = state.doc.toString();
          }),
        ],
      }),
    });
    this.element = h(
      "section",
      { className: "sql-view" },
      h("div", { className: "editor" }, this.#editor.dom),
      h(
        "div",
        { className: "actions" },
        this.#run,
        this.#stop,
        button("Explain", () => void this.explain()),
        this.#said,
      ),
      this.#fault.element,
      this.#result,
    );
  }

  #text(): string {
    const { from, to } = this.#editor.state.selection.main;
    return from === to ? this.#editor.state.doc.toString() : this.#editor.state.sliceDoc(from, to);
  }

  #stopRunning(): void {
    if (!this.#opened.stop())
      this.#said.textContent = "a statement can be stopped where the page's server isolates it (docs/web.md)";
  }

  /** Runs what `act` does, and shows the error under its place. */
  async #while(act: (text: string) => Promise<void>): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run.disabled = true;
    this.#stop.hidden = false;
    this.#fault.clear();
    this.#said.textContent = "running …";
    this.#editor.dispatch(setDiagnostics(this.#editor.state, []));
    try {
      await act(this.#text());
    } catch (error) {
      this.#said.textContent = "";
      this.#result.replaceChildren();
      this.#fault.show(error);
      this.#point(error);
    } finally {
      this.#isRunning = false;
      this.#run.disabled = false;
      this.#stop.hidden = true;
    }
  }

  #point(error: unknown): void {
    const place = placeOf(error);
    const { doc, selection } = this.#editor.state;
    if (place === null || !selection.main.empty || place.line > doc.lines) return;
    const line = doc.line(place.line);
    const from = Math.min(line.from + place.column - 1, line.to);
    const word = /^\w+/.exec(doc.sliceString(from, line.to))?.[0].length ?? 1;
    const found: Diagnostic = { from, to: Math.min(from + word, line.to), severity: "error", message: messageOf(error) };
    this.#editor.dispatch(setDiagnostics(this.#editor.state, [found]), { selection: { anchor: from }, scrollIntoView: true });
  }

  async run(): Promise<void> {
    await this.#while(async (text) => {
      const began = performance.now();
      const answer = await this.#opened.sql(text, [], { maxRows: PAGE });
      const took = performance.now() - began;
      const time = took < 1000 ? `${took.toFixed(1)} ms` : `${(took / 1000).toFixed(2)} s`;
      if (answer.columns.length === 0) {
        this.#said.textContent = `${plural(answer.changes, "row")} changed, ${time}`;
        this.#result.replaceChildren();
        await this.#page.changed();
        return;
      }
      if (answer.changes > 0) await this.#page.changed();
      this.#show(new Result(this.#opened, text, answer), time);
    });
  }

  #show(result: Result, time: string): void {
    const { columns, types } = result.answer;
    const tell = (): void => {
      this.#said.textContent = `${count(result.rows.length)}${result.hasMore ? "+" : ""} row${result.rows.length === 1 ? "" : "s"}, ${time}`;
    };
    const more = button("Read all rows", async () => {
      await this.#while(async () => {
        await result.all();
        more.hidden = true;
        await grid.show(rows());
      });
      tell();
    });
    more.hidden = !result.hasMore;
    const rows = () => ({
      columns,
      types,
      count: result.rows.length,
      read: async (from: number, most: number) => await Promise.resolve(result.rows.slice(from, from + most)),
    });
    const grid = new Grid(rows(), { label: "Result" });
    const save = (make: typeof csvOf, name: string) => async () => {
      await this.#while(async () => {
        await result.all();
        download(make(columns, result.rows), name);
      });
      tell();
    };
    const actions = h(
      "div",
      { className: "actions" },
      more,
      button("CSV", save(csvOf, "result.csv")),
      button("JSON", save(jsonOf, "result.json")),
    );
    this.#result.replaceChildren(grid.element, actions);
    tell();
  }

  async explain(): Promise<void> {
    await this.#while(async (text) => {
      const request = { op: "sql", sql: text, explain: true };
      const { plan } = (await this.#opened.session.request(request)) as { plan: readonly PlanStep[] };
      this.#said.textContent = "how it would run";
      this.#result.replaceChildren(planPicture(plan));
    });
  }
}
