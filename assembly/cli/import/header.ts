/**
 * The header of a delimited source: its names, names by their position for cells without one (row numbers, as some programs write them),
 * and one for a first column that the header leaves out (the names of rows, as R writes them).
 */
import { Status, OK, BAD_VALUE, fail, lastError } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { Table } from "../../store/table";
import { DelimitedReader } from "./delimited-reader";
import { ImportNotes } from "./notes";
import { lackingOption, readHeader } from "./row-reader";
import { ByteSource, atLine } from "./byte-source";

export class Header {
  names: Array<string> = new Array<string>();
  /** The option that the source may lack, or "". */
  lacking: string = "";
  /** The rows have a first cell more than the header has names. */
  private hasRowNames: bool = false;

  constructor(
    private readonly source: ByteSource,
    private readonly cells: DelimitedReader,
    private readonly notes: ImportNotes,
    /** The delimiter was found out: the header has no other. */
    private readonly isSniffed: bool,
  ) {}

  /** Reads the header of a source whose table is to be made from it, and looks at all rows when they have names that it leaves out. */
  infer(): Status {
    let status = this.readNames(null);
    if (status != OK) return status;
    const cells = this.cells;
    const wider = this.names.length + 1;
    if (this.lacking == "" && !cells.dialect.ragged && cells.peekCellCount() == wider) {
      cells.expected = wider;
      let firstLine: u32 = 0;
      let endsInDelimiter = true;
      while (cells.next()) {
        if (firstLine == 0) firstLine = <u32>cells.line;
        endsInDelimiter = endsInDelimiter && cells.isBare(wider - 1, 0, 0);
      }
      this.hasRowNames = cells.status == OK;
      if (this.hasRowNames && endsInDelimiter) return refuseTrailing(firstLine);
      status = this.source.rewind();
      if (status != OK) return status;
      cells.restart();
      status = this.readNames(null);
    }
    if (status == OK) this.complete(null);
    return status;
  }

  /** Reads the header of a source for `table`. What `infer` found out before holds. */
  read(table: Table): Status {
    const status = this.readNames(table.schema);
    if (status != OK) return status;
    const names = this.names;
    const first = table.schema.columnIndex(nameAt(0, names)) >= 0;
    if (first && this.lacking == "" && !this.cells.dialect.ragged && this.cells.peekCellCount() == names.length + 1)
      this.hasRowNames = true;
    const given = names.slice(0);
    const doubled = this.complete(table.schema);
    if (doubled >= 0 && table.schema.columnIndex(names[doubled]) < 0) {
      return atLine(
        this.cells.line,
        fail(BAD_VALUE, "the header names " + given[doubled - (names.length - given.length)] + " twice"),
      );
    }
    const before = names.length - given.length;
    for (let i = 0; i < given.length; i++) {
      if (given[i] != "" || table.schema.columnIndex(names[i + before]) >= 0) continue;
      return atLine(this.cells.line, fail(BAD_VALUE, "the header's name " + (i + 1).toString() + " is empty"));
    }
    return OK;
  }

  private readNames(schema: TableSchemaSnapshot | null): Status {
    const cells = this.cells;
    if (!cells.next()) {
      if (cells.status == OK) return fail(BAD_VALUE, "there is no header row in " + this.source.name);
      return atLine(cells.line, cells.status);
    }
    const names = readHeader(cells, schema);
    if (!names) return atLine(cells.line, lastError.status);
    this.names = names;
    cells.expected = names.length;
    if (!this.isSniffed) this.lacking = lackingOption(names, cells.dialect.delimiter);
    if (this.lacking != "") cells.hint = "if the header names several columns, add " + this.lacking;
    return OK;
  }

  /**
   * Gives names to the cells that have none, and others to those whose name one before them has, in whatever case unless `schema` has
   * both: the position of the first of these, or -1.
   */
  private complete(schema: TableSchemaSnapshot | null): i32 {
    const names = this.names;
    if (this.hasRowNames) names.unshift("");
    const taken = new Array<string>();
    const changed = new Array<string>();
    let doubled = -1;
    for (let i = 0; i < names.length; i++) {
      const given = names[i];
      let name = given;
      if (given == "") name = nameAt(i, names);
      else if (taken.includes(asciiLower(given)) && (!schema || schema.columnIndex(given) < 0 || names.indexOf(given) < i)) {
        if (doubled < 0) doubled = i;
        for (let n = 2; taken.includes(asciiLower(name)) || (n > 2 && names.includes(name)); n++)
          name = given + "_" + n.toString();
      }
      names[i] = name;
      taken.push(asciiLower(name));
      if (name != given) changed.push(name);
    }
    this.cells.expected = names.length;
    if (changed.length > 0 && !this.isSaid) {
      this.isSaid = true;
      const list = changed.slice(0, 10).join(", ") + (changed.length > 10 ? " …" : "");
      this.notes.lines.push("columns whose name the header leaves out, or has twice, are called " + list);
    }
    return doubled;
  }

  private isSaid: bool = false;
}

/** Rows that end in a delimiter have a cell more, too: which of theirs the header names can't be told from rows that begin with a name. */
function refuseTrailing(line: u32): Status {
  return atLine(
    line,
    fail(
      BAD_VALUE,
      "rows have one cell more than the header, and the last one is always empty",
      "end the header in a delimiter as well, or begin it with one if each row begins with a name of its own",
    ),
  );
}

/** The name of the column at `position`, which has none: by its position, and unlike all `names`. */
function nameAt(position: i32, names: Array<string>): string {
  let name = "column" + (position + 1).toString();
  while (names.includes(name)) name += "_";
  return name;
}
