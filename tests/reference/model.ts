/**
 * What a database of the reference program must hold: rows in maps, and what constraints refuse. Quire's turns go through it; what it says
 * owes nothing to either side.
 */
import assert from "node:assert/strict";
import type { Random } from "../helpers/damage.js";
import type { Json, Row } from "../helpers/golden.js";
import type { DatabaseWords, TableWords } from "./databases.js";
import { type Column, columnsOf, keyColumn } from "./turns.js";

export interface ModelTable {
  readonly name: string;
  readonly key: string;
  readonly columns: readonly Column[];
  readonly rows: Map<string, Row>;
}

export type Change =
  | { readonly op: "insert"; readonly table: string; readonly row: Row }
  | { readonly op: "update"; readonly table: string; readonly key: Json; readonly set: Row }
  | { readonly op: "delete"; readonly table: string; readonly key: Json; readonly cascade: boolean };

/** The table and column that a column refers to. */
function target({ flags }: Column): { table: string; column: string } | null {
  const word = flags.find((flag) => flag.startsWith("references="));
  const [table = "", column = ""] = word?.slice("references=".length).split(".") ?? [];
  return word === undefined ? null : { table, column };
}

/** Equal values are equal text: decimals whatever their scale. */
function text(type: string, value: Json | undefined): string {
  if (type !== "decimal" || typeof value !== "string" || !value.includes(".")) return JSON.stringify(value ?? null);
  return JSON.stringify(value.replace(/\.?0+$/, ""));
}

export class Model {
  #tables: ModelTable[];

  constructor(database: DatabaseWords, rows: (table: TableWords) => readonly Row[]) {
    this.#tables = database.tables.map((table) => {
      const key = keyColumn(table);
      return { name: table.name, key, columns: columnsOf(table), rows: new Map(rows(table).map((row) => [text("", row[key]), row])) };
    });
  }

  get tables(): readonly ModelTable[] {
    return this.#tables;
  }

  table(name: string): ModelTable {
    const found = this.#tables.find((table) => table.name === name);
    assert.ok(found, name);
    return found;
  }

  /** A copy that changes do not reach. */
  saved(): ModelTable[] {
    return this.#tables.map((table) => ({ ...table, rows: new Map(table.rows) }));
  }

  restore(saved: readonly ModelTable[]): void {
    this.#tables = saved.map((table) => ({ ...table, rows: new Map(table.rows) }));
  }

  #conflict(table: ModelTable, row: Row, except: Row | null): string | null {
    for (const [code, flag] of [
      ["PRIMARY_KEY_CONFLICT", "pk"],
      ["UNIQUE_CONFLICT", "unique"],
    ] as const) {
      for (const { name, type } of table.columns.filter(({ flags }) => flags.includes(flag))) {
        for (const other of table.rows.values())
          if (other !== except && text(type, other[name]) === text(type, row[name])) return code;
      }
    }
    for (const column of table.columns) {
      const named = target(column);
      if (named === null || row[column.name] === null) continue;
      if (except !== null && text("", except[column.name]) === text("", row[column.name])) continue;
      const values = [...this.table(named.table).rows.values()].map((one) => text("", one[named.column]));
      if (!values.includes(text("", row[column.name]))) return "FOREIGN_KEY_BROKEN";
    }
    return null;
  }

  /** The rows that refer to `row`, by table. */
  #referring(table: ModelTable, row: Row): { table: ModelTable; row: Row }[] {
    return this.#tables.flatMap((other) =>
      other.columns.flatMap((column) => {
        const named = target(column);
        if (named?.table !== table.name) return [];
        const rows = [...other.rows.values()].filter((one) => text("", one[column.name]) === text("", row[named.column]));
        return rows.map((one) => ({ table: other, row: one }));
      }),
    );
  }

  #remove(table: ModelTable, row: Row): void {
    if (!table.rows.delete(text("", row[table.key]))) return;
    for (const { table: other, row: one } of this.#referring(table, row)) this.#remove(other, one);
  }

  /** Makes the change: null, or the code of what refuses it. */
  change(change: Change): string | null {
    const table = this.table(change.table);
    if (change.op === "insert") {
      const code = this.#conflict(table, change.row, null);
      if (code === null) table.rows.set(text("", change.row[table.key]), change.row);
      return code;
    }
    const old = table.rows.get(text("", change.key));
    if (old === undefined) return "ROW_NOT_FOUND";
    if (change.op === "update") {
      const row = { ...old, ...change.set };
      const code = this.#conflict(table, row, old);
      if (code !== null) return code;
      table.rows.delete(text("", old[table.key]));
      table.rows.set(text("", row[table.key]), row);
      return null;
    }
    if (!change.cascade && this.#referring(table, old).length > 0) return "FOREIGN_KEY_RESTRICT";
    this.#remove(table, old);
    return null;
  }
}

