/** What names mean in a query: the tables and queries in its FROM, and their columns. */
import { lowerLetter } from "../../encode/ascii";
import { isInteger } from "../../encode/data-type";
import { Column } from "../../schema/column";
import { Table } from "../../query/store";
import { ColumnValue, Expression } from "../eval/expression";
import { kindOfType } from "../eval/kinds";
import { Operator } from "../run/operator";
import { Steps } from "../run/recursion";

/** A column of something in FROM, or of a result. */
export class NamedColumn {
  constructor(
    readonly name: string,
    readonly kind: u8,
    /** The column whose values it has, if it is one's. */
    readonly column: Column | null,
    /** Whether it is JSON whose values are read as text, or as what they meet (`opened`). */
    readonly isOpen: bool = false,
  ) {}
}

/** What a query gives: rows, and what their columns are called. */
export class Relation {
  constructor(
    readonly operator: Operator,
    readonly columns: Array<NamedColumn>,
  ) {}
}

/** A table or a query in FROM. */
export class Source {
  readonly columns: Array<NamedColumn> = new Array<NamedColumn>();
  /** Columns that a join by USING or NATURAL shows once, with another's: not in `*`, and not found by their name alone. */
  readonly hidden: Array<bool> = new Array<bool>();
  /** Whether its first column is a key that SQL made: not in `*` either, but found. */
  hidesFirst: bool;
  /** Whether it is a query's table under the names that the query gives its columns; those that it leaves out have none. */
  isMerged: bool = false;

  constructor(
    readonly name: string,
    /** The place of its first column among those of the query's rows. */
    readonly base: i32,
    readonly table: Table | null,
    readonly relation: Relation | null,
  ) {
    this.hidesFirst = table !== null && table.schema.hasHiddenKey;
    if (table) {
      const columns = table.schema.columns;
      for (let c = 0; c < columns.length; c++)
        this.add(new NamedColumn(columns[c].name, kindOfType(columns[c].type), columns[c]));
    } else if (relation) {
      for (let c = 0; c < relation.columns.length; c++) this.add(relation.columns[c]);
    }
  }

  private add(column: NamedColumn): void {
    this.columns.push(column);
    this.hidden.push(false);
  }

  /** The same table with other names of its columns, "" for those that are not there, and for itself. */
  renamed(name: string, labels: Array<string>): Source {
    const made = new Source(name, this.base, this.table, null);
    made.isMerged = true;
    made.hidesFirst = false;
    for (let c = 0; c < labels.length; c++) {
      made.columns[c] = new NamedColumn(labels[c], this.columns[c].kind, this.columns[c].column);
      made.hidden[c] = labels[c] == "";
    }
    return made;
  }
}

/** Columns that a RIGHT or FULL join by USING or NATURAL shows as one. */
class MergedColumn {
  constructor(
    /** The place where it is shown. */
    readonly at: i32,
    /** The places of which the first one that is not null has its value. */
    readonly parts: Array<i32>,
  ) {}
}

/** Places from this on are those of merged columns. */
export const MERGED: i32 = 1 << 24;

/** A name of a query that WITH has bound. */
export class CommonTable {
  constructor(
    readonly name: string,
    /** Its N_CTE. */
    readonly node: u32,
    /** The names that it can use itself: those before it. */
    readonly before: Array<CommonTable>,
    /** Whether it may name itself. */
    readonly isRecursive: bool,
  ) {}

  /** Inside of itself: the rows of the step before, and its columns. */
  steps: Steps | null = null;
  columns: Array<NamedColumn> = new Array<NamedColumn>();
}

export class Scope {
  readonly sources: Array<Source> = new Array<Source>();
  /** The kinds of all columns. */
  readonly kinds: Array<u8> = new Array<u8>();
  /** The first place that a name may mean: an ON knows what it joins, and nothing before that. */
  first: i32 = 0;
  private readonly merged: Array<MergedColumn> = new Array<MergedColumn>();
  /** After `find`: how many columns have the name. */
  found: i32 = 0;

  add(source: Source): void {
    this.sources.push(source);
    for (let c = 0; c < source.columns.length; c++) this.kinds.push(source.columns[c].kind);
  }

  /** The source called `name`; null when there is none. Names of SQL are the same in any case of ASCII letters. */
  source(name: string): Source | null {
    for (let s = 0; s < this.sources.length; s++) {
      if (sameName(this.sources[s].name, name)) return this.sources[s];
    }
    return null;
  }

