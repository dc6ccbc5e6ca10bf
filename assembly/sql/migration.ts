/**
 * From the definitions that a file has to those that are wanted: what differs, and the changes that make it so, all of them in one
 * transaction. Each table's rows are written anew once at most.
 */
import { BAD_SCHEMA, BAD_REQUEST, DESTRUCTIVE_CHANGE, OK, Status, fail, lastError } from "../status";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Alteration } from "../store/alteration";
import { DbmsContext } from "../store/dbms-context";
import { beginTogether, endTogether } from "../store/insertion";
import { SchemaChange, changesOf } from "../store/schema-difference";
import { findTable } from "../store/table-list";
import { StatementContext } from "./bind/statement";
import { readExpression } from "./catalog/stored-expressions";
import { Dependents } from "./catalog/dependents";
import { AlteredValues } from "./change/altered-values";
import { NoText, StoredText } from "./sql-text";
import { SqlTree } from "./syntax/tree";

/** A message names so many changes at most. */
const NAMED: i32 = 5;

/** A column that is to be called otherwise, or gets its values from an expression: `text` is the old name, or that. */
class ColumnWish {
  constructor(
    readonly table: string,
    readonly column: string,
    readonly text: string,
  ) {}
}

export class Migration {
  /** What `plan` found. */
  readonly changes: Array<SchemaChange> = new Array<SchemaChange>();
  private readonly renames: Array<ColumnWish> = new Array<ColumnWish>();
  private readonly values: Array<ColumnWish> = new Array<ColumnWish>();

  constructor(
    private readonly db: DbmsContext,
    /** The definitions that there are to be. */
    private readonly wanted: Array<TableSchemaSnapshot>,
  ) {}

  /** The column of a wanted table was called `old`; with "" for the column the table was. */
  rename(table: string, column: string, old: string): Status {
    const status = this.checkNamed(table, column);
    if (status == OK) this.renames.push(new ColumnWish(table, column, old));
    return status;
  }

  /** Rows that are there get as the column's value what the expression, of the columns as they are called now, comes to. */
  value(table: string, column: string, expression: string): Status {
    const status = this.checkNamed(table, column);
    if (status == OK) this.values.push(new ColumnWish(table, column, expression));
    return status;
  }

  private checkNamed(table: string, column: string): Status {
    for (let w = 0; w < this.wanted.length; w++) {
      if (this.wanted[w].name != table) continue;
      if (column == "" || this.wanted[w].columnIndex(column) >= 0) return OK;
      return fail(BAD_REQUEST, "the definitions have no column " + table + "." + column);
    }
    return fail(BAD_REQUEST, "the definitions have no table " + table);
  }

  /** What is wished of a column: the text; "" for nothing. */
  private wish(wishes: Array<ColumnWish>, table: string, column: string): string {
    for (let w = 0; w < wishes.length; w++) if (wishes[w].table == table && wishes[w].column == column) return wishes[w].text;
    return "";
  }

  /** What the table that is to be `wanted` is called now. */
  private nameNow(wanted: TableSchemaSnapshot): string {
    const old = this.wish(this.renames, wanted.name, "");
    return old != "" && !findTable(this.db.tables, wanted.name) ? old : wanted.name;
  }

  /** The change of the table that is to be `wanted`, without values; null where there is none. */
  private alteration(wanted: TableSchemaSnapshot, values: AlteredValues | null): Alteration | null {
    const table = findTable(this.db.tables, this.nameNow(wanted));
    if (!table) return null;
    const from = new Array<i32>();
    for (let c = 0; c < wanted.columns.length; c++) {
      const name = wanted.columns[c].name;
      const old = this.wish(this.renames, wanted.name, name);
      const at = table.schema.columnIndex(name);
      from.push(at >= 0 || old == "" ? at : table.schema.columnIndex(old));
    }
    return new Alteration(table, wanted, from, values, true);
  }

  /** Finds out what differs: `changes`. `BAD_SCHEMA` where what is wanted makes no sense. */
  plan(): Status {
    const tables = this.db.tables;
    const kept = new Array<string>();
    this.changes.length = 0;
    for (let w = 0; w < this.wanted.length; w++) {
      const wanted = this.wanted[w];
      for (let v = 0; v < w; v++)
        if (this.wanted[v].name == wanted.name) return fail(BAD_SCHEMA, "the definitions have two tables " + wanted.name);
      const alteration = this.alteration(wanted, null);
      if (alteration && kept.includes(alteration.table.name))
        return fail(BAD_SCHEMA, "two tables are to be made of " + alteration.table.name);
      if (alteration) kept.push(alteration.table.name);
      const found: Array<SchemaChange> = alteration
        ? changesOf(alteration)
        : [new SchemaChange("createTable", wanted.name, "", "table " + wanted.name + " comes")];
      for (let c = 0; c < found.length; c++) this.changes.push(found[c]);
    }
    for (let t = 0; t < tables.length; t++) {
      const name = tables[t].name;
      if (tables[t].isCatalog || kept.includes(name)) continue;
      this.changes.push(new SchemaChange("dropTable", name, "", "table " + name + " goes, with its rows", true));
    }
    return OK;
  }

