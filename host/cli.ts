#!/usr/bin/env node
/**
 * The `quire` command: takes the words of the module (a FILE alone is a shell's), opens to it FILE's folder, and those of other
 * files that the command names, and nothing else, runs it under the runtime that
 * `--runtime` names (Node's own WASI when none is named), and passes the standard streams and the exit status through.
 */
import { openSync } from "node:fs";
import { constants } from "node:os";
import { type PreparedCommand, isShell, ownCommand, prepareCommand } from "./cli/command-line.js";
import { environment } from "./cli/environment.js";
import { fileCommand } from "./cli/files/words.js";
import { EXIT_RUNTIME, QuireError, reasonOf } from "./api/errors.js";
import { Aftermath, Interrupted, takesLong } from "./cli/interruption.js";
import { WriteLock } from "./node/lock/write-lock.js";
import { compileModule, runInProcess } from "./node/wasi.js";
import { modulePath } from "./paths.js";
import { report } from "./cli/report.js";
import type { Invocation } from "./runtimes/adapter.js";

/** Resolves with the exit status, or with the signal that ended the command, of which what was kept is said then. */
async function runPrepared(prepared: PreparedCommand): Promise<number | NodeJS.Signals> {
  const { runtime, args, preopens, stdinFile, packed, out, lock } = prepared;
  const invocation: Invocation = { module: modulePath(), preopens, args, env: environment(out !== null) };
  const stdin = stdinFile === null ? undefined : openSync(stdinFile, "r");
  // What takes long and needs no lock comes before it.
  const hasStreams = packed !== null || out !== null;
  const module = runtime === "node" && !hasStreams && !takesLong(prepared) ? await compileModule(invocation.module) : null;
  const held = lock === null ? null : await WriteLock.take(lock);
  const aftermath = new Aftermath(prepared);
  try {
    if (module !== null) return await runInProcess(invocation, stdin, module);
    // Most run in this process, and need not load what starts others.
    const { runProgram } = await import("./cli/run-program.js");
    const { unpackInto } = await import("./node/packed-streams.js");
    const status = await runProgram(runtime, invocation, stdin ?? "inherit", held, {
      feed: packed === null ? null : (stdin) => unpackInto(packed, stdin),
      drain: out === null ? null : (stdout) => out.take(stdout),
    });
    if (status === 0) out?.finish();
    return status;
  } catch (error) {
    if (hasStreams && error instanceof QuireError) {
      const kept = aftermath.kept();
      if (kept === null) throw error;
      throw new QuireError(error.code, `${error.message}; ${kept}`, error.exitStatus, { cause: error });
    }
    if (!(error instanceof Interrupted)) throw error;
    const kept = aftermath.settle(error.signal);
    if (kept !== null) report(kept, words);
    return error.signal;
  } finally {
    out?.discard();
    held?.release();
  }
}

/** Does what `words` say: the exit status, or the signal that ended it. Most are a command of the module, and load no more than that takes. */
async function run(words: readonly string[]): Promise<number | NodeJS.Signals> {
  if (isShell(words)) {
    const { runShell } = await import("./cli/shell/run.js");
    return runShell(words);
  }
  const ofFiles = fileCommand(words);
  if (ofFiles !== null) {
    const { runFileCommand } = await import("./cli/files/run.js");
    return runFileCommand(ofFiles, words);
  }
  const own = ownCommand(words);
  if (own === null) return runPrepared(prepareCommand(words, process.cwd()));
  if (own === "studio") {
    const { runStudio } = await import("./cli/studio/run.js");
    return runStudio(words);
  }
  const { writeTypes } = await import("./cli/types/run.js");
  await writeTypes(words);
  return 0;
}

const words = process.argv.slice(2);
try {
  const end = await run(words);
  process.exitCode = typeof end === "number" ? end : 128 + constants.signals[end];
  // Who started us, a shell in a loop for one, is told that it was no end of our own.
  if (typeof end === "string") process.kill(process.pid, end);
} catch (error) {
  const known = error instanceof QuireError ? error : new QuireError("RUNTIME_FAILED", reasonOf(error), EXIT_RUNTIME);
  report(known, words);
  process.exitCode = known.exitStatus;
}