  /**
   * The place of the column called `name`, of the source called `table` unless that is ""; -1 when there is none or more than one
   * (`found`).
   */
  find(name: string, table: string): i32 {
    let place = -1;
    this.found = 0;
    for (let s = 0; s < this.sources.length; s++) {
      const source = this.sources[s];
      if (source.base < this.first || (table.length > 0 && !sameName(source.name, table))) continue;
      for (let c = source.hidesFirst ? 1 : 0; c < source.columns.length; c++) {
        if (!sameName(source.columns[c].name, name) || (table.length == 0 && source.hidden[c])) continue;
        this.found += 1;
        place = source.base + c;
      }
    }
    if (this.found > 0 || !isRowid(name)) return this.foundPlace(place, table);
    for (let s = 0; s < this.sources.length; s++) {
      const source = this.sources[s];
      const key = source.table && !source.isMerged ? rowidColumn(source.table!) : -1;
      if (key < 0 || source.base < this.first || (table.length > 0 ? !sameName(source.name, table) : source.hidden[key]))
        continue;
      this.found += 1;
      place = source.base + key;
    }
    return this.foundPlace(place, table);
  }

  private foundPlace(place: i32, table: string): i32 {
    if (this.found != 1) return -1;
    return table.length == 0 ? this.shownAt(place) : place;
  }

  /** Shows columns, each a place or merged ones, as one where the first of them is shown. */
  merge(first: i32, parts: Array<i32>): void {
    const all = new Array<i32>();
    for (let p = 0; p < parts.length; p++) {
      if (parts[p] < MERGED) all.push(parts[p]);
      else for (let m = 0; m < this.partsOf(parts[p]).length; m++) all.push(this.partsOf(parts[p])[m]);
    }
    this.merged.push(new MergedColumn(this.realPlace(first), all));
  }

  /** What is shown at a place where nothing says of which table it is: the column there, or a merged one. */
  shownAt(place: i32): i32 {
    for (let m = this.merged.length - 1; m >= 0; m--) if (this.merged[m].at == place) return MERGED + m;
    return place;
  }

  /** The places that a merged column is made of. */
  partsOf(place: i32): Array<i32> {
    return this.merged[place - MERGED].parts;
  }

  /** The place where a column is shown. */
  realPlace(place: i32): i32 {
    return place < MERGED ? place : this.merged[place - MERGED].at;
  }

  /** The source that the column at `place` is of. */
  sourceOf(place: i32): Source {
    place = this.realPlace(place);
    let s = this.sources.length - 1;
    while (s > 0 && this.sources[s].base > place) s -= 1;
    return this.sources[s];
  }

  column(place: i32): NamedColumn {
    const source = this.sourceOf(place);
    return source.columns[this.realPlace(place) - source.base];
  }
}

/** Whether `name` stands for a row's number where no column is called so. */
function isRowid(name: string): bool {
  return sameName(name, "rowid") || sameName(name, "oid") || sameName(name, "_rowid_");
}

/** The column that `rowid` and its other names stand for, the primary key if it is an integer; -1 for none. */
function rowidColumn(table: Table): i32 {
  return isInteger(table.schema.columns[table.keyColumn].type) ? table.keyColumn : -1;
}

/** The position of the column of `table` that `name` means, in any case, or as the row's number; -1 for none. */
export function columnNamed(table: Table, name: string): i32 {
  const columns = table.schema.columns;
  for (let c = 0; c < columns.length; c++) if (sameName(columns[c].name, name)) return c;
  return isRowid(name) ? rowidColumn(table) : -1;
}

/** Whether two names are the same but for the case of ASCII letters. */
export function sameName(a: string, b: string): bool {
  if (a.length != b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (lowerLetter(a.charCodeAt(i)) != lowerLetter(b.charCodeAt(i))) return false;
  }
  return true;
}

/** Column number `column` of a query as it is among its rows. */
export function cellOf(relation: Relation, column: i32, start: u32): Expression {
  const value = new ColumnValue(column, relation.columns[column].kind);
  value.column = relation.columns[column].column;
  value.start = start;
  return value;
}

/** All of its columns. */
export function cellsOf(relation: Relation): Array<Expression> {
  const values = new Array<Expression>();
  for (let c = 0; c < relation.columns.length; c++) values.push(cellOf(relation, c, 0));
  return values;
}
