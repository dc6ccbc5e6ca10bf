/**
 * Random lives of a table: columns and constraints come, go and change on rows that are there, in transactions that are sometimes taken back,
 * beside a model that knows only rows and rules. What the model refuses has to be refused, and to leave nothing. Where a store can be killed,
 * it is: it then has what it had before the statement, or what it has behind it.
 */
import { Random } from "../torture/random.js";
import type { LifeStore } from "./life-stores.js";

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
  /** The keys to which rows of the table `kids` refer; null where there is none. */
  readonly kids: readonly string[] | null;
}

/** What is done to a table, and what comes of it: null where it has to be refused. */
interface Step {
  readonly sql: string;
  readonly after: Model | null;
}

const literal = (value: Value, type: Type): string =>
  value === null ? "NULL" : type === "TEXT" ? `'${value.replaceAll("'", "''")}'` : value;

/** A decimal's text may end in zeros that say nothing about its value: none is made here. */
const WHOLE = /^-?\d+$/u;
const DECIMAL = /^-?\d+(\.\d+)?$/u;

/** A column's number, which says what its values are like. */
const numberOf = (name: string): number => Number(/\d+$/u.exec(name)?.[0] ?? 0);

class Life {
  readonly #random: Random;
  /** How many rows there are at first. */
  readonly #filling: number;
  #fresh = 0;

  constructor(random: Random, filling: number) {
    this.#random = random;
    this.#filling = filling;
  }

  newName(): string {
    const quotes = this.#random.oneIn(8) ? " " : "";
    return `c${quotes}${++this.#fresh}`;
  }

  /** A value of a column. In tables of many rows some columns have no nulls, some no text but numbers, and few values are there twice. */
  value(type: Type, isRequired: boolean, name = ""): Value {
    const random = this.#random;
    const isFilled = this.#filling > 0;
    if (!isRequired && (!isFilled || numberOf(name) % 3 === 0) && random.oneIn(4)) return null;
    if (isFilled && (type === "INTEGER" || (type === "TEXT" && numberOf(name) % 2 === 0))) return String(random.below(1 << 28));
    if (isFilled) return type === "TEXT" ? `t'${random.below(1 << 28)}`.padEnd(400, "-") : `${random.below(1 << 28)}.5`;
    if (type === "TEXT") return random.oneIn(2) ? String(random.below(50) - 9) : `t'${random.below(30)}`;
    return type === "INTEGER" ? String(random.below(60) - 20) : `${random.below(40) - 20}.${1 + random.below(9)}`;
  }

  first(): Model {
    const columns: Column[] = [{ name: "id", type: "INTEGER", isRequired: true, fallback: null }];
    for (const type of ["INTEGER", "TEXT"] as const)
      columns.push({ name: this.newName(), type, isRequired: false, fallback: null });
    const hasKey = !this.#random.oneIn(3);
    return { name: "t0", columns, key: hasKey ? "id" : null, unique: [], indexes: [], view: null, rows: [], kids: null };
  }

