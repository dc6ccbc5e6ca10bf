/** Statements of the library module in this process: its calls `prepare` to `finalize` (docs/abi.md, "Statements"). */
import type { LibraryInstance } from "./instance.js";
import type { MemoryViews } from "./memory-views.js";
import { writeParameters } from "./parameter-writer.js";
import type { RecordReader } from "./record-codec.js";
import { RowMaker } from "./row-maker.js";
import { type Column, type ColumnType, TYPE_CODES, TYPE_SIZES } from "./table-schema.js";

/** `flags` of a description. */
const GIVES_ROWS = 1;
/** Where a step's rows start. */
const STEP_HEAD = 20;

const TYPE_OF_CODE: ReadonlyMap<number, ColumnType> = new Map(
  Object.entries(TYPE_CODES).map(([type, code]) => [code, type as ColumnType]),
);

/** What a statement gives and takes. */
export interface StatementShape {
  readonly givesRows: boolean;
  /** The names of its parameters, without the sign before them; empty where there is just a number. */
  readonly parameters: readonly string[];
  readonly columns: readonly Column[];
  /** Makes objects of rows. */
  readonly rows: RowMaker;
  /** The tag of each custom column. */
  readonly tags: readonly string[];
  /** Whether an object takes the columns' names for properties of its own by mere assignment. */
  readonly isPlain: boolean;
}

/** What a statement came to. */
export interface StatementResult {
  /** Whether it is one that gives rows, if there are any. */
  readonly givesRows: boolean;
  readonly rows: unknown[];
  readonly changes: number;
  readonly lastId: unknown;
}

/** What becomes of rows: lists of their values or objects, and what values are. */
export interface RowReading {
  readonly raw: boolean;
  readonly reader: RecordReader;
}

export class ModuleStatement {
  shape: StatementShape;
  /** Whether it may be taken again when it was given back. */
  isKept = false;
  isTaken = true;
  /** Which of all runs its last one was. */
  usedAt = 0;
  /** What the last step told: rows that were changed, and the key of the one that was inserted last. */
  changes = 0;
  lastId: unknown = undefined;
  /** The last row of a step that was given no list for them. */
  row: unknown = undefined;
  #version: number;
  readonly #instance: LibraryInstance;
  readonly #handle: number;

  private constructor(
    readonly sql: string,
    instance: LibraryInstance,
    handle: number,
  ) {
    this.#instance = instance;
    this.#handle = handle;
    [this.#version, this.shape] = this.#description();
  }

  /** Reads the statement; throws what the module says of it. */
  static prepare(instance: LibraryInstance, sql: string): ModuleStatement {
    const handle = instance.callText("prepare", sql);
    if (handle < 0) throw instance.failure();
    return new ModuleStatement(sql, instance, handle);
  }

  #description(): [version: number, shape: StatementShape] {
    const { memory, replyStart } = this.#instance;
    const { view } = memory;
    let at = replyStart + 16;
    const text = (): string => {
      const start = at + 2;
      at = start + view.getUint16(at, true);
      return memory.text(start, at);
    };
    const parameters = Array.from({ length: view.getUint32(replyStart + 8, true) }, text);
    const tags: string[] = [];
    const columns = Array.from({ length: view.getUint32(replyStart + 12, true) }, (_, position): Column => {
      const type = TYPE_OF_CODE.get(view.getUint8(at)) ?? "custom";
      const size = type === "custom" ? view.getUint16(at + 1, true) : TYPE_SIZES[type];
      at += 3;
      const name = text();
      tags.push(text());
      return { name, type, nullable: true, size, position };
    });
    const givesRows = (view.getUint32(replyStart + 4, true) & GIVES_ROWS) !== 0;
    const isPlain = !columns.some(({ name }) => name === "__proto__");
    return [view.getUint32(replyStart, true), { givesRows, parameters, columns, rows: new RowMaker(columns), tags, isPlain }];
  }

