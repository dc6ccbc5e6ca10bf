/** The pages of tables that come and go: what has to be right before, claiming and writing them, giving them back. */
import { Status, OK, NO_PAGE, TABLE_EXISTS, NAME_COLLISION, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { MemoryAccess } from "../memory/access/memory-access";
import { reserveUnclaimed } from "../memory/access/unclaimed-pages";
import { IndexTree } from "../index/index-tree";
import { TablePages, fingerprintOf } from "../schema/schema-registry";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { checkTarget, checkTargets } from "./foreign-key-targets";
import { OpenTables } from "./open-tables";
import { Table } from "./table";
import { findTable } from "./table-list";

/** `OK` when a table `schema` can be made beside the `open` ones; `forward` and `adopted` are those of `DbmsContext.createTable`. */
export function checkNewTable(open: OpenTables, schema: TableSchemaSnapshot, forward: bool, adopted: bool): Status {
  const status = schema.validate();
  if (status != OK) return status;
  const tables = open.list;
  if (findTable(tables, schema.name)) return fail(TABLE_EXISTS, "there is a table " + schema.name + " already");
  const like = open.withFingerprint(fingerprintOf(schema.name));
  if (like) {
    return fail(
      NAME_COLLISION,
      "the name " + schema.name + " has the same fingerprint as that of table " + like.name,
      "choose another name",
    );
  }
  if (adopted) return OK;
  const referring = open.referringTo(schema.name);
  for (let i = 0; i < referring.length; i++) {
    const table = referring[i].table.schema;
    const fits = checkTarget(table.name, table.columns[referring[i].column], schema);
    if (fits != OK) return fits;
  }
  return checkTargets(tables, schema, forward);
}

/** Claims and writes the pages of a new table, in the reference's order; null on failure. */
export function writeTable(access: MemoryAccess, schema: TableSchemaSnapshot): Table | null {
  const pages = new TablePages();
  pages.fingerprint = fingerprintOf(schema.name);
  pages.snapshot = access.claimPage();
  if (pages.snapshot != NO_PAGE) pages.pageLedger = access.claimPage();
  if (pages.pageLedger != NO_PAGE) pages.freeSegments = access.claimPage();
  if (pages.freeSegments != NO_PAGE) pages.indexLedger = access.claimPage();
  if (pages.indexLedger == NO_PAGE) return null;
  let hasAuto = false;
  for (let i = 0; i < schema.columns.length; i++) hasAuto = hasAuto || schema.columns[i].auto;
  if (hasAuto) {
    pages.autoincrement = access.claimPage();
    if (pages.autoincrement == NO_PAGE) return null;
  }
  const len = writeSnapshot(access, pages.snapshot, schema, 0);
  if (len == 0) return null;
  let status: Status = OK;
  const roots = new Array<u32>();
  const table = new Table(access, pages, schema, len);
  for (let i = 0; i < schema.indexes.length && status == OK; i++) {
    const isOwn = table.indexOn(schema.indexes[i].columns) === table.indexes[i];
    const root = isOwn ? IndexTree.create(access) : NO_PAGE;
    if (isOwn && root == NO_PAGE) status = lastError.status;
    roots.push(root);
  }
  if (status != OK) return null;
  status = table.indexLedger.init(schema.indexes, roots);
  const autoincrement = table.autoincrement;
  if (status == OK && autoincrement) status = autoincrement.init(schema.columns);
  if (status == OK) status = table.loadRoots();
  return status == OK ? table : null;
}

/** Writes a definition where there was one of `before` bytes: its length; 0 on failure. */
export function writeSnapshot(access: MemoryAccess, pageNo: u32, schema: TableSchemaSnapshot, before: u32): u32 {
  const encoded = new ByteBuffer(1024);
  let status = schema.encode(encoded);
  if (status == OK) status = access.writeAtRaw(pageNo, 0, encoded.ptr, encoded.len);
  const len = encoded.len;
  encoded.free();
  if (status == OK && len < before) status = access.zeroRaw(pageNo, len, before - len);
  return status == OK ? len : 0;
}

/** Gives back all pages of a table. */
export function releaseTable(access: MemoryAccess, table: Table): Status {
  const trees = new Array<u32>();
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    let status = index.settle();
    if (status == OK) status = index.tree.collectPages(trees);
    if (status != OK) return status;
  }
  const recordPages = table.registry.pageLedger.count;
  const segmentsPages = table.registry.freeSegments.pageTotal;
  if (recordPages == 0xffffffff || segmentsPages == 0xffffffff) return lastError.status;
  const total = recordPages + segmentsPages + trees.length + 4 + (table.autoincrement ? 1 : 0);
  let status = reserveUnclaimed(access, total);
  if (status == OK) status = table.registry.pageLedger.release();
  if (status == OK) status = table.registry.freeSegments.release();
  for (let i = 0; i < trees.length && status == OK; i++) status = access.unclaimPage(trees[i]);
  if (status == OK) status = table.indexLedger.release();
  if (status == OK) status = access.unclaimPage(table.pages.snapshot);
  const autoincrement = table.autoincrement;
  return status == OK && autoincrement ? autoincrement.release() : status;
}
