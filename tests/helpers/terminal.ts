/** A `quire` at a pseudo-terminal, which Python makes: keys go in, and what is shown comes out. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { packageRoot } from "../../host/paths.js";

/** Whether there is what makes a pseudo-terminal. */
export const hasTerminals: boolean = spawnSync("python3", ["-c", "import pty"]).status === 0;

/** Something that is not shown by then never is, on however busy a machine. */
const WAIT_MS = 60_000;

export interface TerminalOptions {
  readonly cwd: string;
  readonly rows?: number;
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  #shown = "";
  #read = 0;
  #look: () => void = () => undefined;
  /** The exit status. */
  readonly ended: Promise<number>;

  /** Starts `quire WORDS…`; what is still there when the test ends is killed. */
  constructor(t: TestContext, words: readonly string[], { cwd, rows = 24, columns = 80, env = {} }: TerminalOptions) {
    const program = [
      join(packageRoot, "tests", "helpers", "pseudo-terminal.py"),
      String(rows),
      String(columns),
      process.execPath,
    ];
    this.#child = spawn("python3", [...program, join(packageRoot, "build", "host", "cli.js"), ...words], {
      cwd,
      env: { ...process.env, TERM: "xterm", NO_COLOR: "", FORCE_COLOR: "", COLUMNS: "", QUIRE_HISTORY: "", ...env },
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#shown += text;
      this.#look();
    });
    this.#child.stdin.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      this.#child.on("close", (code) => {
        resolve(code ?? -1);
        this.#look();
      });
    });
    t.after(() => this.#child.kill("SIGKILL"));
  }

  #order(order: object): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
  }

  /** Types `text`: `\r` is Enter, `\x03` Ctrl-C. */
  send(text: string): void {
    this.#order({ send: text });
  }

  resize(rows: number, columns: number): void {
    this.#order({ resize: [rows, columns] });
  }

  signal(name: NodeJS.Signals): void {
    this.#order({ signal: constants.signals[name] });
  }

  /** Closes the terminal, as when its window is. */
  hangUp(): void {
    this.#order({ hangup: true });
  }

  /** What was shown that nobody has waited for, without what moves the cursor and chooses colours. */
  get #rest(): string {
    return plain(this.#shown.slice(this.#read));
  }

  /** Waits until `wanted` is shown, behind what was waited for before: what came up to its end. */
  async see(wanted: RegExp | string): Promise<string> {
    const pattern = typeof wanted === "string" ? new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) : wanted;
    const until = Date.now() + WAIT_MS;
    for (;;) {
      const found = pattern.exec(this.#rest);
      if (found !== null) {
        const text = this.#rest.slice(0, found.index + found[0].length);
        this.#shown = this.#rest.slice(text.length);
        this.#read = 0;
        return text;
      }
      assert.ok(Date.now() < until, `${String(wanted)} was not shown, but:\n${this.#rest.slice(-2000)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - Date.now());
        this.#look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      const over = this.#child.exitCode !== null && this.#child.stdout.readableEnded;
      assert.ok(!over || pattern.test(this.#rest), `it ended before ${String(wanted)} was shown:\n${this.#rest.slice(-2000)}`);
    }
  }

  /** Enters a line, and waits for the next prompt: what was shown in between, without what was typed. */
  async enter(line: string): Promise<string> {
    this.send(`${line}\r`);
    await this.see(/\n/);
    const shown = await this.see(PROMPT);
    return shown.replace(PROMPT, "");
  }

  /** Ends the shell with Ctrl-D: the exit status. */
  end(): Promise<number> {
    this.send("\x04");
    return this.ended;
  }
}

/** A prompt at the end of what is shown. */
const PROMPT = /(?:quire| {3}\.\.\.)\*?> $/;

/** Text without escape sequences and carriage returns. */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\x1b\[[?\d;]*[A-Za-z]/g, "").replaceAll("\r", "");
}
