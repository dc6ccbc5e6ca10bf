/**
 * The lock of who writes a page file: the folder `NAME-lock` beside it, with a file for each process that holds it. What a file says is in
 * its name (`holder.ts`), so that it is there as a whole or not at all.
 *
 * Who wants the lock first makes its own file, and then looks: it has the lock when there is no other file of a process that may be alive,
 * and else takes its own one away again and waits. Of two that come at once at least one sees the other. Files of dead processes are removed
 * by whoever sees them: their names come never again, so that nobody can mean another lock by one of them. A process that is killed leaves
 * its file behind, which is of no meaning from then on.
 *
 * In a container the file is a pipe with a name, which the process has open: whoever shares the folder, also from another container, is told
 * by the system whether a reader is left.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  type Stats,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import { EXIT_NOT_DONE, QuireError, reasonOf } from "../../api/errors.js";
import { type Holder, holderOfName, isDead, isInContainer, isOutOfSight, nameOfHolder, startOf, thisProcess } from "./holder.js";

/** How long a lock is waited for, unless told. */
export const WAIT_SECONDS = 5;

/** What to lock, and for whom. */
export interface LockRequest {
  /** The page file: a path that is no symbolic link. */
  readonly file: string;
  /** What the user calls it. */
  readonly named: string;
  /** What holds the lock, for those who wait for it: `quire import`. */
  readonly command: string;
  readonly waitSeconds: number;
}

/** Milliseconds between two looks at a lock that another one has. */
const POLL_MS = 10;
/** Looks that are taken however short the wait is: two that come at once may both step back. */
const FEWEST_LOOKS = 5;
/** What the name of a pipe starts with that has no reader yet. */
const UNFINISHED = "new.";

/** Locks that this thread holds. While it waits without letting others run none of them can be released. */
const held = new Set<WriteLock>();

/** Gives back what a program that ends still holds. */
function releaseAll(): void {
  for (const lock of held) lock.release();
}

let registered = false;

/** Why a lock is not taken: somebody who may be alive has it. */
interface Occupied {
  readonly holder: Holder;
  /** When it was taken. */
  readonly since: Date;
  /** It can be seen neither alive nor dead from here. */
  readonly outOfSight: boolean;
}

export class WriteLock {
  readonly #folder: string;
  readonly #token: string;
  readonly #command: string;
  /** Our files in the folder. */
  #names: string[] = [];
  /** In a container, the pipe that we have open. */
  #pipe: number | null = null;

  private constructor({ file, command }: LockRequest) {
    this.#folder = `${file}-lock`;
    this.#command = command;
    this.#token = randomBytes(8).toString("hex");
  }

  /** Waits for the lock, and takes it; null where the folder can't be written in, and so no lock be made. `LOCKED` when it does not come free. */
  static async take(request: LockRequest): Promise<WriteLock | null> {
    const attempts = new Attempts(request, new WriteLock(request));
    for (;;) {
      const lock = attempts.next(false);
      if (lock !== undefined) return lock;
      await new Promise((resolve) => setTimeout(resolve, pause()));
    }
  }

