/**
 * Whether a definition from outside fits its table: the ledgers name its columns, every record is a row of it and nothing else, and keys
 * are of its columns' types. A file of the other layouts is sure of its definitions; here a wrong one has to show before it is believed.
 */
import { OK, NO_PAGE, Status, WRONG_SCHEMA, DAMAGED, fail, lastError } from "../status";
import { isZero } from "../encode/bytes";
import {
  TYPE_BOOLEAN,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_JSON,
  TYPE_TEXT,
  VALUE_NULL,
  typeName,
  typeOfValue,
} from "../encode/data-type";
import { isDecimal } from "../encode/decimal";
import { Row } from "../encode/row";
import { isUtf8 } from "../encode/utf8";
import { AutoincrementLedger } from "../table/autoincrement-ledger";
import { IndexLedger } from "../index/index-ledger";
import { TreeCursor } from "../index/tree-cursor";
import { PAGE_SIZE } from "../memory/base/layout";
import { MemoryAccess } from "../memory/access/memory-access";
import { Column, FLAG_AUTO, IndexDefinition } from "../schema/column";
import { TablePages } from "../schema/schema-registry";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { RECORD_HEADER_SIZE } from "../table/table-registry";
import { addressOffset, addressPage, RecordAddress } from "../table/page-ledger";
import { AlignmentFit } from "./alignment-fit";
import { Table } from "./table";
import { adoptTwin } from "./twin-index";

const HINT: string = "is it the definition of the build that wrote the file? check --schema tells what else there is";

/** Fails because the definition of `table` does not fit what stands at this place. */
function misfit(table: string, pageNo: u32, pageOffset: i32, what: string): Status {
  fail(WRONG_SCHEMA, "the definition of " + table + " does not fit: " + what, HINT);
  lastError.pageNo = pageNo;
  lastError.pageOffset = pageOffset;
  return WRONG_SCHEMA;
}

/**
 * Brings a definition in line with the table's ledgers: columns that they number become `auto`, and indexes that it leaves out are added as
 * plain ones. `WRONG_SCHEMA` where it names what they do not have. `leftOut` tells whether indexes were added.
 */
export function adoptLedgers(access: MemoryAccess, pages: TablePages, schema: TableSchemaSnapshot): Status {
  leftOut = false;
  const status = adoptCounters(access, pages.autoincrement, schema);
  return status == OK && pages.indexLedger != NO_PAGE ? adoptIndexes(access, pages, schema) : status;
}

/** After `adoptLedgers`: the file has an index that the definition left out. */
export let leftOut: bool = false;

function adoptCounters(access: MemoryAccess, ledger: u32, schema: TableSchemaSnapshot): Status {
  const columns = schema.columns;
  const counted = new Array<Column>();
  if (ledger != NO_PAGE) {
    const names = new AutoincrementLedger(access, ledger).names();
    if (!names) return lastError.status;
    for (let i = 0; i < names.length; i++) {
      const position = schema.columnIndex(names[i]);
      if (position < 0)
        return misfit(schema.name, ledger, -1, "the file numbers a column " + names[i] + ", which it does not have");
      columns[position].flags |= FLAG_AUTO;
      counted.push(columns[position]);
    }
  }
  for (let i = 0; i < columns.length; i++) {
    if (!columns[i].auto || counted.includes(columns[i])) continue;
    return misfit(schema.name, ledger, -1, "column " + columns[i].name + " is auto, and the file has no number for it");
  }
  return schema.validate();
}

function adoptIndexes(access: MemoryAccess, pages: TablePages, schema: TableSchemaSnapshot): Status {
  const ledger = pages.indexLedger;
  const roots = new IndexLedger(access, ledger);
  const list = roots.list();
  if (!list) return lastError.status;
  for (let i = 0; i < schema.indexes.length; i++) {
    const text = schema.indexes[i].columns.join("\0");
    let found = false;
    for (let j = 0; j < list.length; j++) found = found || list[j].join("\0") == text;
    if (!found)
      return misfit(schema.name, ledger, -1, "it has an index on " + schema.indexes[i].columnsText + ", the file does not");
  }
  const own = schema.indexes.length;
  for (let j = 0; j < list.length; j++) {
    for (let k = 0; k < list[j].length; k++) {
      if (schema.columnIndex(list[j][k]) >= 0) continue;
      return misfit(
        schema.name,
        ledger,
        -1,
        "the file has an index on " + list[j].join(",") + ", and it has no column " + list[j][k],
      );
    }
    const text = list[j].join("\0");
    let at = -1;
    for (let i = 0; i < own; i++) if (schema.indexes[i].columns.join("\0") == text) at = i;
    const isNamed = at >= 0;
    if (!isNamed) at = schema.indexes.push(new IndexDefinition(list[j], false)) - 1;
    const root = roots.root(list[j]);
    if (root == NO_PAGE) return lastError.status;
    if (!adoptTwin(access, pages, schema, at, root) && !isNamed) leftOut = true;
  }
  sortIndexes(schema);
  return OK;
}

