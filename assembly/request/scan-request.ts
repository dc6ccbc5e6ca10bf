/**
 * `scan`: rows of a table as they are stored, or a range of an index.
 *
 * Bounds are values of the index's first columns, one or a list of them, and are inclusive. A reply that does not hold all rows has a
 * token `after` for the request that goes on behind its last row: in hexadecimal where that is.
 *
 * A condition (`where`) says which of these rows are given; it chooses the index itself where the request names none. Rows in another order
 * (`orderBy`) are those of a query: all in one reply.
 */
import { Status, OK, BAD_REQUEST, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addUnsigned } from "../encode/digits";
import { JSON_ARRAY, JSON_NULL, JSON_STRING } from "../encode/json";
import { isKey } from "../encode/key";
import { addHex, parseHex } from "../encode/uuid";
import { NO_ADDRESS } from "../table/page-ledger";
import { AccessPath, KeyBound } from "../query/access-path";
import { JsonObjects } from "../query/row-sinks";
import { RowWriter } from "../query/row-writer";
import { ScanLoop } from "../query/scan-loop";
import { QueryRows } from "../sql/query-rows";
import { ANY, RowCondition } from "../sql/row-condition";
import { ScanPlace } from "../store/row-scan";
import { findIndex } from "../store/names";
import { Table } from "../store/table";
import { TableIndex } from "../store/table-index";
import { TermRows, refuseParameters, requestedCondition } from "./row-conditions";
import { PAGE_BYTES, PagedScan, beginBound, tooManyRows } from "./paged-scan";
import { Session } from "./session";
import {
  FIELD_AFTER,
  FIELD_COUNT,
  FIELD_EQ,
  FIELD_FROM,
  FIELD_INDEX,
  FIELD_LIMIT,
  FIELD_OFFSET,
  FIELD_ORDER_BY,
  FIELD_REVERSE,
  FIELD_TO,
  FIELD_WHERE,
  Request,
  fieldName,
} from "./request";
import { requestedColumns } from "./row-requests";
import { addAscii } from "../encode/json-pieces";

/** Rows in one reply, unless the request says otherwise. */
export const SCAN_LIMIT: i64 = 1000;

/**
 * Bytes of a token: the last row's address u64 and the scan's start u32; for an index also the address u64 of the next row with its key (or
 * `NO_ADDRESS`), the rest of its `ScanPlace`, four u32, and behind that the row's key.
 */
const RECORD_TOKEN: u32 = 12;
const INDEX_TOKEN: u32 = 36;

/** A scan that a request describes. */
export class ScanPlan extends PagedScan {
  countOnly: bool = false;
  /** Whether the condition chose the path, which is its own then. */
  private isChosen: bool = false;

  /** Makes the scan that the session's request asks for, with `defaultLimit`; null on failure. The caller frees it. */
  static open(session: Session, defaultLimit: i64): ScanPlan | null {
    const table = session.table();
    if (!table) return null;
    const request = session.request;
    const reverse = request.flag(FIELD_REVERSE, 0);
    const isBounded = request.has(FIELD_EQ) || request.has(FIELD_FROM) || request.has(FIELD_TO);
    let index: TableIndex | null = null;
    if (request.has(FIELD_INDEX)) {
      const names = request.texts(FIELD_INDEX);
      index = names ? findIndex(table, names) : null;
      if (!index) return null;
    } else if (isBounded || reverse == 1) index = table.primary;
    const count = request.flag(FIELD_COUNT, 0);
    const offset = request.count(FIELD_OFFSET, 0);
    const limit = request.count(FIELD_LIMIT, count == 1 ? i64.MAX_VALUE : defaultLimit);
    if (reverse < 0 || count < 0 || offset < 0 || limit < 0) return null;
    let condition: RowCondition | null = null;
    if (refuseParameters(session) != OK) return null;
    if (request.has(FIELD_WHERE)) {
      condition = requestedCondition(session, table);
      if (!condition) return null;
    }
    const isChosen = condition !== null && index === null;
    let path: AccessPath | null = null;
    if (isChosen) path = chosenPath(request, table, condition!);
    else {
      path = new AccessPath(table, index, reverse == 1);
      if (readBounds(request, path) != OK) {
        path.free();
        path = null;
      }
    }
    if (!path) {
      if (condition) condition.free();
      return null;
    }
    const plan = new ScanPlan(session.db, path, offset, limit);
    plan.countOnly = count == 1;
    plan.filter = condition;
    plan.isChosen = isChosen;
    plan.isAtEnd = condition !== null && condition.isNever;
    if (!request.has(FIELD_AFTER) || plan.resume(request) == OK) return plan;
    plan.free();
    return null;
  }

