/** The file that the page shows: its session, and what its tables are like. */
import {
  type FileInfo,
  type QuireError,
  type SchemaInfo,
  type Source,
  type TableInfo,
  type TableSchemaInfo,
  type WebSession,
  connect,
  open,
} from "quire-db/web";
import { messageOf } from "./dom.js";
import { textOf } from "./values.js";

/** Milliseconds that a statement of the page may take, which can be stopped before. */
const TIME = 2_000_000_000;

/** What SQL gives: rows, and how to go on if there are more. */
export interface Answer {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly changes: number;
  /** Null, or not there: these are all. */
  readonly after?: string | null;
}

/** A column that refers to another table's, or is referred to. */
interface Reference {
  readonly from: string;
  readonly column: string;
  readonly to: string;
  readonly target: string;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value as SQL has it in a condition. */
export function literal(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return `'${textOf(value).replaceAll("'", "''")}'`;
}

/** What is known of a file when nothing of it can be read. */
const NO_INFO: FileInfo = {
  layout: "?",
  schemaHash: "?",
  pages: 0,
  bytes: 0,
  unclaimedPages: 0,
  tables: 0,
  inTransaction: false,
  readOnly: true,
};

/** What the definitions and counts of a file are; of a damaged one as far as they can be had. */
interface Known {
  readonly info: FileInfo;
  readonly schema: SchemaInfo;
  /** `rows` is -1 where they can't be counted. */
  readonly tables: readonly TableInfo[];
  /** What could not be read, for people. */
  readonly trouble: string;
}

async function knownOf(session: WebSession): Promise<Known> {
  let trouble = "";
  const orElse = <T>(other: T): ((error: unknown) => T) => {
    return (error) => {
      trouble = messageOf(error);
      return other;
    };
  };
  const info = await session.info().catch(orElse(NO_INFO));
  const schema = await session.schema().catch(orElse<SchemaInfo>({ layout: info.layout, schemaHash: "?", tables: [] }));
  const uncounted = schema.tables.map(({ name }) => ({ name, rows: -1 }));
  const tables = await session.tables().catch(orElse<readonly TableInfo[]>(uncounted));
  return { info, schema, tables, trouble };
}

export class Opened {
  readonly session: WebSession;
  readonly name: string;
  /** Whether it is a file of the server's, which has what was changed at once. */
  readonly isServed: boolean;
  #known: Known;
  /** Whether something was changed since it was opened. */
  isChanged = false;

  private constructor(session: WebSession, name: string, known: Known, isServed = false) {
    this.isServed = isServed;
    this.session = session;
    this.name = name;
    this.#known = known;
  }

  /** Opens the file; one that can't be changed is read. A damaged one is opened as far as it can be. */
  static async open(source: Source, name: string, schema?: string): Promise<Opened> {
    const module = new URL("quire-lib.wasm", document.baseURI);
    const commandModule = new URL("quire.wasm", document.baseURI);
    const options = { module, commandModule, ...(schema === undefined ? {} : { schema }) };
    const session = await open(source, options).catch(async (error: unknown) => {
      if ((error as QuireError).code !== "READ_ONLY") throw error;
      return open(source, { ...options, readonly: true });
    });
    return new Opened(session, name, await knownOf(session));
  }

  /** The file that the server of the page has open. */
  static async connect(name: string): Promise<Opened> {
    const session = connect(document.baseURI, name);
    return new Opened(session, name, await knownOf(session), true);
  }

  get info(): FileInfo {
    return this.#known.info;
  }

  get schema(): SchemaInfo {
    return this.#known.schema;
  }

  get tables(): readonly TableInfo[] {
    return this.#known.tables;
  }

  get trouble(): string {
    return this.#known.trouble;
  }

  get isReadOnly(): boolean {
    return this.info.readOnly;
  }

  /** Looks at definitions and counts again, after something that may have changed them. */
  async refresh(): Promise<void> {
    this.#known = await knownOf(this.session);
  }

  table(name: string): TableSchemaInfo | undefined {
    return this.schema.tables.find((table) => table.name === name);
  }

  rowsOf(name: string): number {
    return this.tables.find((table) => table.name === name)?.rows ?? 0;
  }

  /** All references, of all tables. */
  references(): Reference[] {
    return this.schema.tables.flatMap((table) =>
      table.fields.flatMap(({ name, references }) =>
        references === undefined ? [] : [{ from: table.name, column: name, to: references.table, target: references.column }],
      ),
    );
  }

  /** Runs SQL: as many rows as are wanted, and more with the `after` of the answer. */
  async sql(sql: string, params: readonly unknown[] = [], page: { maxRows?: number; after?: string } = {}): Promise<Answer> {
    return (await this.session.request({ op: "sql", sql, params, timeout: TIME, ...page })) as Answer;
  }

  /** The JSON that a command of `quire` prints, which reads the file; `other` is a second file that it reads, `OTHER`. Throws what it says is wrong. */
  async command(words: readonly string[], other: Blob | null = null): Promise<string> {
    const { stdout, stderr } = await this.session.command([...words, "--json"], other);
    const { error } = JSON.parse(stdout === "" ? stderr : stdout) as { error?: { message: string; hint?: string } };
    if (error === undefined) return stdout;
    throw new Error([error.message, error.hint].filter((part) => part !== undefined).join("; "));
  }

  /** Ends the statement that runs; false where only ending the worker does. */
  stop(): boolean {
    return this.session.stop();
  }
}

/** The place that an error of SQL names, counted from 1; null when it names none. */
export function placeOf(error: unknown): { line: number; column: number } | null {
  const match = /line (\d+), column (\d+)/.exec((error as QuireError).message);
  return match === null ? null : { line: Number(match[1]), column: Number(match[2]) };
}
