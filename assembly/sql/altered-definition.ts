/** The definition that a table has when all changes of ALTER TABLE are done, and where each of its columns comes from. */
import { BAD_SCHEMA, COLUMN_NOT_FOUND, INDEX_NOT_FOUND, OK, SQL_UNSUPPORTED, Status, TABLE_EXISTS, lastError } from "../status";
import { asciiLower } from "../encode/ascii";
import { TYPE_INT64, isInteger } from "../encode/data-type";
import { Column, FLAG_AUTO, FLAG_NULLABLE, FLAG_PRIMARY_KEY, FLAG_UNIQUE, ForeignKey, IndexDefinition } from "../schema/column";
import { moveLast } from "../schema/column-spec";
import { hasEnd, isIndexName } from "../schema/index-names";
import { HIDDEN_KEY, TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { CHECK, CatalogEntry } from "../store/catalog";
import { Table } from "../store/table";
import { cellConstant } from "./bind/literals";
import { sameName } from "./bind/scope";
import { isKeyIndex, shownFrom } from "./catalog/definition-text";
import { defaultEntry } from "./catalog/row-defaults";
import { RESERVED, isReservedName } from "./catalog/relation-names";
import { isSameList, nameIn, namedIndexes, uniqueNames } from "./catalog/named-indexes";
import { ColumnDefinitions } from "./column-definitions";
import {
  ALTER_ADD_COLUMN,
  ALTER_ADD_RULE,
  ALTER_DROP_COLUMN,
  ALTER_DROP_DEFAULT,
  ALTER_DROP_KEY,
  ALTER_DROP_NOT_NULL,
  ALTER_DROP_RULE,
  ALTER_RENAME_COLUMN,
  ALTER_RENAME_TABLE,
  ALTER_SET_DEFAULT,
  ALTER_SET_NOT_NULL,
  ALTER_TYPE,
  FLAG_IF,
  N_COLUMN,
} from "./syntax/tree";

/** What DROP CONSTRAINT may call a foreign key, behind the names of table and column, and a primary key, behind the table's. */
const FOREIGN_ENDS: string = ",_fkey,_foreign,_fk,";
const KEY_ENDS: string = ",_pkey,_pk,_primary,";

export abstract class AlteredDefinition extends ColumnDefinitions {
  /** What the table is called then. */
  private name: string = "";
  /** The key as it is. */
  private oldKey: Array<string> = new Array<string>();
  /** For each of `columns` where it is in the table as it is, -1 for one that comes; and the node that its values come from, 0 for none. */
  protected from: Array<i32> = new Array<i32>();
  protected readonly sources: Array<u32> = new Array<u32>();
  /** The indexes but those of the key. */
  private indexes: Array<IndexDefinition> = new Array<IndexDefinition>();
  /** Foreign keys that name a column of the table itself which goes. */
  private readonly orphans: Array<ForeignKey> = new Array<ForeignKey>();

  protected begin(table: Table): void {
    const schema = table.schema;
    const first = shownFrom(schema);
    this.name = table.name;
    for (let c = first; c < schema.columns.length; c++) this.take(schema.columns[c].withFlags(schema.columns[c].flags), c, 0);
    this.key =
      first == 0 ? [schema.primaryKey] : schema.indexes.length > 1 && isKeyIndex(schema, 1) ? schema.indexes[1].columns : [];
    this.oldKey = this.key;
    for (let i = 1; i < schema.indexes.length; i++) if (!isKeyIndex(schema, i)) this.indexes.push(schema.indexes[i]);
  }

  private take(column: Column, from: i32, source: u32): void {
    this.columns.push(column);
    this.from.push(from);
    this.sources.push(source);
  }

  /** The place in `columns` of the one that a node names; -1 with an error. */
  private placeOf(node: u32): i32 {
    const name = this.columnName(this.columns, node);
    for (let c = 0; c < this.columns.length; c++) if (this.columns[c].name == name) return c;
    return -1;
  }

  protected change(table: Table, node: u32): Status {
    const tree = this.tree;
    const op = tree.op(node);
    const subject = tree.a(node);
    switch (op) {
      case ALTER_RENAME_TABLE:
        return this.renameTable(table, subject);
      case ALTER_ADD_COLUMN:
        return this.addColumnAt(table, node);
      case ALTER_ADD_RULE:
        return this.addRule(subject, tree.a(subject), table.name);
      case ALTER_DROP_RULE:
        return this.dropConstraint(table, node);
      case ALTER_DROP_KEY:
        return this.dropKey(node);
    }
    lastError.status = OK;
    const at = this.placeOf(subject);
    if (at < 0)
      return op == ALTER_DROP_COLUMN && tree.has(node, FLAG_IF) && lastError.status == COLUMN_NOT_FOUND ? OK : lastError.status;
    const column = this.columns[at];
    switch (op) {
      case ALTER_RENAME_COLUMN:
        return this.renameColumn(table, at, tree.b(node));
      case ALTER_DROP_COLUMN:
        return this.dropDefault(table, at) == OK ? this.dropColumn(table, at, node) : lastError.status;
      case ALTER_TYPE:
        return this.setType(table, at, node);
      case ALTER_SET_NOT_NULL:
        column.flags &= ~FLAG_NULLABLE;
        return OK;
      case ALTER_DROP_NOT_NULL:
        if (this.key.includes(column.name))
          return this.context.fail(BAD_SCHEMA, column.name + " is of the primary key, which has no null", subject);
        column.flags |= FLAG_NULLABLE;
        return OK;
      case ALTER_DROP_DEFAULT:
        return this.dropDefault(table, at);
      default:
        assert(op == ALTER_SET_DEFAULT);
        return this.dropDefault(table, at) == OK ? this.takeDefault(column, tree.b(node)) : lastError.status;
    }
  }

  /** Takes away what a column has by itself. */
  private dropDefault(table: Table, at: i32): Status {
    const column = this.columns[at];
    const known = this.defaulted.indexOf(column.name);
    if (known >= 0) {
      this.defaulted.splice(known, 1);
      this.defaults.splice(known, 1);
    }
    column.defaultValue = null;
    const from = this.from[at];
    lastError.status = OK;
    const entry: CatalogEntry | null =
      from < 0 ? null : defaultEntry(this.db.catalog, table.name, table.schema.columns[from].name);
    return entry ? this.db.dropEntry(entry) : lastError.status;
  }

  private renameTable(table: Table, node: u32): Status {
    const name = this.tree.text(node);
    if (isReservedName(name)) return this.context.fail(BAD_SCHEMA, RESERVED, node);
    const known = this.tableCalled(name);
    if (known && known !== table) return this.context.fail(TABLE_EXISTS, "there is a table " + known.name + " already", node);
    if (this.checkPending(table.name, "is renamed", node) != OK) return lastError.status;
    this.name = name;
    return OK;
  }

  /** The foreign key of column number `c` that names the column `name` of the table itself; null where it has none. */
  private ownKey(table: Table, c: i32, name: string): ForeignKey | null {
    const key = this.columns[c].foreignKey;
    return key && key.table == table.name && key.column == name && !this.orphans.includes(key) ? key : null;
  }

  private renameColumn(table: Table, at: i32, node: u32): Status {
    const name = this.tree.text(node);
    const before = this.columns[at].name;
    for (let c = 0; c < this.columns.length; c++) {
      if (c != at && sameName(this.columns[c].name, name))
        return this.context.syntaxError("there is a column " + name + " already", node);
    }
    if (this.checkPending(before, "is renamed", node) != OK) return lastError.status;
    this.columns[at] = this.columns[at].withFlags(this.columns[at].flags, name);
    this.key = renamedIn(this.key, before, name);
    this.oldKey = renamedIn(this.oldKey, before, name);
    this.integers = renamedIn(this.integers, before, name);
    for (let i = 0; i < this.indexes.length; i++)
      this.indexes[i] = new IndexDefinition(renamedIn(this.indexes[i].columns, before, name), this.indexes[i].unique);
    for (let u = 0; u < this.uniques.length; u++) this.uniques[u] = renamedIn(this.uniques[u], before, name);
    for (let c = 0; c < this.columns.length; c++) {
      const key = this.ownKey(table, c, before);
      if (key) this.columns[c].foreignKey = new ForeignKey(key.table, name, key.onDelete);
    }
    this.defaulted = renamedIn(this.defaulted, before, name);
    return OK;
  }

  /**
   * `OK` unless a CHECK that the statement has added names the column `name`, or the table where it is qualified by that: it is bound when
   * all is done, and would be about what is called so then.
   */
  private checkPending(name: string, what: string, node: u32): Status {
    const tree = this.tree;
    for (let c = 0; c < this.checks.length; c++) {
      const rule = this.checks[c];
      for (let column: u32 = 1; column < tree.count; column++) {
        const isIn = tree.kind(column) == N_COLUMN && tree.start(column) >= tree.a(rule) && tree.start(column) < tree.d(rule);
        if (!isIn) continue;
        const isNamed =
          sameName(tree.text(tree.a(column)), name) || (tree.b(column) != 0 && sameName(tree.text(tree.b(column)), name));
        if (!isNamed) continue;
        const text = "a CHECK that is added before names " + name + ", which " + what;
        return this.context.fail(SQL_UNSUPPORTED, text, node, "add the CHECK behind, about the new names");
      }
    }
    return OK;
  }

  private addColumnAt(table: Table, node: u32): Status {
    const tree = this.tree;
    const definition = tree.a(node);
    const name = tree.text(tree.a(definition));
    for (let c = 0; c < this.columns.length && tree.has(node, FLAG_IF); c++) if (sameName(this.columns[c].name, name)) return OK;
    let status = this.addColumn(definition);
    if (status != OK) return status;
    this.from.push(-1);
    this.sources.push(0);
    for (let rule = tree.c(definition); rule != 0 && status == OK; rule = tree.next(rule)) {
      status = this.addRule(rule, tree.a(definition), table.name);
    }
    if (status == OK && this.defaulted.includes(name))
      return this.context.fail(
        SQL_UNSUPPORTED,
        "a column that comes to rows has no default that is worked out for each",
        node,
        "ALTER COLUMN … SET DEFAULT behind gives it one for rows that come",
      );
    const behind = tree.b(node);
    if (status != OK || behind == 0) return status;
    const last = this.columns.length - 1;
    const at = behind == definition ? 0 : this.placeOf(behind) + 1;
    if (behind != definition && at == 0) return lastError.status;
    if (at > last) return this.context.syntaxError("column " + name + " can't come behind itself", behind);
    moveLast<Column>(this.columns, at);
    moveLast<i32>(this.from, at);
    moveLast<u32>(this.sources, at);
    return OK;
  }

  private dropColumn(table: Table, at: i32, node: u32): Status {
    const name = this.columns[at].name;
    const context = this.context;
    if (this.key.includes(name))
      return context.fail(BAD_SCHEMA, name + " is of the primary key", node, "DROP PRIMARY KEY before, in the same statement");
    if (this.columns.length == 1)
      return context.fail(BAD_SCHEMA, "a table without a column can't be", node, "DROP TABLE takes it away");
    if (this.checkPending(name, "goes", node) != OK) return lastError.status;
    this.columns.splice(at, 1);
    this.from.splice(at, 1);
    this.sources.splice(at, 1);
    for (let c = 0; c < this.columns.length; c++) {
      const key = this.ownKey(table, c, name);
      if (key) this.orphans.push(key);
    }
    for (let i = this.indexes.length - 1; i >= 0; i--) if (this.indexes[i].columns.includes(name)) this.indexes.splice(i, 1);
    for (let u = this.uniques.length - 1; u >= 0; u--) {
      if (!this.uniques[u].includes(name)) continue;
      this.uniques.splice(u, 1);
      this.uniqueNames.splice(u, 1);
    }
    return OK;
  }

  private setType(table: Table, at: i32, node: u32): Status {
    const type = this.typeOf(this.tree.b(node));
    if (type == 0) return lastError.status;
    const old = this.columns[at];
    // Only integers are counted.
    const column = new Column(old.name, type, isInteger(type) ? old.flags : old.flags & ~FLAG_AUTO);
    column.foreignKey = old.foreignKey;
    this.columns[at] = column;
    // One that was given values before in the statement keeps to them.
    if (this.tree.c(node) != 0) this.sources[at] = this.tree.c(node);
    const value = old.defaultValue;
    const offset = old.defaultOffset();
    if (!value) return OK;
    if (offset == 0) {
      column.setDefault(0, 0);
      return OK;
    }
    const known = cellConstant(old.type, old.customSize, changetype<usize>(value) + offset, value.byteLength - offset);
    if (this.giveDefault(column, known, node) == OK) return OK;
    lastError.hint =
      "so the default of " + old.name + " does not go with the type; to take it away, DROP DEFAULT before, in the same statement";
    return lastError.status;
  }

  // ---- constraints ----

  private dropKey(node: u32): Status {
    if (this.key.length == 0) return this.context.fail(BAD_SCHEMA, this.name + " has no primary key", node);
    this.key = [];
    return OK;
  }

  /** What columns are called in the table as it is, as the catalog has them; none where one comes only now. */
  private namesBefore(table: Table, columns: Array<string>): Array<string> {
    const names = new Array<string>();
    for (let n = 0; n < columns.length; n++) {
      for (let c = 0; c < this.columns.length; c++)
        if (this.columns[c].name == columns[n] && this.from[c] >= 0) names.push(table.schema.columns[this.from[c]].name);
    }
    return names.length == columns.length ? names : new Array<string>();
  }

  private dropConstraint(table: Table, node: u32): Status {
    const tree = this.tree;
    const subject = tree.a(node);
    const name = tree.text(subject);
    const checks = this.db.catalog.of(CHECK, table.name);
    if (!checks) return lastError.status;
    const wanted = asciiLower(name);
    const own = asciiLower(table.name);
    let unnamed = 0;
    for (let c = 0; c < checks.length; c++) {
      // Those without a name are counted: t_check, t_check2 …
      if (checks[c].name == "") unnamed += 1;
      const called = own + "_check" + (unnamed > 1 ? unnamed.toString() : "");
      if (asciiLower(checks[c].name == "" ? called : checks[c].name) == wanted)
        return this.placed(this.db.dropEntry(checks[c]), subject);
    }
    if (this.key.length > 0 && (hasEnd(wanted, own, KEY_ENDS) || wanted == "pk_" + own)) return this.dropKey(node);
    const named = namedIndexes(this.db.catalog);
    if (!named) return lastError.status;
    const known = nameIn(named, name);
    for (let i = 0; i < this.indexes.length; i++) {
      const index = this.indexes[i];
      if (!index.unique) continue;
      const before = this.namesBefore(table, index.columns);
      if (known >= 0 ? !named[known].isOn(table.name, before) : !isIndexName(name, table.name, index.columns)) continue;
      // Where it has another name it stays.
      if (known >= 0 && uniqueNames(named, table.name, before) > 1)
        return this.placed(this.db.dropEntry(named[known].entry), subject);
      this.indexes.splice(i, 1);
      for (let c = 0; c < this.columns.length && index.columns.length == 1; c++)
        if (this.columns[c].name == index.columns[0]) this.columns[c].flags &= ~FLAG_UNIQUE;
      return OK;
    }
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c];
      const full = own + "_" + asciiLower(column.name);
      if (!column.foreignKey || !(hasEnd(wanted, full, FOREIGN_ENDS) || wanted == "fk_" + full)) continue;
      column.foreignKey = null;
      return OK;
    }
    if (tree.has(node, FLAG_IF)) return OK;
    const hint =
      "those without a name, and keys in any case, are called " +
      own +
      "_COLUMN_unique, " +
      own +
      "_COLUMN_fkey, " +
      own +
      "_pkey and " +
      own +
      "_check";
    return this.context.fail(INDEX_NOT_FOUND, "there is no constraint " + name, subject, hint);
  }

  // ---- what it comes to ----

  /** `OK` when no foreign key names a column of the table itself that goes; errors are about `node`. */
  protected checkOrphans(node: u32): Status {
    for (let c = 0; c < this.columns.length; c++) {
      const key = this.columns[c].foreignKey;
      if (!key || !this.orphans.includes(key)) continue;
      const what = this.name + "." + this.columns[c].name + " refers to the column " + key.column + ", which goes";
      return this.context.fail(BAD_SCHEMA, what, node, "drop that foreign key before, in the same statement");
    }
    return OK;
  }

  /** The new definition; `from` is then of all of its columns. */
  protected build(table: Table): TableSchemaSnapshot {
    const key = this.key;
    const isHidden = key.length != 1;
    const schema = new TableSchemaSnapshot(this.name, isHidden ? HIDDEN_KEY : key[0]);
    if (isHidden) {
      const isKept = shownFrom(table.schema) == 1;
      const flags = FLAG_PRIMARY_KEY | FLAG_AUTO | FLAG_UNIQUE;
      schema.columns.push(isKept ? table.schema.columns[0] : new Column(HIDDEN_KEY, TYPE_INT64, flags));
      this.from.unshift(isKept ? 0 : -1);
      this.sources.unshift(0);
    }
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c];
      const isKey = key.includes(column.name);
      if (isKey) column.flags &= ~FLAG_NULLABLE;
      if (isKey && !isHidden) {
        column.flags |= FLAG_PRIMARY_KEY | FLAG_UNIQUE;
        if (this.integers.includes(column.name)) column.flags |= FLAG_AUTO;
      } else if (column.primaryKey) column.flags &= ~(FLAG_PRIMARY_KEY | FLAG_UNIQUE);
      const reference = column.foreignKey;
      if (reference && reference.table == table.name)
        column.foreignKey = new ForeignKey(this.name, reference.column, reference.onDelete);
      schema.columns.push(column);
    }
    schema.addIndex([schema.primaryKey]);
    if (key.length > 1) schema.addIndex(key, true);
    for (let i = 0; i < this.indexes.length; i++) {
      const index = this.indexes[i];
      // What was a unique column's is the key's now; one that was there beside the key's stays.
      const isKeys = isSameList(index.columns, key) && !isSameList(this.oldKey, key);
      if (!isKeys && !this.becomesUnique(schema, index)) schema.indexes.push(index);
    }
    for (let c = 0; c < schema.columns.length; c++) {
      const names = [schema.columns[c].name];
      if (schema.columns[c].unique && schema.indexOn(names) < 0)
        schema.placeIndex(schema.indexes.push(new IndexDefinition(names, true)) - 1);
    }
    for (let u = 0; u < this.uniques.length; u++) if (this.uniques[u].length > 1) schema.addIndex(this.uniques[u], true);
    const layout = schema.rowLayout();
    const isUsual = layout.fixedBody != 0 || table.schema.alignment == table.schema.usualAlignment;
    layout.free();
    schema.alignment = isUsual ? schema.usualAlignment : table.schema.alignment;
    return schema;
  }

  /** Whether a plain index is of a column that is unique now, and was not: a unique one then takes its place. */
  private becomesUnique(schema: TableSchemaSnapshot, index: IndexDefinition): bool {
    if (index.unique || index.columns.length > 1 || !schema.columns[schema.columnIndex(index.columns[0])].unique) return false;
    for (let i = 0; i < this.indexes.length; i++)
      if (this.indexes[i].unique && isSameList(this.indexes[i].columns, index.columns)) return false;
    return true;
  }
}

function renamedIn(names: Array<string>, before: string, name: string): Array<string> {
  const renamed = names.slice();
  for (let n = 0; n < names.length; n++) if (names[n] == before) renamed[n] = name;
  return renamed;
}
