/** Definitions from the lines that `schema` prints: `create TABLE COLUMN… [--alignment N] [--layout L]`, quoted as for a shell. */
import { BAD_SCHEMA, fail, lastError } from "../status";
import { TableDefinition } from "../schema/column-spec";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";

/** Reads the definitions in `text`; null with `BAD_SCHEMA` and the line. Lines that start with `#` are none. */
export function readSchemaLines(text: string): Array<TableSchemaSnapshot> | null {
  const list = new Array<TableSchemaSnapshot>();
  const scanner = new WordScanner(text);
  while (!scanner.atEnd) {
    const line = scanner.line;
    const words = scanner.words();
    if (words.length == 0) continue;
    const schema = defineTable(words);
    if (!schema) {
      lastError.what = "line " + line.toString() + " of the definitions: " + lastError.what;
      return null;
    }
    list.push(schema);
  }
  return list;
}

function defineTable(words: Array<string>): TableSchemaSnapshot | null {
  if (words[0] != "create" || words.length < 3) {
    fail(BAD_SCHEMA, "expected create TABLE COLUMN…", "take the lines as schema prints them");
    return null;
  }
  const definition = new TableDefinition(words[1]);
  let alignment: u32 = 0;
  for (let i = 2; i < words.length; i++) {
    if (words[i] == "--alignment" && i + 1 < words.length) alignment = <u32>U32.parseInt(words[++i]);
    else if (words[i] == "--layout") i += 1;
    else if (definition.add(words[i]) != 0) return null;
  }
  const schema = definition.build(alignment);
  return schema.validate() == 0 ? schema : null;
}

/** Takes text apart as a shell does, as far as quoting goes. */
class WordScanner {
  line: i32 = 1;
  private at: i32 = 0;

  constructor(private readonly text: string) {}

  get atEnd(): bool {
    return this.at >= this.text.length;
  }

  /** The words up to the line's end. */
  words(): Array<string> {
    const text = this.text;
    const list = new Array<string>();
    let word = "";
    let begun = false;
    let quoted = false;
    for (; this.at < text.length; this.at++) {
      const unit = text.charCodeAt(this.at);
      if (unit == 10) this.line += 1;
      if (quoted) {
        if (unit == 0x27) quoted = false;
        else word += text.charAt(this.at);
      } else if (unit == 10 || unit == 13 || unit == 32 || unit == 9) {
        if (begun) list.push(word);
        word = "";
        begun = false;
        if (unit == 10) break;
      } else if (unit == 0x23 && list.length == 0 && !begun) {
        while (this.at + 1 < text.length && text.charCodeAt(this.at + 1) != 10) this.at += 1;
      } else {
        begun = true;
        if (unit == 0x27) quoted = true;
        else if (unit == 0x5c && this.at + 1 < text.length) word += text.charAt(++this.at);
        else word += text.charAt(this.at);
      }
    }
    this.at += 1;
    if (begun) list.push(word);
    return list;
  }
}
