/**
 * Rows one after the other: of a whole table in the order of its records, or of a range of an index, forwards or backwards.
 *
 * Bounds are keys, of as many of the index's first columns as the caller likes: rows with just these values are in the range, or with an
 * exclusive bound all out of it. Equal bounds give the rows with just that key. A statement or rollback between two calls of `next` is
 * noticed: the scan then finds its place again by the last row's key and address, and the leaf where they were. What such statements moved
 * or added comes (again) if the scan comes to it, unless `leaveOutNew` is called.
 */
import { Status, OK, NO_PAGE, SCAN_OUTDATED, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeyToProbe } from "../encode/key";
import { DECODED, Row } from "../encode/row";
import { RecordAddress, NO_ADDRESS } from "../table/page-ledger";
import { TableReader } from "../table/table-reader";
import { Frame } from "../memory/cache/page-cache";
import { LeafHistory } from "../index/leaf-history";
import { entryCount, entryKey, entryKeyLen, leafAddress, searchNode } from "../index/node";
import { TreeCursor } from "../index/tree-cursor";
import { PlaceMarks } from "./place-marks";
import { RowSource } from "./row-source";
import { TableWatch } from "./scan-watch";
import { Table } from "./table";
import { TableIndex } from "./table-index";
import { RecordPrefix, damagedRecord } from "./record-prefix";

/** Where a scan stands: behind the row at `address`. All but that is for scans over an index. */
export class ScanPlace {
  /** The leaf in which the row's entry is, or was. */
  leafPage: u32 = NO_PAGE;
  /** The state of the tree by then (`LeafHistory`). */
  state: u32 = 0;
  /** For a scan that leaves out what is new: when that was, and when it came to the first row with the key. */
  moment: u32 = 0;
  keySince: u32 = 0;
  /** If `knowsNext`: the next row when it has the same key, else `NO_ADDRESS`. */
  next: RecordAddress = NO_ADDRESS;
  knowsNext: bool = false;

  constructor(public address: RecordAddress) {}
}

export class RowScan extends RowSource {
  address: RecordAddress = NO_ADDRESS;

  private reader: TableReader | null = null;
  private cursor: TreeCursor | null = null;
  private from: ByteBuffer | null = null;
  private to: ByteBuffer | null = null;
  /** Between which orders against `from` and `to` a row's key is: 0, or 1 and -1 where rows with the very bound are out. */
  private leastOrder: i32 = 0;
  private mostOrder: i32 = 0;
  private lastKey: ByteBuffer = new ByteBuffer(64);
  /** The leaf in which the current row's entry is, or was; `NO_PAGE` where there is none. */
  leafPage: u32 = NO_PAGE;
  /** The same of the row before: its address, key and leaf, and the tree's state and the moment then. */
  private addressBefore: RecordAddress = NO_ADDRESS;
  private keyBefore: ByteBuffer = new ByteBuffer(64);
  private leafBefore: u32 = NO_PAGE;
  private stateBefore: u32 = 0;
  private momentBefore: u32 = 0;
  /** What `resume` was told of the next row. */
  private resumed: ScanPlace | null = null;
  private started: bool = false;
  private readonly isTwin: bool;
  private wanted: RecordPrefix;

  // ---- for a scan that leaves out what is new: see scan-watch.ts ----
  private watch: TableWatch | null = null;
  private keyed: PlaceMarks | null = null;
  private since: u32 = 0;
  /** What the watch had noted when this scan looked last. */
  private seenNotes: u32 = 0;
  /** The key at which the scan stood when something was noted last, and when it came to the first row with that; while it comes to such. */
  private pivot: ByteBuffer | null = null;
  private pivotSince: u32 = 0;
  private inPivot: bool = false;

  /** A scan over `index`, or over the records in their own order when it is null (`reverse` needs an index). */
  constructor(
    readonly table: Table,
    readonly index: TableIndex | null = null,
    readonly reverse: bool = false,
  ) {
    super(new Row(table.layout));
    this.wanted = new RecordPrefix(table.layout, table.layout.columnCount);
    this.isTwin = index != null && index.isTwin;
    if (index) this.cursor = new TreeCursor(index.tree);
    else this.reader = table.reader();
  }