/** Values for columns, changes for a model's rows. */
export class Changes {
  constructor(
    private readonly random: Random,
    private readonly model: Model,
  ) {}

  #text(): string {
    const { random } = this;
    const length = [0, 5, 40, 40, 300, 3000][random.below(6)]!;
    const letters = ["a", "b", "z", "Q", "0", " ", '"', "\\", "é", "漢", "🦀"];
    return random.below(1e9).toString(36) + "-" + Array.from({ length: random.below(length + 1) }, () => random.pick(letters)).join("");
  }

  #integer(type: string): Json {
    const { random } = this;
    const bits = Number(/\d+$/.exec(type)?.[0]);
    const [low, high] = type.startsWith("u") ? [0n, (1n << BigInt(bits)) - 1n] : [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n];
    const small = BigInt(random.below(100));
    const value = [small, high - small, low + small, (BigInt(random.below(2 ** 31)) * 0x9e3779b97f4a7c15n) % (high + 1n)][random.below(4)]!;
    return bits === 64 ? String(value) : Number(value);
  }

  value({ name, type, flags }: Column, table: ModelTable): Json {
    const { random } = this;
    const two = (below: number): string => String(1 + random.below(below)).padStart(2, "0");
    const column = table.columns.find((one) => one.name === name)!;
    const named = target(column);
    const targets = named === null ? [] : [...this.model.table(named.table).rows.values()];
    if (named !== null && targets.length > 0 && random.below(10) > 0) return random.pick(targets)[named.column]!;
    if (flags.includes("null") && random.below(4) === 0) return null;
    // Long runs of equal keys, and numbers from which a counter can go on.
    const isRun = flags.some((flag) => /^index/.test(flag)) && !flags.includes("unique");
    if (flags.includes("auto")) return type.endsWith("64") ? String(random.below(20_000)) : random.below(20_000);
    if (isRun && type === "text") return `group ${random.below(12)}`;
    if (isRun && /^u?int/.test(type)) return type.endsWith("64") ? String(random.below(12)) : random.below(12);
    const date = (): string => `${1900 + random.below(200)}-${two(12)}-${two(28)}`;
    switch (type) {
      case "text":
        return this.#text();
      case "boolean":
        return random.below(2) === 0;
      case "date":
        return isRun ? `2026-02-${two(9)}` : date();
      case "datetime": {
        const micros = String(random.below(1_000_000)).padStart(6, "0");
        return `${date()}T${two(23)}:${two(59)}:${two(59)}.${micros}${random.pick(["+", "-"])}${two(13)}:30`;
      }
      case "decimal":
        return `${random.below(3) === 0 ? "-" : ""}${1 + random.below(1e9)}.${two(99)}`;
      case "uuid": {
        const hex = Array.from({ length: 32 }, () => random.below(16).toString(16)).join("");
        return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
      }
      case "blob":
        return Buffer.from(this.#text()).toString("hex");
      case "json":
        return random.pick<Json>([null, true, random.below(1000), this.#text(), [1, [null, { a: this.#text() }]]]);
      default:
        return this.#integer(type);
    }
  }

  /** A random change of a random table. What 0.8 and 0.9.0 can't survive is left out: holes in tables whose rows all have one size. */
  next(isFixed: (table: string) => boolean, isReferenced: (table: string) => boolean): Change {
    const { random, model } = this;
    const table = random.pick(model.tables);
    const rows = [...table.rows.values()];
    const kind = rows.length === 0 ? 0 : random.below(12);
    if (kind < 6) {
      const row = Object.fromEntries(table.columns.map((column) => [column.name, this.value(column, table)]));
      // A key that is there already, now and then.
      if (rows.length > 0 && random.below(12) === 0) row[table.key] = random.pick(rows)[table.key]!;
      return { op: "insert", table: table.name, row };
    }
    const key = random.pick(rows)[table.key]!;
    if (kind < 10 || isFixed(table.name)) {
      // Rows follow a key that changes here; with the reference they do not.
      const columns = table.columns.filter(({ name }) => random.below(10) < (name === table.key ? (isReferenced(table.name) ? 0 : 1) : 4));
      const set = Object.fromEntries(columns.map((column) => [column.name, this.value(column, table)]));
      return { op: "update", table: table.name, key, set };
    }
    return { op: "delete", table: table.name, key, cascade: random.below(2) === 0 };
  }
}
