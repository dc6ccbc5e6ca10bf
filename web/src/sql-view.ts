/** SQL that is typed, and what it gives. */
import { autocompletion } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { SQLDialect, sql } from "@codemirror/lang-sql";
import { bracketMatching } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec, type Text } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { csvCell } from "../../host/api/csv.js";
import { StatementSplitter } from "../../host/api/statement-splitter.js";
import { Chart, isDrawable } from "./chart.js";
import { codeLook } from "./code-look.js";
import { FaultLine, button, count, download, h, messageOf, plural } from "./dom.js";
import { Grid } from "./grid.js";
import type { Around } from "./look.js";
import { type Answer, type Opened, placeOf } from "./opened.js";
import { type PlanStep, planPicture } from "./plan-picture.js";
import { textOf } from "./values.js";

/** Rows that are asked for at once. */
const PAGE = 1000;

/** What is typed stays while the page is there, and so does whether results are shown as charts. */
let typed = "";
let wantsChart = false;

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

function csvOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): Blob {
  const line = (cells: readonly unknown[]): string =>
    `${cells.map((value) => (value === null ? "" : csvCell(textOf(value)))).join(",")}\n`;
  return new Blob([columns, ...rows].map(line), { type: "text/csv" });
}

function jsonOf(columns: readonly string[], rows: readonly (readonly unknown[])[]): Blob {
  const objects = rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, row[i]]))));
  return new Blob([`[\n${objects.join(",\n")}\n]\n`], { type: "application/json" });
}

/** As many lines and blanks as are in front of a place. */
function blanksBefore(doc: Text, at: number): string {
  const { number, from } = doc.lineAt(at);
  return "\n".repeat(number - 1) + " ".repeat(Array.from(doc.sliceString(from, at)).length);
}

export class SqlView {
  readonly element: HTMLElement;
  readonly #page: Around;
  readonly #opened: Opened;
  readonly #editor: EditorView;
  readonly #said = h("span", { className: "count", role: "status" });
  readonly #fault = new FaultLine();
  readonly #result = h("div", { className: "result" });
  /** What can be done with the result. */
  readonly #actions = h("div", { className: "actions", role: "group", "aria-label": "Result" });
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
          codeLook,
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
        h("span", { className: "space" }),
        this.#actions,
      ),
      this.#fault.element,
      this.#result,
    );
  }

  /** The statements that are selected, or all, each with blanks in front, so that places in it are those in the editor. */
  #statements(): string[] {
    const { doc, selection } = this.#editor.state;
    const { from, to, empty } = selection.main;
    const splitter = new StatementSplitter();
    const found = [
      ...splitter.feed(blanksBefore(doc, empty ? 0 : from) + doc.sliceString(empty ? 0 : from, empty ? doc.length : to)),
    ];
    const last = splitter.end();
    if (last !== null) found.push(last);
    const statements = found.map(({ sql, line, column }) => "\n".repeat(line - 1) + " ".repeat(column - 1) + sql);
    // What is no statement the module tells.
    return statements.length === 0 ? [doc.toString()] : statements;
  }

  #stopRunning(): void {
    if (!this.#opened.stop())
      this.#said.textContent = "a statement can be stopped where the page's server isolates it (docs/web.md)";
  }

  /** Runs what `act` does, and shows the error under its place. */
  async #while(act: () => Promise<void>): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run.disabled = true;
    this.#stop.hidden = false;
    this.#fault.clear();
    this.#said.textContent = "running …";
    this.#editor.dispatch(setDiagnostics(this.#editor.state, []));
    try {
      await act();
    } catch (error) {
      this.#said.textContent = "";
      this.#clear();
      this.#fault.show(error);
      this.#point(error);
    } finally {
      this.#isRunning = false;
      this.#run.disabled = false;
      this.#stop.hidden = true;
    }
  }

  #clear(): void {
    this.#result.replaceChildren();
    this.#actions.replaceChildren();
  }

  #point(error: unknown): void {
    const place = placeOf(error);
    const { doc } = this.#editor.state;
    if (place === null || place.line > doc.lines) return;
    const line = doc.line(place.line);
    // Places are told in characters, not in units of UTF-16.
    const from =
      line.from +
      Array.from(line.text)
        .slice(0, place.column - 1)
        .join("").length;
    const word = /^\w+/.exec(doc.sliceString(from, line.to))?.[0].length ?? 1;
    const found: Diagnostic = { from, to: Math.min(from + word, line.to), severity: "error", message: messageOf(error) };
    this.#editor.dispatch(setDiagnostics(this.#editor.state, [found]), { selection: { anchor: from }, scrollIntoView: true });
  }

  async run(): Promise<void> {
    await this.#while(async () => {
      const began = performance.now();
      const statements = this.#statements();
      let answer: Answer | null = null;
      let changes = 0;
      let isChange = false;
      try {
        for (const sql of statements) {
          answer = await this.#opened.sql(sql, [], { maxRows: PAGE });
          changes += answer.changes;
          isChange ||= answer.columns.length === 0 || answer.changes > 0;
        }
      } finally {
        // What ran before one that fails stays.
        if (isChange) await this.#page.changed();
      }
      const took = performance.now() - began;
      const time = took < 1000 ? `${took.toFixed(1)} ms` : `${(took / 1000).toFixed(2)} s`;
      if (answer !== null && answer.columns.length > 0)
        this.#show(new Result(this.#opened, statements.at(-1) ?? "", answer), time);
      else {
        this.#said.textContent = `${plural(changes, "row")} changed, ${time}`;
        this.#clear();
      }
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
        showRows();
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
    const shown = h("div", { className: "shown" });
    const draws = button("Chart", () => {
      wantsChart = !wantsChart;
      showRows();
    });
    const showRows = (): void => {
      draws.hidden = !isDrawable(types, result.rows);
      const isChart = wantsChart && !draws.hidden;
      draws.setAttribute("aria-pressed", String(isChart));
      shown.replaceChildren(isChart ? new Chart(columns, types, result.rows).element : grid.element);
    };
    const save = (make: typeof csvOf, name: string) => async () => {
      await this.#while(async () => {
        await result.all();
        download(make(columns, result.rows), name);
      });
      tell();
    };
    showRows();
    this.#actions.replaceChildren(
      draws,
      more,
      button("CSV", save(csvOf, "result.csv")),
      button("JSON", save(jsonOf, "result.json")),
    );
    this.#result.replaceChildren(shown);
    tell();
  }

  async explain(): Promise<void> {
    await this.#while(async () => {
      const request = { op: "sql", sql: this.#statements().at(-1), explain: true };
      const { plan } = (await this.#opened.session.request(request)) as { plan: readonly PlanStep[] };
      this.#said.textContent = "how it would run";
      this.#clear();
      this.#result.append(planPicture(plan));
    });
  }
}
