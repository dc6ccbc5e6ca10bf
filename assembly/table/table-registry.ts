/**
 * A table's records: where they are written, read, moved and removed. It knows nothing of columns, keys or constraints.
 *
 *   slot    | length u16 | body | zero padding up to the slot's size |
 *
 * In a table whose columns all have a fixed size every slot is `2 + body` bytes and stands at a multiple of that; in any other a slot
 * is `2 + body` rounded up to the table's alignment. A length of 0 is an empty slot.
 */
import { Status, OK, OUT_OF_BOUNDS, fail, damaged, lastError } from "../status";
import { equalBytesBefore, equalBytesBehind } from "../encode/bytes";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SIZE } from "../memory/base/layout";
import { PageLedger, RecordAddress, NO_ADDRESS, addressPage, addressOffset, alignUp } from "./page-ledger";
import { FreeSegmentsLedger } from "./free-segments-ledger";

/** Bytes before a record's body. */
export const RECORD_HEADER_SIZE: u32 = 2;

/** Records with so many bytes of a body are long: a page has a few of them. */
const LONG_RECORD: u32 = 12 << 10;

/**
 * Whether of records that are `bodyLen` bytes long only the start is read if no more than `wanted` bytes of the bodies are wanted: more
 * reads than one of their page, but of much less.
 */
@inline
export function readsStarts(bodyLen: u32, wanted: u32): bool {
  return bodyLen >= LONG_RECORD && wanted * 3 <= bodyLen;
}

/** Where a record's first two bytes are made. */
// @ts-ignore: decorator
@lazy
const header: usize = heap.alloc(RECORD_HEADER_SIZE);

export class TableRegistry {
  /** Bytes that slots start at multiples of. */
  readonly slotAlignment: u32;
  /** `slotAlignment` - 1 where that is a power of two, so that a slot's size takes no division; else 0. */
  private readonly slotMask: u32;
  /** The length of the record that was looked at last. */
  private lastLen: u32 = 0;
  /** After `bodyLength`: how many bytes of the body are in memory. */
  present: u32 = 0;

  /** `alignment` is the snapshot's; `fixedBody` the body's size when no column's size varies, else 0. */
  constructor(
    private access: MemoryAccess,
    readonly pageLedger: PageLedger,
    readonly freeSegments: FreeSegmentsLedger,
    alignment: u32,
    readonly fixedBody: u32,
  ) {
    this.slotAlignment = fixedBody != 0 ? fixedBody + RECORD_HEADER_SIZE : alignment;
    this.slotMask = fixedBody == 0 && popcnt(alignment) == 1 ? alignment - 1 : 0;
  }

  /** Bytes of the slot of a record with a body of `bodyLen` bytes. */
  @inline slotSize(bodyLen: u32): u32 {
    const mask = this.slotMask;
    if (mask != 0) return (bodyLen + RECORD_HEADER_SIZE + mask) & ~mask;
    return alignUp(bodyLen + RECORD_HEADER_SIZE, this.slotAlignment);
  }

  /** Writes a record: its address, or `NO_ADDRESS` on failure. */
  insert(body: usize, bodyLen: u32): RecordAddress {
    const address = this.place(bodyLen);
    if (address == NO_ADDRESS) return NO_ADDRESS;
    return this.write(address, body, bodyLen) == OK ? address : NO_ADDRESS;
  }

  /** The same for the `bodyLen` bytes behind the first two at `record`, which are for the length: one write instead of two. */
  insertFramed(record: usize, bodyLen: u32): RecordAddress {
    const address = this.place(bodyLen);
    if (address == NO_ADDRESS) return NO_ADDRESS;
    store<u16>(record, <u16>bodyLen);
    const len = RECORD_HEADER_SIZE + bodyLen;
    let status = this.readSlot(address, len);
    if (status == OK) status = this.access.writeRecordPart(addressPage(address), addressOffset(address), record, len);
    return status == OK ? address : NO_ADDRESS;
  }

  /** Takes room for a body of `bodyLen` bytes. */
  private place(bodyLen: u32): RecordAddress {
    const slotSize = this.slotSize(bodyLen);
    const recordSize = bodyLen + RECORD_HEADER_SIZE;
    let address = this.freeSegments.take(slotSize, recordSize, this.slotAlignment);
    if (address == NO_ADDRESS) {
      if (lastError.status != OK) return NO_ADDRESS;
      address = this.pageLedger.place(slotSize, recordSize, this.slotAlignment);
    }
    return address;
  }

  /** Reads the sectors of `len` bytes of a slot that are about to be written, if the change may wait for the rest of the page. */
  private readSlot(address: RecordAddress, len: u32): Status {
    if (!this.access.manager.writeMayWait(len)) return OK;
    return this.access.recordPart(addressPage(address), addressOffset(address), len) != 0 ? OK : lastError.status;
  }

  /** Writes a record whose first `same` bytes of the body are there already. */
  private write(address: RecordAddress, body: usize, bodyLen: u32, same: u32 = 0): Status {
    const pageNo = addressPage(address);
    const pageOffset = addressOffset(address);
    store<u16>(header, <u16>bodyLen);
    let status = this.readSlot(address, RECORD_HEADER_SIZE + bodyLen);
    if (status == OK) status = this.access.writeRecordPart(pageNo, pageOffset, header, RECORD_HEADER_SIZE);
    if (status != OK) return status;
    return this.access.writeRecordPart(pageNo, pageOffset + RECORD_HEADER_SIZE + same, body + same, bodyLen - same);
  }

