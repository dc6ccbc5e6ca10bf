/** CREATE and DROP of tables and views, and where ALTER is begun. */
import {
  BAD_SCHEMA,
  FOREIGN_KEY_RESTRICT,
  NAME_TOO_LONG,
  OK,
  PAGE_FULL,
  SQL_LIMIT,
  Status,
  TABLE_EXISTS,
  TABLE_NOT_FOUND,
  lastError,
} from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_INT64 } from "../encode/data-type";
import { Row } from "../encode/row";
import { Column, FLAG_AUTO, FLAG_NULLABLE, FLAG_PRIMARY_KEY } from "../schema/column";
import { TableDefinition } from "../schema/column-spec";
import { HIDDEN_KEY } from "../schema/table-schema-snapshot";
import { CatalogEntry, VIEW } from "../store/catalog";
import { Table } from "../store/table";
import { mayRun } from "../wasi/deadline";
import { Alterations } from "./alterations";
import { QueryBinder } from "./bind/query";
import { sameName } from "./bind/scope";
import { RESERVED, isReservedName } from "./catalog/relation-names";
import { ColumnDefinitions } from "./column-definitions";
import { createIndex, dropIndex } from "./index-definitions";
import { QueryRows } from "./query-rows";
import { Run, RunReader } from "../store/run";
import {
  FLAG_IF,
  FLAG_TEMPORARY,
  N_ALTER_TABLE,
  N_COLUMN_DEFINITION,
  N_CREATE_INDEX,
  N_CREATE_TABLE,
  N_CREATE_VIEW,
  N_DROP_TABLE,
  N_DROP_VIEW,
  RULE_PRIMARY,
  RULE_REFERENCES,
} from "./syntax/tree";

/** Views of a session at most, and characters of each; of those in a file the format says how long they may be. */
const MOST_TEMPORARY: i32 = 512;
const LONGEST_TEMPORARY: i32 = 65535;

/** What `nameTaken` returns. */
const IGNORED: string = "ignored";
const FAILED: string = "failed";

export class Definitions extends ColumnDefinitions {
  /** Rows that CREATE TABLE AS made. */
  count: i64 = 0;

  /** Does what the statement at `node` says. On failure what was done has to be taken back. */
  run(node: u32): Status {
    switch (this.tree.kind(node)) {
      case N_CREATE_TABLE:
        return this.createTable(node);
      case N_ALTER_TABLE:
        return new Alterations(this.db, this.context).run(node);
      case N_CREATE_INDEX:
        return this.createIndex(node);
      case N_DROP_TABLE:
        return this.dropTable(node);
      case N_CREATE_VIEW:
        return this.createView(node);
      case N_DROP_VIEW:
        return this.dropView(node);
      default:
        return dropIndex(this.db, this.context, node);
    }
  }

  /** Whether the statement at `node` is about a view of the session alone. */
  isTemporary(node: u32): bool {
    const tree = this.tree;
    if (tree.kind(node) == N_CREATE_VIEW) return tree.has(node, FLAG_TEMPORARY);
    if (tree.kind(node) != N_DROP_VIEW) return false;
    const view = this.context.view(tree.text(tree.a(tree.a(node))));
    return view !== null && this.db.catalog.temporary.includes(view);
  }

  // ---- CREATE TABLE ----

  private createTable(node: u32): Status {
    const tree = this.tree;
    const table = tree.a(node);
    const name = tree.text(tree.a(table));
    const taken = this.nameTaken(node, table, name);
    if (taken != "") return taken == IGNORED ? OK : lastError.status;
    if (tree.c(node) != 0) return this.createAs(node, name);
    let status: Status = OK;
    for (let item = tree.b(node); item != 0 && status == OK; item = tree.next(item)) {
      if (tree.kind(item) == N_COLUMN_DEFINITION) status = this.addColumn(item);
    }
    // What refers to the table's own key comes behind it.
    for (let isLate = 0; isLate < 2; isLate++) {
      for (let item = tree.b(node); item != 0 && status == OK; item = tree.next(item)) {
        if (tree.kind(item) != N_COLUMN_DEFINITION) {
          if (isLate == i32(tree.op(item) == RULE_REFERENCES)) status = this.addRule(item, tree.a(item), name);
          continue;
        }
        for (let rule = tree.c(item); rule != 0 && status == OK; rule = tree.next(rule)) {
          if (isLate == i32(tree.op(rule) != RULE_PRIMARY)) status = this.addRule(rule, tree.a(item), name);
        }
      }
    }
    if (status == OK) status = this.make(name, table);
    if (status == OK) status = this.keepDefaults(name);
    if (status == OK) status = this.keepUniques(name);
    return status == OK ? this.keepChecks(name) : status;
  }

