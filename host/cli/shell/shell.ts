/** A shell: takes lines of statements and commands one after the other, runs what is whole, and shows what it came to. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { EXIT_RUNTIME, QuireError, reasonOf } from "../../api/errors.js";
import { statementWords } from "../../api/sql-words.js";
import { type SplitStatement, StatementSplitter } from "../../api/statement-splitter.js";
import { environment } from "../environment.js";
import { counted, printable } from "../printable.js";
import { type FormatName, type FormatSettings, type RowFormat, rowFormat } from "./formats.js";
import { ReaderGone, ShellOutput } from "./output.js";
import { ShellStore, StatementError } from "./store.js";
import { cut, ending, widthOf } from "./width.js";
import type { ShellWords } from "./words.js";

/** What the user may change. */
export interface ShellSettings {
  format: FormatName;
  nullText: string | null;
  headers: boolean;
  widths: number[];
  /** How long each statement took is told. */
  timer: boolean;
  /** How each query is run is told before its rows. */
  explain: boolean;
}

/** Files that may read each other. */
const DEEPEST_READ = 16;

/** A command on the file failed, and has said so itself. */
export class CommandFailed extends Error {
  constructor(readonly status: number) {
    super(`it ended with status ${status}`);
  }
}

/** An error, with the statement that it is about and where that starts. */
export class Failure extends Error {
  constructor(
    readonly error: QuireError | CommandFailed,
    readonly statement: SplitStatement | null,
  ) {
    super(error.message, { cause: error });
  }
}

export class Shell {
  readonly settings: ShellSettings;
  readonly output = new ShellOutput();
  /** The lines that are typed, or those of the script. */
  readonly splitter = new StatementSplitter();
  /** Somebody has asked for the end. */
  isOver = false;
  /** The exit status that was asked for. */
  status = 0;
  /** What the statements so far came to, for a script that gives no rows. */
  readonly done = { statements: 0, changes: 0, defines: false, tells: false };
  readonly #color: boolean | null;
  #command: ChildProcess | null = null;
  #depth = 0;
  #isInterrupted = false;

  constructor(
    readonly store: ShellStore,
    /** Somebody sits at a terminal. */
    readonly isInteractive: boolean,
    readonly words: ShellWords,
    /** Runs a line that begins with a point. */
    readonly runCommand: (shell: Shell, line: string) => Promise<void>,
    /** Called when tables may be others from now on. */
    readonly onSchemaChange: () => void = () => undefined,
  ) {
    const { format, nullText, headers, color } = words;
    this.settings = { format, nullText, headers, widths: [], timer: false, explain: false };
    this.#color = color;
  }

  get hasColor(): boolean {
    return this.output.isTerminal ? (this.#color ?? environment()["QUIRE_COLOR"] === "1") : this.#color === true;
  }

  get lineWidth(): number {
    return this.output.isFile ? 0 : Number(environment()["COLUMNS"] ?? 0);
  }

  get formatSettings(): FormatSettings {
    const { headers, nullText, widths } = this.settings;
    return { headers, nullText, widths, color: this.hasColor, lineWidth: this.lineWidth };
  }

  /** Whether somebody has stopped what ran last: what was entered along with it is not run. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** Stops what runs. */
  stop(): void {
    this.#isInterrupted = true;
    if (this.#command !== null) this.#command.kill("SIGINT");
    else this.store.stop();
  }

  /** Takes a line of the terminal or of the script. Throws a `Failure`. */
  async take(line: string, splitter = this.splitter): Promise<void> {
    this.#isInterrupted = false;
    if (!splitter.isPending && /^\s*\./.test(line)) {
      this.done.tells = true;
      const { line: number } = splitter;
      splitter.skipLine();
      await this.#attempt({ sql: line, line: number, column: 1 }, () => this.runCommand(this, line.trim()));
      return;
    }
    for (const statement of [...splitter.feed(`${line}\n`)]) {
      await this.#attempt(statement, () => this.#statement(statement.sql));
      if (this.isInterrupted) return;
    }
  }

  /** Takes what is left when the lines are at an end: the last statement may have no semicolon. */
  async finish(splitter = this.splitter): Promise<void> {
    const last = splitter.end();
    if (last !== null) await this.#attempt(last, () => this.#statement(last.sql));
  }

  /** Takes all lines of a file. */
  async read(lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
    if (this.#depth === DEEPEST_READ) throw new QuireError("USAGE", `files that read others: at most ${DEEPEST_READ}`);
    this.#depth++;
    const splitter = new StatementSplitter();
    try {
      for await (const line of lines) {
        await this.take(line, splitter);
        if (this.isOver || this.isInterrupted) return;
      }
      await this.finish(splitter);
    } finally {
      this.#depth--;
    }
  }

  async #attempt(statement: SplitStatement, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (error instanceof ReaderGone || error instanceof Failure) throw error;
      const isTold = error instanceof QuireError || error instanceof CommandFailed;
      throw new Failure(
        isTold ? error : new QuireError("RUNTIME_FAILED", reasonOf(error), undefined, { cause: error }),
        statement,
      );
    } finally {
      this.output.endCommand();
    }
  }

  async #statement(sql: string): Promise<void> {
    const { transaction, changesSchema } = statementWords(sql);
    this.done.statements++;
    if (this.settings.explain && /^\s*(?:select|values|with)\b/i.test(sql)) await this.showPlan(sql);
    const from = performance.now();
    const { rows, changes } = await this.show(sql);
    const milliseconds = performance.now() - from;
    const defines = changesSchema && transaction === null;
    if (changesSchema) this.onSchemaChange();
    this.done.changes += changes;
    this.done.defines ||= defines;
    this.done.tells ||= rows !== null;
    const { timer } = this.settings;
    if (!timer && !(this.isInteractive && this.output.isTerminal)) return;
    const isForPeople = ["table", "line", "markdown"].includes(this.settings.format);
    const what =
      rows !== null
        ? counted(rows, "row")
        : transaction !== null || (defines && changes === 0)
          ? "done"
          : `changed ${counted(changes, "row")}`;
    const text = `${what}${timer ? ` in ${(milliseconds / 1000).toFixed(3)} s` : ""}`;
    if (this.isInteractive && this.output.isTerminal && (rows === null || isForPeople))
      await this.output.write(`${this.dim(text)}\n`);
    else if (timer) process.stderr.write(`${text}\n`);
  }

