/** What each kind of page holds. Every count and length is checked: the page may be damaged. */
import { NO_PAGE } from "../../status";
import { PAGE_SIZE, hasDefinitions } from "../../memory/base/layout";
import { isVersion1 } from "../../acl/access-control-list";
import { identitiesOfVersion1 } from "../../schema/layout-detection";
import { registryForm } from "../../schema/schema-registry";
import { isZero } from "../../encode/bytes";
import { ByteBuffer } from "../../encode/byte-buffer";
import { isKey } from "../../encode/key";
import { typeOfValue, VALUE_CUSTOM, VALUE_NULL } from "../../encode/data-type";
import { addHex } from "../../encode/uuid";
import { isUtf8 } from "../../encode/utf8";
import { writeJsonValue } from "../../encode/value-text";
import { columnSpecs } from "../../schema/column-spec";
import { integerSize } from "../../table/autoincrement-ledger";
import { alignUp } from "../../table/page-ledger";
import { RECORD_HEADER_SIZE } from "../../table/table-registry";
import {
  COUNT_OFFSET,
  INNER_HEADER,
  LEAF_HEADER,
  NEXT_OFFSET,
  NODE_LEAF,
  PARENT_OFFSET,
  PREV_OFFSET,
  RIGHTMOST_OFFSET,
} from "../../index/node";
import { CheckedTable } from "../../check/checked-table";
import { RecordWalk } from "../../check/record-walk";
import { addQuoted } from "../../check/check-report";
import { looksLike } from "../../check/store-check";
import { Survey } from "../../check/survey";
import {
  OWNER_REGISTRY,
  OWNER_ACL,
  OWNER_UNCLAIMED_LEDGER,
  OWNER_SNAPSHOT,
  OWNER_PAGE_LEDGER,
  OWNER_FREE_LEDGER,
  OWNER_INDEX_LEDGER,
  OWNER_AUTOINCREMENT,
  OWNER_RECORDS,
  OWNER_SEGMENTS,
  OWNER_INNER,
  OWNER_LEAF,
  OWNER_NONE,
} from "../../check/owner-map";
import { PageView } from "../output/page-view";
import { hex64 } from "../../encode/uuid";

/** Fills `view` with what page `pageNo`, whose bytes are at `page`, holds. */
export function decodePage(survey: Survey, pageNo: u32, page: usize, view: PageView): void {
  const table = survey.tableOf(pageNo);
  switch (survey.owners.kind(pageNo)) {
    case OWNER_REGISTRY:
      return decodeRegistry(survey, page, view);
    case OWNER_ACL:
      return decodeAcl(survey, page, view);
    case OWNER_UNCLAIMED_LEDGER:
      return decodeList(page, load<u32>(page), 4, 16382, view);
    case OWNER_FREE_LEDGER:
      return decodeList(page, load<u16>(page), 2, 16383, view);
    case OWNER_SNAPSHOT:
      return decodeSnapshot(table!, view);
    case OWNER_PAGE_LEDGER:
      return decodePageLedger(page, view);
    case OWNER_SEGMENTS:
      return decodeSegments(page, view);
    case OWNER_INDEX_LEDGER:
      return decodeIndexLedger(table!, view);
    case OWNER_AUTOINCREMENT:
      return decodeAutoincrement(page, view);
    case OWNER_RECORDS:
      return decodeRecords(survey, table!, pageNo, view);
    case OWNER_INNER:
    case OWNER_LEAF:
      return decodeNode(page, view);
    case OWNER_NONE:
      return view.field("content", looksLike(page));
    default:
      return view.field("content", isZero(page, PAGE_SIZE) ? "empty" : "not empty");
  }
}

function pageText(pageNo: u32): string {
  return pageNo == NO_PAGE ? "null" : pageNo.toString();
}

function decodeRegistry(survey: Survey, page: usize, view: PageView): void {
  const form = registryForm(survey.access.manager.layout);
  if (form.snapshotAt != 0) view.field("schema hash", hex64(load<u64>(page)));
  view.number("tables", load<u64>(page + form.countAt));
  const titles = ["byte", "table", "fingerprint"];
  if (form.snapshotAt != 0) titles.push("snapshot");
  titles.push("page ledger");
  titles.push("free segments");
  if (form.indexLedgerAt != 0) titles.push("index ledger");
  if (form.autoAt != 0) titles.push("autoincrement");
  view.titles(titles);
  for (let i = 0; i < survey.tables.length; i++) {
    const at = survey.tables[i].entryOffset;
    const entry = page + at;
    view.raw(at.toString());
    view.cell(survey.tables[i].name);
    view.cell(hex64(load<u64>(entry)));
    for (let j: u32 = 0; j < form.pageFields; j++) view.raw(load<u32>(entry + 8 + j * 4).toString());
    if (form.autoAt == 0) continue;
    const known = form.hasAuto(entry) && at + form.entrySize + 4 <= PAGE_SIZE;
    view.raw(known ? load<u32>(entry + form.entrySize).toString() : "null");
  }
}

