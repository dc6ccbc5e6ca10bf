/**
 * Random lives of a table: columns and constraints come, go and change on rows that are there, in transactions that are sometimes taken back,
 * beside a model that knows only rows and rules. What the model refuses has to be refused, and to leave nothing.
 */
import { closeSync, openSync as openFile, readSync, rmSync } from "node:fs";
import { type SyncSession, openSync } from "../../host/index.js";
import { Random } from "../torture/random.js";

type Value = string | null;
type Type = "INTEGER" | "TEXT" | "DECIMAL";

interface Column {
  readonly name: string;
  readonly type: Type;
  readonly isRequired: boolean;
  readonly fallback: Value;
}

interface Model {
  readonly name: string;
  readonly columns: readonly Column[];
  /** None where the table has a hidden key. */
  readonly key: string | null;
  /** Columns of unique constraints and of plain indexes, in the order in which they came. */
  readonly unique: readonly (readonly string[])[];
  readonly indexes: readonly string[];
  /** What the view `seen` shows; null where there is none. */
  readonly view: readonly string[] | null;
  readonly rows: readonly ReadonlyMap<string, Value>[];
}

/** What is done to a table, and what comes of it: null where it has to be refused. */
interface Step {
  readonly sql: string;
  readonly after: Model | null;
}

/** Where the schema's hash stands in a page file (docs/format.md, "Schema registry"). */
const HASH_BYTES = 8;

const literal = (value: Value, type: Type): string =>
  value === null ? "NULL" : type === "TEXT" ? `'${value.replaceAll("'", "''")}'` : value;

/** A decimal's text may end in zeros that say nothing about its value: none is made here. */
const WHOLE = /^-?\d+$/u;
const DECIMAL = /^-?\d+(\.\d+)?$/u;