  insertion(model: Model, count = 1 + this.#random.below(12)): Step {
    let rows = [...model.rows];
    for (let n = 0; n < count; n++) {
      const row = new Map<string, Value>();
      for (const { name, type, isRequired } of model.columns)
        row.set(name, name === model.key && type !== "TEXT" ? String(++this.#fresh) : this.value(type, isRequired, name));
      rows = [...rows, row];
    }
    const names = model.columns.map(({ name }) => `"${name}"`).join(", ");
    const values = rows
      .slice(model.rows.length)
      .map((row) => `(${model.columns.map(({ name, type }) => literal(row.get(name) ?? null, type)).join(", ")})`);
    return { sql: `INSERT INTO ${model.name} (${names}) VALUES ${values.join(", ")}`, after: kept({ ...model, rows }) };
  }

  /** Rows go; none to which others refer. */
  deletion(model: Model): Step {
    const { name } = this.#random.pick(model.columns);
    const value = model.rows.length === 0 ? null : (this.#random.pick(model.rows).get(name) ?? null);
    const type = model.columns.find((column) => column.name === name)?.type ?? "TEXT";
    const goes = (row: ReadonlyMap<string, Value>): boolean => value !== null && row.get(name) === value;
    const isNamed = model.rows.some((row) => goes(row) && model.kids?.includes(row.get(model.key ?? "") ?? "") === true);
    return {
      sql: `DELETE FROM ${model.name} WHERE "${name}" = ${literal(value, type)}`,
      after: isNamed ? null : { ...model, rows: model.rows.filter((row) => !goes(row)) },
    };
  }

  /** The table whose rows refer to those of the table, and rows of it. */
  kids(model: Model): Step | null {
    const { key, kids, rows } = model;
    if (key === null || model.columns.find(({ name }) => name === key)?.type !== "INTEGER") return null;
    if (kids === null) {
      const sql = `CREATE TABLE kids (id INTEGER PRIMARY KEY, parent BIGINT NOT NULL REFERENCES ${model.name} ("${key}"))`;
      return { sql, after: { ...model, kids: [] } };
    }
    if (this.#random.oneIn(4)) return { sql: "DROP TABLE kids", after: { ...model, kids: null } };
    const parent = rows.length === 0 || this.#random.oneIn(4) ? "-1" : (this.#random.pick(rows).get(key) ?? "-1");
    const isThere = rows.some((row) => row.get(key) === parent);
    return { sql: `INSERT INTO kids (parent) VALUES (${parent})`, after: isThere ? { ...model, kids: [...kids, parent] } : null };
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
    switch (random.below(16)) {
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
        const isReferred = isKey && model.kids !== null && type !== column.type;
        const isPossible = !isReferred && [...values, column.fallback].every(fits);
        const after = isPossible ? kept({ ...model, columns: changed({ ...column, type }) }) : null;
        return { sql: alter(`ALTER COLUMN ${quoted} ${random.pick(["SET DATA TYPE", "TYPE"])} ${type}`), after };
      }
      case 7: {
        if (column.type !== "INTEGER") return { sql: alter(`ALTER ${quoted} TYPE DATE USING nobody`), after: null };
        const rows = model.rows.map((row) => new Map([...row, [column.name, doubled(row.get(column.name) ?? null)] as const]));
        if (rows.some((row) => BigInt(row.get(column.name) ?? 0) > MOST)) return this.step(model);
        const keys = new Set(isKey ? rows.map((row) => row.get(column.name)) : (model.kids ?? []));
        return {
          sql: alter(`ALTER ${quoted} TYPE INTEGER USING ${quoted} * 2 + 1`),
          after: (model.kids ?? []).every((parent) => keys.has(parent)) ? kept({ ...model, rows }) : null,
        };
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
      case 14:
        return this.kids(model) ?? this.step(model);
      default: {
        // A unique constraint of several columns in a table without a key would be taken for its key.
        if (model.unique.some((names) => names.length > 1)) return this.step(model);
        if (model.key === column.name)
          return { sql: alter("DROP PRIMARY KEY"), after: model.kids === null ? { ...model, key: null } : null };
        const key = kept({
          ...model,
          key: column.name,
          columns: changed({ ...column, isRequired: true }),
          unique: model.unique.filter((names) => names.join() !== column.name),
          indexes: model.indexes.filter((name) => name !== column.name),
        });
        return {
          sql: alter(`${model.key === null ? "" : "DROP PRIMARY KEY, "}ADD PRIMARY KEY (${quoted})`),
          after: model.kids === null ? key : null,
        };
      }
    }
  }
}

/** Values that are doubled become no larger. */
const MOST = 1n << 60n;

const doubled = (value: Value): Value => (value === null ? null : String(BigInt(value) * 2n + 1n));

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

/** Values by which an index is asked at most. */
const ASKED = 12;

function expectRows(store: LifeStore, model: Model, what: string): void {
  const { columns, rows } = store.sql(`SELECT * FROM ${model.name}`);
  const names = model.columns.map(({ name }) => name);
  if (columns.join() !== names.join()) throw new Error(`${what}: columns ${columns.join()}, not ${names.join()}`);
  const wanted = shown(model.rows.map((row) => names.map((name) => row.get(name) ?? null)));
  const found = shown(rows);
  if (found.join("\n") !== wanted.join("\n")) throw new Error(`${what}: rows\n${found.join("\n")}\nnot\n${wanted.join("\n")}`);
  if (model.view !== null) {
    const { view } = model;
    const seen = store.sql("SELECT * FROM seen");
    const shows = shown(model.rows.map((row) => view.map((name) => row.get(name) ?? null)));
    if (seen.columns.join() !== view.join() || shown(seen.rows).join("\n") !== shows.join("\n"))
      throw new Error(`${what}: the view has ${seen.columns.join()}: ${shown(seen.rows).join("\n")}`);
  }
  if (model.kids !== null) {
    const parents = store.sql("SELECT parent FROM kids ORDER BY id").rows.map(([parent]) => parent);
    if (parents.join() !== model.kids.join()) throw new Error(`${what}: kids of ${parents.join()}, not ${model.kids.join()}`);
  }
  // By each index, too.
  for (const name of new Set([...model.indexes, ...model.unique.map(([first = ""]) => first)])) {
    const values = new Set(model.rows.map((row) => row.get(name) ?? null));
    for (const value of [...values].slice(-ASKED)) {
      if (value === null) continue;
      const type = model.columns.find((column) => column.name === name)?.type ?? "TEXT";
      const count = model.rows.filter((row) => row.get(name) === value).length;
      const [[told] = []] = store.sql(`SELECT COUNT(*) FROM ${model.name} WHERE "${name}" = ${literal(value, type)}`).rows;
      if (String(told) !== String(count)) throw new Error(`${what}: ${String(told)} rows with ${name} = ${value}, not ${count}`);
    }
  }
}

/** All that its definitions say. */
const definitions = (store: LifeStore): string => JSON.stringify(store.sql("SELECT name, sql FROM sqlite_master").rows);

/** Of what the crates 0.9 can't read `check` warns. */
const WARNINGS = new Set(["REFERENCE_COLUMN", "REFERENCE_HOLES"]);

function expectSound(store: LifeStore, what: string): void {
  const faults = store.faults().filter(({ code, severity }) => severity !== "note" && !WARNINGS.has(code));
  if (faults.length > 0) throw new Error(`${what}: check: ${JSON.stringify(faults)}`);
}

/** What the definitions say makes the very same definitions: the crates take the one for the other. */
function expectDefinition(store: LifeStore, what: string): void {
  const texts = store.sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").rows.map(([text]) => String(text));
  // What refers to a table comes behind it, and indexes and views behind both.
  const order = (text: string): number => (text.startsWith("CREATE TABLE") ? (text.includes("REFERENCES") ? 1 : 0) : 2);
  texts.sort((one, other) => order(one) - order(other));
  const anew = store.anew();
  for (const text of texts) anew.sql(text);
  anew.close();
  store.reopen();
  if (anew.hash() !== store.hash()) throw new Error(`${what}: another definition than that of ${texts.join("; ")}`);
}

/** How many statements did what they said, how many were refused, and how many times the store was killed. */
export interface LifeCounts {
  done: number;
  refused: number;
  killed: number;
}

/** One life of so many steps from a seed, with `filling` rows at first: throws where the store and the model differ. */
export function liveThrough(seed: number, store: LifeStore, steps: number, filling = 0): LifeCounts {
  const random = new Random(seed, 23);
  const life = new Life(random, filling);
  const counts = { done: 0, refused: 0, killed: 0 };
  let model = life.first();
  /** What is committed; null outside of transactions. */
  let before: Model | null = null;
  let kept = "";
  const create = model.columns.map(
    ({ name, type }) => `"${name}" ${name === "id" ? (model.key === null ? "BIGINT NOT NULL" : "BIGINT PRIMARY KEY") : type}`,
  );
  store.sql(`CREATE TABLE ${model.name} (${create.join(", ")})`);
  if (filling > 0) {
    const { sql, after } = life.insertion(model, filling);
    store.sql(sql);
    model = after ?? model;
  }
  for (let at = 0; at < steps; at++) {
    const kind = random.below(10);
    let step: Step;
    if (kind === 0 && before === null) step = { sql: "BEGIN", after: model };
    else if (kind < 2 && before !== null)
      step = random.oneIn(2) ? { sql: "ROLLBACK", after: before } : { sql: "COMMIT", after: model };
    else if (kind === 3) step = life.deletion(model);
    else step = kind < 4 ? life.insertion(model) : life.step(model);
    const { sql, after } = step;
    const what = `seed ${seed}, step ${at}, ${sql.slice(0, 300)}`;
    if (before === null) kept = definitions(store);
    let failure: Error | null = null;
    let isKilled = false;
    try {
      if (store.killed !== undefined && random.oneIn(10)) isKilled = store.killed(sql, random.below(random.pick([6, 60])));
      else store.sql(sql);
    } catch (error) {
      failure = error as Error;
    }
    if (isKilled) {
      // It is as it was when the last transaction ended, or as it is behind this one.
      const ended = sql === "COMMIT" ? model : before === null ? after : null;
      model = before ?? model;
      before = null;
      if (ended !== null && (definitions(store) !== kept || !isLike(store, model))) model = ended;
      counts.killed += 1;
      expectRows(store, model, `killed: ${what}`);
      expectSound(store, `killed: ${what}`);
      continue;
    }
    if ((failure === null) !== (after !== null))
      throw new Error(`${what}: ${failure === null ? "it was done" : String(failure)}`.slice(-400));
    if (after === null) counts.refused += 1;
    else counts.done += 1;
    if (sql === "BEGIN") before = model;
    else if (sql === "COMMIT" || sql === "ROLLBACK") before = null;
    model = after ?? model;
    expectRows(store, model, what);
    if (before === null && random.oneIn(12)) {
      expectSound(store, what);
      expectDefinition(store, what);
      expectRows(store, model, `${what}, opened again`);
    }
  }
  if (before !== null) store.sql("COMMIT");
  expectSound(store, `seed ${seed}`);
  store.close();
  return counts;
}

/** Whether the store has what the model has. */
function isLike(store: LifeStore, model: Model): boolean {
  try {
    expectRows(store, model, "");
    return true;
  } catch {
    return false;
  }
}