  dim(text: string): string {
    return this.hasColor ? `\x1b[2m${text}\x1b[0m` : text;
  }

  /** Runs a statement and shows its rows, in `format` or the one that is set: how many they are, null where it gives none, and what it changed. */
  async show(sql: string, format = this.settings.format): Promise<{ rows: number | null; changes: number }> {
    let shown: RowFormat | null = null;
    let rows = 0;
    let changes = 0;
    try {
      for await (const reply of this.store.run(sql)) {
        changes = reply.changes;
        if (reply.columns.length === 0) continue;
        shown ??= rowFormat(format, reply, this.formatSettings);
        rows += reply.rows.length;
        await this.output.write(shown.rows(reply.rows));
      }
    } catch (error) {
      // What came before it failed is shown, and well formed.
      if (shown !== null && !(error instanceof ReaderGone)) await this.output.write(shown.end());
      throw error;
    }
    if (shown !== null) await this.output.write(shown.end());
    return { rows: shown === null ? null : rows, changes };
  }

  /** Shows how a query would be run. */
  async showPlan(sql: string): Promise<void> {
    await this.show(`EXPLAIN ${sql}`, this.settings.format);
  }

  /** Runs another command of `quire` on the same file, and shows what it says. */
  async runQuire(words: readonly string[]): Promise<void> {
    const program = fileURLToPath(new URL("../../cli.js", import.meta.url));
    const width = this.lineWidth;
    const env = {
      ...process.env,
      COLUMNS: width > 0 ? String(width) : "",
      ...(this.hasColor ? { FORCE_COLOR: "1" } : {}),
    };
    const child = spawn(process.execPath, [program, ...this.words.passed, this.store.path, ...words], {
      stdio: ["ignore", "pipe", "inherit"],
      env,
    });
    this.#command = child;
    const ended = once(child, "close");
    try {
      for await (const chunk of child.stdout.setEncoding("utf8")) await this.output.write(chunk as string);
    } catch (error) {
      child.kill();
      throw error;
    } finally {
      await ended;
      this.#command = null;
    }
    if (child.exitCode !== 0) throw new CommandFailed(child.exitCode ?? EXIT_RUNTIME);
  }
}

/** What a place in a statement is called in messages: `line 1, column 8: `. */
const PLACE = /^line (\d+), column (\d+): /;

/** An error of a script in one line, with its place there. */
export function scriptError({ error, statement }: Failure, number: number): QuireError | CommandFailed {
  if (error instanceof CommandFailed || statement === null) return error;
  const [place = "", line = "1", column = "1"] = PLACE.exec(error.message) ?? [];
  const startColumn = line === "1" ? statement.column : 1;
  const where = `line ${Number(line) + statement.line - 1}, column ${Number(column) + startColumn - 1}`;
  const which = statement.sql.trimStart().startsWith(".") ? "" : `statement ${number}, `;
  return new QuireError(error.code, `${which}${where}: ${error.message.slice(place.length)}`);
}

/** An error for people: a line, and where it is about a place of the statement, that with a mark below. */
export function shownError({ error, statement }: Failure, width: number, color: boolean): string {
  if (error instanceof CommandFailed) return "";
  const code = color ? `\x1b[1;31m${error.code}\x1b[0m` : error.code;
  const text = `quire: ${code}: ${printable(error.message)}\n`;
  if (!(error instanceof StatementError) || error.offset === null || statement === null) return text;
  return text + excerpt(statement.sql, error.offset, width, color);
}

/** The line of `sql` that byte `offset` is in, as much of it as fits, and a mark below that byte. */
function excerpt(sql: string, offset: number, width: number, color: boolean): string {
  const at = Buffer.from(sql).subarray(0, offset).toString().length;
  const start = sql.lastIndexOf("\n", at - 1) + 1;
  const end = sql.indexOf("\n", at);
  const clean = (part: string): string => printable(part.replaceAll("\t", " "));
  let before = clean(sql.slice(start, at));
  let after = clean(sql.slice(at, end < 0 ? sql.length : end));
  const room = (width > 0 ? width : 80) - 4;
  const half = Math.floor(room / 2);
  if (widthOf(before) > half) before = `…${ending(before, half - 1)}`;
  after = cut(after, Math.max(room - widthOf(before), 1));
  const mark = color ? "\x1b[1;31m^\x1b[0m" : "^";
  return `  ${before}${after}\n  ${" ".repeat(widthOf(before))}${mark}\n`;
}
