/** A table's definition from the rows that are to go into it. */
import { Status, OK, BAD_VALUE, COLUMN_NOT_FOUND, NAME_TOO_LONG, NOT_NULL, fail } from "../../status";
import { JsonTape } from "../../encode/json";
import { isUtf8 } from "../../encode/utf8";
import { TYPE_TEXT, TYPE_UINT32 } from "../../encode/data-type";
import { Column, IndexDefinition, FLAG_AUTO, FLAG_NULLABLE, FLAG_PRIMARY_KEY, FLAG_UNIQUE } from "../../schema/column";
import { nearest } from "../../schema/nearest";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { FormChoices } from "./cell-form";
import { ColumnGuess } from "./infer-column";
import { ValueSet } from "./infer-unique";
import { TypeChoices, unknownChoice } from "./column-types";
import { asciiLower } from "../../encode/ascii";

/** Most columns that are found in JSON: a document with values for names would make one of each. */
const MOST_COLUMNS: i32 = 1000;

export class TableGuess {
  readonly columns: Array<ColumnGuess> = new Array<ColumnGuess>();
  rows: u64 = 0;

  /** With `choices` the rows are those of CSV; `takesNullWords` as `ColumnGuess` has it. */
  constructor(
    private readonly types: TypeChoices,
    private readonly choices: FormChoices | null,
    private readonly takesNullWords: bool,
  ) {}

  /** Adds a column; the first one and one called id are candidates for the primary key when none is named. */
  addColumn(name: string): Status {
    if (String.UTF8.byteLength(name) > 255) {
      return fail(NAME_TOO_LONG, "the name " + name.substring(0, 40) + "… is longer than the 255 bytes that a column's can have");
    }
    const guess = new ColumnGuess(name, this.types.find(name), this.choices, this.takesNullWords);
    if (this.rows == 0 && (this.columns.length == 0 || asciiLower(name) == "id")) guess.unique = new ValueSet();
    this.columns.push(guess);
    return OK;
  }

  /** Adds a column whose cells go into `column`, to find out their form alone; null: nowhere. */
  addCells(column: Column | null): void {
    const target = column ? column : new Column("", TYPE_TEXT);
    this.columns.push(new ColumnGuess(target.name, target, this.choices, this.takesNullWords));
  }

  /** Adds a row from an object, and columns for the names that are new in it. */
  addObject(tape: JsonTape): Status {
    const columns = this.columns;
    let position = 0;
    for (let key = tape.first(0); key != 0; key = tape.next(key)) {
      const name = tape.stringPtr(key);
      const len = tape.stringLen(key);
      if (position >= columns.length || !columns[position].isNamed(name, len)) {
        position = 0;
        while (position < columns.length && !columns[position].isNamed(name, len)) position++;
        if (position == columns.length) {
          if (position == MOST_COLUMNS) {
            return fail(BAD_VALUE, "the rows have more than 1000 different names", "is the table inside one object?");
          }
          if (len == 0 || !isUtf8(name, len)) return fail(BAD_VALUE, "a value has an empty name");
          const status = this.addColumn(String.UTF8.decodeUnsafe(name, len));
          if (status != OK) return status;
        }
      }
      columns[position].addNode(tape, key + 1);
      position += 1;
    }
    this.rows += 1;
    return OK;
  }

  /**
   * The definition. The primary key is the column called `key`; with `key` "" it is a column id, or the first one, if its values are all
   * there and differ, else a new column that counts. `isSample`: more rows are to come. Null on failure.
   */
  schema(table: string, key: string, isSample: bool): TableSchemaSnapshot | null {
    const guesses = this.columns;
    if (this.addChosen(isSample && this.namesInRows) != OK) return null;
    if (guesses.length == 0) {
      fail(BAD_VALUE, "there are no rows to find the columns from", "create the table first");
      return null;
    }
    let keyAt = key == "" ? this.likelyKey() : this.indexOf(key);
    if (key != "" && keyAt < 0) {
      const names = this.names;
      const like = nearest(key, names);
      const hint = like != "" ? "did you mean " + like + "?" : "columns: " + names.slice(0, 20).join(", ");
      fail(COLUMN_NOT_FOUND, "there is no column " + key + " to be the key", hint);
      return null;
    }
    if (keyAt >= 0 && guesses[keyAt].missing > 0) {
      fail(
        NOT_NULL,
        "column " + key + " has rows without a value, so it can't be the key",
        "name another one, or leave --key out",
      );
      return null;
    }
    const columns = new Array<Column>();
    if (keyAt < 0) columns.push(new Column(this.freeName(), TYPE_UINT32, FLAG_AUTO));
    for (let i = 0; i < guesses.length; i++) columns.push(guesses[i].column(this.rows, isSample));
    if (keyAt < 0) keyAt = 0;
    const column = columns[keyAt];
    column.flags = (column.flags & ~FLAG_NULLABLE) | FLAG_PRIMARY_KEY | FLAG_UNIQUE;
    const schema = new TableSchemaSnapshot(table, column.name);
    schema.columns = columns;
    schema.indexes.push(new IndexDefinition([column.name], true));
    schema.alignment = schema.usualAlignment;
    return schema.validate() == OK ? schema : null;
  }

  /** Each row names its columns, so that rows to come may have others. */
  namesInRows: bool = false;

  private get names(): Array<string> {
    const names = new Array<string>();
    for (let i = 0; i < this.columns.length; i++) names.push(this.columns[i].name);
    return names;
  }

  /** Columns that were given a type and are not in the rows: with `mayCome` they are added, else they are a mistake. */
  private addChosen(mayCome: bool): Status {
    const others = this.types.others(this.names);
    for (let i = 0; i < others.length; i++) {
      const status = mayCome ? this.addColumn(others[i]) : unknownChoice(others[i], this.names);
      if (status != OK) return status;
    }
    return OK;
  }

  private indexOf(name: string): i32 {
    for (let i = 0; i < this.columns.length; i++) {
      if (this.columns[i].name == name) return i;
    }
    return -1;
  }

  private likelyKey(): i32 {
    let first = -1;
    for (let i = 0; i < this.columns.length; i++) {
      if (!this.columns[i].canBeKey || this.columns[i].seen < this.rows) continue;
      if (asciiLower(this.columns[i].name) == "id") return i;
      if (first < 0) first = i;
    }
    return first;
  }

  /** A name for the column that counts. */
  private freeName(): string {
    let name = "id";
    for (let i = 1; ; i++) {
      let taken = false;
      for (let j = 0; j < this.columns.length; j++) taken = taken || asciiLower(this.columns[j].name) == name;
      if (!taken) return name;
      name = i == 1 ? "row_id" : "row_id" + i.toString();
    }
    return name; // never reached, but the compiler cannot tell
  }

  /** Forgets all that was added. */
  restart(): void {
    this.free();
    this.columns.length = 0;
    this.rows = 0;
  }

  free(): void {
    for (let i = 0; i < this.columns.length; i++) this.columns[i].free();
  }
}