  /**
   * "" where a table or view that N_TABLE `subject` names may be made; `IGNORED` where there is one, and IF NOT EXISTS lets it be; else
   * `FAILED`, with an error.
   */
  private nameTaken(node: u32, subject: u32, name: string): string {
    const table = this.known(subject);
    const view: CatalogEntry | null = table || lastError.status != OK ? null : this.db.catalog.view(name);
    if (table || view) {
      if (this.tree.has(node, FLAG_IF)) return IGNORED;
      const what = "there is a " + (table ? "table " : "view ") + name + " already";
      this.context.fail(TABLE_EXISTS, what, subject, "IF NOT EXISTS lets it be");
    } else if (lastError.status == OK && isReservedName(name)) {
      this.context.fail(BAD_SCHEMA, RESERVED, subject);
    }
    return lastError.status == OK ? "" : FAILED;
  }

  /** Makes the table of what was gathered. `node` is its name's. */
  private make(name: string, node: u32): Status {
    const key = this.key;
    const definition = new TableDefinition(name);
    const isHidden = key.length != 1;
    let status = this.checkHidden(node);
    if (status != OK) return status;
    if (isHidden) {
      definition.addColumn(new Column(HIDDEN_KEY, TYPE_INT64, FLAG_PRIMARY_KEY | FLAG_AUTO));
    }
    for (let c = 0; c < this.columns.length && status == OK; c++) {
      const column = this.columns[c];
      if (key.includes(column.name)) {
        column.flags &= ~FLAG_NULLABLE;
        if (!isHidden) column.flags |= FLAG_PRIMARY_KEY;
        if (!isHidden && this.integers.includes(column.name)) column.flags |= FLAG_AUTO;
      }
      status = definition.addColumn(column);
    }
    if (status == OK && key.length > 1) status = definition.addIndex(key, true);
    for (let u = 0; u < this.uniques.length && status == OK; u++)
      if (this.uniques[u].length > 1) status = definition.addIndex(this.uniques[u], true);
    if (status == OK) status = this.db.createTable(definition.build(0), true);
    const isOfText = status == BAD_SCHEMA || status == NAME_TOO_LONG || status == PAGE_FULL;
    return isOfText ? this.context.text.place(this.tree.start(node)) : status;
  }

  /** CREATE TABLE AS: the rows are there before the table is. */
  private createAs(node: u32, name: string): Status {
    const tree = this.tree;
    const relation = new QueryBinder(this.context, null, []).result(tree.c(node));
    if (!relation) return lastError.status;
    const operator = relation.operator;
    if (!operator.open()) return operator.status;
    const rows = QueryRows.over(relation, this.context);
    const columns = rows.schema.columns;
    let status: Status = OK;
    for (let c = 0; c < columns.length && status == OK; c++) {
      const column = columns[c];
      for (let d = 0; d < c && status == OK; d++) {
        if (sameName(columns[d].name, column.name))
          status = this.context.fail(
            BAD_SCHEMA,
            "the query has two columns " + column.name,
            tree.c(node),
            "AS gives one another name",
          );
      }
      this.columns.push(column);
    }
    const kept = Run.alone(this.db.store.statementMemory);
    const record = new ByteBuffer(256);
    while (status == OK && rows.next()) {
      record.reset();
      status = rows.row.encode(record);
      if (status == OK && !kept.addRecord(record.ptr, record.len)) status = lastError.status;
    }
    record.free();
    if (status == OK) status = rows.status;
    if (status == OK && !kept.finish()) status = lastError.status;
    // Nothing may be read while the table is made.
    const layout = rows.schema.rowLayout();
    rows.free();
    if (status == OK) status = this.make(name, tree.a(node));
    const table = status == OK ? this.db.table(name) : null;
    if (table) status = this.insertKept(table, new Row(layout), kept);
    else if (status == OK) status = lastError.status;
    layout.free();
    kept.end();
    return status;
  }

