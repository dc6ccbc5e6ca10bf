/**
 * A database written anew into an empty store: the same tables, rows, counters and rights, records and nodes packed, nothing else.
 *
 * Rows come in the order of primary keys, index entries in the order of their keys, so that records fill their pages and leaves are only
 * ever split at their end. Equal content gives the same file, whatever the history of the one that it comes from. The source has to be
 * sound: its indexes are what is walked.
 */
import { Status, OK, DAMAGED, fail, damaged, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual } from "../encode/bytes";
import { compareKeyToProbe } from "../encode/key";
import { ACL_PAGE, PAGE_SIZE, hasAcl, hasDefinitions } from "../memory/base/layout";
import { sortU64 } from "../memory/base/sort-u64";
import { NO_ADDRESS, addressOffset, addressPage } from "../table/page-ledger";
import { DbmsContext } from "../store/dbms-context";
import { RowScan } from "../store/row-scan";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { combineHashes, hashTables } from "./content-hash";

/** Changes between two commits. */
const BATCH: u32 = 1024;
/** Bytes of addresses of one key that are put in order at once. */
const RUN_BYTES: u32 = 1 << 19;

export class PackedCopy {
  rows: u64 = 0;
  private key: ByteBuffer = new ByteBuffer(256);
  private probe: ByteBuffer = new ByteBuffer(256);
  /** Addresses u64 of the records with the key in `runKey`. */
  private run: ByteBuffer = new ByteBuffer(1024);
  private runKey: ByteBuffer = new ByteBuffer(256);
  private changes: u32 = 0;

  constructor(
    private from: DbmsContext,
    private to: DbmsContext,
    /** Whether what only SQL knows is left out. */
    private withoutCatalog: bool = false,
  ) {}

  /** Copies everything; the access control list only when both layouts have one. Who is on one from before 0.9 gets all rights. */
  copy(): Status {
    let status = OK;
    const tables = this.copied(this.from);
    for (let i = 0; i < tables.length && status == OK; i++) status = this.copyTable(tables[i]);
    if (status == OK && hasAcl(this.from.manager.layout) && hasAcl(this.to.manager.layout)) status = this.copyAcl();
    this.key.free();
    this.probe.free();
    this.run.free();
    this.runKey.free();
    return status;
  }

  /** The tables of a source that go along. */
  private copied(from: DbmsContext): Array<Table> {
    return this.withoutCatalog ? from.tables.filter((table) => !table.isCatalog) : from.tables;
  }

  private copyAcl(): Status {
    if (!hasDefinitions(this.from.manager.layout)) return this.copyIdentities();
    const page = this.from.access.page(ACL_PAGE);
    if (page == 0) return lastError.status;
    const status = this.to.beginChange();
    return status == OK ? this.to.endChange(this.to.access.writeAtRaw(ACL_PAGE, 0, page, PAGE_SIZE)) : status;
  }

  private copyIdentities(): Status {
    const list = this.from.acl.read();
    if (!list) return lastError.status;
    if (list.length == 0) return OK;
    const status = this.to.beginChange();
    return status == OK ? this.to.endChange(this.to.acl.write(list)) : status;
  }

  private copyTable(source: Table): Status {
    let status = source.refresh();
    if (status == OK) status = this.to.createTable(source.schema, true, true);
    const target = status == OK ? this.to.table(source.name) : null;
    if (!target) return lastError.status;
    status = this.to.beginChange();
    if (status != OK) return status;
    status = this.copyRows(source, target);
    for (let i = 1; i < target.indexes.length && status == OK; i++) {
      const index = target.indexes[i];
      if (target.indexOn(index.definition.columns) === index) status = this.copyEntries(source, target, index);
    }
    if (status == OK) status = copyCounters(source, target);
    return this.to.endChange(status);
  }

  /** Ends a change, commits from time to time and starts the next. */
  private next(status: Status): Status {
    this.changes += 1;
    if (status != OK || this.changes % BATCH != 0) return status;
    status = this.to.endChange(OK);
    return status == OK ? this.to.beginChange() : status;
  }

