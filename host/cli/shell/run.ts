/** `quire FILE`: a shell at a terminal, and else a script from standard input. */
import { isatty } from "node:tty";
import { EXIT_NOT_DONE, QuireError, reasonOf } from "../../api/errors.js";
import { ENDING_SIGNALS } from "../interruption.js";
import { counted, printable } from "../printable.js";
import { report } from "../report.js";
import { runDotCommand } from "./commands.js";
import { linesOf } from "./lines.js";
import { ReaderGone } from "./output.js";
import { CommandFailed, Failure, Shell, scriptError } from "./shell.js";
import { ShellStore, exitStatusOf } from "./store.js";
import { TerminalShell } from "./terminal.js";
import { readWords } from "./words.js";

/** Runs the shell of these words to its end: the exit status, or the signal that ended it. */
export async function runShell(words: readonly string[]): Promise<number | NodeJS.Signals> {
  try {
    const read = readWords(words);
    const store = await ShellStore.open(read.file, read.open);
    if (!isatty(0) || !isatty(1)) return await runScript(new Shell(store, false, read, runDotCommand));
    const made = store.isNew ? ", a new file" : read.open.readonly === true ? ", only read" : "";
    process.stdout.write(`Quire, ${printable(read.file)}${made}: .help tells of commands, Ctrl-D ends\n`);
    return await new TerminalShell((onSchemaChange) => new Shell(store, true, read, runDotCommand, onSchemaChange)).run();
  } catch (error) {
    if (!(error instanceof QuireError)) throw error;
    report(error, []);
    return exitStatusOf(error);
  }
}

/** Runs the lines of standard input, up to the first that fails. */
async function runScript(shell: Shell): Promise<number | NodeJS.Signals> {
  if (isatty(0)) process.stderr.write("reading statements of SQL from the terminal, up to Ctrl-D\n");
  const ended: { signal: NodeJS.Signals | null } = { signal: null };
  for (const name of ENDING_SIGNALS) {
    process.on(name, () => {
      ended.signal ??= name;
      shell.stop();
      process.stdin.destroy();
    });
  }
  const { store, done } = shell;
  let failure: QuireError | CommandFailed | null = null;
  try {
    for await (const line of linesOf(process.stdin)) {
      await shell.take(line);
      if (shell.isOver || ended.signal !== null) break;
    }
    if (!shell.isOver && ended.signal === null) await shell.finish();
  } catch (error) {
    if (error instanceof Failure) failure = scriptError(error, done.statements);
    else if (error instanceof QuireError) failure = error;
    else if (!(error instanceof ReaderGone) && ended.signal === null) failure = new QuireError("RUNTIME_FAILED", reasonOf(error));
  }
  const { inTransaction } = store;
  await store.close();
  for (const name of ENDING_SIGNALS) process.removeAllListeners(name);
  const { signal } = ended;
  if (signal !== null) {
    const rest = inTransaction ? "; the transaction was rolled back" : "";
    report(new QuireError("INTERRUPTED", `the script was ended by ${signal}${rest}`), []);
    return signal;
  }
  if (failure instanceof CommandFailed) return failure.status;
  if (failure === null && inTransaction) {
    failure = new QuireError("TRANSACTION_ACTIVE", "the last transaction is not committed; it was rolled back", EXIT_NOT_DONE);
  } else if (failure !== null && inTransaction) {
    failure = new QuireError(failure.code, `${failure.message}; the transaction was rolled back`);
  }
  if (failure !== null) {
    report(failure, []);
    return exitStatusOf(failure);
  }
  if (!done.tells && done.statements > 0)
    await shell.output.write(done.defines && done.changes === 0 ? "done\n" : `changed ${counted(done.changes, "row")}\n`);
  return shell.status;
}