  /** Goes on behind the row that the token `after` stands for. */
  private resume(request: Request): Status {
    const tape = request.tape;
    const node = request.node(FIELD_AFTER);
    if (tape.kind(node) == JSON_NULL) return OK;
    let status = request.needText(FIELD_AFTER);
    if (status != OK) return status;
    const hexLen = tape.stringLen(node);
    const len = hexLen >> 1;
    const token = new ByteBuffer(max<u32>(len, 16));
    // The path that a condition chose is before the rest.
    const from: u32 = this.isChosen ? 4 : 0;
    const long = len >= from + (this.index ? INDEX_TOKEN : RECORD_TOKEN);
    if (!long || !parseHex(tape.stringPtr(node), hexLen, token.ptr)) status = noToken();
    else status = this.index ? this.resumeIndex(token.ptr + from, len - from) : this.resumeRecords(token.ptr + from, len - from);
    token.free();
    return status;
  }

  /** Goes on where the token of `len` bytes says, in the order of records. */
  private resumeRecords(token: usize, len: u32): Status {
    const address = load<u64>(token);
    const isAligned = ((<u32>address) & 0xffff) % this.table.registry.slotAlignment == 0;
    if (address >> 48 != 0 || !isAligned || len != RECORD_TOKEN) return noToken();
    return this.goOn(new ScanPlace(address), null, load<u32>(token, 8));
  }

  /** The same in the order of the index. */
  private resumeIndex(token: usize, len: u32): Status {
    const place = new ScanPlace(load<u64>(token));
    place.next = load<u64>(token, 12);
    if (place.address >> 48 != 0 || (place.next != NO_ADDRESS && place.next >> 48 != 0)) return noToken();
    place.knowsNext = true;
    place.leafPage = load<u32>(token, 20);
    place.state = load<u32>(token, 24);
    place.moment = load<u32>(token, 28);
    place.keySince = load<u32>(token, 32);
    const key = new ByteBuffer(len);
    key.addBytes(token + INDEX_TOKEN, len - INDEX_TOKEN);
    const good = isKey(key.ptr, key.len) && this.index!.hasKeysLike(this.table.schema, key.ptr);
    const status = good ? this.goOn(place, key, load<u32>(token, 8)) : noToken();
    key.free();
    return status;
  }

  /** Appends the token for the row before the one that `hasMore` went on to. */
  addToken(out: ByteBuffer): void {
    const scan = this.source;
    const index = this.index;
    const since = this.begun();
    const place = scan.placeBefore(this.db.store.watchOf(this.table).now());
    const token = memory.data(40, 8);
    store<u64>(token, place.address);
    store<u32>(token, since, 8);
    store<u64>(token, place.next, 12);
    store<u32>(token, place.leafPage, 20);
    store<u32>(token, place.state, 24);
    store<u32>(token, place.moment, 28);
    store<u32>(token, place.keySince, 32);
    if (this.isChosen) {
      const position = memory.data(4, 4);
      store<u32>(position, this.table.positionOf(index) + 1);
      addHex(position, 4, out);
    }
    addHex(token, index ? INDEX_TOKEN : RECORD_TOKEN, out);
    if (index) addHex(scan.keyOfBefore.ptr, scan.keyOfBefore.len, out);
  }

  free(): void {
    const condition = this.filter;
    if (this.isChosen) this.source.free();
    else super.free();
    if (condition) condition.free();
  }
}

/** The path that the condition chooses; behind a token the one that it has chosen before. Null on failure. */
function chosenPath(request: Request, table: Table, condition: RowCondition): AccessPath | null {
  let position = ANY;
  const tape = request.tape;
  const node = request.node(FIELD_AFTER);
  if (node != 0 && tape.kind(node) == JSON_STRING) {
    const bytes = memory.data(4, 4);
    const isRead = tape.stringLen(node) > 8 && parseHex(tape.stringPtr(node), 8, bytes);
    position = isRead ? load<i32>(bytes) - 1 : ANY;
    if (position < -1 || position >= table.indexes.length) {
      noToken();
      return null;
    }
  }
  return condition.path(position);
}

