/** `open` gives a session over any runtime, `openSync` one in this process. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Engine } from "../api/engine.js";
import { QuireError } from "../api/errors.js";
import { Operations } from "../api/operations.js";
import { type FileUrl, type OpenOptions, TRANSACTION_WAIT, checkOptions } from "../api/options.js";
import { AsyncRunner, SyncRunner } from "../api/runner.js";
import type { Scope } from "../api/scope.js";
import { Session, SyncSession } from "../api/session.js";
import { USUAL_FORMS, type ValuesOf, formsWith } from "../api/value-forms.js";
import type { ChildEngine } from "./child-engine.js";
import { openInProcess } from "./in-process.js";
import { WriteLock } from "./lock/write-lock.js";
import { type Place, checkPath, lockFor, placeOf } from "./place.js";
import { loopTurns } from "./turns.js";

/**
 * Opens the page file at `path`, which is made when it is missing; for `":memory:"` a new store that is in memory only. Where it runs is `options.runtime`: in this process, under Node's own WASI,
 * unless told; all others in a process of their own.
 */
export async function open<const Options extends OpenOptions = OpenOptions>(
  path: string | FileUrl,
  options?: Options,
): Promise<Session<ValuesOf<Options>>> {
  const checked = checkOptions("open", options ?? {});
  const { runtime = "node", transactionWait = TRANSACTION_WAIT } = checked;
  const given = checkPath("open", path);
  const engine = await openEngine(given, checked, openInProcess);
  const operations = new Operations(formsWith(USUAL_FORMS, checked));
  const turns = runtime === "node" ? loopTurns() : undefined;
  const runner = AsyncRunner.over(engine, operations, transactionWait, new AsyncLocalStorage<Scope>(), turns);
  return new Session(given, runtime, engine, runner);
}

/**
 * Opens the file at `path` with options that were checked: by `openHere` under Node, and else in a child, with what that takes loaded now.
 * `command` is what others are told that has the file; this process's program unless given.
 * @internal
 */
export async function openEngine<Here extends Engine>(
  path: string,
  options: OpenOptions,
  openHere: (place: Place, options: OpenOptions, lock: WriteLock | null) => Here | Promise<Here>,
  command?: string,
): Promise<Here | ChildEngine> {
  const { runtime = "node", readonly = false, mustExist = false } = options;
  const place = placeOf(runtime, path, mustExist || readonly);
  const wanted = lockFor(place, path, options, command);
  const lock = wanted && (await WriteLock.take(wanted));
  try {
    if (runtime === "node") return await openHere(place, options, lock);
    const { ChildEngine } = await import("../node/child-engine.js");
    return await ChildEngine.open(runtime, place, options, lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** The same in this process, for a session whose methods don't return promises. */
export function openSync<
  const Options extends Omit<OpenOptions, "runtime"> & { readonly runtime?: "node" } = Omit<OpenOptions, "runtime">,
>(path: string | FileUrl, options?: Options): SyncSession<ValuesOf<Options>> {
  const checked = checkOptions("openSync", options ?? {});
  const { runtime = "node", readonly = false, mustExist = false } = checked;
  if (runtime !== "node") throw new QuireError("BAD_OPTION", `openSync works in this process only; use open for ${runtime}`);
  const given = checkPath("openSync", path);
  const place = placeOf(runtime, given, mustExist || readonly);
  const wanted = lockFor(place, given, checked);
  const lock = wanted && WriteLock.takeSync(wanted);
  try {
    const engine = openInProcess(place, checked, lock);
    return new SyncSession(given, engine, new SyncRunner(engine, new Operations(formsWith(USUAL_FORMS, checked))));
  } catch (error) {
    lock?.release();
    throw error;
  }
}
