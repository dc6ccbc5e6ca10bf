/**
 * What there is of a schema in a file that holds none: lines in the form of `create`, to be filled in.
 *
 * In layout 0.8 the ledgers name the columns that are indexed or auto-incremented, and keys and counters tell their types.
 */
import { NO_PAGE } from "../status";
import { PAGE_SIZE } from "../memory/base/layout";
import { VALUE_CUSTOM, VALUE_NULL, typeOfValue, typeName } from "../encode/data-type";
import { isUtf8 } from "../encode/utf8";
import { TreeCursor } from "../index/tree-cursor";
import { escapeSpec } from "../schema/column-spec";
import { shellWord } from "../encode/shell-words";
import { integerSize } from "../table/autoincrement-ledger";
import { counted } from "./check-report";
import { CheckedIndex, CheckedTable } from "./checked-table";
import { rowsOf } from "./row-count";
import { Survey } from "./survey";

/** Entries that are looked at for one without null. */
const MOST_KEYS: i32 = 1000;
/** What stands for what the file does not tell. */
const UNKNOWN: string = "COLUMN:TYPE";

/** A column of which something is known. */
class KnownColumn {
  type: string = "";
  flags: string = "";

  constructor(readonly name: string) {}
}

/** The lines for the tables that have no definition, in the order in which they were registered. */
export function schemaTemplate(survey: Survey): Array<string> {
  const lines = new Array<string>();
  const tables = survey.tables;
  for (let i = 0; i < tables.length; i++) {
    if (!tables[i].schema) addTable(survey, tables[i], i + 1, lines);
  }
  return lines;
}

function addTable(survey: Survey, table: CheckedTable, number: i32, lines: Array<string>): void {
  const columns = new Array<KnownColumn>();
  const indexes = inOrder(table);
  let groups = 0;
  for (let i = 0; i < indexes.length; i++) {
    const names = indexes[i].columns;
    const types = typesOf(indexes[i]);
    if (names.length > 1) groups += 1;
    for (let j = 0; j < names.length; j++) {
      const column = columnNamed(columns, names[j]);
      if (types[j] != "") column.type = types[j];
      column.flags += names.length > 1 ? ":index=g" + groups.toString() : i == 0 ? ":pk" : ":index";
    }
  }
  addCounters(survey, table.pages.autoincrement, columns);
  const rows = rowsOf(survey, table);
  const known = columns.length == 0 ? "" : "; a column with :index may be :unique, and those that are not named are missing";
  lines.push("# " + table.name + ", " + (rows < 0 ? "rows can't be told" : counted(rows, "row")) + known);
  let line = "create TABLE" + number.toString();
  for (let i = 0; i < columns.length; i++) {
    const type = columns[i].type == "" ? "TYPE" : columns[i].type;
    line += " " + shellWord(escapeSpec(columns[i].name) + ":" + type + columns[i].flags);
  }
  lines.push(line + (columns.length == 0 ? " COLUMN:TYPE:pk " : " ") + UNKNOWN);
}

/** The indexes in the order in which they were made: the first leaf of each is its first root. */
function inOrder(table: CheckedTable): Array<CheckedIndex> {
  const list = table.indexes.slice(0);
  const firsts = new Array<u32>();
  for (let i = 0; i < list.length; i++) {
    const cursor = new TreeCursor(list[i].tree);
    firsts.push(!list[i].incomplete && cursor.seekFirst() ? cursor.leafPage : list[i].tree.rootPage);
  }
  const order = new Array<CheckedIndex>();
  for (let i = 0; i < list.length; i++) {
    let next = -1;
    for (let j = 0; j < list.length; j++) {
      if (!order.includes(list[j]) && (next < 0 || firsts[j] < firsts[next])) next = j;
    }
    order.push(list[next]);
  }
  return order;
}

/** The types of an index's columns, as its keys tell them; "" where none does. */
function typesOf(index: CheckedIndex): Array<string> {
  const types = new Array<string>(index.columns.length).fill("");
  if (index.incomplete) return types;
  const cursor = new TreeCursor(index.tree);
  let found = cursor.seekFirst();
  for (let left = MOST_KEYS; found && left > 0 && types.includes(""); left--) {
    let part = cursor.key();
    if (part == 0) break;
    const count = min<i32>(load<u32>(part), types.length);
    part += 4;
    for (let i = 0; i < count; i++) {
      if (types[i] == "") types[i] = typeText(part + 4);
      part += 4 + <usize>load<u32>(part);
    }
    found = cursor.next();
  }
  return types;
}

function typeText(value: usize): string {
  const discriminant = load<u8>(value);
  if (discriminant == VALUE_NULL) return "";
  if (discriminant != VALUE_CUSTOM) return typeName(typeOfValue(discriminant));
  const len = <u32>load<u16>(value, 1);
  return isUtf8(value + 3, len) ? "custom(" + escapeSpec(String.UTF8.decodeUnsafe(value + 3, len)) + ")" : "";
}

function addCounters(survey: Survey, ledger: u32, columns: Array<KnownColumn>): void {
  if (ledger == NO_PAGE) return;
  const page = survey.access.page(ledger);
  if (page == 0) return;
  let at: u32 = 1;
  for (let left = <u32>load<u8>(page); left > 0; left--) {
    const len: u32 = at < PAGE_SIZE ? load<u8>(page + at) : 0;
    const value = at + 1 + len;
    const size: u32 = value < PAGE_SIZE ? integerSize(load<u8>(page + value)) : 0;
    if (size == 0 || value + 1 + size > PAGE_SIZE || !isUtf8(page + at + 1, len)) return;
    const column = columnNamed(columns, String.UTF8.decodeUnsafe(page + at + 1, len));
    column.type = typeName(typeOfValue(load<u8>(page + value)));
    column.flags += ":auto";
    at = value + 1 + size;
  }
}

function columnNamed(columns: Array<KnownColumn>, name: string): KnownColumn {
  for (let i = 0; i < columns.length; i++) if (columns[i].name == name) return columns[i];
  const column = new KnownColumn(name);
  columns.push(column);
  return column;
}
