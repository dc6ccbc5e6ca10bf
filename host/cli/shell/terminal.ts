/** A shell at a terminal: Node's readline edits the lines. */
import { type Interface, type Key, createInterface } from "node:readline";
import type { Completions, Names } from "./completion.js";
import { completeCommand, completeSql } from "./completion.js";
import { History, historyPath } from "./history.js";
import type { ReaderGone } from "./output.js";
import { Failure, type Shell, shownError } from "./shell.js";

/** Asks the terminal to mark what is pasted, or no longer. */
const MARKS_PASTES = "\x1b[?2004h";
const MARKS_NOTHING = "\x1b[?2004l";

/** What readline has besides what its types tell: Node's own REPL works with these, too. */
interface Editor extends Omit<Interface, "line" | "cursor"> {
  line: string;
  cursor: number;
  clearLine(): void;
  _ttyWrite(text: string | undefined, key: Key): void;
}

type Press = readonly [text: string | undefined, key: Key];

const ENDING_SIGNALS = ["SIGHUP", "SIGTERM"] as const;

export class TerminalShell {
  readonly #shell: Shell;
  readonly #editor: Editor;
  readonly #history: History;
  /** The lines so far of what becomes one entry of the history. */
  #typed = "";
  #isBusy = true;
  /** The line as it was before the last key. */
  #entered = "";
  /** Keys that came while something ran. */
  readonly #waiting: Press[] = [];
  /** What is being pasted; null when nothing is. */
  #paste: string | null = null;
  #names: Names | null = null;
  #isClosed = false;
  #signal: NodeJS.Signals | null = null;
  #end: () => void = () => undefined;

