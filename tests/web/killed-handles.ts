/**
 * Private files whose session ends at one of its calls, as when a tab is killed there: what was written stays, nothing comes after it. It runs in
 * a worker of a browser, over its real handles, and here, over handles that forget what was not flushed, as a power cut does.
 */
import type { SyncWebSession, WebOptions } from "../../build/host/web/index.js";

/** What a handle of a private file can. */
export interface Handle {
  read(into: Uint8Array, options: { readonly at: number }): number;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** What is thrown from the call at which the session ends, and from each that it makes after it. */
class Killed extends Error {
  // One that is not told on the console.
  override readonly name = "NotAllowedError";
}

/** Counts the calls that change something, and ends at one of them. */
export class Ending {
  calls = 0;
  isOver = false;
  readonly #handles: Handle[] = [];

  /** `at`: the call, counted from 1, that is not done; with `isTorn` half of it is, if it writes. */
  constructor(
    readonly at: number,
    readonly isTorn: boolean,
  ) {}

  /** The browser closes the handles of what has ended. */
  closeAll(): void {
    for (const handle of this.#handles) handle.close();
  }

  wrap(handle: Handle): Handle {
    this.#handles.push(handle);
    const ends = (): boolean => {
      if (this.isOver) throw new Killed();
      return (this.isOver = ++this.calls === this.at);
    };
    return {
      read: (into, options) => {
        if (this.isOver) throw new Killed();
        return handle.read(into, options);
      },
      getSize: () => handle.getSize(),
      write: (bytes, options) => {
        if (ends()) {
          if (this.isTorn) handle.write(bytes.subarray(0, bytes.length >> 1), options);
          throw new Killed();
        }
        return handle.write(bytes, options);
      },
      truncate: (size) => {
        if (ends()) throw new Killed();
        handle.truncate(size);
      },
      flush: () => {
        if (ends()) throw new Killed();
        handle.flush();
      },
      close: () => handle.close(),
    };
  }
}

/** What a session has been told of its changes: rows that are there for certain, and one that may be. */
interface Acknowledged {
  readonly rows: Map<number, string>;
  /** Null where nothing is under way. */
  readonly maybe: { readonly key: number; readonly value: string | null } | null;
}

type Open = (options: WebOptions) => Promise<SyncWebSession>;

const TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)";

/** A session's life: a table is made, rows are inserted, changed and removed, transactions roll back, and it is closed. */
async function live(open: Open, log: Acknowledged[]): Promise<void> {
  const rows = new Map<number, string>();
  const change = (key: number, value: string | null, act: () => void): void => {
    log.push({ rows: new Map(rows), maybe: { key, value } });
    act();
    if (value === null) rows.delete(key);
    else rows.set(key, value);
    log.push({ rows: new Map(rows), maybe: null });
  };
  const db = await open({});
  db.sql(TABLE);
  log.push({ rows: new Map(), maybe: null });
  for (let id = 1; id <= 6; id++) {
    const value = `row ${id} `.repeat(id * 40);
    change(id, value, () => void db.sql("INSERT INTO t VALUES (?, ?)", [id, value]));
  }
  change(2, "short", () => void db.sql("UPDATE t SET v = 'short' WHERE id = 2"));
  db.sql("BEGIN");
  db.sql("DELETE FROM t");
  db.sql("ROLLBACK");
  change(3, null, () => void db.sql("DELETE FROM t WHERE id = 3"));
  db.sync();
  db.contents();
  change(7, "behind", () => void db.sql("INSERT INTO t VALUES (7, 'behind')"));
  db.close();
}

/** What is in the file, and what is wrong with it; null where the table was not made. */
async function find(open: Open): Promise<{ rows: Map<number, string> | null; faults: readonly unknown[] }> {
  const db = await open({});
  try {
    const { faults } = db.check();
    if (db.tables().length === 0) return { rows: null, faults };
    const { rows } = db.sql("SELECT id, v FROM t");
    return { rows: new Map(rows.map(([id, v]) => [Number(id), v as string])), faults };
  } finally {
    db.close();
  }
}

function isSame(a: ReadonlyMap<number, string>, b: ReadonlyMap<number, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** What a run came to: how many calls the whole life has, at how many it ended, and what was wrong with what was found. */
export interface Outcome {
  readonly calls: number;
  readonly ended: number;
  readonly wrong: readonly string[];
}

/**
 * Lives once to count the calls, then once for each of them, which ends there. `open` opens a new file, whose handles `ending` wraps; `reopen` what
 * is left of it, when all handles are closed.
 */
export async function endAtEachCall(
  open: (ending: Ending) => Promise<SyncWebSession>,
  reopen: () => Promise<SyncWebSession>,
  isTorn: boolean,
): Promise<Outcome> {
  const whole = new Ending(0, false);
  await live(() => open(whole), []);
  const wrong: string[] = [];
  let ended = 0;
  for (let at = 1; at <= whole.calls; at++) {
    const ending = new Ending(at, isTorn);
    const log: Acknowledged[] = [{ rows: new Map(), maybe: null }];
    try {
      await live(() => open(ending), log);
    } catch {
      // It ended at that call; the module tells of it as of a disk that fails.
    }
    ending.closeAll();
    if (ending.isOver) ended++;
    const { rows, maybe } = log.at(-1) as Acknowledged;
    const isMade = log.length > 1;
    try {
      const found = await find(reopen);
      if (found.faults.length > 0) wrong.push(`call ${at}: ${JSON.stringify(found.faults[0])}`);
      const possible = [rows];
      if (maybe !== null) {
        const after = new Map(rows);
        if (maybe.value === null) after.delete(maybe.key);
        else after.set(maybe.key, maybe.value);
        possible.push(after);
      }
      const isRight =
        found.rows === null ? !isMade : possible.some((expected) => isSame(expected, found.rows as Map<number, string>));
      if (!isRight)
        wrong.push(
          `call ${at}: ${found.rows === null ? "no table" : [...found.rows.keys()].join()} of ${[...rows.keys()].join()}`,
        );
    } catch (error) {
      wrong.push(`call ${at}: ${String(error)}`);
    }
  }
  return { calls: whole.calls, ended, wrong };
}