  /**
   * Keys to start and to end with, in the index's order; null is no bound. `behindFrom` and `beforeTo` leave out the rows that have them.
   * The buffers stay the caller's and must live as long as the scan.
   */
  setBounds(from: ByteBuffer | null, to: ByteBuffer | null, behindFrom: bool = false, beforeTo: bool = false): void {
    this.from = from;
    this.to = to;
    this.leastOrder = i32(behindFrom);
    this.mostOrder = -i32(beforeTo);
  }

  /**
   * Starts anew, between other keys, which are in or out as those before them were. Makes nothing, so that the inner side of a join costs
   * no more than its descents.
   */
  rebind(from: ByteBuffer | null, to: ByteBuffer | null): void {
    this.from = from;
    this.to = to;
    this.status = OK;
    this.address = NO_ADDRESS;
    this.leafPage = NO_PAGE;
    this.started = false;
    this.resumed = null;
    this.forgetPivot();
    const reader = this.reader;
    if (reader) reader.rewind();
  }

  /**
   * From the next row on only the first `columns` columns are wanted, the others are missing: of long records the rest is not read. With
   * none a scan over an index reads no records at all.
   */
  wantFirst(columns: u32): void {
    if (this.wanted.count == columns) return;
    this.row.reset();
    this.wanted = new RecordPrefix(this.table.layout, columns);
    this.tellReader();
  }

  private tellReader(): void {
    const reader = this.reader;
    if (reader) reader.wanted = this.wanted.bytes;
  }

  /** Goes on behind a row that an earlier scan ended with. For a scan over an index, `key` is its key there, in leaf `leafPage`. */
  resumeAfter(address: RecordAddress, key: ByteBuffer | null = null, leafPage: u32 = NO_PAGE): void {
    const place = new ScanPlace(address);
    place.leafPage = leafPage;
    this.resume(place, key);
  }

  /** The same, for a scan that ended at `place`: another one with its `key`, or this one if that is null. */
  resume(place: ScanPlace, key: ByteBuffer | null): void {
    this.address = place.address;
    this.leafPage = place.leafPage;
    this.resumed = place;
    this.started = true;
    const reader = this.reader;
    if (reader) reader.seekAfter(place.address);
    const cursor = this.cursor;
    if (cursor) cursor.depth = 0;
    if (!key) return;
    this.lastKey.reset();
    this.lastKey.addBytes(key.ptr, key.len);
  }

  /**
   * From now on leaves out the rows that statements of this session moved or added behind moment `since`. To be called before the first
   * row, and behind `resume`.
   */
  leaveOutNew(watch: TableWatch, since: u32): void {
    this.watch = watch;
    this.since = since;
    this.keyed = watch.marksOf(this.table.positionOf(this.index));
    this.seenNotes = watch.notes;
    const resumed = this.resumed;
    if (resumed) this.setPivot(this.lastKey, resumed.keySince);
  }

  /** Rows with `key` may have moved behind `since`, when the scan came to the first of them. */
  private setPivot(key: ByteBuffer, since: u32): void {
    if (!this.index) return;
    const pivot = this.pivot || new ByteBuffer(key.len);
    this.pivot = pivot;
    pivot.reset();
    pivot.addBytes(key.ptr, key.len);
    this.pivotSince = since;
    this.inPivot = true;
  }

  private forgetPivot(): void {
    const pivot = this.pivot;
    if (pivot) pivot.free();
    this.pivot = null;
    this.inPivot = false;
  }

  /** Whether the row before has the key `pivot`. */
  private get wasInPivot(): bool {
    const pivot = this.pivot;
    return pivot !== null && compareKeyToProbe(this.keyBefore.ptr, pivot.ptr) == 0;
  }

  /** To the next row; false at the end, and on failure. */
  next(): bool {
    return this.find() && this.read();
  }