  constructor(makeShell: (onSchemaChange: () => void) => Shell) {
    this.#shell = makeShell(() => (this.#names = null));
    this.#history = new History(historyPath());
    const editor = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: [...this.#history.entries],
      historySize: 1000,
      prompt: "",
      completer: (line: string, answer: (error: null, completions: Completions) => void) =>
        void this.#complete(line).then((completions) => answer(null, completions)),
    }) as unknown as Editor;
    this.#editor = editor;
    const press = editor._ttyWrite.bind(editor);
    editor._ttyWrite = (text, key) => this.#press([text, key], press);
    // Readline adds each line; what belongs together is one entry here.
    editor.on("history", (entries: string[]) => void entries.splice(0, entries.length, ...this.#history.entries));
    // What Node 24 gives with the event has the lines of several that were not typed one behind the other, from the last to the first.
    editor.on("line", () => void this.#take(this.#entered));
    editor.on("SIGINT", () => this.#interrupt());
    editor.on("SIGCONT", () => (this.#isBusy ? editor.resume() : this.#prompt()));
    editor.on("close", () => this.#close());
    // The terminal is gone.
    editor.on("error", () => this.#endBy("SIGHUP"));
    process.on("SIGINT", () => this.#interrupt());
    for (const signal of ENDING_SIGNALS) process.on(signal, () => this.#endBy(signal));
    process.stderr.on("error", () => undefined);
  }

  /** Goes on until the user ends it: the exit status, or the signal that ended it. */
  async run(): Promise<number | NodeJS.Signals> {
    const { problem } = this.#history;
    if (problem !== null) this.#say(`quire: note: ${problem}\n`);
    await new Promise<void>((resolve) => {
      this.#end = resolve;
      this.#isBusy = false;
      this.#next();
    });
    process.stdout.write(MARKS_NOTHING);
    const { store, splitter } = this.#shell;
    if (splitter.isPending) this.#say("quire: note: what was begun has no semicolon, and was not run\n");
    if (store.inTransaction) this.#say("quire: note: the transaction was not committed, and is rolled back\n");
    await store.close();
    // The next one is the end.
    for (const signal of ENDING_SIGNALS) process.removeAllListeners(signal);
    return this.#signal ?? this.#shell.status;
  }

  #say(text: string): void {
    process.stderr.write(text);
  }

  #prompt(): void {
    const mark = this.#shell.store.inTransaction ? "*" : "";
    this.#editor.setPrompt(this.#shell.splitter.isPending ? `   ...${mark}> ` : `quire${mark}> `);
    process.stdout.write(MARKS_PASTES);
    this.#editor.prompt(true);
  }

  /** A key: while something runs all but Ctrl-C have to wait. */
  #press(pressed: Press, press: (text: string | undefined, key: Key) => void): void {
    const [text, key] = pressed;
    const isInterrupt = key.ctrl === true && key.name === "c";
    if (this.#isBusy && isInterrupt) {
      this.#waiting.length = 0;
      this.#interrupt();
    } else if (this.#isBusy) this.#waiting.push(pressed);
    else if ((key.name as string) === "paste-start") this.#paste = "";
    else if ((key.name as string) === "paste-end") this.#insertPaste();
    else if (this.#paste !== null && !isInterrupt) this.#paste += key.sequence ?? "";
    else {
      this.#paste = null;
      this.#entered = this.#editor.line;
      press(text, key);
    }
  }

  /** What was pasted comes into the line as it is, and waits for Enter. */
  #insertPaste(): void {
    const text = (this.#paste ?? "")
      .replace(/\r\n?/g, "\n")
      // eslint-disable-next-line no-control-regex
      .replace(/[\0-\x08\x0b-\x1f\x7f]/g, "")
      .replace(/\n+$/, "");
    this.#paste = null;
    const editor = this.#editor;
    const { line, cursor } = editor;
    editor.line = line.slice(0, cursor) + text + line.slice(cursor);
    editor.cursor = cursor + text.length;
    editor.prompt(true);
  }

  /** Takes what was entered, which has several lines when it was pasted or is an entry of the history. */
  async #take(entered: string): Promise<void> {
    this.#isBusy = true;
    this.#editor.setPrompt("");
    process.stdout.write(MARKS_NOTHING);
    const { splitter } = this.#shell;
    this.#typed += this.#typed === "" ? entered : `\n${entered}`;
    try {
      for (const line of entered.split("\n")) {
        const word = splitter.isPending ? "" : line.trim();
        await this.#shell.take(/^(?:quit|exit|help)$/i.test(word) ? `.${word}` : line);
        if (this.#shell.isOver || this.#shell.isInterrupted) break;
      }
    } catch (error) {
      this.#failed(error as Failure | ReaderGone);
    }
    if (!splitter.isPending) {
      this.#history.add(this.#typed);
      this.#typed = "";
    }
    this.#isBusy = false;
    this.#next();
  }

  #failed(error: Failure | ReaderGone): void {
    // What is left of the line belongs to what failed.
    this.#shell.splitter.drop();
    if (error instanceof Failure) {
      const isTerminal = process.stderr.isTTY;
      this.#say(shownError(error, isTerminal ? process.stderr.columns : 0, isTerminal && this.#shell.hasColor));
    } else this.#shell.isOver = true;
  }

  /** Goes on with the keys that wait, or asks for others. */
  #next(): void {
    if (this.#shell.isOver) this.#editor.close();
    if (this.#isClosed) {
      this.#end();
      return;
    }
    this.#prompt();
    while (!this.#isBusy && this.#waiting.length > 0) {
      const [text, key] = this.#waiting.shift() as Press;
      // A tab in what was pasted is a blank.
      this.#editor._ttyWrite(text, key.name === "tab" ? { sequence: "\t" } : key);
    }
  }

  /** Ctrl-C: stops what runs, or drops what was typed. */
  #interrupt(): void {
    if (this.#isBusy) {
      this.#shell.stop();
      return;
    }
    this.#history.add(this.#typed + (this.#typed === "" ? "" : "\n") + this.#editor.line);
    this.#typed = "";
    this.#paste = null;
    this.#shell.splitter.drop();
    process.stdout.write("^C");
    this.#editor.clearLine();
    this.#prompt();
  }

  #endBy(signal: NodeJS.Signals): void {
    if (this.#signal !== null) return;
    this.#signal = signal;
    this.#editor.close();
    this.#close();
  }

  /** The input is at its end. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isBusy) this.#shell.stop();
    else {
      if (this.#signal === null && !this.#shell.isOver) process.stdout.write("\n");
      this.#end();
    }
  }

  async #complete(line: string): Promise<Completions> {
    const { splitter } = this.#shell;
    const names = await this.#knownNames();
    if (!splitter.isPending && /^\s*\./.test(line)) return completeCommand(line, names);
    const { line: whole } = this.#editor;
    return completeSql(splitter.pending + line, whole.slice(line.length), names);
  }

  async #knownNames(): Promise<Names> {
    if (this.#names !== null) return this.#names;
    const found = new Map<string, string[]>();
    try {
      const rows = await this.#shell.store.query(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')",
      );
      for (const [table = "", column = ""] of rows) found.set(table, [...(found.get(table) ?? []), column]);
      this.#names = found;
    } catch {
      // A view whose table is gone, a file that is damaged: what can be known is known without.
    }
    return found;
  }
}
