/**
 * `scan`: rows of a table as they are stored, or a range of an index.
 *
 * Bounds are values of the index's first columns, one or a list of them, and are inclusive. A reply that does not hold all rows has a
 * token `after` for the request that goes on behind its last row: in hexadecimal where that is.
 */
import { Status, OK, BAD_REQUEST, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { JSON_ARRAY, JSON_NULL } from "../encode/json";
import { isKey } from "../encode/key";
import { addHex, parseHex } from "../encode/uuid";
import { NO_ADDRESS } from "../table/page-ledger";
import { RowScan, ScanPlace } from "../store/row-scan";
import { findIndex } from "../store/names";
import { Table, TableIndex } from "../store/table";
import { Session } from "./session";
import {
  FIELD_AFTER,
  FIELD_COUNT,
  FIELD_EQ,
  FIELD_FROM,
  FIELD_INDEX,
  FIELD_LIMIT,
  FIELD_OFFSET,
  FIELD_REVERSE,
  FIELD_TO,
} from "./request";
import { requestedColumns } from "./row-requests";
import { addAscii } from "../encode/json-pieces";

/** Rows in one reply, unless the request says otherwise. */
export const SCAN_LIMIT: i64 = 1000;
/** A reply that has grown to this many bytes ends with the row in hand. */
export const REPLY_BYTES: u32 = 8 << 20;

/**
 * Bytes of a token: the last row's address u64 and the scan's start u32; for an index also the address u64 of the next row with its key (or
 * `NO_ADDRESS`), the rest of its `ScanPlace`, four u32, and behind that the row's key.
 */
const RECORD_TOKEN: u32 = 12;
const INDEX_TOKEN: u32 = 36;

/** A scan that a request describes. */
export class ScanPlan {
  reverse: bool = false;
  /** Rows to skip, and to give at most. */
  offset: i64 = 0;
  limit: i64 = 0;
  countOnly: bool = false;
  private from: ByteBuffer | null = null;
  private to: ByteBuffer | null = null;
  private scan: RowScan | null = null;
  /** When the scan started; 0 while it is the first request of it. */
  private since: u32 = 0;

  constructor(
    readonly session: Session,
    readonly table: Table,
    readonly index: TableIndex | null,
  ) {}

  /** Makes the scan that the session's request asks for, with `defaultLimit`; null on failure. The caller frees it. */
  static open(session: Session, defaultLimit: i64): ScanPlan | null {
    const table = session.table();
    if (!table) return null;
    const request = session.request;
    const bounded = request.has(FIELD_EQ) || request.has(FIELD_FROM) || request.has(FIELD_TO);
    let index: TableIndex | null = null;
    if (request.has(FIELD_INDEX)) {
      const names = request.texts(FIELD_INDEX);
      index = names ? findIndex(table, names) : null;
      if (!index) return null;
    } else if (bounded || request.flag(FIELD_REVERSE, 0) == 1) index = table.primary;
    const plan = new ScanPlan(session, table, index);
    if (plan.read(defaultLimit) == OK) return plan;
    plan.free();
    return null;
  }

  private read(defaultLimit: i64): Status {
    const request = this.session.request;
    const reverse = request.flag(FIELD_REVERSE, 0);
    const count = request.flag(FIELD_COUNT, 0);
    this.countOnly = count == 1;
    this.reverse = reverse == 1;
    this.offset = request.count(FIELD_OFFSET, 0);
    this.limit = request.count(FIELD_LIMIT, this.countOnly ? i64.MAX_VALUE : defaultLimit);
    if (reverse < 0 || count < 0 || this.offset < 0 || this.limit < 0) return BAD_REQUEST;
    const index = this.index;
    const scan = new RowScan(this.table, index, this.reverse);
    this.scan = scan;
    if (request.has(FIELD_EQ) && (request.has(FIELD_FROM) || request.has(FIELD_TO))) {
      return fail(BAD_REQUEST, "scan: eq goes without from and to");
    }
    if (index) {
      this.from = this.bound(index, request.has(FIELD_EQ) ? FIELD_EQ : FIELD_FROM);
      this.to = request.has(FIELD_EQ) ? this.from : this.bound(index, FIELD_TO);
      if (this.badBound) return lastError.status;
      scan.setBounds(this.from, this.to);
    }
    return request.has(FIELD_AFTER) ? this.resume(scan) : OK;
  }

  private badBound: bool = false;

  /** The key of the values in a field; null when it is missing, and on failure (`badBound`). */
  private bound(index: TableIndex, field: i32): ByteBuffer | null {
    const request = this.session.request;
    const tape = request.tape;
    const node = request.node(field);
    if (node == 0 || this.badBound) return null;
    const isList = tape.kind(node) == JSON_ARRAY;
    const count = isList ? tape.count(node) : 1;
    const columns = index.columns;
    const key = new ByteBuffer(64);
    key.addU32(count);
    let status = OK;
    if (count == 0 || <i32>count > columns.length) {
      const what = "scan: a bound of " + count.toString() + " values; the index is on " + index.definition.columns.join(", ");
      status = fail(BAD_REQUEST, what, "an array is a list of values for these columns");
    }
    let item = isList ? tape.first(node) : node;
    for (let i: u32 = 0; i < count && status == OK; i++) {
      status = request.addKeyPart(this.table.schema.columns[columns[i]], item, key);
      item = tape.next(item);
    }
    if (status == OK) return key;
    this.badBound = true;
    key.free();
    return null;
  }

  /** Goes on behind the row that the token `after` stands for. */
  private resume(scan: RowScan): Status {
    const request = this.session.request;
    if (request.tape.kind(request.node(FIELD_AFTER)) == JSON_NULL) return OK;
    const status = request.needText(FIELD_AFTER);
    if (status != OK) return status;
    const tape = request.tape;
    const hexLen = tape.stringLen(request.node(FIELD_AFTER));
    const len = hexLen >> 1;
    const token = new ByteBuffer(max<u32>(len, 16));
    let good = len >= (this.index ? INDEX_TOKEN : RECORD_TOKEN);
    good = good && parseHex(tape.stringPtr(request.node(FIELD_AFTER)), hexLen, token.ptr) && this.goOn(scan, token.ptr, len);
    token.free();
    if (good) return this.goOnSince(scan);
    return fail(
      BAD_REQUEST,
      "scan: after is no token of this scan",
      "take it from the reply before, and repeat its other fields",
    );
  }

  /** Places the scan where the token of `len` bytes says; false when it is none. */
  private goOn(scan: RowScan, token: usize, len: u32): bool {
    const place = new ScanPlace(load<u64>(token));
    if (place.address >> 48 != 0) return false;
    this.since = load<u32>(token, 8);
    const index = this.index;
    if (!index) {
      if (len != RECORD_TOKEN || ((<u32>place.address) & 0xffff) % this.table.registry.slotAlignment != 0) return false;
      scan.resume(place, null);
      return true;
    }
    place.next = load<u64>(token, 12);
    if (place.next != NO_ADDRESS && place.next >> 48 != 0) return false;
    place.knowsNext = true;
    place.leafPage = load<u32>(token, 20);
    place.state = load<u32>(token, 24);
    place.moment = load<u32>(token, 28);
    place.keySince = load<u32>(token, 32);
    const key = new ByteBuffer(len);
    key.addBytes(token + INDEX_TOKEN, len - INDEX_TOKEN);
    const good = isKey(key.ptr, key.len) && index.hasKeysLike(this.table.schema, key.ptr);
    if (good) scan.resume(place, key);
    key.free();
    return good;
  }

  /** Leaves out of a scan what this session moved or added since its start; of one that another session started, since now. */
  private goOnSince(scan: RowScan): Status {
    const watch = this.session.db.watchOf(this.table);
    const status = watch.check(this.since);
    if (status != OK) return status;
    const position = this.table.positionOf(this.index);
    if (!watch.knows(position, this.since)) this.since = this.session.db.beginScan(this.table, this.index);
    else scan.leaveOutNew(watch, this.since);
    return OK;
  }

  /** The next row of the range, regardless of offset and limit; null at the end, and on failure (`status`). */
  next(): RowScan | null {
    const scan = this.scan!;
    return scan.next() ? scan : null;
  }

  get status(): Status {
    return this.scan!.status;
  }

  /** Skips the first `offset` rows, and has the others read as far as their first `columns` columns; false when there are no more. */
  start(columns: u32): bool {
    const scan = this.scan!;
    scan.wantFirst(0);
    for (let left = this.offset; left > 0; left--) {
      if (!scan.next()) return false;
    }
    scan.wantFirst(columns);
    return true;
  }

  /** How many rows there are behind `offset`, at most `limit`; -1 on failure. */
  count(): i64 {
    const request = this.session.request;
    const whole = !request.has(FIELD_EQ) && !request.has(FIELD_FROM) && !request.has(FIELD_TO) && !request.has(FIELD_AFTER);
    let count: i64 = 0;
    if (whole) {
      count = this.table.countRows();
      if (count < 0) return -1;
      return min<i64>(max<i64>(count - this.offset, 0), this.limit);
    }
    if (this.start(0)) {
      while (count < this.limit && this.next()) count += 1;
    }
    return this.status == OK ? count : -1;
  }

  /** Appends the token for the row before the one that `next` gave last. */
  addToken(out: ByteBuffer): void {
    const scan = this.scan!;
    const watch = this.session.db.watchOf(this.table);
    const index = this.index;
    const since = this.since != 0 ? this.since : this.session.db.beginScan(this.table, index);
    const place = scan.placeBefore(watch.now());
    const token = memory.data(40, 8);
    store<u64>(token, place.address);
    store<u32>(token, since, 8);
    store<u64>(token, place.next, 12);
    store<u32>(token, place.leafPage, 20);
    store<u32>(token, place.state, 24);
    store<u32>(token, place.moment, 28);
    store<u32>(token, place.keySince, 32);
    addHex(token, index ? INDEX_TOKEN : RECORD_TOKEN, out);
    if (index) addHex(scan.keyOfBefore.ptr, scan.keyOfBefore.len, out);
  }

  free(): void {
    const scan = this.scan;
    const from = this.from;
    const to = this.to;
    if (scan) scan.free();
    if (from) from.free();
    if (to && to !== from) to.free();
  }
}

export function handleScan(session: Session, out: ByteBuffer): Status {
  const plan = ScanPlan.open(session, SCAN_LIMIT);
  if (!plan) return lastError.status;
  const status = plan.countOnly ? addCount(plan, out) : addRows(session, plan, out);
  plan.free();
  return status;
}

function addCount(plan: ScanPlan, out: ByteBuffer): Status {
  const count = plan.count();
  if (count < 0) return lastError.status;
  addAscii(out, '{"count":');
  addUnsigned(count, out);
  out.addU8(0x7d);
  return OK;
}

function addRows(session: Session, plan: ScanPlan, out: ByteBuffer): Status {
  const writer = requestedColumns(session, plan.table);
  if (!writer) return lastError.status;
  const start = out.len;
  let count: i64 = 0;
  addAscii(out, '{"rows":[');
  let row = plan.start(writer.firstColumns) ? plan.next() : null;
  while (row && count < plan.limit && out.len - start <= REPLY_BYTES) {
    if (count > 0) out.addU8(0x2c);
    writer.write(row.row, out);
    count += 1;
    row = plan.next();
  }
  addAscii(out, '],"after":');
  if (row && count > 0) {
    out.addU8(0x22);
    plan.addToken(out);
    out.addU8(0x22);
  } else addAscii(out, "null");
  out.addU8(0x7d);
  writer.free();
  return plan.status;
}