class Life {
  readonly #random: Random;
  #fresh = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  newName(): string {
    const quotes = this.#random.oneIn(8) ? " " : "";
    return `c${quotes}${++this.#fresh}`;
  }

  value(type: Type, isRequired: boolean): Value {
    const random = this.#random;
    if (!isRequired && random.oneIn(4)) return null;
    if (type === "TEXT") return random.oneIn(2) ? String(random.below(50) - 9) : `t'${random.below(30)}`;
    return type === "INTEGER" ? String(random.below(60) - 20) : `${random.below(40) - 20}.${1 + random.below(9)}`;
  }

  first(): Model {
    const columns: Column[] = [{ name: "id", type: "INTEGER", isRequired: true, fallback: null }];
    for (const type of ["INTEGER", "TEXT"] as const)
      columns.push({ name: this.newName(), type, isRequired: false, fallback: null });
    const hasKey = !this.#random.oneIn(3);
    return { name: "t0", columns, key: hasKey ? "id" : null, unique: [], indexes: [], view: null, rows: [] };
  }

  insertion(model: Model): Step {
    const count = 1 + this.#random.below(12);
    let rows = [...model.rows];
    for (let n = 0; n < count; n++) {
      const row = new Map<string, Value>();
      for (const { name, type, isRequired } of model.columns)
        row.set(name, name === model.key && type !== "TEXT" ? String(++this.#fresh) : this.value(type, isRequired));
      rows = [...rows, row];
    }
    const names = model.columns.map(({ name }) => `"${name}"`).join(", ");
    const values = rows
      .slice(model.rows.length)
      .map((row) => `(${model.columns.map(({ name, type }) => literal(row.get(name) ?? null, type)).join(", ")})`);
    return { sql: `INSERT INTO ${model.name} (${names}) VALUES ${values.join(", ")}`, after: kept({ ...model, rows }) };
  }

  /** ALTER TABLE or CREATE or DROP INDEX. */
  step(model: Model): Step {
    const random = this.#random;
    const alter = (change: string): string => `ALTER TABLE ${model.name} ${change}`;
    const column = random.pick(model.columns);
    const isKey = column.name === model.key;
    const quoted = `"${column.name}"`;
    const changed = (now: Column): readonly Column[] => model.columns.map((one) => (one === column ? now : one));
    const values = model.rows.map((row) => row.get(column.name) ?? null);
    switch (random.below(15)) {
      case 0:
      case 1:
      case 2: {
        const type = random.pick(["INTEGER", "TEXT", "DECIMAL"] as const);
        const isRequired = random.oneIn(3);
        const fallback = random.oneIn(2) ? this.value(type, true) : null;
        const added: Column = { name: this.newName(), type, isRequired, fallback };
        const isUnique = random.oneIn(4);
        const at = random.pick([0, 1, model.columns.length]);
        const place = at === 0 ? " FIRST" : at === model.columns.length ? "" : ` AFTER "${model.columns[at - 1]?.name ?? ""}"`;
        const text = `"${added.name}" ${type}${isRequired ? " NOT NULL" : ""}${fallback === null ? "" : ` DEFAULT ${literal(fallback, type)}`}${isUnique ? " UNIQUE" : ""}`;
        const rows = model.rows.map((row) => new Map([...row, [added.name, fallback] as const]));
        const columns = [...model.columns.slice(0, at), added, ...model.columns.slice(at)];
        const unique = isUnique ? [...model.unique, [added.name]] : model.unique;
        return {
          sql: alter(`ADD ${random.pick(["COLUMN ", ""])}${text}${place}`),
          after: kept({ ...model, columns, rows, unique }),
        };
      }
      case 3: {
        if (isKey || model.columns.length === 1 || model.view?.includes(column.name) === true)
          return { sql: alter(`DROP COLUMN ${quoted}`), after: null };
        return {
          sql: alter(`DROP ${quoted}`),
          after: {
            ...model,
            columns: model.columns.filter((one) => one !== column),
            unique: model.unique.filter((names) => !names.includes(column.name)),
            indexes: model.indexes.filter((name) => name !== column.name),
            rows: model.rows.map((row) => new Map([...row].filter(([name]) => name !== column.name))),
          },
        };
      }
      case 4: {
        const name = this.newName();
        const renamed = (names: readonly string[]): string[] => names.map((one) => (one === column.name ? name : one));
        const after = {
          ...model,
          columns: changed({ ...column, name }),
          key: isKey ? name : model.key,
          unique: model.unique.map(renamed),
          indexes: renamed(model.indexes),
          view: model.view === null ? null : renamed(model.view),
          rows: model.rows.map(
            (row) => new Map([...row].map(([one, value]) => [one === column.name ? name : one, value] as const)),
          ),
        };
        return { sql: alter(`RENAME COLUMN ${quoted} TO "${name}"`), after };
      }
      case 5: {
        const name = `t${++this.#fresh}`;
        return { sql: alter(`RENAME TO ${name}`), after: { ...model, name } };
      }
      case 6: {
        const type = random.pick(["INTEGER", "TEXT", "DECIMAL"] as const);
        const fits = (value: Value): boolean =>
          value === null || type === "TEXT" || (type === "INTEGER" ? WHOLE : DECIMAL).test(value);
        const after = [...values, column.fallback].every(fits) ? kept({ ...model, columns: changed({ ...column, type }) }) : null;
        return { sql: alter(`ALTER COLUMN ${quoted} ${random.pick(["SET DATA TYPE", "TYPE"])} ${type}`), after };
      }
      case 7: {
        if (column.type !== "INTEGER") return { sql: alter(`ALTER ${quoted} TYPE DATE USING nobody`), after: null };
        const rows = model.rows.map((row) => new Map([...row, [column.name, doubled(row.get(column.name) ?? null)] as const]));
        return { sql: alter(`ALTER ${quoted} TYPE INTEGER USING ${quoted} * 2 + 1`), after: kept({ ...model, rows }) };
      }
      case 8:
        return {
          sql: alter(`ALTER ${quoted} SET NOT NULL`),
          after: kept({ ...model, columns: changed({ ...column, isRequired: true }) }),
        };
      case 9:
        return {
          sql: alter(`ALTER ${quoted} DROP NOT NULL`),
          after: isKey ? null : { ...model, columns: changed({ ...column, isRequired: false }) },
        };
      case 10: {
        const fallback = random.oneIn(2) ? null : this.value(column.type, true);
        const text = fallback === null ? "DROP DEFAULT" : `SET DEFAULT ${literal(fallback, column.type)}`;
        return { sql: alter(`ALTER ${quoted} ${text}`), after: { ...model, columns: changed({ ...column, fallback }) } };
      }
      case 11: {
        const other = random.pick(model.columns);
        const names = other === column || model.key === null || random.oneIn(2) ? [column.name] : [column.name, other.name];
        const list = names.map((name) => `"${name}"`).join(", ");
        const isThere = (names.length === 1 && isKey) || model.unique.some((known) => known.join() === names.join());
        const after = isThere ? model : kept({ ...model, unique: [...model.unique, names] });
        return { sql: alter(`ADD UNIQUE (${list})`), after };
      }
      case 12: {
        const names = random.oneIn(2) ? undefined : model.unique.find((known) => known.length === 1 || random.oneIn(2));
        if (names !== undefined)
          return {
            sql: alter(`DROP CONSTRAINT "${model.name}_${names.join("_")}_unique"`),
            after: {
              ...model,
              unique: model.unique.filter((one) => one !== names),
              indexes: model.indexes.filter((name) => names.length > 1 || name !== names[0]),
            },
          };
        const isThere =
          model.indexes.includes(column.name) || isKey || model.unique.some((known) => known.join() === column.name);
        return {
          sql: `CREATE INDEX IF NOT EXISTS "${model.name}_${column.name}_idx" ON ${model.name} (${quoted})`,
          after: isThere ? model : { ...model, indexes: [...model.indexes, column.name] },
        };
      }
      case 13: {
        if (model.view !== null) return { sql: "DROP VIEW seen", after: { ...model, view: null } };
        const view = model.columns.filter((one) => one === column || random.oneIn(2)).map(({ name }) => name);
        const list = view.map((name) => `${random.oneIn(2) ? `${model.name}.` : ""}"${name}"`).join(", ");
        return { sql: `CREATE VIEW seen AS SELECT ${list} FROM ${model.name}`, after: { ...model, view } };
      }
      default: {
        // A unique constraint of several columns in a table without a key would be taken for its key.
        if (model.unique.some((names) => names.length > 1)) return this.step(model);
        if (model.key === column.name) return { sql: alter("DROP PRIMARY KEY"), after: { ...model, key: null } };
        const key = kept({
          ...model,
          key: column.name,
          columns: changed({ ...column, isRequired: true }),
          unique: model.unique.filter((names) => names.join() !== column.name),
          indexes: model.indexes.filter((name) => name !== column.name),
        });
        return { sql: alter(`${model.key === null ? "" : "DROP PRIMARY KEY, "}ADD PRIMARY KEY (${quoted})`), after: key };
      }
    }
  }
}

const doubled = (value: Value): Value => (value === null ? null : String(Number(value) * 2 + 1));

/** The model, where its rows keep to its rules; else null. */
function kept(model: Model): Model | null {
  for (const { name, isRequired } of model.columns)
    if (isRequired && model.rows.some((row) => (row.get(name) ?? null) === null)) return null;
  const keys = model.key === null ? model.unique : [[model.key], ...model.unique];
  for (const names of keys) {
    const known = new Set<string>();
    for (const row of model.rows) {
      const values = names.map((name) => row.get(name) ?? null);
      if (values.includes(null)) continue;
      const text = JSON.stringify(values);
      if (known.has(text)) return null;
      known.add(text);
    }
  }
  return model;
}

const shown = (rows: readonly (readonly unknown[])[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

function expectRows(db: SyncSession, model: Model, what: string): void {
  const { columns, rows } = db.sql(`SELECT * FROM ${model.name}`);
  const names = model.columns.map(({ name }) => name);
  if (columns.join() !== names.join()) throw new Error(`${what}: columns ${columns.join()}, not ${names.join()}`);
  const wanted = shown(model.rows.map((row) => names.map((name) => row.get(name) ?? null)));
  const found = shown(rows);
  if (found.join("\n") !== wanted.join("\n")) throw new Error(`${what}: rows\n${found.join("\n")}\nnot\n${wanted.join("\n")}`);
  if (model.view !== null) {
    const { view } = model;
    const seen = db.sql("SELECT * FROM seen");
    const shows = shown(model.rows.map((row) => view.map((name) => row.get(name) ?? null)));
    if (seen.columns.join() !== view.join() || shown(seen.rows).join("\n") !== shows.join("\n"))
      throw new Error(`${what}: the view has ${seen.columns.join()}: ${shown(seen.rows).join("\n")}`);
  }
  // By each index, too.
  for (const name of new Set([...model.indexes, ...model.unique.map(([first = ""]) => first)])) {
    for (const value of new Set(model.rows.map((row) => row.get(name) ?? null))) {
      if (value === null) continue;
      const type = model.columns.find((column) => column.name === name)?.type ?? "TEXT";
      const count = model.rows.filter((row) => row.get(name) === value).length;
      const [[told] = []] = db.sql(`SELECT COUNT(*) FROM ${model.name} WHERE "${name}" = ${literal(value, type)}`).rows;
      if (String(told) !== String(count)) throw new Error(`${what}: ${String(told)} rows with ${name} = ${value}, not ${count}`);
    }
  }
}

/** Of columns that the crates 0.9 can't read `check` warns. */
function expectSound(db: SyncSession, what: string): void {
  const faults = db.check().faults.filter(({ code, severity }) => severity !== "note" && code !== "REFERENCE_COLUMN");
  if (faults.length > 0) throw new Error(`${what}: check: ${JSON.stringify(faults)}`);
}

function hashOf(path: string): string {
  const bytes = Buffer.alloc(HASH_BYTES);
  const file = openFile(path, "r");
  readSync(file, bytes, 0, HASH_BYTES, 0);
  closeSync(file);
  return bytes.toString("hex");
}

/** Where files of one life are, and how they are made. */
export interface LifeOptions {
  readonly path: string;
  readonly layout: "0.9" | "0.11";
  readonly steps: number;
}

/** How many statements did what they said, and how many were refused. */
export interface LifeCounts {
  done: number;
  refused: number;
}

/** One life from a seed: throws where the store and the model differ. */
export function liveThrough(seed: number, options: LifeOptions): LifeCounts {
  const { path, layout, steps } = options;
  const random = new Random(seed, 23);
  const life = new Life(random);
  const counts = { done: 0, refused: 0 };
  let db = openSync(path, { layout, cacheBytes: random.pick([1 << 18, 1 << 22]) });
  let model = life.first();
  let before: Model | null = null;
  const create = model.columns.map(
    ({ name, type }) => `"${name}" ${name === "id" ? (model.key === null ? "BIGINT NOT NULL" : "BIGINT PRIMARY KEY") : type}`,
  );
  db.sql(`CREATE TABLE ${model.name} (${create.join(", ")})`);
  for (let at = 0; at < steps; at++) {
    const kind = random.below(10);
    if (kind === 0 && before === null) {
      db.begin();
      before = model;
      continue;
    }
    if (kind < 2 && before !== null) {
      if (random.oneIn(2)) {
        db.rollback();
        model = before;
      } else db.commit();
      before = null;
      expectRows(db, model, `seed ${seed}, step ${at}, the transaction's end`);
      continue;
    }
    const { sql, after } = kind < 4 ? life.insertion(model) : life.step(model);
    const what = `seed ${seed}, step ${at}, ${sql}`;
    let failure: Error | null = null;
    try {
      db.sql(sql);
    } catch (error) {
      failure = error as Error;
    }
    if ((failure === null) !== (after !== null))
      throw new Error(`${what}: ${failure === null ? "it was done" : String(failure)}`.slice(-400));
    if (after === null) counts.refused += 1;
    else counts.done += 1;
    model = after ?? model;
    expectRows(db, model, what);
    if (before === null && random.oneIn(12)) {
      expectSound(db, what);
      const statements = db.sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").rows.map(([text]) => String(text));
      db.close();
      // What its definition says makes the very same definition: the crates take the one for the other.
      const anew = `${path}-anew`;
      const made = openSync(anew, { layout });
      for (const text of statements) made.sql(text);
      made.close();
      if (hashOf(anew) !== hashOf(path)) throw new Error(`${what}: another definition than that of ${statements.join("; ")}`);
      for (const ending of ["", "-log"]) rmSync(`${anew}${ending}`, { force: true });
      db = openSync(path, { cacheBytes: random.pick([1 << 18, 1 << 22]) });
      expectRows(db, model, `${what}, opened again`);
    }
  }
  if (before !== null) db.commit();
  expectSound(db, `seed ${seed}`);
  db.close();
  return counts;
}