function noToken(): Status {
  const hint = "take it from the reply before, and repeat its other fields";
  return fail(BAD_REQUEST, "scan: after is no token of this scan", hint);
}

/** Makes the request's bounds those of `path`. */
function readBounds(request: Request, path: AccessPath): Status {
  const isEqual = request.has(FIELD_EQ);
  if (isEqual && (request.has(FIELD_FROM) || request.has(FIELD_TO))) {
    return fail(BAD_REQUEST, "scan: eq goes without from and to");
  }
  const from = isEqual ? FIELD_EQ : FIELD_FROM;
  if (request.has(from)) {
    const lower = new KeyBound();
    path.lower = lower;
    const status = readBound(request, from, path, lower);
    if (status != OK) return status;
  }
  if (isEqual) path.upper = path.lower;
  if (!request.has(FIELD_TO)) return OK;
  const upper = new KeyBound();
  path.upper = upper;
  return readBound(request, FIELD_TO, path, upper);
}

/** Makes the values in a field a bound of the path's index. */
function readBound(request: Request, field: i32, path: AccessPath, bound: KeyBound): Status {
  const index = path.index!;
  const tape = request.tape;
  const node = request.node(field);
  const isList = tape.kind(node) == JSON_ARRAY;
  const columns = index.columns;
  const count = isList ? tape.count(node) : 1;
  let status = beginBound(index, count, bound);
  let item = isList ? tape.first(node) : node;
  for (let i: u32 = 0; i < count && status == OK; i++) {
    status = request.addKeyPart(path.table.schema.columns[columns[i]], item, bound);
    item = tape.next(item);
  }
  return status;
}

export function handleScan(session: Session, out: ByteBuffer): Status {
  if (session.request.has(FIELD_ORDER_BY)) return addSorted(session, out);
  const plan = ScanPlan.open(session, SCAN_LIMIT);
  if (!plan) return lastError.status;
  const status = plan.countOnly ? addCount(plan, out) : addRows(session, plan, out);
  plan.free();
  return status;
}

/** What an order goes without, and where that comes from otherwise. */
const NOT_WITH_ORDER: StaticArray<i32> = [FIELD_INDEX, FIELD_EQ, FIELD_FROM, FIELD_TO, FIELD_REVERSE, FIELD_COUNT, FIELD_AFTER];

/** The rows of the request's condition in its order; null on failure. The caller frees them. */
export function sortedRows(session: Session): TermRows | null {
  const table = session.table();
  if (!table) return null;
  const request = session.request;
  for (let f = 0; f < NOT_WITH_ORDER.length; f++) {
    if (!request.has(NOT_WITH_ORDER[f])) continue;
    const what = "scan: orderBy goes without " + fieldName(NOT_WITH_ORDER[f]);
    fail(BAD_REQUEST, what, "where chooses rows, offset and limit a part of them");
    return null;
  }
  const offset = request.count(FIELD_OFFSET, 0);
  const limit = request.count(FIELD_LIMIT, i64.MAX_VALUE);
  if (offset < 0 || limit < 0) return null;
  const writer = requestedColumns(session, table);
  if (!writer) return null;
  const rows = TermRows.open(session, table, writer.positions, offset, limit);
  writer.free();
  return rows;
}

function addSorted(session: Session, out: ByteBuffer): Status {
  const sorted = sortedRows(session);
  if (!sorted) return lastError.status;
  const rows = sorted.rows;
  const writer = RowWriter.all(rows.schema);
  const loop = new ScanLoop<QueryRows>(rows);
  addAscii(out, '{"rows":[');
  let status = loop.run(new JsonObjects(writer, out, out.len + PAGE_BYTES));
  if (status == OK && loop.hasMore()) status = tooManyRows();
  if (status == OK) status = rows.status;
  addAscii(out, '],"after":null}');
  writer.free();
  sorted.free();
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
  const mostBytes = out.len + PAGE_BYTES;
  addAscii(out, '{"rows":[');
  plan.run(new JsonObjects(writer, out, mostBytes));
  addAscii(out, '],"after":');
  if (plan.hasMore() && plan.given > 0) {
    out.addU8(0x22);
    plan.addToken(out);
    out.addU8(0x22);
  } else addAscii(out, "null");
  out.addU8(0x7d);
  writer.free();
  return plan.source.status;
}