/** A list of version 1: those that it names may do everything. */
function decodeVersion1(page: usize, view: PageView): void {
  const count = identitiesOfVersion1(page);
  view.number("version", 1);
  view.number("identities", load<u32>(page));
  view.titles(["byte", "identity"]);
  let at: u32 = 4;
  for (let i = 0; i < count; i++) {
    const len = <u32>load<u8>(page + at);
    view.raw(at.toString());
    view.cell(hexText(page + at + 1, len));
    at += 1 + len;
  }
}

function decodeAcl(survey: Survey, page: usize, view: PageView): void {
  if (!hasDefinitions(survey.access.manager.layout) || isVersion1(page)) return decodeVersion1(page, view);
  const count = load<u32>(page, 1);
  view.number("version", load<u8>(page));
  view.number("identities", count);
  view.titles(["byte", "identity", "rights", "all tables", "tables"]);
  if (load<u8>(page) != 2) return;
  let at: u32 = 5;
  for (let i: u32 = 0; i < count && at < PAGE_SIZE; i++) {
    const idLen = <u32>load<u8>(page + at);
    const rights = at + 1 + idLen;
    const grants: u32 = rights + 4 <= PAGE_SIZE ? load<u16>(page + rights, 2) : 0;
    if (rights + 4 + grants * 9 > PAGE_SIZE) return;
    view.raw(at.toString());
    view.cell(hexText(page + at + 1, idLen));
    view.cell(flagNames(load<u8>(page + rights), ["admin", "manage-acl", "migrate"]));
    view.cell(permissions(load<u8>(page + rights, 1)));
    // A damaged page may have thousands, and text that grows by concatenation leaves all its copies in memory.
    const texts = new Array<string>();
    for (let j: u32 = 0; j < grants; j++) {
      const grant = page + rights + 4 + j * 9;
      texts.push(tableWith(survey, load<u64>(grant)) + ":" + permissions(load<u8>(grant, 8)));
    }
    view.cell(texts.join(" "));
    at = rights + 4 + grants * 9;
  }
}

function tableWith(survey: Survey, fingerprint: u64): string {
  for (let i = 0; i < survey.tables.length; i++) {
    if (survey.tables[i].fingerprint == fingerprint) return survey.tables[i].name;
  }
  return hex64(fingerprint);
}

function permissions(bits: u32): string {
  return flagNames(bits, ["read", "insert", "update", "delete"]);
}

function flagNames(bits: u32, names: Array<string>): string {
  const set = new Array<string>();
  for (let i = 0; i < names.length; i++) {
    if (((bits >> i) & 1) != 0) set.push(names[i]);
  }
  return set.join(",");
}

function hexText(ptr: usize, len: u32): string {
  const out = new ByteBuffer(len * 2 + 16);
  addHex(ptr, len, out);
  const text = out.toText();
  out.free();
  return text;
}

/** A list of u32 numbers. */
function decodeList(page: usize, count: u32, start: u32, room: u32, view: PageView): void {
  view.number("count", count);
  view.titles(["position", "page"]);
  for (let i: u32 = 0; i < min(count, room); i++) {
    view.raw(i.toString());
    view.raw(load<u32>(page + start + i * 4).toString());
  }
}

function decodePageLedger(page: usize, view: PageView): void {
  const count = load<u32>(page);
  view.number("count", count);
  view.titles(["position", "page", "free"]);
  for (let i: u32 = 0; i < min<u32>(count, 5461); i++) {
    view.raw(i.toString());
    view.raw(load<u32>(page + 4 + i * 12).toString());
    view.raw(load<u64>(page + 8 + i * 12).toString());
  }
}

function decodeSegments(page: usize, view: PageView): void {
  const count = <u32>load<u16>(page);
  view.number("count", count);
  view.titles(["position", "page", "byte", "size"]);
  for (let i: u32 = 0; i < min<u32>(count, 8191); i++) {
    view.raw(i.toString());
    view.raw(load<u32>(page + 2 + i * 8).toString());
    view.raw(load<u16>(page + 6 + i * 8).toString());
    view.raw(load<u16>(page + 8 + i * 8).toString());
  }
}

function decodeSnapshot(table: CheckedTable, view: PageView): void {
  const schema = table.schema;
  if (!schema) return view.field("content", "no table definition that can be used");
  view.field("name", schema.name);
  view.field("primary key", schema.primaryKey);
  view.number("alignment", schema.alignment);
  view.titles(["column", "definition"]);
  const specs = columnSpecs(schema);
  for (let i = 0; i < schema.columns.length; i++) {
    view.cell(schema.columns[i].name);
    view.cell(specs[i]);
  }
  for (let i = 0; i < schema.indexes.length; i++) {
    view.cell("");
    view.cell((schema.indexes[i].unique ? "unique index " : "index ") + schema.indexes[i].columnsText);
  }
}

function decodeIndexLedger(table: CheckedTable, view: PageView): void {
  view.number("count", table.indexes.length);
  view.titles(["byte", "columns", "root"]);
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    view.raw(index.rootOffset.toString());
    view.cell(index.columnsText);
    view.raw(pageText(index.tree.rootPage));
  }
}