  /** Inserts the rows in `kept`, which are decoded into `row`. */
  private insertKept(table: Table, row: Row, kept: Run): Status {
    const made = table.callersRow;
    const reader = new RunReader(kept);
    let status: Status = OK;
    while (status == OK && reader.read()) {
      row.decode(reader.ptr, reader.len);
      made.reset();
      // Behind the hidden key.
      for (let c: u32 = 0; c < row.layout.columnCount; c++) {
        if (row.isSet(c)) made.set(c + 1, row.ptr(c), row.len(c));
      }
      status = mayRun() ? this.db.insert(table, made) : lastError.status;
      this.count += 1;
    }
    if (reader.failed) status = lastError.status;
    reader.free();
    row.free();
    return status;
  }

  // ---- indexes, and what goes ----

  private createIndex(node: u32): Status {
    const table = this.needed(this.tree.b(node));
    if (!table) return lastError.status;
    const columns = this.columnNames(table.schema.columns, this.tree.c(node));
    return columns.length == 0 ? lastError.status : createIndex(this.db, this.context, node, table, columns);
  }

  private dropTable(node: u32): Status {
    const subject = this.tree.a(node);
    let table = this.known(subject);
    const name = this.tree.text(this.tree.a(subject));
    const view: CatalogEntry | null = table || lastError.status != OK ? null : this.db.catalog.view(name);
    if (view) return this.context.fail(TABLE_NOT_FOUND, name + " is a view", subject, "DROP VIEW takes it away");
    if (!table && lastError.status == OK && this.tree.has(node, FLAG_IF)) return OK;
    if (!table) table = this.needed(subject);
    const status = table ? this.db.dropTable(table.name) : lastError.status;
    if (status != FOREIGN_KEY_RESTRICT) return status;
    lastError.hint = "drop that table first, or say PRAGMA foreign_keys = OFF before the transaction begins";
    return this.context.text.place(this.tree.start(subject));
  }

  // ---- views ----

  private createView(node: u32): Status {
    const tree = this.tree;
    const context = this.context;
    const subject = tree.a(node);
    const name = tree.text(tree.a(subject));
    const taken = this.nameTaken(node, subject, name);
    if (taken != "") return taken == IGNORED ? OK : lastError.status;
    if (!new QueryBinder(context, null, []).viewOf(node)) return lastError.status;
    const from = tree.start(tree.a(subject));
    const sql = "CREATE VIEW " + this.textBetween(from, tree.end(node));
    const entry = new CatalogEntry(VIEW, name, "", sql);
    const catalog = this.db.catalog;
    if (!tree.has(node, FLAG_TEMPORARY)) return this.placed(this.db.addEntry(entry), subject);
    if (catalog.temporary.length >= MOST_TEMPORARY || sql.length > LONGEST_TEMPORARY)
      return context.fail(SQL_LIMIT, "more or longer temporary views than a session may have", node);
    catalog.temporary.push(entry);
    catalog.changed();
    return OK;
  }

  private dropView(node: u32): Status {
    const tree = this.tree;
    const subject = tree.a(node);
    const name = tree.text(tree.a(subject));
    if (this.known(subject)) return this.context.fail(TABLE_NOT_FOUND, name + " is a table", subject, "DROP TABLE takes it away");
    const catalog = this.db.catalog;
    const view = lastError.status == OK ? catalog.view(name) : null;
    if (!view) {
      if (lastError.status != OK || tree.has(node, FLAG_IF)) return lastError.status;
      return this.context.fail(TABLE_NOT_FOUND, "there is no view " + name, subject);
    }
    const at = catalog.temporary.indexOf(view);
    if (at < 0) return this.db.dropEntry(view);
    catalog.temporary.splice(at, 1);
    catalog.changed();
    return OK;
  }
}