  /** The same, without reading it. */
  @inline private find(): bool {
    this.remember();
    const watch = this.watch;
    if (watch && watch.notes != this.seenNotes) this.notice(watch);
    do {
      if (!this.toNext()) return false;
    } while ((watch !== null && this.isNew(watch)) || (this.isTwin && this.address == this.addressBefore));
    return true;
  }

  /** Makes the current row the one before. */
  @inline private remember(): void {
    this.addressBefore = this.address;
    const index = this.index;
    if (!index) return;
    const key = this.keyBefore;
    this.keyBefore = this.lastKey;
    this.lastKey = key;
    this.leafBefore = this.leafPage;
    const watch = this.watch;
    if (watch) this.momentBefore = watch.now();
  }

  /** Rows have changed since the row before was given. */
  private notice(watch: TableWatch): void {
    this.seenNotes = watch.notes;
    if (!this.started) return;
    this.setPivot(this.keyBefore, this.wasInPivot ? this.pivotSince : this.momentBefore);
    const reader = this.reader;
    if (reader) reader.seekAfter(this.addressBefore);
  }

  /**
   * `next`, and the entries behind that one in the same leaf and the range: where their keys are, u64 each, goes to `to`, valid for the
   * next `GUARANTEE` page lookups, and which records they are of to `addresses`, unless that is 0. How many, `most` at most; 0 at the end,
   * and on failure. For a scan over an index that reads no records.
   */
  nextKeys(to: usize, addresses: usize, most: u32): u32 {
    const cursor = this.cursor!;
    if (!this.next()) return 0;
    const frame = cursor.leaf();
    if (!frame) {
      this.end(lastError.status);
      return 0;
    }
    const slot = cursor.slot;
    const bound = this.to;
    let end = entryCount(frame);
    if (this.reverse || this.isTwin || this.watch) end = slot + 1;
    else if (bound) end = max(searchNode(frame, bound.ptr, this.mostOrder == 0), slot + 1);
    const count = min(end - slot, most);
    for (let e: u32 = 0; e < count; e++) {
      store<u64>(to + ((<usize>e) << 3), <u64>entryKey(frame, slot + e));
      if (addresses != 0) store<u64>(addresses + ((<usize>e) << 3), leafAddress(frame, slot + e));
    }
    if (count > 1) this.moveTo(cursor, frame, slot + count - 1);
    return count;
  }

  /**
   * Goes past the rows that come next, of one leaf, `most` at most, and reads none of them: how many; 0 at the end, and on failure. For a
   * scan over an index that leaves out nothing.
   */
  skip(most: u32): u32 {
    const cursor = this.cursor!;
    if (!this.find()) return 0;
    const frame = cursor.leaf();
    if (!frame) {
      this.end(lastError.status);
      return 0;
    }
    const slot = cursor.slot;
    if (this.isTwin) return 1;
    const from = this.from;
    const to = this.to;
    let count = this.reverse ? slot + 1 : entryCount(frame) - slot;
    if (this.reverse && from) count = slot + 1 - min(searchNode(frame, from.ptr, this.leastOrder != 0), slot);
    if (!this.reverse && to) count = max(searchNode(frame, to.ptr, this.mostOrder == 0), slot + 1) - slot;
    count = min(count, most);
    if (count > 1) this.moveTo(cursor, frame, this.reverse ? slot + 1 - count : slot + count - 1);
    return count;
  }

  /** Makes entry `slot` of the cursor's leaf the current row. */
  private moveTo(cursor: TreeCursor, frame: Frame, slot: u32): void {
    cursor.slot = slot;
    this.lastKey.reset();
    this.lastKey.addBytes(entryKey(frame, slot), entryKeyLen(frame, slot));
    this.address = leafAddress(frame, slot);
  }

  /** Whether the row that the scan has come to is not where it was at the scan's start. */
  private isNew(watch: TableWatch): bool {
    const address = this.address;
    const keyed = this.keyed;
    if (!keyed) return watch.placed.get(address) > this.since;
    if (keyed.get(address) > this.since) return true;
    if (!this.inPivot) return false;
    this.inPivot = compareKeyToProbe(this.lastKey.ptr, this.pivot!.ptr) == 0;
    if (!this.inPivot) return false;
    return watch.changed(address) > this.pivotSince;
  }