function decodeAutoincrement(page: usize, view: PageView): void {
  view.number("count", load<u8>(page));
  view.titles(["byte", "column", "last"]);
  let at: u32 = 1;
  for (let left = <u32>load<u8>(page); left > 0 && at < PAGE_SIZE; left--) {
    const nameLen = <u32>load<u8>(page + at);
    const value = at + 1 + nameLen;
    const size: u32 = value < PAGE_SIZE ? integerSize(load<u8>(page + value)) : 0;
    if (size == 0 || value + 1 + size > PAGE_SIZE || !isUtf8(page + at + 1, nameLen)) return;
    view.raw(at.toString());
    view.cell(String.UTF8.decodeUnsafe(page + at + 1, nameLen));
    view.raw(valueText(page + value));
    at = value + 1 + size;
  }
}

function decodeRecords(survey: Survey, checked: CheckedTable, pageNo: u32, view: PageView): void {
  const ordinal = checked.pageOrdinals.get(pageNo, 0);
  view.number("used", checked.usedOf(ordinal));
  const table = checked.table;
  if (!table) return decodeSlots(survey.access.page(pageNo), checked.usedOf(ordinal), view);
  view.titles(["byte", "length", "row"]);
  const walk = new RecordWalk(survey, checked, table, null);
  walk.start(ordinal);
  const out = new ByteBuffer(1024);
  while (walk.next() && walk.ordinal == ordinal) {
    view.raw(walk.pageOffset.toString());
    view.raw(walk.bodyLen.toString());
    out.reset();
    out.addU8(0x7b);
    for (let i = 0; i < table.schema.columns.length; i++) {
      const column = table.schema.columns[i];
      if (i > 0) out.addU8(0x2c);
      addQuoted(column.name, out);
      out.addU8(0x3a);
      if (walk.row.isSet(i)) writeJsonValue(column.type, column.customSize, walk.row.ptr(i), out);
      else out.addText("null");
    }
    out.addU8(0x7d);
    view.raw(out.toText());
  }
  out.free();
  walk.free();
}

/** The records of a table whose definition is not known, as far as they follow each other at even places. */
function decodeSlots(page: usize, used: u32, view: PageView): void {
  view.titles(["byte", "length"]);
  for (let at: u32 = 0; page != 0 && at + RECORD_HEADER_SIZE <= used;) {
    const len = <u32>load<u16>(page + at);
    const end = at + RECORD_HEADER_SIZE + len;
    if (end > used) return;
    if (len != 0) {
      view.raw(at.toString());
      view.raw(len.toString());
    }
    at = alignUp(end, 2);
  }
}

function decodeNode(page: usize, view: PageView): void {
  const leaf = load<u8>(page) == NODE_LEAF;
  const count = <u32>load<u16>(page, COUNT_OFFSET);
  view.field("parent", pageText(load<u32>(page, PARENT_OFFSET)));
  view.number("count", count);
  if (leaf) {
    view.field("previous leaf", pageText(load<u32>(page, PREV_OFFSET)));
    view.field("next leaf", pageText(load<u32>(page, NEXT_OFFSET)));
    view.titles(["byte", "key", "page", "at"]);
  } else view.titles(["byte", "key", "child"]);
  let at = leaf ? LEAF_HEADER : INNER_HEADER;
  for (let i: u32 = 0; i < count && at + 2 <= PAGE_SIZE; i++) {
    const keyLen = <u32>load<u16>(page + at);
    const pointer = at + 2 + keyLen;
    if (pointer + (leaf ? 6 : 4) > PAGE_SIZE || !isKey(page + at + 2, keyLen)) return;
    view.raw(at.toString());
    view.raw(keyText(page + at + 2));
    view.raw(load<u32>(page + pointer).toString());
    if (leaf) view.raw(load<u16>(page + pointer, 4).toString());
    at = pointer + (leaf ? 6 : 4);
  }
  if (leaf) return;
  view.raw(RIGHTMOST_OFFSET.toString());
  view.raw("null");
  view.raw(load<u32>(page, RIGHTMOST_OFFSET).toString());
}

/** A key as JSON: its value, or an array of its values. */
function keyText(key: usize): string {
  const count = load<u32>(key);
  const texts = new Array<string>();
  key += 4;
  for (let left = count; left > 0; left--) {
    texts.push(valueText(key + 4));
    key += 4 + <usize>load<u32>(key);
  }
  return count == 1 ? texts[0] : "[" + texts.join(",") + "]";
}

/** A value with its discriminant as JSON. */
function valueText(ptr: usize): string {
  const discriminant = load<u8>(ptr);
  if (discriminant == VALUE_NULL) return "null";
  if (discriminant == VALUE_CUSTOM) {
    const tagLen = <usize>load<u16>(ptr, 1);
    return '"' + hexText(ptr + 5 + tagLen, load<u16>(ptr + 3 + tagLen)) + '"';
  }
  const out = new ByteBuffer(256);
  writeJsonValue(typeOfValue(discriminant), 0, ptr + 1, out);
  const text = out.toText();
  out.free();
  return text;
}
