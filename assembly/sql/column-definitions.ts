/** Columns and constraints of CREATE TABLE and ALTER TABLE, gathered; and what names of tables and columns mean in definitions. */
import { BAD_SCHEMA, COLUMN_NOT_FOUND, OK, OVERFLOW, SQL_SYNTAX, SQL_TYPE, Status, TABLE_NOT_FOUND, lastError } from "../status";
import { asciiLower } from "../encode/ascii";
import { ByteBuffer } from "../encode/byte-buffer";
import {
  Column,
  FLAG_AUTO,
  FLAG_NULLABLE,
  FLAG_UNIQUE,
  ForeignKey,
  ON_DELETE_CASCADE,
  ON_DELETE_RESTRICT,
} from "../schema/column";
import { suggestion } from "../schema/nearest";
import { HIDDEN_KEY, MOST_COLUMNS } from "../schema/table-schema-snapshot";
import { CHECK, CatalogEntry, DEFAULT } from "../store/catalog";
import { DbmsContext } from "../store/dbms-context";
import { Table } from "../store/table";
import { QueryBinder } from "./bind/query";
import { sameName } from "./bind/scope";
import { StatementContext } from "./bind/statement";
import { typeOfSql } from "./bind/types";
import { boundCheck } from "./catalog/row-checks";
import { asDefault, boundDefault } from "./catalog/row-defaults";
import { Batch, VectorColumns } from "./eval/batch";
import { addFitting } from "./eval/cells";
import { Expression } from "./eval/expression";
import { keepConstraint } from "./index-definitions";
import {
  FLAG_AUTO as FLAG_AUTO_NAME,
  FLAG_CASCADE,
  RULE_AUTO,
  RULE_CHECK,
  RULE_DEFAULT,
  RULE_NOT_NULL,
  RULE_PRIMARY,
  RULE_REFERENCES,
  RULE_UNIQUE,
  SqlTree,
} from "./syntax/tree";

export abstract class ColumnDefinitions {
  protected readonly tree: SqlTree;
  protected columns: Array<Column> = new Array<Column>();
  /** The columns of the primary key. */
  protected key: Array<string> = new Array<string>();
  /** Columns that are just INTEGER: as a primary key they are counted, as in SQLite. */
  protected integers: Array<string> = new Array<string>();
  /** Nodes of CHECK. */
  protected checks: Array<u32> = new Array<u32>();
  /** Nodes of defaults that are worked out for each row, and their columns. */
  protected defaults: Array<u32> = new Array<u32>();
  protected defaulted: Array<string> = new Array<string>();
  /** UNIQUE over several columns or with a name; and the node of each one's name, 0 for none. */
  protected readonly uniques: Array<Array<string>> = new Array<Array<string>>();
  protected readonly uniqueNames: Array<u32> = new Array<u32>();

  constructor(
    protected readonly db: DbmsContext,
    protected readonly context: StatementContext,
  ) {
    this.tree = context.tree;
  }

  /** The table that an N_TABLE names, null if there is none: `lastError.status` is `OK` then, unless another database is named. */
  protected known(node: u32): Table | null {
    const schema = this.tree.c(node);
    lastError.status = OK;
    if (schema != 0 && !sameName(this.tree.text(schema), "main")) {
      this.context.fail(TABLE_NOT_FOUND, "there is no database " + this.tree.text(schema), node, "the open file is main");
      return null;
    }
    return this.tableCalled(this.tree.text(this.tree.a(node)));
  }

  /** The table that an N_TABLE names; null with an error. */
  protected needed(node: u32): Table | null {
    const table = this.known(node);
    return !table && lastError.status == OK ? this.context.table(node) : table;
  }

  /** The table called so, or else one whose name differs in case only; null for none. */
  protected tableCalled(name: string): Table | null {
    const tables = this.db.tables;
    let alike: Table | null = null;
    for (let t = 0; t < tables.length; t++) {
      if (tables[t].name == name) return tables[t];
      if (sameName(tables[t].name, name)) alike = tables[t];
    }
    return alike;
  }

  /** The name of the one of `columns` that a node names, as it is written there; "" with an error. */
  protected columnName(columns: Array<Column>, node: u32): string {
    const name = this.tree.text(node);
    const names = new Array<string>();
    for (let c = 0; c < columns.length; c++) names.push(columns[c].name);
    // Tables that programs made may have two whose names differ in case.
    if (names.includes(name)) return name;
    for (let c = 0; c < names.length; c++) if (sameName(names[c], name)) return names[c];
    this.context.fail(COLUMN_NOT_FOUND, "there is no column " + name, node, suggestion(name, names, "columns"));
    return "";
  }