  /**
   * Carries out what `plan` found, all of it or nothing. `DESTRUCTIVE_CHANGE` where values would go and it may not be so; else what rows or
   * definitions say that do not fit.
   */
  run(allowsDestructive: bool): Status {
    const db = this.db;
    if (!allowsDestructive) {
      const texts = new Array<string>();
      for (let c = 0; c < this.changes.length; c++) if (this.changes[c].isDestructive) texts.push(this.changes[c].text);
      const more = texts.length > NAMED ? ", and " + (texts.length - NAMED).toString() + " more" : "";
      const hint = "it has to be allowed; or the definitions rename what is there";
      if (texts.length > 0)
        return fail(DESTRUCTIVE_CHANGE, "the migration takes away: " + texts.slice(0, NAMED).join("; ") + more, hint);
    }
    if (this.changes.length == 0) return OK;
    const inner = db.inTransaction;
    const status = beginTogether(db);
    return status == OK ? endTogether(db, inner, this.carryOut()) : status;
  }

  private carryOut(): Status {
    const db = this.db;
    const dependents = new Dependents(db);
    let status = db.flushChanges();
    if (status == OK) status = dependents.begin();
    const referring = new Array<string>();
    // Tables that go make room for the names of others.
    if (status == OK) status = this.dropTables();
    for (let w = 0; w < this.wanted.length && status == OK; w++) {
      const wanted = this.wanted[w];
      if (!findTable(db.tables, this.nameNow(wanted))) status = db.createTable(wanted, true);
      else status = this.alter(wanted, dependents, referring);
    }
    if (status == OK) status = db.checkDefinitions();
    for (let r = 0; r < referring.length && status == OK; r++) {
      const table = db.table(referring[r]);
      status = table ? db.checkReferences(table) : lastError.status;
    }
    return status == OK ? dependents.end() : status;
  }

  /** Drops the tables that are to go, those that refer to others before them. */
  private dropTables(): Status {
    const names = new Array<string>();
    for (let c = 0; c < this.changes.length; c++) if (this.changes[c].kind == "dropTable") names.push(this.changes[c].table);
    const catalog = this.db.catalog;
    const looks = catalog.foreignKeys;
    // That nothing refers to what is gone is looked at in the end.
    catalog.foreignKeys = false;
    let status: Status = OK;
    for (let n = 0; n < names.length && status == OK; n++) status = this.db.dropTable(names[n]);
    catalog.foreignKeys = looks;
    return status;
  }

  private alter(wanted: TableSchemaSnapshot, dependents: Dependents, referring: Array<string>): Status {
    const db = this.db;
    const plain = this.alteration(wanted, null)!;
    const context = StatementContext.of(db, new NoText(), new SqlTree(), []);
    const values = new AlteredValues(context, plain.table);
    const contexts = [context];
    let status: Status = OK;
    for (let c = 0; c < wanted.columns.length && status == OK; c++) {
      const column = wanted.columns[c];
      const before = plain.before(c);
      const text = this.wish(this.values, wanted.name, column.name);
      if (text == "" && (!before || before.typeText == column.typeText)) continue;
      let source: u32 = 0;
      if (text != "") {
        const expression = new StoredText(text, "the value of " + wanted.name + "." + column.name, -1);
        const part = StatementContext.of(db, expression, new SqlTree(), []);
        contexts.push(part);
        source = readExpression(expression, part.tree);
        if (source == 0) status = lastError.status;
        else status = values.add(c, column, plain.from[c], source, source, part);
      } else status = values.add(c, column, plain.from[c], 0, 0);
    }
    const hasValues = status == OK && values.bind();
    const alteration = this.alteration(wanted, hasValues ? values : null)!;
    if (status == OK && (hasValues || changesOf(alteration).length > 0)) {
      if (alteration.hasNewReferences || hasValues) referring.push(wanted.name);
      status = db.alterTable(alteration);
      if (status == OK) status = dependents.follow(alteration);
    }
    values.free();
    for (let c = 0; c < contexts.length; c++) {
      contexts[c].tree.free();
      contexts[c].free();
    }
    return status;
  }
}