  /** To the next row, which is not read yet. */
  @inline private toNext(): bool {
    const reader = this.reader;
    if (!reader) return this.advance(this.cursor!);
    this.started = true;
    if (!reader.next()) return this.end(reader.status);
    this.address = reader.address;
    return true;
  }

  private read(): bool {
    const reader = this.reader;
    if (reader) return this.decode(reader.body, reader.bodyLen, reader.present);
    return this.wanted.count == 0 || this.readAgain();
  }

  /** Reads the current row anew, after others were read; false on failure. */
  readAgain(): bool {
    const registry = this.table.registry;
    const len = registry.bodyLength(this.address, this.wanted.bytes);
    if (len == 0) return this.end(lastError.status);
    return this.decode(registry.body(this.address, registry.present), len, registry.present);
  }

  /** Moves the cursor on and takes the entry's address; false at the end of the range. */
  private advance(cursor: TreeCursor): bool {
    let found: bool;
    if (this.started && cursor.depth > 0 && cursor.fresh) found = this.step(cursor);
    else {
      // What waits may split leaves, or empty them.
      const status = this.index!.settle();
      if (status != OK) return this.end(status);
      found = this.started ? this.findAgain(cursor) : this.first(cursor);
    }
    this.started = true;
    if (!found) return this.end(cursor.status);
    const key = cursor.key();
    // The leaf may have gone from memory since it was looked at.
    if (key == 0) return this.end(lastError.status);
    const bound = this.reverse ? this.from : this.to;
    if (bound) {
      const order = compareKeyToProbe(key, bound.ptr);
      if (this.reverse ? order < this.leastOrder : order > this.mostOrder) return this.end(OK);
    }
    this.lastKey.reset();
    this.lastKey.addBytes(key, cursor.keyLen());
    this.address = cursor.address();
    this.leafPage = cursor.leafPage;
    return true;
  }

  private first(cursor: TreeCursor): bool {
    const bound = this.reverse ? this.to : this.from;
    if (this.reverse) return bound ? cursor.seekBack(bound.ptr, this.mostOrder != 0) : cursor.seekLast();
    return bound ? cursor.seek(bound.ptr, this.leastOrder != 0) : cursor.seekFirst();
  }

  /** The entry behind the last one in the scan's direction, after a change of the tree. */
  private findAgain(cursor: TreeCursor): bool {
    const key = this.keyBefore.ptr;
    const address = this.addressBefore;
    const resumed = this.resumed;
    this.resumed = null;
    if (resumed) {
      this.stateBefore = resumed.state;
      this.momentBefore = resumed.moment;
      if (resumed.knowsNext) {
        if (resumed.next == NO_ADDRESS) return this.reverse ? cursor.seekBack(key, true) : cursor.seek(key, true);
        if (this.isStill(resumed.next) && cursor.seekEntry(key, resumed.next)) return true;
        if (cursor.status != OK) return false;
      }
    }
    if (this.isStill(address) && cursor.seekEntry(key, address)) return this.step(cursor);
    if (cursor.status != OK) return false;
    return this.findBehind(cursor, key, address);
  }

  /** Whether the entry that had this address when the row before was given can still be there. */
  private isStill(address: RecordAddress): bool {
    const watch = this.watch;
    if (!watch) return true;
    const keyed = this.keyed;
    return watch.changed(address) <= this.momentBefore && (!keyed || keyed.get(address) <= this.momentBefore);
  }