  /** The names of `columns` that a list names, each once, or only its first; empty with an error. */
  protected columnNames(columns: Array<Column>, list: u32, onlyFirst: bool = false): Array<string> {
    const names = new Array<string>();
    for (let node = list; node != 0 && !(onlyFirst && names.length > 0); node = this.tree.next(node)) {
      const name = this.columnName(columns, node);
      if (name == "") return [];
      if (names.includes(name)) {
        this.context.syntaxError("column " + name + " is named twice", node);
        return [];
      }
      names.push(name);
    }
    return names;
  }

  /** The type that an N_TYPE names; 0 with an error. */
  protected typeOf(node: u32): u8 {
    const words = this.tree.text(node);
    const type = typeOfSql(words);
    const hint = "types: integer, decimal, text, blob, boolean, date, datetime, uuid, json";
    if (type == 0) this.context.fail(SQL_TYPE, "there is no type " + asciiLower(words), node, hint);
    return type;
  }

  /** Adds a column, with what can be said of it by itself. */
  protected addColumn(node: u32): Status {
    const tree = this.tree;
    const name = tree.text(tree.a(node));
    if (this.columns.length == MOST_COLUMNS)
      return this.context.fail(BAD_SCHEMA, "more columns than a definition can have", node);
    for (let c = 0; c < this.columns.length; c++) {
      if (sameName(this.columns[c].name, name)) return this.context.syntaxError("there are two columns " + name, node);
    }
    if (tree.b(node) == 0)
      return this.context.fail(SQL_SYNTAX, "column " + name + " has no type", node, "write " + name + " TEXT");
    const type = this.typeOf(tree.b(node));
    if (type == 0) return lastError.status;
    const words = asciiLower(tree.text(tree.b(node)));
    let flags = words.endsWith("serial") ? FLAG_AUTO : FLAG_NULLABLE;
    for (let rule = tree.c(node); rule != 0; rule = tree.next(rule)) {
      const op = tree.op(rule);
      if (op == RULE_UNIQUE) flags |= FLAG_UNIQUE;
      else if (op == RULE_AUTO) flags |= FLAG_AUTO;
      if (op == RULE_AUTO || op == RULE_NOT_NULL) flags &= ~FLAG_NULLABLE;
    }
    if (words == "integer") this.integers.push(name);
    this.columns.push(new Column(name, type, flags));
    return OK;
  }

  /** Takes in a constraint of the table called `table` over the list `names`, or of the column that it names. */
  protected addRule(rule: u32, names: u32, table: string): Status {
    const tree = this.tree;
    const op = tree.op(rule);
    // A column's own: its name is followed by nothing that belongs to it.
    const isOwn = names != tree.a(rule);
    if (op == RULE_CHECK) {
      this.checks.push(rule);
      return OK;
    }
    const isNamed = op == RULE_UNIQUE && tree.c(rule) != 0;
    if (isOwn && !isNamed && op != RULE_REFERENCES && op != RULE_PRIMARY && op != RULE_DEFAULT) return OK;
    const columns = this.columnNames(this.columns, names, isOwn);
    if (columns.length == 0) return lastError.status;
    let position = 0;
    while (this.columns[position].name != columns[0]) position += 1;
    const first = this.columns[position];
    if (op == RULE_DEFAULT) return this.takeDefault(first, rule);
    if (op == RULE_REFERENCES) return this.addReference(first, tree.b(rule), table);
    if (op == RULE_UNIQUE) {
      if (columns.length == 1) first.flags |= FLAG_UNIQUE;
      if (columns.length == 1 && !isNamed) return OK;
      this.uniques.push(columns);
      this.uniqueNames.push(tree.c(rule));
      return OK;
    }
    if (this.key.length > 0) return this.context.syntaxError("there is more than one PRIMARY KEY", rule);
    this.key = columns;
    if (!isOwn && tree.has(names, FLAG_AUTO_NAME)) first.flags |= FLAG_AUTO;
    return OK;
  }

  private addReference(column: Column, node: u32, table: string): Status {
    const tree = this.tree;
    const name = tree.text(tree.a(node));
    const isOwn = sameName(name, table);
    const target: Table | null = isOwn ? null : this.tableCalled(name);
    const to = tree.b(node);
    let toName = "";
    if (!isOwn && !target) {
      if (to == 0)
        return this.context.fail(
          TABLE_NOT_FOUND,
          "there is no table " + name + " yet",
          tree.a(node),
          "name its column: " + name + "(id)",
        );
      toName = tree.text(to);
    } else if (to != 0) toName = this.columnName(target ? target.schema.columns : this.columns, to);
    else if (target && !target.schema.hasHiddenKey) toName = target.schema.primaryKey;
    else if (isOwn && this.key.length == 1) toName = this.key[0];
    else {
      const what = name + " has no primary key of one column";
      return this.context.fail(BAD_SCHEMA, what, tree.a(node), "name a column of it that is unique");
    }
    if (toName == "") return lastError.status;
    const onDelete = tree.has(node, FLAG_CASCADE) ? ON_DELETE_CASCADE : ON_DELETE_RESTRICT;
    column.foreignKey = new ForeignKey(isOwn ? table : target ? target.name : name, toName, onDelete);
    return OK;
  }

