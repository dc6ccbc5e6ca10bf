/**
 * What SQL keeps in a file that the format has no place for: views, CHECK constraints, defaults that are worked out for each row, names of
 * indexes that do not follow from their columns, and numbers of programs. They are rows of an ordinary table, which is made for the first
 * of them and is in no list of tables.
 *
 * Anyone may have written what is in it: only texts are taken from it, and whoever uses one looks at it as at any other.
 */
import { Status, OK, SQL_LIMIT, TABLE_EXISTS, UNSUPPORTED, fail, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { asciiLower } from "../encode/ascii";
import { TYPE_TEXT } from "../encode/data-type";
import { Row } from "../encode/row";
import { parseValue } from "../encode/value-text";
import { Column } from "../schema/column";
import { RecordAddress } from "../table/page-ledger";
import { CATALOG, RowRules } from "./catalog-table";
import { DeclaredRules } from "./declared-rules";
import { OpenTables } from "./open-tables";
import { RowScan } from "./row-scan";
import { Table } from "./table";
import { findTable } from "./table-list";

/** Kinds of entries. */
export const VIEW: string = "view";
export const CHECK: string = "check";
export const DEFAULT: string = "default";
export const INDEX: string = "index";
/** A number that programs keep in the file: its name, and as text what it is. */
export const NUMBER: string = "number";

/** All of them are read at once: more are refused. */
const MOST_ENTRIES: i32 = 16384;

export class CatalogEntry {
  /** Where its row is; nowhere for a temporary view. */
  address: RecordAddress = 0;

  constructor(
    readonly kind: string,
    /** "" for a constraint without one; the column's of a default. */
    readonly name: string,
    /** The table that it is about, "" for a view. */
    readonly table: string,
    readonly sql: string,
    /** The order in which they were made. */
    readonly key: i64 = 0,
  ) {}

  /** Makes `row` its row; `BAD_VALUE` where a text is too long for one. */
  fill(row: Row): Status {
    row.reset();
    const texts = [this.kind, this.name, this.table, this.sql];
    let status: Status = OK;
    for (let t = 0; t < texts.length && status == OK; t++) {
      const bytes = String.UTF8.encode(texts[t]);
      const start = row.values.len;
      status = parseValue(TYPE_TEXT, 0, changetype<usize>(bytes), bytes.byteLength, row.values);
      if (status == OK) row.setFromArena(t + 1, start);
    }
    return status;
  }
}

/** Makes rules of a table's constraints and defaults: SQL does, of which this layer knows nothing. */
export abstract class RuleMaker {
  /** Null with an error. */
  abstract rulesOf(catalog: Catalog, table: Table, checks: Array<CatalogEntry>, defaults: Array<CatalogEntry>): RowRules | null;
}

let ruleMaker: RuleMaker | null = null;

/** Tells who makes rules of constraints. */
export function useRuleMaker(maker: RuleMaker): void {
  ruleMaker = maker;
}

/** Checks files: a layer above SQL does, of which this one and SQL know nothing. */
export abstract class FileChecker {
  /** A line for each error of the file with these tables, but for rows that refer to none; null with an error. */
  abstract findings(tables: OpenTables, quick: bool): Array<string> | null;
}

let fileChecker: FileChecker | null = null;

/** Tells who checks files. */
export function useFileChecker(checker: FileChecker): void {
  fileChecker = checker;
}

/** The catalog of an open store, and what SQL has set for this session. */
export class Catalog {
  /** Views of this session. */
  readonly temporary: Array<CatalogEntry> = new Array<CatalogEntry>();
  /** Whether foreign keys are looked at where rows come, change and go, and where tables go. */
  foreignKeys: bool = true;
  /** What the session has declared for columns of tables, by the tables' names. */
  declared: Map<string, Array<Column>> = new Map<string, Array<Column>>();
  /** While ON CONFLICT updates a row: the one that would have been inserted, which rules have been at. */
  excluded: Row | null = null;
  private entries: Array<CatalogEntry> = new Array<CatalogEntry>();
  /** The version of the tables that `entries` and `kept` are of. */
  private version: u32 = 0;
  /** What SQL has worked out of the definitions of tables, under numbers of its own. */
  private readonly kept: Map<i32, ArrayBuffer> = new Map<i32, ArrayBuffer>();

  constructor(private readonly openTables: OpenTables) {}


  @inline get tables(): Array<Table> {
    return this.openTables.list;
  }


  @inline get access(): MemoryAccess {
    return this.openTables.access;
  }

  /** A line for each error of the file; null with an error. */
  findings(quick: bool): Array<string> | null {
    const checker = fileChecker;
    if (checker) return checker.findings(this.openTables, quick);
    fail(UNSUPPORTED, "this program checks no files", "the command check does it");
    return null;
  }

  /** The catalog table; null where there is none. */
  get table(): Table | null {
    const table = findTable(this.tables, CATALOG);
    return table && table.isCatalog ? table : null;
  }

  /** Something in it has changed: plans, rules and what is kept are made anew. */
  changed(): void {
    this.openTables.version += 1;
  }

  /** All entries but temporary ones, in the order in which they were made; null on failure. */
  get all(): Array<CatalogEntry> | null {
    if (this.version == this.openTables.version) return this.entries;
    this.kept.clear();
    const table = this.table;
    const entries: Array<CatalogEntry> | null = table ? readEntries(table) : [];
    if (!entries) return null;
    this.entries = entries;
    this.version = this.openTables.version;
    return entries;
  }

  /** The entries of one kind, of `table` only unless that is ""; null on failure. */
  of(kind: string, table: string = ""): Array<CatalogEntry> | null {
    const all = this.all;
    if (!all) return null;
    const found = new Array<CatalogEntry>();
    for (let e = 0; e < all.length; e++) {
      if (all[e].kind == kind && (table == "" || all[e].table == table)) found.push(all[e]);
    }
    return found;
  }

  /** The view called `name` in any case of ASCII letters; null when there is none (`lastError.status` is `OK`), and on failure. */
  view(name: string): CatalogEntry | null {
    lastError.status = OK;
    const wanted = asciiLower(name);
    const temporary = this.temporary;
    for (let v = 0; v < temporary.length; v++) if (asciiLower(temporary[v].name) == wanted) return temporary[v];
    const stored = this.of(VIEW);
    if (!stored) return null;
    for (let v = 0; v < stored.length; v++) if (asciiLower(stored[v].name) == wanted) return stored[v];
    return null;
  }

  /** `OK` unless a view is called `name`. */
  checkName(name: string): Status {
    const view = this.view(name);
    return view ? fail(TABLE_EXISTS, "there is a view " + view.name + " already", "DROP VIEW takes it away") : lastError.status;
  }

  /** The entry of the number called `name`; null when it is 0 (`lastError.status` is `OK`), and on failure. */
  number(name: string): CatalogEntry | null {
    lastError.status = OK;
    const numbers = this.of(NUMBER);
    for (let n = 0; numbers && n < numbers.length; n++) if (numbers[n].name == name) return numbers[n];
    return null;
  }

  /** What `keep` kept under `number`, unless definitions have changed since; else null. */
  keptOf(number: i32): ArrayBuffer | null {
    return this.all && this.kept.has(number) ? this.kept.get(number) : null;
  }

  keep(number: i32, bytes: ArrayBuffer): void {
    this.kept.set(number, bytes);
  }

  /**
   * `OK` when `row`, whose columns all have a value or null, is as the constraints of `table` want it. If it `isGiven` by somebody the
   * session's rules come before, which may change it; `old` is the row in whose place it comes then.
   */
  @inline check(table: Table, row: Row, isGiven: bool = true, old: Row | null = null): Status {
    if (table.rulesVersion != this.openTables.version) {
      const status = this.findRules(table);
      if (status != OK) return status;
    }
    const rules = table.rules;
    if (!rules) return OK;
    const status = isGiven ? rules.take(row, old, this.excluded) : OK;
    return status == OK ? rules.check(row) : status;
  }

  /**
   * Declares rules for the table called `name`, in the place of those that it had: those of `columns`, which need not be all; none take
   * them away. They are the session's, and no transaction takes them back. Where there is no such table they are looked at when rows
   * come.
   */
  setRules(name: string, columns: Array<Column>): Status {
    const table = findTable(this.tables, name);
    if (table && !DeclaredRules.of(table, columns)) return lastError.status;
    const some = columns.filter((column) => column.rules !== null);
    if (some.length > 0) this.declared.set(name, some);
    else this.declared.delete(name);
    this.changed();
    return OK;
  }

  /** Has the session's rules look at a row that is given and has not all columns yet: its keys are to be looked for as they make them. */
  take(table: Table, row: Row): Status {
    const status = table.rulesVersion == this.openTables.version ? OK : this.findRules(table);
    const rules = table.rules;
    return status == OK && rules ? rules.take(row, null, null) : status;
  }

  /** Gives columns that are missing in `row` what SQL works out for them. */
  @inline fill(table: Table, row: Row): Status {
    const status = table.rulesVersion == this.openTables.version ? OK : this.findRules(table);
    const rules = table.rules;
    return status == OK && rules ? rules.fill(row) : status;
  }

  /** Gets the constraints and defaults of `table` ready; fails where one can't be worked out. */
  findRules(table: Table, withDeclared: bool = true): Status {
    table.forgetRules();
    const checks: Array<CatalogEntry> | null = table.isCatalog ? [] : this.of(CHECK, table.name);
    const defaults: Array<CatalogEntry> | null = table.isCatalog ? [] : this.of(DEFAULT, table.name);
    if (!checks || !defaults) return lastError.status;
    if (checks.length + defaults.length > 0) {
      const maker = ruleMaker;
      const what = table.name + " has CHECK constraints or defaults of SQL, and this program has none";
      if (!maker) return fail(UNSUPPORTED, what, "change the table with one that has");
      table.rules = maker.rulesOf(this, table, checks, defaults);
      if (!table.rules) return lastError.status;
    }
    if (!withDeclared) return OK;
    if (this.declared.has(table.name)) {
      const rules = DeclaredRules.of(table, this.declared.get(table.name));
      if (!rules) return lastError.status;
      rules.inner = table.rules;
      table.rules = rules;
    }
    table.rulesVersion = this.openTables.version;
    return OK;
  }
}

/** What is in a catalog table, in the order in which it was made; null on failure. */
export function readEntries(table: Table): Array<CatalogEntry> | null {
  if (table.refresh() != OK) return null;
  const entries = new Array<CatalogEntry>();
  const scan = new RowScan(table);
  while (entries.length <= MOST_ENTRIES && scan.next()) {
    const row = scan.row;
    const entry = new CatalogEntry(textOf(row, 1), textOf(row, 2), textOf(row, 3), textOf(row, 4), load<i64>(row.ptr(0)));
    entry.address = scan.address;
    entries.push(entry);
  }
  let status = scan.status;
  scan.free();
  if (status == OK && entries.length > MOST_ENTRIES)
    status = fail(SQL_LIMIT, CATALOG + " has more than " + MOST_ENTRIES.toString() + " rows", "delete those that are of no use");
  lastError.status = status;
  entries.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return status == OK ? entries : null;
}

function textOf(row: Row, column: u32): string {
  return row.isSet(column) ? String.UTF8.decodeUnsafe(row.ptr(column) + 2, row.len(column) - 2) : "";
}