  /** Gives it these values to run with; false when they have to go as JSON. */
  bind(params: unknown): boolean {
    const instance = this.#instance;
    const byteLen = writeParameters(instance, this.shape.parameters, params);
    if (byteLen < 0) return false;
    if (instance.call("bind", this.#handle, byteLen) < 0) throw instance.failure();
    return true;
  }

  /**
   * `bind` and the first `step`, and with a number of rows the whole run: whether others may follow; undefined when the values have to go as
   * JSON.
   */
  run(params: unknown, maxRows: number, rows: unknown[] | null, reading: RowReading): boolean | undefined {
    const instance = this.#instance;
    const byteLen = writeParameters(instance, this.shape.parameters, params);
    return byteLen < 0 ? undefined : this.#take(instance.callRun(this.#handle, byteLen, maxRows), rows, reading);
  }

  /**
   * Goes on: adds `maxRows` rows at most to `rows`, objects or, `raw`, lists of their values; 0 for as many as one reply holds. Without a list
   * only the last one is kept, as `row`. Whether others may follow.
   */
  step(maxRows: number, rows: unknown[] | null, reading: RowReading): boolean {
    return this.#take(this.#instance.callStatement("step", this.#handle, maxRows), rows, reading);
  }

  /** Takes what a step replied. */
  #take(status: number, rows: unknown[] | null, { raw, reader }: RowReading): boolean {
    const instance = this.#instance;
    if (status < 0) throw instance.failure();
    let { replyStart, memory } = instance;
    const { replyLength } = instance;
    if (memory.view.getUint32(replyStart + 4, true) !== this.#version) {
      // The description takes the reply's place, but the rows are good until then: they are few, as a plan is made anew where they begin.
      const bytes = memory.bytes.slice(replyStart, replyStart + replyLength);
      this.#describe();
      replyStart = instance.scratch(bytes.length);
      memory = instance.memory;
      memory.bytes.set(bytes, replyStart);
    }
    const { view } = memory;
    const { columns, rows: maker } = this.shape;
    let at = replyStart + STEP_HEAD;
    try {
      for (let left = view.getUint32(replyStart, true); left > 0; left--) {
        const row = raw ? reader.values(memory, columns, at + 4) : maker.row(reader, memory, at + 4);
        if (rows === null) this.row = row;
        else rows.push(row);
        at += 4 + view.getUint32(at, true);
      }
    } catch (error) {
      // A value that can't be had in the form that is wanted: nobody asks for the rest.
      this.reset();
      throw error;
    }
    this.changes = view.getUint32(replyStart + 8, true) + 2 ** 32 * view.getUint32(replyStart + 12, true);
    const key = replyStart + view.getUint32(replyStart + 16, true);
    const hasKey = this.changes > 0 && key < replyStart + replyLength;
    this.lastId = hasKey ? keyAt(memory, key, reader) : undefined;
    return status === 1;
  }

  #describe(): void {
    const instance = this.#instance;
    if (instance.callStatement("describe", this.#handle, 0) < 0) throw instance.failure();
    [this.#version, this.shape] = this.#description();
  }

  /** Ends the run. */
  reset(): void {
    this.#instance.callStatement("reset", this.#handle, 0);
  }

  /** Gives it back to the module. */
  finalize(): void {
    this.#instance.callStatement("finalize", this.#handle, 0);
  }
}

/** Columns of keys, by the codes of their types. */
const KEY_COLUMNS = Array.from({ length: 256 }, (_, code): Column => {
  const type = TYPE_OF_CODE.get(code) ?? "custom";
  return { name: "", type, nullable: false, size: type === "custom" ? 0 : TYPE_SIZES[type], position: 0 };
});

/** The key at `at`, behind its type. */
function keyAt(memory: MemoryViews, at: number, reader: RecordReader): unknown {
  return reader.key(memory, KEY_COLUMNS[memory.bytes[at] as number] as Column, at + 1);
}

/** So many statements that nobody runs are kept for whoever prepares their text again. */
const MOST_KEPT = 64;

/** The statements of a session: each is one's own while it runs. */
export class ModuleStatements {
  readonly #kept = new Map<string, ModuleStatement>();
  #runs = 0;

  constructor(readonly instance: LibraryInstance) {}

  /** A statement of this text, until it is given back; throws what the module says of it. */
  take(sql: string): ModuleStatement {
    const known = this.#kept.get(sql);
    if (known === undefined || known.isTaken) return this.#prepare(sql, known === undefined);
    known.isTaken = true;
    known.usedAt = ++this.#runs;
    return known;
  }

  #prepare(sql: string, keep: boolean): ModuleStatement {
    const made = ModuleStatement.prepare(this.instance, sql);
    made.usedAt = ++this.#runs;
    if (!keep) return made;
    const kept = this.#kept;
    if (kept.size >= MOST_KEPT) this.#forgetOldest();
    made.isKept = kept.size < MOST_KEPT;
    if (made.isKept) kept.set(sql, made);
    return made;
  }

  /** Forgets the statement, of those that nobody runs, that was used longest ago. */
  #forgetOldest(): void {
    let oldest: ModuleStatement | null = null;
    for (const statement of this.#kept.values()) {
      if (!statement.isTaken && (oldest === null || statement.usedAt < oldest.usedAt)) oldest = statement;
    }
    if (oldest === null) return;
    this.#kept.delete(oldest.sql);
    oldest.finalize();
  }

  /**
   * Runs `sql` to its end, or to the `maxRows` rows that are wanted, which are added to `rows`: the statement, which tells what it came to until
   * it is run again; undefined when it has to go as JSON.
   */
  run(sql: string, params: unknown, rows: unknown[] | null, reading: RowReading, maxRows = 0): ModuleStatement | undefined {
    const statement = this.take(sql);
    try {
      if (!statement.shape.isPlain) return undefined;
      let more = statement.run(params, maxRows, rows, reading);
      if (more === undefined) return undefined;
      while (more && maxRows === 0) more = statement.step(0, rows, reading);
      return statement;
    } finally {
      this.give(statement);
    }
  }

  /** Gives a statement back that has ended, or failed. */
  give(statement: ModuleStatement): void {
    statement.isTaken = false;
    if (!statement.isKept && this.instance.ended === null) statement.finalize();
  }
}