  /** `OK` when the table's columns go with the one that it has besides them, if the key is not one of them. */
  protected checkHidden(node: u32): Status {
    for (let c = 0; c < this.columns.length && this.key.length != 1; c++) {
      if (!sameName(this.columns[c].name, HIDDEN_KEY)) continue;
      const what = "a table without a primary key of one column has a column " + HIDDEN_KEY + " besides those that are named";
      return this.context.fail(BAD_SCHEMA, what, node, "call the column something else");
    }
    return OK;
  }

  /** Takes in a default, N_RULE: gives its value to the column, or notes that it is to be kept as it is. */
  protected takeDefault(column: Column, rule: u32): Status {
    const tree = this.tree;
    if (tree.d(rule) == 0) return this.setDefault(column, tree.b(rule));
    this.defaults.push(rule);
    this.defaulted.push(column.name);
    return boundDefault(this.context, column, tree.b(rule)) ? OK : lastError.status;
  }

  /** Works DEFAULT's value out and gives it to the column. */
  private setDefault(column: Column, node: u32): Status {
    const bound = new QueryBinder(this.context, null, []).bind(node);
    return bound ? this.giveDefault(column, bound, node) : lastError.status;
  }

  /** Gives a column the default that `bound` comes to; errors are about `node`. */
  protected giveDefault(column: Column, bound: Expression, node: u32): Status {
    const context = this.context;
    const value = asDefault(context, column, bound, node);
    if (!value) return lastError.status;
    const batch = new Batch(new VectorColumns());
    batch.begin(1);
    const vector = value.evaluate(batch);
    let status = vector ? OK : lastError.status;
    if (vector && !vector.isNull(0)) {
      const cell = new ByteBuffer(64);
      if (addFitting(column.type, column.customSize, vector, 0, cell)) column.setDefault(cell.ptr, cell.len);
      else status = context.fail(OVERFLOW, "column " + column.name + " can't hold its default", node);
      cell.free();
    }
    if (vector) batch.pool.give(vector);
    batch.free();
    return status;
  }

  /** Keeps defaults that are worked out for each row of the table, which is made by now. */
  protected keepDefaults(name: string): Status {
    const tree = this.tree;
    for (let d = 0; d < this.defaults.length; d++) {
      const rule = this.defaults[d];
      const entry = new CatalogEntry(DEFAULT, this.defaulted[d], name, this.textBetween(tree.a(rule), tree.d(rule)));
      const status = this.placed(this.db.addEntry(entry), rule);
      if (status != OK) return status;
    }
    return OK;
  }

  /** Keeps the names of UNIQUE constraints of the table, which is made by now. */
  protected keepUniques(name: string): Status {
    const tree = this.tree;
    for (let u = 0; u < this.uniques.length; u++) {
      const node = this.uniqueNames[u];
      if (node == 0) continue;
      const table = this.db.table(name);
      if (!table) return lastError.status;
      const status = this.placed(keepConstraint(this.db, tree.text(node), table, this.uniques[u]), node);
      if (status != OK) return status;
    }
    return OK;
  }

  protected textBetween(from: u32, to: u32): string {
    return String.UTF8.decodeUnsafe(this.context.text.ptr + from, to - from);
  }

  /** Keeps the CHECK constraints of the table, which is made by now. */
  protected keepChecks(name: string): Status {
    const tree = this.tree;
    const context = this.context;
    const names = new Array<string>();
    const known = this.db.catalog.of(CHECK, name);
    if (!known) return lastError.status;
    for (let k = 0; k < known.length; k++) names.push(asciiLower(known[k].name));
    // In the order in which they stand.
    this.checks.sort((a, b) => <i32>a - <i32>b);
    for (let c = 0; c < this.checks.length; c++) {
      const rule = this.checks[c];
      const table = this.db.table(name);
      if (!table || !boundCheck(context, table, tree.b(rule), [])) return lastError.status;
      const own = tree.c(rule) == 0 ? "" : tree.text(tree.c(rule));
      if (own != "" && names.includes(asciiLower(own))) return context.syntaxError("there are two constraints " + own, rule);
      names.push(asciiLower(own));
      const sql = this.textBetween(tree.a(rule), tree.d(rule));
      const status = this.placed(this.db.addEntry(new CatalogEntry(CHECK, own, name, sql)), rule);
      if (status != OK) return status;
    }
    return OK;
  }

  /** What changing the catalog came to, told of at `node`. */
  protected placed(status: Status, node: u32): Status {
    return status == OK ? OK : this.context.text.place(this.tree.start(node));
  }
}
