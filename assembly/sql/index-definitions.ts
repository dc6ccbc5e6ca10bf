/** CREATE INDEX and DROP INDEX. */
import { AMBIGUOUS_COLUMN, FOREIGN_KEY_RESTRICT, INDEX_NOT_FOUND, OK, Status, TABLE_EXISTS, lastError } from "../status";
import { indexName, isDerived, isIndexName } from "../schema/index-names";
import { CatalogEntry, INDEX } from "../store/catalog";
import { DbmsContext } from "../store/dbms-context";
import { Table } from "../store/table";
import { sameName } from "./bind/scope";
import { StatementContext } from "./bind/statement";
import { indexText, isKeyIndex, quoted, quotedNames } from "./catalog/definition-text";
import { NamedIndex, isSameList, nameIn, namedIndexes, namesOf, uniqueNames } from "./catalog/named-indexes";
import { FLAG_DESCENDING, FLAG_DISTINCT, FLAG_IF } from "./syntax/tree";

/** A message lists so many names of indexes at most. */
const NAMED_INDEXES: i32 = 20;

/** What `otherIndexes` finds. */
const NONE: i32 = 0;
const POSSIBLE: i32 = 1;
const LISTED: i32 = 2;

/** Makes the index that N_CREATE_INDEX says, on these columns of `table`; its name is kept if it has to be. */
export function createIndex(db: DbmsContext, context: StatementContext, node: u32, table: Table, columns: Array<string>): Status {
  const tree = context.tree;
  const subject = tree.a(node);
  const name = tree.text(subject);
  const unique = tree.has(node, FLAG_DISTINCT);
  const named = namedIndexes(db.catalog);
  if (!named) return lastError.status;
  const others = otherIndexes(db, named, name, table, columns);
  const known = nameIn(named, name);
  const isSame = known >= 0 && named[known].isOn(table.name, columns) && named[known].unique == unique;
  const isTaken = others == LISTED || (known >= 0 && !isSame);
  if (isTaken && tree.has(node, FLAG_IF)) return OK;
  if (isTaken) return context.fail(TABLE_EXISTS, "there is an index " + name + " already", subject, "IF NOT EXISTS lets it be");
  const schema = table.schema;
  const at = schema.indexOn(columns);
  const names = namesOf(named, table.name, columns);
  const isKept = known < 0 && (names.length > 0 || others != NONE || !isDerived(name, table.name, columns));
  let status: Status = OK;
  // One that was there by itself goes on to be, also when the new name goes.
  if (isKept && at >= 0 && names.length == 0 && !isKeyIndex(schema, at)) {
    const index = schema.indexes[at];
    status = keepName(db, indexName(table.name, index), table.name, index.unique, quotedNames(columns));
  }
  const descending = new Array<bool>();
  for (let column = tree.c(node); column != 0; column = tree.next(column)) descending.push(tree.has(column, FLAG_DESCENDING));
  if (status == OK && isKept) status = keepName(db, name, table.name, unique, orderedNames(columns, descending));
  if (status == OK) status = db.createIndex(table.name, columns, unique);
  return status;
}

/** Keeps what a UNIQUE constraint on these columns is called, unless it follows from them, an index is called so, or they are the key. */
export function keepConstraint(db: DbmsContext, name: string, table: Table, columns: Array<string>): Status {
  const named = namedIndexes(db.catalog);
  if (!named) return lastError.status;
  const others = otherIndexes(db, named, name, table, columns);
  const isKept = others == POSSIBLE || (others == NONE && !isDerived(name, table.name, columns));
  if (!isKept || nameIn(named, name) >= 0 || isKeyIndex(table.schema, table.schema.indexOn(columns))) return OK;
  return keepName(db, name, table.name, true, quotedNames(columns));
}

/** Columns as CREATE INDEX has them. */
function orderedNames(columns: Array<string>, descending: Array<bool>): string {
  let text = "";
  for (let c = 0; c < columns.length; c++) text += (c > 0 ? ", " : "") + quoted(columns[c]) + (descending[c] ? " DESC" : "");
  return text;
}

