/** `importSqlite`: the tables, keys, indexes, foreign keys, views and rows of an SQLite file. */
import { EXIT_NOT_DONE, QuireError } from "../api/errors.js";
import { sqlName, sqlText } from "../api/sql-text.js";
import { SQLITE_INTEGERS } from "./dialects.js";
import { type AnySession, CALL_ROWS, type Watch, inAnyOrder, insertPart } from "./insert-rows.js";
import { type Plan, type Planned, isUnique, isUsable, referenced, same, unify } from "./sqlite-plan.js";
import { type SqliteFile, openSqlite } from "./sqlite-reader.js";
import { type SqliteColumn, type SqliteForeignKey, type SqliteTable, readSchema } from "./sqlite-schema.js";
import { ColumnProfile, makerOf } from "./sqlite-values.js";
import { Unfit, utf8Text } from "./values.js";

export interface SqliteImportOptions extends Watch {
  /** The tables that are wanted: all unless told. */
  readonly tables?: readonly string[];
  /** Other types for columns, as `{ "items.price": "text" }`. */
  readonly types?: Readonly<Record<string, string>>;
  /**
   * What is an error otherwise is made to fit, and said: columns with values of several kinds become text, foreign keys that rows do not keep to, and
   * conditions that are false for some, are left out.
   */
  readonly lenient?: boolean;
}

export interface SqliteImportResult {
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly rows: number;
  /** What is otherwise than in the file, or left out: a sentence each. */
  readonly notes: readonly string[];
}

/** Makes what an SQLite file has in the store: all of it, or nothing. */
export async function importSqlite(db: AnySession, path: string, options: SqliteImportOptions = {}): Promise<SqliteImportResult> {
  const file = openSqlite(path);
  try {
    return await new Importer(db, file, options).run();
  } finally {
    file.close();
  }
}

class Importer {
  readonly #db: AnySession;
  readonly #file: SqliteFile;
  readonly #options: SqliteImportOptions;
  readonly #notes: string[] = [];
  #done = 0;
  #all = 0;

  constructor(db: AnySession, file: SqliteFile, options: SqliteImportOptions) {
    this.#db = db;
    this.#file = file;
    this.#options = options;
  }