  /** The same for callers that can't wait for promises. */
  static takeSync(request: LockRequest): WriteLock | null {
    const attempts = new Attempts(request, new WriteLock(request));
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      const lock = attempts.next(true);
      if (lock !== undefined) return lock;
      Atomics.wait(nothing, 0, 0, pause());
    }
  }

  /** Takes the lock if nobody has it: null; else who has it. Throws what the file system says when it can't be made. */
  attempt(): Occupied | null {
    const before = this.#others();
    if (before !== null) return before;
    this.#make(this.#nameFor(process.pid, thisProcess().start), isInContainer());
    const after = this.#others();
    if (after !== null) {
      this.release();
      return after;
    }
    held.add(this);
    if (!registered) process.on("exit", releaseAll);
    registered = true;
    return null;
  }

  /** In a container, the pipe: a process that inherits it holds the lock as well. */
  get pipe(): number | null {
    return this.#pipe;
  }

  /** A process that was started for the holder holds the lock as well, and may outlive this one: call it as soon as it is started. */
  addProcess(pid: number | undefined): void {
    if (pid !== undefined && this.#pipe === null && held.has(this)) this.#make(this.#nameFor(pid, startOf(pid)), false);
  }

  #nameFor(pid: number, start: string): string {
    return nameOfHolder({ ...thisProcess(), pid, start, token: this.#token, command: this.#command });
  }

  /** Makes the file that says that a process has the lock, or is about to look whether it is free. */
  #make(name: string, asPipe: boolean): void {
    for (;;) {
      makeFolder(this.#folder);
      try {
        if (asPipe) this.#pipe = makePipe(this.#folder, name);
        if (this.#pipe === null) closeSync(openSync(join(this.#folder, name), "wx"));
        break;
      } catch (error) {
        // Who has just given the lock back took the folder away with it.
        if (codeOf(error) !== "ENOENT") throw error;
      }
    }
    this.#names.push(name);
  }

  /** Somebody else who may be alive and has the lock, or is about to look whether it is free. Traces of the dead are removed. */
  #others(): Occupied | null {
    let found: Occupied | null = null;
    for (const name of this.#entries()) {
      const isFinished = !name.startsWith(UNFINISHED);
      const holder = holderOfName(isFinished ? name : name.slice(UNFINISHED.length));
      if (holder === null || holder.token === this.#token) continue;
      const path = join(this.#folder, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) continue;
      if (isGone(holder, path, stat, this.#folder)) remove(path);
      else if (isFinished) found ??= { holder, since: stat.mtime, outOfSight: isOutOfSight(holder) && !isTold(holder, stat) };
    }
    return found;
  }

  #entries(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  }

  /** Whether a lock with this token is held by this thread. */
  static isOurs(token: string): boolean {
    for (const lock of held) if (lock.#token === token) return true;
    return false;
  }

  /** Gives the lock back. A second call does nothing. */
  release(): void {
    held.delete(this);
    for (const name of this.#names.splice(0)) remove(join(this.#folder, name));
    if (this.#pipe !== null) closeSync(this.#pipe);
    this.#pipe = null;
    try {
      rmdirSync(this.#folder);
    } catch {
      // Somebody else is there already, or has taken it away.
    }
  }
}

/** What a process that is started for the holder inherits behind its standard streams. */
export function inheritedBy(lock: WriteLock | null): number[] {
  return lock?.pipe == null ? [] : [lock.pipe];
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

/** Makes a pipe called `name` that has a reader from its first moment on: its descriptor. Null where pipes with names can't be made. */
function makePipe(folder: string, name: string): number | null {
  const unfinished = join(folder, UNFINISHED + name);
  if (spawnSync("mkfifo", [unfinished], { stdio: "ignore" }).status !== 0) return null;
  // Open for both: to read alone would wait for a writer.
  const pipe = openSync(unfinished, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    renameSync(unfinished, join(folder, name));
  } catch (error) {
    closeSync(pipe);
    throw error;
  }
  return pipe;
}

/** Whether the system tells if the pipe that is the holder's file has a reader: it does not know of another system's. */
function isTold(holder: Holder, stat: Stats): boolean {
  return stat.isFIFO() && holder.boot === thisProcess().boot;
}

/** Whether nothing is left of the holder whose file is at `path`. */
function isGone(holder: Holder, path: string, stat: Stats, folder: string): boolean {
  if (!isTold(holder, stat)) return isDead(holder, folder);
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return codeOf(error) === "ENXIO";
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone; or the file system does not let us, and whoever comes next finds it to be of a dead process.
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Milliseconds until the next look; of different length, so that those who came at once part. */
function pause(): number {
  return POLL_MS * (0.5 + Math.random());
}

/** What the system says of a folder that can't be written in, or is not there. */
const UNWRITABLE: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "ENOENT"]);

function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes(codeOf(error) ?? "");
}

/** The looks of one who wants a lock. */
class Attempts {
  readonly #request: LockRequest;
  readonly #lock: WriteLock;
  readonly #end: number;
  #looks = 0;

  constructor(request: LockRequest, lock: WriteLock) {
    this.#request = request;
    this.#lock = lock;
    this.#end = performance.now() + request.waitSeconds * 1000;
  }

  /** The lock; null where there can be none; undefined when it is worth waiting for. `blocks`: nothing else runs in this thread meanwhile. */
  next(blocks: boolean): WriteLock | null | undefined {
    let occupied: Occupied | null;
    try {
      occupied = this.#lock.attempt();
    } catch (error) {
      // Nobody can make a lock there, or a log: what the module may do all the same it does without.
      if (!existsSync(`${this.#request.file}-lock`) && UNWRITABLE.has(codeOf(error) ?? "")) return null;
      const code = isFull(error) ? "DISK_FULL" : UNWRITABLE.has(codeOf(error) ?? "") ? "ACCESS_DENIED" : "IO_ERROR";
      throw new QuireError(code, `can't lock ${this.#request.named} by ${this.#request.file}-lock: ${reasonOf(error)}`);
    }
    if (occupied === null) return this.#lock;
    this.#looks += 1;
    const isOurs = WriteLock.isOurs(occupied.holder.token);
    const isOver = performance.now() >= this.#end && this.#looks >= FEWEST_LOOKS;
    if (isOver || (blocks && isOurs)) throw lockedError(this.#request, occupied, isOurs);
    return undefined;
  }
}

function lockedError(
  { file, named, waitSeconds }: LockRequest,
  { holder, since, outOfSight }: Occupied,
  isOurs: boolean,
): QuireError {
  const isHere = isOurs || (holder.pid === process.pid && !isOutOfSight(holder));
  const who = isHere ? "this process" : `process ${holder.pid}`;
  const what = `${named} is open for writing by ${who} (${holder.command}) since ${since.toISOString().replace(/\.\d+Z$/, "Z")}`;
  const waited = isOurs ? "" : `, which did not end within ${waitSeconds} s`;
  let cure = isHere ? "close that session first" : "wait longer with --wait SECONDS (the option wait in programs), or end it";
  if (outOfSight) {
    cure = `it is in another container or on another machine, and can't be seen from here; if it is gone for good, remove ${file}-lock`;
  }
  return new QuireError("LOCKED", `${what}${waited}; ${cure}`, EXIT_NOT_DONE);
}
