/** What `import` says when it is done. */
import { Status, statusName } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { TYPE_DECIMAL, TYPE_UUID } from "../../encode/data-type";
import { shellWord } from "../../encode/shell-words";
import { LAYOUT_0_9 } from "../../memory/base/layout";
import { columnSpecs } from "../../schema/column-spec";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { addAscii, addString, addStrings } from "../../encode/json-pieces";
import { stderr, stdout } from "../../wasi/stdio";
import { grouped } from "../output/progress";
import { KeyedRows } from "./keyed-rows";

export class ImportReport {
  /** `schema` is that of a table which the import made. */
  constructor(
    private readonly table: string,
    private readonly imported: u64,
    private readonly skipped: u64,
    private readonly seconds: string,
    private readonly schema: TableSchemaSnapshot | null,
    private readonly layout: u8,
    /** The option that the source may lack, or "". */
    private readonly lacking: string,
    /** What else was found out about the source. */
    private readonly notes: Array<string>,
    /** What became of rows whose key was there, if that was not an error. */
    private readonly keyed: KeyedRows | null,
    /** Nothing of it is kept: it was only tried. */
    private readonly isDry: bool,
    /** Its rows were printed, on standard output. */
    private readonly isPrinted: bool,
  ) {}

  /** For people; `unlisted` bad rows were not shown one by one. */
  print(unlisted: u64): void {
    const schema = this.schema;
    if (schema) {
      const words = columnSpecs(schema);
      for (let i = 0; i < words.length; i++) words[i] = shellWord(words[i]);
      stderr.line((this.isDry ? "would create " : "created ") + shellWord(this.table) + " " + words.join(" "));
      if (this.layout == LAYOUT_0_9 && hasWideInside(schema)) {
        stderr.line(
          "note: the Rust crates 0.9.0 read a decimal or uuid only in the last column; files of --layout 0.11 have no such limit",
        );
      }
      if (this.lacking != "") {
        stderr.line("note: the header may name more columns; if so, drop the table and add " + this.lacking);
      }
    }
    printNotes(this.notes);
    if (unlisted > 0) stderr.line((this.isDry ? "refused " : "skipped ") + grouped(unlisted) + " more");
    const rows = this.imported.toString() + (this.imported == 1 ? " row" : " rows");
    if (this.isPrinted) {
      stderr.line("printed " + rows + (this.skipped > 0 ? ", skipped " + this.skipped.toString() + " bad" : ""));
      return;
    }
    const keyed = this.keyed;
    let text = this.isDry ? "would import " : "imported ";
    text += rows + " into " + this.table + (keyed ? keyed.text : "");
    if (this.isDry) {
      const refused = this.skipped > 0 ? ", and refuses " + this.skipped.toString() + ": without --skip-bad it would fail" : "";
      stdout.line(text + refused);
      return;
    }
    if (this.skipped > 0) text += ", skipped " + this.skipped.toString() + " bad " + (this.skipped == 1 ? "one," : "ones,");
    stdout.line(text + " in " + this.seconds + " s");
  }

  /** For programs; `listed` are bad rows as JSON. */
  printJson(listed: Array<string>): void {
    const out = stdout.buffer;
    addAscii(out, '{"table":');
    addString(out, this.table);
    addAscii(out, ',"imported":' + this.imported.toString() + ',"skipped":' + this.skipped.toString());
    if (this.keyed) this.keyed!.addJson(out);
    if (this.isDry && !this.isPrinted) addAscii(out, ',"dryRun":true');
    if (this.skipped > 0) out.addText(',"bad":[' + listed.join(",") + "]");
    const schema = this.schema;
    if (schema) {
      addAscii(out, ',"columns":');
      addStrings(out, columnSpecs(schema));
    }
    if (this.notes.length > 0) {
      addAscii(out, ',"notes":');
      addStrings(out, this.notes);
    }
    // What the module's memory grew to, which does not depend on how much was imported.
    const memoryBytes = (<u64>memory.size()) << 16;
    stdout.line(',"memoryBytes":' + memoryBytes.toString() + ',"seconds":' + this.seconds + "}");
  }
}

/** What was found out about a source, for people. */
export function printNotes(notes: Array<string>): void {
  for (let i = 0; i < notes.length; i++) stderr.line("note: " + notes[i]);
}

/** Whether a column that is not the last one is a decimal or a UUID (docs/format.md, "Fragile"). */
function hasWideInside(schema: TableSchemaSnapshot): bool {
  for (let i = 0; i + 1 < schema.columns.length; i++) {
    const type = schema.columns[i].type;
    if (type == TYPE_DECIMAL || type == TYPE_UUID) return true;
  }
  return false;
}

/** A bad row as JSON. */
export function badRow(line: u64, status: Status, message: string): string {
  const out = new ByteBuffer(256);
  addAscii(out, '{"line":' + line.toString() + ',"code":"' + statusName(status) + '","message":');
  addString(out, message);
  out.addU8(0x7d);
  const text = out.toText();
  out.free();
  return text;
}