/** Puts the indexes behind the primary key's in the order in which they are declared: unique ones, plain ones, those of several columns. */
function sortIndexes(schema: TableSchemaSnapshot): void {
  const list = schema.indexes;
  for (let i = 2; i < list.length; i++) schema.placeIndex(i);
  // The second one of a unique column stands among the plain ones, and the crates define it as unique.
  for (let i = 1; i < list.length; i++) {
    const names = list[i].columns;
    if (names.length == 1 && schema.columns[schema.columnIndex(names[0])].unique) list[i] = new IndexDefinition(names, true);
  }
}

/** After `checkFit`: the alignment that the table was most likely written with, when the definition has another one; else 0. */
export let widerAlignment: u32 = 0;

/** `OK` when every record of the table, and a key of each index, is what its definition says; else `WRONG_SCHEMA` and where it is not. */
export function checkFit(table: Table): Status {
  const alignment = new AlignmentFit(table);
  const reader = table.reader();
  const row = new Row(table.layout);
  const columns = table.schema.columns;
  let status = OK;
  while (status == OK && reader.next()) {
    alignment.add(reader.address, reader.bodyLen);
    if (!row.decode(reader.body, reader.bodyLen)) {
      status = misfitAt(table, reader.address, "the record's bytes are not those of its columns");
      break;
    }
    for (let i = 0; i < columns.length && status == OK; i++) {
      if (row.isSet(i) && !isLikely(columns[i].type, row.ptr(i)))
        status = misfitAt(table, reader.address, columns[i].name + " is no " + columns[i].typeText);
    }
    if (status == OK) status = checkPadding(table, reader.address, reader.body, reader.bodyLen);
  }
  row.free();
  if (status == OK) status = reader.status;
  // What the reader can't read may as well be another table's.
  if (status == DAMAGED) status = misfit(table.name, lastError.pageNo, lastError.pageOffset, lastError.what);
  if (status == OK) status = checkKeys(table);
  if (status == OK) status = alignment.find();
  widerAlignment = alignment.wider;
  return status;
}

function misfitAt(table: Table, address: RecordAddress, what: string): Status {
  return misfit(table.name, addressPage(address), addressOffset(address), what);
}

/** Where an alignment is too large, rows stand in what should be padding. */
function checkPadding(table: Table, address: RecordAddress, body: usize, bodyLen: u32): Status {
  const at = addressOffset(address);
  const end = min(at + table.registry.slotSize(bodyLen), PAGE_SIZE);
  const from = at + RECORD_HEADER_SIZE + bodyLen;
  if (from >= end || isZero(body + bodyLen, end - from)) return OK;
  const what = "something stands in the padding behind the record; is its alignment " + table.schema.alignment.toString() + "?";
  return misfitAt(table, address, what);
}

/** The types of one key of each index that is in the file. */
function checkKeys(table: Table): Status {
  if (table.pages.indexLedger == NO_PAGE) return OK;
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    const cursor = new TreeCursor(index.tree);
    if (!cursor.seekFirst()) {
      if (cursor.status != OK) return cursor.status;
      continue;
    }
    const key = cursor.key();
    if (key == 0) return lastError.status;
    if (index.hasKeysLike(table.schema, key)) continue;
    const name = "index " + index.definition.columnsText;
    return misfit(table.name, cursor.leafPage, -1, name + " has keys of other types: " + keyTypes(key));
  }
  return OK;
}

function keyTypes(key: usize): string {
  const names = new Array<string>();
  let part = key + 4;
  for (let left = load<u32>(key); left > 0; left--) {
    const discriminant = load<u8>(part, 4);
    names.push(discriminant == VALUE_NULL ? "null" : typeName(typeOfValue(discriminant)));
    part += 4 + <usize>load<u32>(part);
  }
  return names.join(", ");
}

/** Whether the value can be one of its type: text is text, and numbers are within what the crates write. */
function isLikely(type: u8, ptr: usize): bool {
  switch (type) {
    case TYPE_TEXT:
    case TYPE_JSON:
      return isUtf8(ptr + 2, load<u16>(ptr));
    case TYPE_BOOLEAN:
      return load<u8>(ptr) <= 1;
    case TYPE_DECIMAL:
      return isDecimal(ptr);
    case TYPE_DATE:
      return isLikelyDate(ptr);
    case TYPE_DATETIME:
      return isLikelyDate(ptr) && load<u8>(ptr, 4) < 25 && load<u8>(ptr, 5) < 61 && load<u8>(ptr, 6) < 62;
    default:
      return true;
  }
}

function isLikelyDate(ptr: usize): bool {
  return load<u8>(ptr, 2) <= 12 && load<u8>(ptr, 3) <= 31;
}