  async run(): Promise<SqliteImportResult> {
    const schema = readSchema(this.#file);
    const wanted = this.#options.tables;
    const missing = wanted?.find((name) => !schema.tables.some((table) => same(table.name, name)));
    if (missing !== undefined) {
      const there = schema.tables.map(({ name }) => name).join(", ");
      throw new QuireError("TABLE_NOT_FOUND", `the file has no table ${missing}; it has ${there}`, EXIT_NOT_DONE);
    }
    const chosen = schema.tables.filter(({ name }) => wanted?.some((other) => same(name, other)) ?? true);
    this.#checkTypes(chosen);
    const plans: Plan[] = [];
    for (const table of chosen) plans.push(await this.#plan(table));
    for (const plan of plans) plan.foreignKeys = plan.table.foreignKeys.filter((key) => this.#takesKey(plan, key, plans));
    unify(plans, (note) => this.#notes.push(note));
    this.#all = plans.reduce((sum, { rows }) => sum + rows, 0);
    for (const { table } of plans) this.#tellLeftOut(table);
    if (wanted === undefined) for (const other of schema.others) this.#notes.push(`${other} is left out`);
    const tables: { table: string; rows: number }[] = [];
    await this.#db.transaction(async () => {
      for (const plan of plans) await this.#create(plan);
      await inAnyOrder(this.#db, async () => {
        for (const plan of plans) tables.push({ table: plan.table.name, rows: await this.#copy(plan) });
      });
      for (const plan of plans) await this.#finish(plan);
      if (wanted === undefined) for (const view of schema.views) await this.#view(view);
    });
    return { tables, rows: this.#done, notes: this.#notes };
  }

  #checkTypes(tables: readonly SqliteTable[]): void {
    const known = tables.flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name}`));
    const wrong = Object.keys(this.#options.types ?? {}).find((name) => !known.includes(name));
    if (wrong !== undefined)
      throw new QuireError(
        "COLUMN_NOT_FOUND",
        `there is no column ${wrong} to have a type; columns go by TABLE.COLUMN`,
        EXIT_NOT_DONE,
      );
  }

  /** Looks at all values of a table. */
  async #plan(table: SqliteTable): Promise<Plan> {
    const { name, columns } = table;
    const profiles = columns.map(
      (column) => new ColumnProfile(column.declared, this.#options.types?.[`${name}.${column.name}`] ?? null),
    );
    if (this.#file.cutsTexts) this.#refuseNuls(table);
    let rows = 0;
    const list = columns.map((column, i) => `${sqlName(column.name)} AS c${i}`).join(", ");
    for (const row of this.#file.rows(`SELECT ${list} FROM ${sqlName(name)}`)) {
      rows++;
      for (let i = 0; i < profiles.length; i++) (profiles[i] as ColumnProfile).add(row[i] ?? null, rows);
      if (rows % CALL_ROWS === 0) await this.#pause();
    }
    const planned = columns.map((column, i): Planned => {
      const profile = profiles[i] as ColumnProfile;
      const { type, note, fault } = profile.decide(this.#options.lenient === true);
      const where = `${name}.${column.name}`;
      if (fault !== null) {
        const hint = `--types ${where}=text makes it text, --lenient all such columns`;
        throw new QuireError("BAD_VALUE", `${where}: ${fault}; ${hint}`, EXIT_NOT_DONE);
      }
      if (note !== null) this.#notes.push(`${where}: ${note}`);
      if (column.generated) this.#notes.push(`${where}: it is generated; its values are kept, and not worked out any more`);
      if (profile.hasReplacement) this.#checkTexts(table, column);
      return { column, type, nulls: profile.nulls };
    });
    const keys = planned.filter(({ column }) => column.key > 0);
    const [only] = keys;
    const isAlone = keys.length === 1 && only?.nulls === 0 && only.type !== "json";
    return {
      table,
      columns: planned,
      rows,
      key: isAlone ? only : null,
      counts: isAlone && table.hasRowid && /^INTEGER$/i.test(only.column.declared),
      foreignKeys: [],
    };
  }

  /** Refuses texts that the package would end at a NUL character. */
  #refuseNuls({ name, columns }: SqliteTable): void {
    const list = columns.map(({ name: column }, i) => {
      const text = sqlName(column);
      return `max(typeof(${text}) = 'text' AND instr(CAST(${text} AS BLOB), x'00') > 0) AS c${i}`;
    });
    const [found = []] = Array.from(this.#file.rows(`SELECT ${list.join(", ")} FROM ${sqlName(name)}`));
    const at = found.findIndex((one) => Number(one) === 1);
    if (at < 0) return;
    const what = `${name}.${columns[at]?.name ?? ""} has a text with a NUL character, at which node-sqlite3-wasm ends it`;
    throw new QuireError("BAD_VALUE", `${what}: install better-sqlite3, or use Node 22.13`, EXIT_NOT_DONE);
  }

  /** Lets signals and timers have their turn. */
  async #pause(): Promise<void> {
    await new Promise(setImmediate);
    this.#options.signal?.throwIfAborted();
  }

  /** A text that has U+FFFD or half of a surrogate pair may be one whose bytes are no UTF-8, which is told of instead of being changed. */
  #checkTexts({ name }: SqliteTable, column: SqliteColumn): void {
    // The bytes of a file in UTF-16 are others.
    const [bytesOfA] = Array.from(this.#file.rows("SELECT hex(CAST('a' AS BLOB)) AS c"))[0] ?? [];
    if (bytesOfA !== "61") return;
    const text = sqlName(column.name);
    let number = 0;
    for (const [bytes] of this.#file.rows(
      `SELECT CAST(${text} AS BLOB) AS c FROM ${sqlName(name)} WHERE typeof(${text}) = 'text'`,
    )) {
      number++;
      try {
        if (bytes instanceof Uint8Array) utf8Text(bytes);
      } catch (error) {
        if (!(error instanceof Unfit)) throw error;
        throw new QuireError("BAD_VALUE", `${name}.${column.name}: text ${number}: ${error.message}`, EXIT_NOT_DONE);
      }
    }
  }

  /** Whether a foreign key can be one here; what it is not like there is told. */
  #takesKey(plan: Plan, key: SqliteForeignKey, plans: readonly Plan[]): boolean {
    const { name } = plan.table;
    const [from = ""] = key.columns;
    const what = `the foreign key ${name} (${key.columns.join(", ")}) to ${key.table}`;
    const leave = (why: string): false => {
      this.#notes.push(`${what} is left out: ${why}`);
      return false;
    };
    if (key.columns.length > 1) return leave("it has several columns");
    const other = plans.find(({ table }) => same(table.name, key.table));
    if (other === undefined) return leave("there is no such table");
    const to = referenced(key, other);
    if (to === undefined || !isUnique(other, to.column.name)) return leave("what it refers to is no key");
    if (plan.columns.every(({ column }) => !same(column.name, from))) return leave("there is no such column");
    const lost = this.#violations(name, key);
    if (lost > 0) {
      const rows = lost === 1 ? "a row refers" : `${lost} rows refer`;
      if (this.#options.lenient === true) return leave(`${rows} to none`);
      throw new QuireError("FOREIGN_KEY_BROKEN", `${what}: ${rows} to none; --lenient leaves it out`, EXIT_NOT_DONE);
    }
    if (/SET|DEFAULT/.test(key.onDelete)) this.#notes.push(`${what}: ON DELETE ${key.onDelete} becomes RESTRICT`);
    return true;
  }

  #violations(table: string, { id }: SqliteForeignKey): number {
    const sql = `SELECT count(*) AS n FROM pragma_foreign_key_check(${sqlText(table)}) WHERE fkid = ${id}`;
    const [[count] = []] = Array.from(this.#file.rows(sql));
    return Number(count ?? 0);
  }

  #tellLeftOut(table: SqliteTable): void {
    for (const { name, unfit, unique, columns } of table.indexes) {
      if (unfit === null) continue;
      const what = unique ? "unique index" : "index";
      if (unfit.startsWith("it is in the order"))
        this.#notes.push(`${what} ${name} of ${table.name} (${columns.join(", ")}): ${unfit}, and by bytes here`);
      else this.#notes.push(`${what} ${name} of ${table.name} is left out: ${unfit}`);
    }
    for (const collation of table.collations)
      this.#notes.push(
        `${table.name}: COLLATE ${collation} is left out; text is compared by its bytes unless a statement says it`,
      );
  }

  async #try(sql: string): Promise<string | null> {
    try {
      await this.#db.exec(sql);
      return null;
    } catch (error) {
      if (error instanceof QuireError) return error.message;
      throw error;
    }
  }

  async #create(plan: Plan): Promise<void> {
    const { table, columns, key, counts } = plan;
    const parts: string[] = [];
    for (const planned of columns) {
      const { column, type } = planned;
      const words = [sqlName(column.name), counts && planned === key ? "INTEGER" : (SQLITE_INTEGERS[type] ?? type)];
      if (planned === key) words.push("PRIMARY KEY");
      if (column.notNull && planned !== key) words.push("NOT NULL");
      const value = column.default === null || planned === key ? null : await this.#default(table, planned);
      if (value !== null) words.push("DEFAULT", value);
      for (const foreign of plan.foreignKeys) {
        if (!same(foreign.columns[0] ?? "", column.name)) continue;
        const [to] = foreign.references;
        words.push("REFERENCES", sqlName(foreign.table), ...(typeof to === "string" ? [`(${sqlName(to)})`] : []));
        if (foreign.onDelete === "CASCADE") words.push("ON DELETE CASCADE");
      }
      parts.push(words.join(" "));
    }
    const keys = columns.filter(({ column }) => column.key > 0).sort((a, b) => a.column.key - b.column.key);
    if (key === null && keys.length > 0) {
      const names = keys.map(({ column }) => sqlName(column.name)).join(", ");
      const hasNulls = keys.some(({ nulls }) => nulls > 0);
      if (hasNulls) this.#notes.push(`${table.name}: its primary key has nulls, which SQLite allows; it becomes unique`);
      parts.push(`${hasNulls ? "UNIQUE" : "PRIMARY KEY"} (${names})`);
    }
    for (const index of table.indexes) {
      if (index.origin === "u" && isUsable(index.unfit)) parts.push(`UNIQUE (${index.columns.map(sqlName).join(", ")})`);
    }
    await this.#db.exec(`CREATE TABLE ${sqlName(table.name)} (${parts.join(", ")})`);
    for (const { name, text } of table.checks) {
      const constraint = name === null ? "" : `CONSTRAINT ${sqlName(name)} `;
      const why = await this.#try(`ALTER TABLE ${sqlName(table.name)} ADD ${constraint}CHECK (${text})`);
      if (why !== null) this.#notes.push(`${table.name}: CHECK (${text}) is left out: ${why}`);
      else if (await this.#isFalse(table, text)) {
        if (this.#options.lenient !== true)
          throw new QuireError(
            "CHECK_FAILED",
            `${table.name}: CHECK (${text}) is false for rows of the file; --lenient leaves it out`,
            EXIT_NOT_DONE,
          );
        await this.#db.exec(`ALTER TABLE ${sqlName(table.name)} DROP CONSTRAINT ${sqlName(name ?? `${table.name}_check`)}`);
        this.#notes.push(`${table.name}: CHECK (${text}) is left out: it is false for rows of the file`);
      }
    }
  }

  /** Whether rows of the file do not keep to a condition, which they came to while nobody looked. */
  async #isFalse({ name }: SqliteTable, text: string): Promise<boolean> {
    await this.#pause();
    return Array.from(this.#file.rows(`SELECT 1 AS c FROM ${sqlName(name)} WHERE NOT (${text}) LIMIT 1`)).length > 0;
  }

  /** The default as it is written here; null when it can't be. */
  async #default(table: SqliteTable, { column, type }: Planned): Promise<string | null> {
    const text = (column.default as string).trim();
    // SQLite takes a name in double quotes that is none for a text.
    const plain = /^"(?:[^"]|"")*"$/.test(text) ? sqlText(text.slice(1, -1).replaceAll('""', '"')) : text;
    const isConstant =
      /^(?:[+-]?[\d.]+(?:e[+-]?\d+)?|'(?:[^']|'')*'|x'[0-9a-f]*'|null|true|false|current_(?:time|date|timestamp))$/i.test(plain);
    const value = isConstant ? plain : `(${plain})`;
    const why = await this.#try(
      `CREATE TABLE "quire trial" (k INTEGER PRIMARY KEY, c ${SQLITE_INTEGERS[type] ?? type} DEFAULT ${value})`,
    );
    if (why === null) {
      await this.#db.exec(`DROP TABLE "quire trial"`);
      return value;
    }
    this.#notes.push(`${table.name}.${column.name}: DEFAULT ${text} is left out: ${why}`);
    return null;
  }

  async #copy({ table, columns, key }: Plan): Promise<number> {
    const { name } = table;
    // Rows without a key of one column keep the number that they have.
    const keepsNumber = key === null && table.hasRowid && !columns.some(({ column }) => same(column.name, "rowid"));
    const list = columns.map(({ column }, i) => `${sqlName(column.name)} AS c${i}`);
    if (keepsNumber) list.push("rowid AS c");
    const makers = columns.map(({ type }) => makerOf(type));
    let rows = 0;
    let part: Record<string, unknown>[] = [];
    const insert = async (): Promise<void> => {
      await insertPart(this.#db, name, part, rows - part.length);
      this.#done += part.length;
      this.#options.onProgress?.(this.#done, this.#all);
      part = [];
      await this.#pause();
    };
    for (const row of this.#file.rows(`SELECT ${list.join(", ")} FROM ${sqlName(name)}`)) {
      rows++;
      const made: Record<string, unknown> = {};
      for (let i = 0; i < columns.length; i++) {
        const { column, type } = columns[i] as Planned;
        try {
          made[column.name] = (makers[i] as (value: unknown) => unknown)(row[i] ?? null);
        } catch (error) {
          if (!(error instanceof Unfit)) throw error;
          throw new QuireError("BAD_VALUE", `row ${rows} of ${name}: ${column.name}: ${error.message} (${type})`, EXIT_NOT_DONE);
        }
      }
      if (keepsNumber) made["rowid"] = row[columns.length];
      if (part.push(made) === CALL_ROWS) await insert();
    }
    if (part.length > 0) await insert();
    return rows;
  }

  /** Indexes, which are filled from the rows, and the counter. */
  async #finish({ table, counts, key }: Plan): Promise<void> {
    for (const { name, columns, unique, origin, unfit } of table.indexes) {
      if (origin !== "c" || !isUsable(unfit)) continue;
      const list = columns.map(sqlName).join(", ");
      await this.#db.exec(`CREATE ${unique ? "UNIQUE " : ""}INDEX ${sqlName(name)} ON ${sqlName(table.name)} (${list})`);
    }
    if (!counts || key === null || table.sequence === null || table.sequence === 0n) return;
    const [quotedTable, column] = [sqlName(table.name), sqlName(key.column.name)];
    const statement = (await this.#db.prepare(`SELECT max(${column}) FROM ${quotedTable}`, { integers: "bigint" })).raw();
    const [[last = null] = []] = (await statement.all()) as (bigint | null)[][];
    if (last === null)
      this.#notes.push(`${table.name}: it has no rows, so that its counter begins anew and not behind ${table.sequence}`);
    else if (last < table.sequence) {
      // The counter goes on behind the largest number that was there.
      await this.#db.exec(
        `UPDATE ${quotedTable} SET ${column} = ${table.sequence} WHERE ${column} = ${last}; UPDATE ${quotedTable} SET ${column} = ${last} WHERE ${column} = ${table.sequence}`,
      );
    }
  }

  async #view({ name, sql }: { readonly name: string; readonly sql: string }): Promise<void> {
    const why = await this.#try(sql);
    if (why !== null) this.#notes.push(`view ${name} is left out: ${why}`);
  }
}