  /**
   * The body's length at `address`, or 0 with `lastError` when there is no whole record. All of it is then in memory, or (`present`) the
   * first `wanted` bytes at least.
   */
  bodyLength(address: RecordAddress, wanted: u32 = PAGE_SIZE): u32 {
    const pageOffset = addressOffset(address);
    const pageNo = addressPage(address);
    if (pageOffset % this.slotAlignment != 0 || pageOffset + RECORD_HEADER_SIZE > PAGE_SIZE) {
      fail(OUT_OF_BOUNDS, "a record can't stand at byte " + pageOffset.toString() + " of page " + pageNo.toString());
      return 0;
    }
    // One read brings the header and, when the record is no longer than the last one, all of it.
    const onlyStart = readsStarts(this.lastLen, wanted);
    const expected = min(RECORD_HEADER_SIZE + (onlyStart ? wanted : this.lastLen), PAGE_SIZE - pageOffset);
    const page = this.access.recordPart(pageNo, pageOffset, expected, !onlyStart);
    if (page == 0) return 0;
    const len = <u32>load<u16>(page + pageOffset);
    this.lastLen = len;
    if (len == 0 || pageOffset + RECORD_HEADER_SIZE + len > PAGE_SIZE) {
      damaged(pageNo, pageOffset, len == 0 ? "an index entry points here, but there is no record" : "the record leaves its page");
      return 0;
    }
    this.present = onlyStart ? min(len, wanted) : len;
    return this.access.recordPart(pageNo, pageOffset, RECORD_HEADER_SIZE + this.present) != 0 ? len : 0;
  }

  /** Whether the record that was at `address` is still there, if none was written since: 1 or 0; -1 on failure. */
  hasRecord(address: RecordAddress): i32 {
    const pageOffset = addressOffset(address);
    const page = this.access.recordPart(addressPage(address), pageOffset, RECORD_HEADER_SIZE);
    return page == 0 ? -1 : load<u16>(page + pageOffset) != 0 ? 1 : 0;
  }

  /**
   * Reads the whole page of a record that will be read and then changed, if the change will not wait for the page: one read, where
   * `bodyLength` and the change would make two.
   */
  @inline expectChange(address: RecordAddress): void {
    if (!this.access.manager.writeMayWait(0)) this.access.page(addressPage(address));
  }

  /** The body's `bodyLen` bytes at `address`; 0 on failure. Valid for the next `GUARANTEE` page lookups. */
  @inline body(address: RecordAddress, bodyLen: u32): usize {
    const pageOffset = addressOffset(address);
    const page = this.access.recordPart(addressPage(address), pageOffset, RECORD_HEADER_SIZE + bodyLen);
    return page == 0 ? 0 : page + pageOffset + RECORD_HEADER_SIZE;
  }

  /**
   * Replaces the record at `address`; its new address, the old one when the slots are of one size, `NO_ADDRESS` on failure.
   * (The reference overwrites in place only when the bodies are of one size; a slot's padding makes no difference to it.)
   */
  update(address: RecordAddress, body: usize, bodyLen: u32): RecordAddress {
    const oldLen = this.bodyLength(address);
    if (oldLen == 0) return NO_ADDRESS;
    const slotSize = this.slotSize(bodyLen);
    const end = addressOffset(address) + RECORD_HEADER_SIZE + bodyLen;
    if (slotSize != this.slotSize(oldLen) || (end == PAGE_SIZE && bodyLen != oldLen)) {
      if (this.delete(address) != OK) return NO_ADDRESS;
      return this.insert(body, bodyLen);
    }
    if (oldLen == bodyLen) return this.writeChanges(address, body, bodyLen) == OK ? address : NO_ADDRESS;
    const old = this.body(address, oldLen);
    if (old == 0) return NO_ADDRESS;
    let status = this.write(address, body, bodyLen, equalBytesBefore(old, body, min(oldLen, bodyLen)));
    if (status == OK && oldLen > bodyLen) status = this.access.zeroRecordPart(addressPage(address), end, oldLen - bodyLen);
    return status == OK ? address : NO_ADDRESS;
  }

  /** Writes what differs between the record at `address` and the `bodyLen` bytes at `body`, from the first such byte to the last. */
  private writeChanges(address: RecordAddress, body: usize, bodyLen: u32): Status {
    const old = this.body(address, bodyLen);
    if (old == 0) return lastError.status;
    const from = equalBytesBefore(old, body, bodyLen);
    const to = bodyLen - equalBytesBehind(old + from, body + from, bodyLen - from);
    const pageOffset = addressOffset(address) + RECORD_HEADER_SIZE + from;
    return this.access.writeRecordPart(addressPage(address), pageOffset, body + from, to - from);
  }

  /** Zeroes the record's slot and lists it as free. */
  delete(address: RecordAddress): Status {
    const bodyLen = this.bodyLength(address);
    return bodyLen == 0 ? lastError.status : this.deleteRead(address, bodyLen);
  }

  /** The same of a record that was just read, and whose body has `bodyLen` bytes. */
  deleteRead(address: RecordAddress, bodyLen: u32): Status {
    const pageOffset = addressOffset(address);
    const slotSize = min(this.slotSize(bodyLen), PAGE_SIZE - pageOffset);
    const status = this.access.zeroRecordPart(addressPage(address), pageOffset, slotSize);
    return status == OK ? this.freeSegments.give(address, slotSize) : status;
  }
}
