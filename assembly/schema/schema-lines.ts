/** Definitions from the lines that `schema` prints: `create TABLE COLUMN… [--alignment N] [--layout L]`, quoted as for a shell. */
import { BAD_SCHEMA, fail, lastError } from "../status";
import { ShellWords } from "../encode/shell-words";
import { TableDefinition } from "./column-spec";
import { TableSchemaSnapshot } from "./table-schema-snapshot";

/** Reads the definitions in `text`; null with `BAD_SCHEMA` and the line. Lines that start with `#` are none. */
export function readSchemaLines(text: string): Array<TableSchemaSnapshot> | null {
  const list = new Array<TableSchemaSnapshot>();
  const scanner = new ShellWords(text);
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