function keepName(db: DbmsContext, name: string, table: string, unique: bool, columns: string): Status {
  return db.addEntry(new CatalogEntry(INDEX, name, table, indexText(unique, name, table, columns)));
}

/** Whether an index without a name of its own, on other columns than these, is listed as `name`, or may be called so. */
function otherIndexes(db: DbmsContext, named: Array<NamedIndex>, name: string, table: Table, columns: Array<string>): i32 {
  let found = NONE;
  for (let t = 0; t < db.tables.length; t++) {
    const other = db.tables[t];
    for (let i = 0; i < other.schema.indexes.length; i++) {
      const index = other.schema.indexes[i];
      if (other === table && isSameList(index.columns, columns)) continue;
      if (!isIndexName(name, other.name, index.columns) || namesOf(named, other.name, index.columns).length > 0) continue;
      if (sameName(indexName(other.name, index), name)) return LISTED;
      found = POSSIBLE;
    }
  }
  return found;
}

/** Drops the index that N_DROP_INDEX names: by a name that is kept, or else by one that follows from table and columns. */
export function dropIndex(db: DbmsContext, context: StatementContext, node: u32): Status {
  const subject = context.tree.a(node);
  const name = context.tree.text(subject);
  const named = namedIndexes(db.catalog);
  if (!named) return lastError.status;
  const known = nameIn(named, name);
  const status = known >= 0 ? dropNamed(db, named, known) : dropDerived(db, context, node, named, name);
  return status == FOREIGN_KEY_RESTRICT ? context.text.place(context.tree.start(subject)) : status;
}

/** Drops one of the names that are kept, and its index if it has no other. */
function dropNamed(db: DbmsContext, named: Array<NamedIndex>, known: i32): Status {
  const subject = named[known];
  const entry = subject.entry;
  let status = db.dropEntry(entry);
  const table = status == OK && subject.columns.length > 0 ? db.table(entry.table) : null;
  if (!table) return status;
  const at = table.schema.indexOn(subject.columns);
  if (at < 0 || isKeyIndex(table.schema, at)) return OK;
  const names = namesOf(named, entry.table, subject.columns);
  const isUnique = uniqueNames(named, entry.table, subject.columns) > i32(subject.unique);
  // It stays as it is where another name wants it so.
  if (names.length > 1 && (isUnique || !table.schema.indexes[at].unique)) return OK;
  status = db.dropIndex(entry.table, subject.columns);
  return status == OK && names.length > 1 ? db.createIndex(entry.table, subject.columns, false) : status;
}

function dropDerived(db: DbmsContext, context: StatementContext, node: u32, named: Array<NamedIndex>, name: string): Status {
  const subject = context.tree.a(node);
  const tables = db.tables;
  const names = new Array<string>();
  let found: Table | null = null;
  let columns = new Array<string>();
  for (let t = 0; t < tables.length; t++) {
    const table = tables[t];
    if (table.isCatalog) continue;
    // The first one is the primary key's.
    for (let i = 1; i < table.indexes.length; i++) {
      const index = table.indexes[i].definition;
      const own = namesOf(named, table.name, index.columns);
      names.push(own.length > 0 ? own[0].entry.name : indexName(table.name, index));
      if (own.length > 0 || !isIndexName(name, table.name, index.columns)) continue;
      if (found && (found !== table || !isSameList(columns, index.columns)))
        return context.fail(AMBIGUOUS_COLUMN, "there is more than one index that may be called " + name, subject);
      found = table;
      columns = index.columns;
    }
  }
  if (found) return db.dropIndex(found.name, columns);
  if (context.tree.has(node, FLAG_IF)) return OK;
  const hint = names.length == 0 ? "there are none" : "indexes: " + names.slice(0, NAMED_INDEXES).join(", ");
  return context.fail(INDEX_NOT_FOUND, "there is no index " + name, subject, hint);
}
