/**
 * From the definitions that a file has to those that are wanted: what differs, and the changes that make it so, all of them in one
 * transaction. Each table's rows are written anew once at most.
 */
import { BAD_SCHEMA, BAD_REQUEST, DESTRUCTIVE_CHANGE, OK, Status, fail, lastError } from "../status";
import { allPositions, columnNames } from "../schema/column-names";
import { nearest, suggestion } from "../schema/nearest";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Alteration } from "../store/alteration";
import { DbmsContext } from "../store/dbms-context";
import { beginTogether, endTogether } from "../store/insertion";
import { SchemaChange, changesOf } from "../store/schema-difference";
import { MISSING_TARGET } from "../store/foreign-key-targets";
import { findTable } from "../store/table-list";
import { StatementContext } from "./bind/statement";
import { readExpression } from "./catalog/stored-expressions";
import { Dependents } from "./catalog/dependents";
import { RESERVED, isReservedName } from "./catalog/relation-names";
import { AlteredValues } from "./change/altered-values";
import { StagedValues } from "./change/staged-values";
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
  /** Tables that hold values for others, which go with the migration: `text` is one's name. */
  private readonly stages: Array<ColumnWish> = new Array<ColumnWish>();
  /** What each of the wanted tables is called now; "" for one that comes. */
  private namesNow: Array<string> = new Array<string>();
  /** Which of them has a name now. */
  private holders: Map<string, i32> = new Map<string, i32>();
  /** Which of them are done. */
  private done: Array<bool> = new Array<bool>();
  /** Changes of tables that were carried out. */
  private readonly alterations: Array<Alteration> = new Array<Alteration>();

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

  /**
   * Rows that are there get as the column's value what the expression, of the columns as they are called now, comes to, where the column
   * comes, is renamed, gets another type or must not be null any more: what was done before is not done again.
   */
  value(table: string, column: string, expression: string): Status {
    if (column == "") return fail(BAD_REQUEST, "values are of columns, not of the table " + table);
    const status = this.checkNamed(table, column);
    if (status == OK) this.values.push(new ColumnWish(table, column, expression));
    return status;
  }

  /**
   * Rows of a wanted table get as values of such columns, where they are called as columns of the table `stage`, those of its row with the
   * same primary key. It goes with the migration.
   */
  stage(table: string, column: string, stage: string): Status {
    const status = this.checkNamed(table, "");
    if (status != OK || column != "")
      return status == OK ? fail(BAD_REQUEST, "staged names tables, not " + table + "." + column) : status;
    if (!this.db.table(stage)) return lastError.status;
    this.stages.push(new ColumnWish(table, "", stage));
    return OK;
  }

  private isStage(name: string): bool {
    for (let s = 0; s < this.stages.length; s++) if (this.stages[s].text == name) return true;
    return false;
  }

  private checkNamed(table: string, column: string): Status {
    const names = new Array<string>();
    for (let w = 0; w < this.wanted.length; w++) {
      const wanted = this.wanted[w];
      names.push(wanted.name);
      if (wanted.name != table) continue;
      if (column == "" || wanted.columnIndex(column) >= 0) return OK;
      const hint = suggestion(column, columnNames(wanted, allPositions(wanted)), "columns");
      return fail(BAD_REQUEST, "the definitions have no column " + table + "." + column, hint);
    }
    return fail(BAD_REQUEST, "the definitions have no table " + table, suggestion(table, names, "tables"));
  }

  /** What is wished of a column: the text; "" for nothing. */
  private wish(wishes: Array<ColumnWish>, table: string, column: string): string {
    for (let w = 0; w < wishes.length; w++) if (wishes[w].table == table && wishes[w].column == column) return wishes[w].text;
    return "";
  }

  /** The change of the wanted table number `w`, without values; null where it comes, and on failure. */
  private alteration(w: i32): Alteration | null {
    lastError.status = OK;
    const wanted = this.wanted[w];
    // None is called "".
    const table = findTable(this.db.tables, this.namesNow[w]);
    if (!table) return null;
    const names = columnNames(wanted, allPositions(wanted));
    const olds = new Array<string>();
    for (let c = 0; c < names.length; c++) olds.push(this.wish(this.renames, wanted.name, names[c]));
    const known = columnNames(table.schema, allPositions(table.schema));
    const from = origins(names, olds, known, table.name + ".");
    return from ? new Alteration(table, wanted, from, null, true) : null;
  }

  /** Finds what each of the wanted tables is called now. */
  private findTables(): Status {
    const tables = this.db.tables;
    const names = new Array<string>();
    const olds = new Array<string>();
    const known = new Array<string>();
    const places = new Map<string, i32>();
    for (let w = 0; w < this.wanted.length; w++) {
      const name = this.wanted[w].name;
      if (places.has(name)) return fail(BAD_SCHEMA, "the definitions have two tables " + name);
      places.set(name, w);
      names.push(name);
      olds.push(this.wish(this.renames, name, ""));
    }
    for (let t = 0; t < tables.length; t++) if (!tables[t].isCatalog && !this.isStage(tables[t].name)) known.push(tables[t].name);
    const from = origins(names, olds, known, "");
    if (!from) return lastError.status;
    this.namesNow = new Array<string>();
    for (let w = 0; w < names.length; w++) {
      this.namesNow.push(from[w] < 0 ? "" : known[from[w]]);
      const isOther = from[w] < 0 || known[from[w]] != names[w];
      if (isOther && isReservedName(names[w])) return fail(BAD_SCHEMA, "the table " + names[w] + " can't come: " + RESERVED);
    }
    return OK;
  }

  /** Finds out what differs: `changes`. `BAD_SCHEMA` where what is wanted makes no sense. */
  plan(): Status {
    const tables = this.db.tables;
    this.changes.length = 0;
    const status = this.findTables();
    if (status != OK) return status;
    for (let w = 0; w < this.wanted.length; w++) {
      const wanted = this.wanted[w];
      const alteration = this.alteration(w);
      if (!alteration && lastError.status != OK) return lastError.status;
      const found: Array<SchemaChange> = alteration
        ? changesOf(alteration)
        : [new SchemaChange("createTable", wanted.name, "", "table " + wanted.name + " comes")];
      for (let c = 0; c < found.length; c++) this.changes.push(found[c]);
    }
    const stay = placesOf(this.namesNow);
    for (let t = 0; t < tables.length; t++) {
      const name = tables[t].name;
      if (tables[t].isCatalog || stay.has(name) || this.isStage(name)) continue;
      this.changes.push(new SchemaChange("dropTable", name, "", "table " + name + " goes, with its rows", true));
    }
    return OK;
  }

  /**
   * Carries out what `plan` found, all of it or nothing. `DESTRUCTIVE_CHANGE` where values would go and it may not be so; else what rows or
   * definitions say that do not fit. What is only tried (`isTrial`) is taken back.
   */
  run(allowsDestructive: bool, isTrial: bool): Status {
    const db = this.db;
    if (!allowsDestructive) {
      const texts = new Array<string>();
      for (let c = 0; c < this.changes.length; c++) if (this.changes[c].isDestructive) texts.push(this.changes[c].text);
      const more = texts.length > NAMED ? ", and " + (texts.length - NAMED).toString() + " more" : "";
      const hint = "it has to be allowed; or the definitions rename what is there";
      if (texts.length > 0)
        return fail(DESTRUCTIVE_CHANGE, "the migration takes away: " + texts.slice(0, NAMED).join("; ") + more, hint);
    }
    if (this.changes.length == 0 && this.stages.length == 0) return OK;
    const inner = db.inTransaction;
    const status = beginTogether(db);
    return status == OK ? endTogether(db, inner, this.carryOut(), isTrial) : status;
  }

  private carryOut(): Status {
    const db = this.db;
    const dependents = new Dependents(db);
    let status = db.flushChanges();
    if (status == OK) status = dependents.begin();
    // Tables that go make room for the names of others.
    if (status == OK) status = this.dropTables();
    this.done = new Array<bool>(this.wanted.length);
    this.holders = placesOf(this.namesNow);
    for (let w = 0; w < this.wanted.length && status == OK; w++) status = this.make(w, dependents);
    for (let s = 0; s < this.stages.length && status == OK; s++) status = db.dropTable(this.stages[s].text);
    if (status == OK && db.checkDefinitions() != OK) {
      status = lastError.status;
      // All tables that there are to be are there by now.
      if (lastError.hint == MISSING_TARGET) lastError.hint = "the definitions have it not, or under another name";
    }
    for (let a = 0; a < this.alterations.length && status == OK; a++) {
      const table = db.table(this.alterations[a].schema.name);
      status = table ? db.checkReferences(this.alterations[a].toCheck(table)) : lastError.status;
    }
    return status == OK ? dependents.end() : status;
  }

  /** Makes the wanted table number `w`, behind the one that has its name now and is to be called otherwise. */
  private make(w: i32, dependents: Dependents): Status {
    if (this.done[w]) return OK;
    this.done[w] = true;
    const holder = placeIn(this.holders, this.wanted[w].name);
    const status = holder < 0 ? OK : this.make(holder, dependents);
    if (status != OK) return status;
    return this.namesNow[w] == "" ? this.db.createTable(this.wanted[w], true) : this.alter(w, dependents);
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

  private alter(w: i32, dependents: Dependents): Status {
    const db = this.db;
    const wanted = this.wanted[w];
    const plain = this.alteration(w)!;
    const context = StatementContext.of(db, new NoText(), new SqlTree(), []);
    const values = new AlteredValues(context, plain.table);
    const contexts = [context];
    const stage = findTable(db.tables, this.wish(this.stages, wanted.name, ""));
    const staged: StagedValues | null = stage ? new StagedValues(plain.table, stage) : null;
    values.staged = staged;
    let status: Status = staged ? staged.check() : OK;
    for (let c = 0; c < wanted.columns.length && status == OK; c++) {
      const column = wanted.columns[c];
      const before = plain.before(c);
      const isOther =
        !before || before.name != column.name || before.typeText != column.typeText || (before.nullable && !column.nullable);
      if (isOther && staged && staged.add(c, column)) continue;
      const text = isOther ? this.wish(this.values, wanted.name, column.name) : "";
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
    const alteration = new Alteration(plain.table, wanted, plain.from, hasValues ? values : null, true);
    if (status == OK && (hasValues || changesOf(alteration).length > 0)) {
      this.alterations.push(alteration);
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

/** The place of each name; of several that are the same the last one. */
function placesOf(names: Array<string>): Map<string, i32> {
  const places = new Map<string, i32>();
  for (let n = 0; n < names.length; n++) places.set(names[n], n);
  return places;
}

function placeIn(places: Map<string, i32>, name: string): i32 {
  return name != "" && places.has(name) ? places.get(name) : -1;
}

/**
 * For each of `names` which of `known` it comes from, -1 for what comes: the one of its name, or the one of its name in `olds`. That counts
 * where it is there, and either the new name is not, or goes to another, or the old one is not among `names`: so what was renamed once is
 * not renamed again. Null, with an error that has `path` in front of names, where two come from one, or an old name seems to be misspelled.
 */
function origins(names: Array<string>, olds: Array<string>, known: Array<string>, path: string): Array<i32> | null {
  const from = new Array<i32>();
  const inKnown = placesOf(known);
  const inNames = placesOf(names);
  if (!areStraight(names, olds, inNames, path)) return null;
  for (let n = 0; n < names.length; n++) from.push(placeIn(inKnown, names[n]));
  /** Which of `known` are renamed. */
  const renamed = new Array<bool>(known.length);
  for (let isOther = true; isOther;) {
    isOther = false;
    for (let n = 0; n < names.length; n++) {
      const at = placeIn(inKnown, olds[n]);
      if (at < 0 || from[n] == at) continue;
      const own = placeIn(inKnown, names[n]);
      const by = placeIn(inNames, olds[n]);
      if (own >= 0 && !renamed[own] && by >= 0) continue;
      if (renamed[at]) {
        fail(BAD_SCHEMA, "two " + whatIs(path) + " are to be made of " + path + olds[n]);
        return null;
      }
      if (by >= 0 && from[by] == at) from[by] = -1;
      from[n] = at;
      renamed[at] = true;
      isOther = true;
    }
  }
  return areSpelled(names, olds, known, from, path) ? from : null;
}

/** Whether no names are to be swapped: those that were look the same as those that are to be. */
function areStraight(names: Array<string>, olds: Array<string>, inNames: Map<string, i32>, path: string): bool {
  for (let n = 0; n < names.length; n++) {
    let at = n;
    for (let steps = 0; at >= 0 && steps < names.length; steps++) {
      at = olds[at] == names[at] ? -1 : placeIn(inNames, olds[at]);
      if (at != n) continue;
      const what =
        path + names[n] + " and " + path + olds[n] + " are to get each other's names, which can't be told from having them";
      fail(BAD_REQUEST, what, "a migration to other names before makes it plain; or ALTER TABLE, whose RENAMEs are done once");
      return false;
    }
  }
  return true;
}

/**
 * Whether no name of `olds` for what comes is like one of what goes. One that is not there at all is no mistake by itself: a file may be of
 * before it came.
 */
function areSpelled(names: Array<string>, olds: Array<string>, known: Array<string>, from: Array<i32>, path: string): bool {
  for (let n = 0; n < names.length; n++) {
    if (olds[n] == "" || from[n] >= 0) continue;
    const going = new Array<string>();
    for (let k = 0; k < known.length; k++) if (!from.includes(k)) going.push(known[k]);
    const like = nearest(olds[n], going);
    if (like == "") continue;
    const what = "there is no " + path + olds[n] + " that " + path + names[n] + " could have been, and " + path + like + " goes";
    fail(BAD_REQUEST, what, "did you mean " + like + "?");
    return false;
  }
  return true;
}

function whatIs(path: string): string {
  return path == "" ? "tables" : "columns";
}
