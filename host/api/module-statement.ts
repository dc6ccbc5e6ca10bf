/** Statements of the library module in this process: its calls `prepare` to `finalize` (docs/abi.md, "Statements"). */
import type { LibraryInstance } from "./instance.js";
import type { MemoryViews } from "./memory-views.js";
import { ParameterWriter } from "./parameter-writer.js";
import type { RecordReader } from "./record-codec.js";
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
  /** The tag of each custom column. */
  readonly tags: readonly string[];
}

/** What a step gave. */
export interface Stepped {
  /** Whether other rows may follow. */
  readonly more: boolean;
  readonly changes: number;
  readonly lastId: unknown;
}

/** What becomes of rows: lists of their values or objects, and what values are. */
export interface RowReading {
  readonly raw: boolean;
  readonly reader: RecordReader;
}

/** What a statement came to. */
export interface StatementResult extends Omit<Stepped, "more"> {
  readonly rows: unknown[];
}

export class ModuleStatement {
  shape: StatementShape;
  #version: number;
  readonly #instance: LibraryInstance;
  readonly #handle: number;
  readonly #writer = new ParameterWriter();

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
    return [view.getUint32(replyStart, true), { givesRows, parameters, columns, tags }];
  }

  /** Whether an object takes the columns' names for properties of its own by mere assignment. */
  get isPlain(): boolean {
    return !this.shape.columns.some(({ name }) => name === "__proto__");
  }

  /** Gives it these values to run with; false when they have to go as JSON. */
  bind(params: unknown): boolean {
    const instance = this.#instance;
    const byteLen = this.#writer.write(instance, this.shape.parameters, params);
    if (byteLen < 0) return false;
    if (instance.call("bind", this.#handle, byteLen) < 0) throw instance.failure();
    return true;
  }

  /** Goes on: adds `maxRows` rows at most to `rows`, objects or, `raw`, lists of their values; 0 for as many as one reply holds. */
  step(maxRows: number, rows: unknown[], { raw, reader }: RowReading): Stepped {
    const instance = this.#instance;
    const status = instance.callStatement("step", this.#handle, maxRows);
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
    const { columns } = this.shape;
    let at = replyStart + STEP_HEAD;
    try {
      for (let left = view.getUint32(replyStart, true); left > 0; left--) {
        rows.push(raw ? reader.values(memory, columns, at + 4) : reader.row(memory, columns, at + 4));
        at += 4 + view.getUint32(at, true);
      }
    } catch (error) {
      // A value that can't be had in the form that is wanted: nobody asks for the rest.
      this.reset();
      throw error;
    }
    const changes = Number(view.getBigUint64(replyStart + 8, true));
    const key = replyStart + view.getUint32(replyStart + 16, true);
    const hasKey = changes > 0 && key < replyStart + replyLength;
    return { more: status === 1, changes, lastId: hasKey ? keyAt(memory, key, reader) : undefined };
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

/** The key at `at`, behind its type. */
function keyAt(memory: MemoryViews, at: number, reader: RecordReader): unknown {
  const type = TYPE_OF_CODE.get(memory.bytes[at] as number) ?? "custom";
  const size = type === "custom" ? 0 : TYPE_SIZES[type];
  return reader.key(memory, { name: "", type, nullable: false, size, position: 0 }, at + 1);
}

/** So many statements that nobody runs are kept for whoever prepares their text again. */
const MOST_KEPT = 64;

/** The statements of a session: each is one's own while it runs. */
export class ModuleStatements {
  /** Those that nobody runs, by their text; that which was used longest ago is first. */
  readonly #idle = new Map<string, ModuleStatement>();

  constructor(readonly instance: LibraryInstance) {}

  /** A statement of this text, until it is given back; throws what the module says of it. */
  take(sql: string): ModuleStatement {
    const known = this.#idle.get(sql);
    if (known === undefined) return ModuleStatement.prepare(this.instance, sql);
    this.#idle.delete(sql);
    return known;
  }

  /** Runs `sql` to its end: its rows and what it changed; undefined when it has to go as JSON. */
  run(sql: string, params: unknown, reading: RowReading, maxRows = 0): StatementResult | undefined {
    const statement = this.take(sql);
    try {
      if (!statement.isPlain || !statement.bind(params)) return undefined;
      const rows: unknown[] = [];
      let stepped = statement.step(maxRows, rows, reading);
      while (stepped.more && maxRows === 0) stepped = statement.step(0, rows, reading);
      if (stepped.more) statement.reset();
      return { rows, changes: stepped.changes, lastId: stepped.lastId };
    } finally {
      this.give(statement);
    }
  }

  /** Gives a statement back that has ended, or failed. */
  give(statement: ModuleStatement): void {
    if (this.instance.ended !== null) return;
    const idle = this.#idle;
    // Another one of the same text came first.
    idle.get(statement.sql)?.finalize();
    idle.delete(statement.sql);
    idle.set(statement.sql, statement);
    if (idle.size <= MOST_KEPT) return;
    const [oldest] = idle.values();
    idle.delete((oldest as ModuleStatement).sql);
    (oldest as ModuleStatement).finalize();
  }
}