  private copyRows(source: Table, target: Table): Status {
    const scan = new RowScan(source, source.primary);
    let status = OK;
    let count: u64 = 0;
    while (status == OK && scan.next()) {
      this.key.reset();
      target.primary.addKey(target.schema, scan.row, this.key);
      if (count > 0 && compareKeyToProbe(this.key.ptr, this.runKey.ptr) == 0) {
        status = damaged(
          addressPage(scan.address),
          addressOffset(scan.address),
          "another row of " + source.name + " has the same primary key",
        );
        break;
      }
      this.runKey.reset();
      this.runKey.addBytes(this.key.ptr, this.key.len);
      const address = target.registry.insert(scan.body, scan.bodyLen);
      status = address == NO_ADDRESS ? lastError.status : target.addEntry(target.primary, this.key.ptr, this.key.len, address);
      status = this.next(status);
      count += 1;
    }
    if (status == OK) status = scan.status;
    scan.free();
    this.rows += count;
    return status;
  }

  /** Fills an index of the target in the order of the source's, which is the same but for JSON in another layout. */
  private copyEntries(source: Table, target: Table, index: TableIndex): Status {
    const scan = new RowScan(source, source.indexOn(index.definition.columns));
    let status = OK;
    this.run.reset();
    while (status == OK && scan.next()) {
      this.key.reset();
      index.addKey(target.schema, scan.row, this.key);
      this.probe.reset();
      target.primary.addKey(target.schema, scan.row, this.probe);
      const address = target.primary.find(this.probe.ptr);
      if (address == NO_ADDRESS) {
        const what =
          "index " + index.definition.columnsText + " of " + source.name + " names a row that the primary key's does not have";
        status = damaged(addressPage(scan.address), addressOffset(scan.address), what);
        break;
      }
      if (this.run.len >= RUN_BYTES || !bytesEqual(this.key.ptr, this.key.len, this.runKey.ptr, this.runKey.len))
        status = this.addRun(target, index);
      if (this.run.len == 0) {
        this.runKey.reset();
        this.runKey.addBytes(this.key.ptr, this.key.len);
      }
      this.run.addU64(address);
    }
    if (status == OK) status = scan.status;
    if (status == OK) status = this.addRun(target, index);
    scan.free();
    return status;
  }

  /** Adds the entries of one key, in the order of their records. */
  private addRun(target: Table, index: TableIndex): Status {
    const list = this.run.ptr;
    const count = this.run.len >> 3;
    sortU64(list, count);
    let status = OK;
    for (let i: u32 = 0; i < count && status == OK; i++) {
      const address = load<u64>(list + ((<usize>i) << 3));
      status = this.next(target.addEntry(index, this.runKey.ptr, this.runKey.len, address));
      if (status == OK && index.isTwin) status = this.next(target.addEntry(index, this.runKey.ptr, this.runKey.len, address));
    }
    this.run.reset();
    return status;
  }

  /** `OK` when `from` (the source, maybe opened anew) and the copy have the same content. */
  verify(from: DbmsContext): Status {
    const before = hashTables(this.copied(from));
    const after = before ? hashTables(this.to.tables) : null;
    if (!before || !after) return lastError.status;
    if (combineHashes(before) == combineHashes(after)) return OK;
    return fail(
      DAMAGED,
      "the copy does not hold what the file does",
      "does another program write to it? Else run check to see what is wrong",
    );
  }
}

/** Gives the target the source's counters. */
function copyCounters(source: Table, target: Table): Status {
  const from = source.autoincrement;
  const to = target.autoincrement;
  if (!from || !to) return OK;
  const columns = source.schema.columns;
  const bytes = memory.data(8, 8);
  for (let i = 0; i < columns.length; i++) {
    if (!columns[i].auto) continue;
    store<u64>(bytes, from.current(columns[i]));
    if (lastError.status != OK) return lastError.status;
    const status = to.raiseTo(columns[i], bytes);
    if (status != OK) return status;
  }
  return OK;
}
