/** Tables in plain maps, and what statements do to them. */

export type Value = number | string | null | boolean;
export type Row = Record<string, Value>;
export type Kind =
  "uint32" | "uint32auto" | "int64" | "text" | "key" | "big" | "blob" | "date" | "boolean" | "uuid" | "decimal" | "json";

export interface Column {
  readonly name: string;
  readonly kind: Kind;
  readonly nullable: boolean;
  readonly unique: boolean;
  readonly references?: { readonly table: string; readonly column: string; readonly cascade: boolean };
}

export interface Index {
  readonly columns: readonly string[];
  readonly unique: boolean;
}

export interface Shape {
  readonly columns: readonly Column[];
  readonly words: readonly string[];
  /** The primary key's column first. */
  readonly indexes: readonly Index[];
  /** Whether only one row may have null in a unique column. */
  readonly oneNull: boolean;
}

export class Table {
  readonly rows = new Map<string, Row>();
  constructor(
    readonly name: string,
    readonly shape: Shape,
  ) {}

  clone(): Table {
    const copy = new Table(this.name, this.shape);
    for (const [key, row] of this.rows) copy.rows.set(key, row);
    return copy;
  }

  get pk(): string {
    return this.shape.columns[0]!.name;
  }
}

export type Model = Map<string, Table>;

export function cloned(model: Model): Model {
  return new Map([...model].map(([name, table]) => [name, table.clone()]));
}

/** The statement is to be refused. */
export class Refused extends Error {}

export const cell = (row: Row, column: string): Value => row[column] ?? null;

export const keyOf = (value: Value): string => JSON.stringify(value);

export function checkRow(model: Model, table: Table, row: Row, except: string | null): void {
  checkUnique(table, row, except);
  checkReferences(model, table, row, except);
}

function checkUnique(table: Table, row: Row, except: string | null): void {
  for (const column of table.shape.columns) {
    if (!column.unique) continue;
    const value = cell(row, column.name);
    if (column.name === table.pk) {
      const key = keyOf(value);
      if (key !== except && table.rows.has(key)) throw new Refused("pk");
      continue;
    }
    if (value === null && (!table.shape.oneNull || (except !== null && table.rows.get(except)![column.name] === null))) continue;
    for (const [key, other] of table.rows) if (key !== except && other[column.name] === value) throw new Refused("unique");
  }
}

function checkReferences(model: Model, table: Table, row: Row, except: string | null): void {
  for (const column of table.shape.columns) {
    const { references } = column;
    const value = cell(row, column.name);
    if (references === undefined || value === null) continue;
    if (except !== null && table.rows.get(except)![column.name] === value) continue;
    const target = model.get(references.table)!;
    if (target === table && row[references.column] === value) continue;
    if (!hasValue(target, references.column, value)) throw new Refused("fk");
  }
}

/** Inserts the rows of one statement, which may refer to each other in any order. */
export function insertRows(model: Model, table: Table, rows: readonly Row[]): void {
  for (const row of rows) {
    checkUnique(table, row, null);
    table.rows.set(keyOf(row[table.pk]!), row);
  }
  for (const row of rows) checkReferences(model, table, row, null);
}

function hasValue(table: Table, column: string, value: Value): boolean {
  if (column === table.pk) return table.rows.has(keyOf(value));
  for (const row of table.rows.values()) if (row[column] === value) return true;
  return false;
}

export function referencesTo(model: Model, table: Table): { from: Table; column: Column }[] {
  const found: { from: Table; column: Column }[] = [];
  for (const from of model.values())
    for (const column of from.shape.columns) if (column.references?.table === table.name) found.push({ from, column });
  return found;
}

/** Deletes the rows of one statement and what goes with them; `mode` decides for all foreign keys when it is there. */
export function deleteRows(model: Model, table: Table, keys: readonly string[], mode: boolean | undefined): void {
  const gone = new Map<Table, Set<string>>([[table, new Set(keys)]]);
  const queue = keys.map((key): [Table, string] => [table, key]);
  const forbidding: [Table, string][] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [target, targetKey] = next;
    const row = target.rows.get(targetKey)!;
    for (const { from, column } of referencesTo(model, target)) {
      const value = cell(row, column.references!.column);
      if (value === null) continue;
      for (const [otherKey, other] of from.rows) {
        if (other[column.name] !== value || (from === target && otherKey === targetKey)) continue;
        if (!(mode ?? column.references!.cascade)) forbidding.push([from, otherKey]);
        else if (gone.get(from)?.has(otherKey) !== true) {
          gone.set(from, (gone.get(from) ?? new Set()).add(otherKey));
          queue.push([from, otherKey]);
        }
      }
    }
  }
  if (forbidding.some(([from, otherKey]) => gone.get(from)?.has(otherKey) !== true)) throw new Refused("restrict");
  for (const [from, keysOfTable] of gone) for (const key of keysOfTable) from.rows.delete(key);
}

export function updateRow(model: Model, table: Table, key: string, row: Row, chain = 0): void {
  const old = table.rows.get(key)!;
  if (chain > 64) throw new Refused("chain");
  checkRow(model, table, row, key);
  table.rows.delete(key);
  table.rows.set(keyOf(row[table.pk]!), row);
  for (const { from, column } of referencesTo(model, table)) {
    const before = cell(old, column.references!.column);
    const after = cell(row, column.references!.column);
    if (before === null || before === after) continue;
    for (;;) {
      let next: string | undefined;
      for (const [otherKey, other] of from.rows)
        if (other[column.name] === before) {
          next = otherKey;
          break;
        }
      if (next === undefined) break;
      if (after === null && !column.nullable) throw new Refused("null");
      updateRow(model, from, next, { ...from.rows.get(next)!, [column.name]: after }, chain + 1);
    }
  }
}

export function same(a: Row, b: Row, columns: readonly string[]): boolean {
  for (const name of columns) if (a[name] !== b[name]) return false;
  return true;
}