  /** `findAgain` when the last entry has gone. */
  private findBehind(cursor: TreeCursor, key: usize, address: RecordAddress): bool {
    // A run of equal keys is in the order of addresses inside of a leaf only, so that the place is in the leaf where it was.
    const unique = this.index!.isOnce(key);
    const history = cursor.tree.history;
    if (history && this.watch && !unique) return this.findPlace(cursor, key, history);
    const placed = cursor.placeInLeaf(key, address, this.leafBefore);
    if (cursor.status != OK) return false;
    let found: bool;
    if (placed) found = this.reverse ? cursor.prev() : cursor.settle();
    else found = this.reverse ? cursor.seekBack(key, false) : cursor.seek(key, false);
    if (placed && !unique) return found;
    // The leaf has gone, too: on with the first row that was not given yet, by address. Where keys are unique it can only be the same
    // one, moved.
    while (found && compareKeyToProbe(cursor.key(), key) == 0) {
      const passed = this.reverse ? cursor.address() > address : cursor.address() < address;
      if (!passed && !unique) return true;
      found = this.step(cursor);
    }
    return found;
  }

  /** The entry behind the last one's place, wherever in the tree that is by now. */
  private findPlace(cursor: TreeCursor, key: usize, history: LeafHistory): bool {
    if (!history.follow(this.stateBefore, key, this.addressBefore, this.leafBefore)) {
      const what = "the scan can't go on: the index has changed more since its last row than is remembered";
      cursor.status = fail(SCAN_OUTDATED, what, "begin it anew");
      return false;
    }
    if (cursor.placeInLeaf(key, history.address, history.leafPage)) return this.reverse ? cursor.prev() : cursor.settle();
    if (cursor.status != OK) return false;
    // It is at the start of a leaf that all with the key are in front of.
    return this.reverse ? cursor.seekBack(key, false) : cursor.seek(key, true);
  }

  /** To the next entry in the scan's direction. */
  private step(cursor: TreeCursor): bool {
    return this.reverse ? cursor.prev() : cursor.next();
  }

  private decode(body: usize, bodyLen: u32, present: u32): bool {
    this.body = body;
    this.bodyLen = bodyLen;
    if (present < bodyLen || body == 0) return this.decodeStart(body, bodyLen, present);
    return this.row.decodeFirst(this.wanted.count, body, bodyLen, bodyLen) == DECODED || this.end(damagedRecord(this.address));
  }

  /** The same of a record of which only the start was read. By itself, since a detour costs a scan of whole records a tenth of its time. */
  private decodeStart(body: usize, bodyLen: u32, present: u32): bool {
    const status = this.wanted.decode(this.table.registry, this.address, this.row, body, bodyLen, present);
    this.tellReader();
    return status == OK || this.end(status);
  }

  private end(status: Status): bool {
    this.status = status;
    return false;
  }

  /** The last row's key in the index, for `resumeAfter`. Empty for a scan without an index. */
  get resumeKey(): ByteBuffer {
    return this.lastKey;
  }

  /** Where the scan, whose rows were all given at `moment`, stood before it came to the current one. */
  placeBefore(moment: u32): ScanPlace {
    const place = new ScanPlace(this.addressBefore);
    const index = this.index;
    if (!index) return place;
    place.leafPage = this.leafBefore;
    this.notePlace(index, this.keyBefore, moment, place);
    place.knowsNext = true;
    if (compareKeyToProbe(this.lastKey.ptr, this.keyBefore.ptr) == 0) place.next = this.address;
    return place;
  }

  /** Makes `place` the one where the scan, whose rows were all given at `moment`, stands now: behind the current row. */
  placeHere(moment: u32, place: ScanPlace): void {
    place.address = this.address;
    place.leafPage = this.leafPage;
    const index = this.index;
    if (index) this.notePlace(index, this.lastKey, moment, place);
  }

  /** What places behind a row with `key` have in common. */
  private notePlace(index: TableIndex, key: ByteBuffer, moment: u32, place: ScanPlace): void {
    const history = index.tree.history;
    const pivot = this.pivot;
    if (history) place.state = history.state;
    place.moment = moment;
    place.keySince = pivot && compareKeyToProbe(key.ptr, pivot.ptr) == 0 ? this.pivotSince : moment;
  }

  /** The key of the row before. */
  get keyOfBefore(): ByteBuffer {
    return this.keyBefore;
  }

  free(): void {
    this.row.free();
    this.lastKey.free();
    this.keyBefore.free();
    this.forgetPivot();
  }
}
