/** What is on a page, ready to be shown: fields, then rows of a table; as text or as JSON. */
import { ByteBuffer } from "../../encode/byte-buffer";
import { addQuoted } from "../../check/check-report";
import { stdout } from "../../wasi/stdio";
import { TableView } from "./table-view";

/** A value that is text, or JSON as it is. */
class Item {
  constructor(
    readonly text: string,
    readonly isJson: bool,
  ) {}

  addJson(out: ByteBuffer): void {
    if (this.isJson) out.addText(this.text);
    else addQuoted(this.text, out);
  }
}

export class PageView {
  private names: Array<string> = new Array<string>();
  private values: Array<Item> = new Array<Item>();
  private columns: Array<string> = new Array<string>();
  private cells: Array<Item> = new Array<Item>();

  /** Adds a field whose value is text. */
  field(name: string, text: string): void {
    this.names.push(name);
    this.values.push(new Item(text, false));
  }

  /** Adds a field whose value is a number. */
  number(name: string, value: u64): void {
    this.names.push(name);
    this.values.push(new Item(value.toString(), true));
  }

  /** Names the columns of the rows. */
  titles(columns: Array<string>): void {
    this.columns = columns;
  }

  /** Adds a cell that is text. */
  cell(text: string): void {
    this.cells.push(new Item(text, false));
  }

  /** Adds a cell that is a number, or other JSON. */
  raw(json: string): void {
    this.cells.push(new Item(json, true));
  }

  print(color: bool, lineWidth: i32): void {
    for (let i = 0; i < this.names.length; i++) stdout.line(this.names[i] + ": " + this.values[i].text);
    if (this.cells.length == 0) return;
    const view = new TableView(stdout, lineWidth, color);
    for (let i = 0; i < this.columns.length; i++) view.addColumn(this.columns[i]);
    for (let i = 0; i < this.cells.length; i++) view.addText(this.cells[i].text);
    view.finish();
  }

  /** Appends `,"name":value…` and `,"entries":[…]`. */
  addJson(out: ByteBuffer): void {
    for (let i = 0; i < this.names.length; i++) {
      out.addU8(0x2c);
      addQuoted(this.names[i], out);
      out.addU8(0x3a);
      this.values[i].addJson(out);
    }
    const count = this.columns.length;
    if (count == 0) return;
    out.addText(',"entries":[');
    for (let i = 0; i < this.cells.length; i++) {
      const column = i % count;
      if (column == 0 && i > 0) out.addU8(0x2c);
      out.addU8(column == 0 ? 0x7b : 0x2c);
      addQuoted(this.columns[column], out);
      out.addU8(0x3a);
      this.cells[i].addJson(out);
      if (column + 1 == count) out.addU8(0x7d);
    }
    out.addU8(0x5d);
  }
}
