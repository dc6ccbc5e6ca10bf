/**
 * What lets a scan that spans statements leave out the rows that those statements moved or added.
 *
 * Time is a count of moments: one passes when a scan asks for the time and something was noted since it was asked last. A scan keeps the
 * moment of its start; a table that has been scanned so notes for each place of a record when it was last taken, and for each index that
 * has been scanned when the row there got its key in it. What is later than a scan's start is new to it. Tables that were never scanned so
 * note nothing.
 *
 * In the order of records a row is where its record is. In an index it is where its key is: a record that moves and keeps its key takes the
 * mark of that along. But among rows of one key the place is the record's, too: of those that have the key at which the scan stood when
 * something changed, the ones that moved since it came to the first of them count as new.
 *
 * A rollback brings rows back to places that others had taken meanwhile: what the marks were is kept in a list until the transaction's
 * end. It has an end; a rollback beyond it ends all scans that were under way (`SCAN_OUTDATED`). Scans that began behind changes that are
 * then taken back end, too: rows go back to where such a scan has been, or has yet to come to.
 */
import { Status, OK, SCAN_OUTDATED, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { RecordAddress } from "../table/page-ledger";
import { LeafHistory, StateKeeper } from "../index/leaf-history";
import { PlaceMarks } from "./place-marks";

/**
 * Bytes of a former mark: address u64, moment u32, number of the marks u32. Of an index's former state: 0 u64, the state u32, and its
 * history's number, with `IS_STATE`.
 */
const FORMER_SIZE: u32 = 16;
const IS_STATE: u32 = 0x80000000;
/** Bytes of former marks that are kept. */
const MOST_FORMER: u32 = 1 << 20;
/** Spans of time that are kept by themselves. */
const MOST_SPANS: i32 = 64;

/** A table with scans that span statements. */
export class TableWatch {
  /** When each place was taken by the record that is there. */
  readonly placed: PlaceMarks;
  /** When a rollback brought a record back to a place. */
  private readonly returned: PlaceMarks;
  /** For each index that was scanned: when the row at each place got its key. */
  private readonly keyed: Array<PlaceMarks | null> = new Array<PlaceMarks | null>();
  /** For each of them what became of its leaves. */
  private readonly histories: Array<LeafHistory | null> = new Array<LeafHistory | null>();
  /** From which moment on `placed`, and each of `keyed` and `histories`, tell everything. */
  private readonly keyedSince: Array<u32> = new Array<u32>();
  private placedSince: u32;
  /** Scans that began until then can't go on. */
  lostUntil: u32 = 0;
  /** Grows with each note. */
  notes: u32 = 0;

  constructor(
    private readonly watch: ScanWatch,
    readonly fingerprint: u64,
    slotAlignment: u32,
    indexCount: i32,
  ) {
    const returned = watch.newMarks(slotAlignment);
    this.returned = returned;
    this.placed = watch.newMarks(slotAlignment, returned);
    this.placedSince = watch.now();
    for (let i = 0; i < indexCount; i++) {
      this.keyed.push(null);
      this.histories.push(null);
      this.keyedSince.push(0);
    }
  }

  /** Whether it is of a table like this: one that was dropped and made anew may have other slots and indexes. */
  fits(slotAlignment: u32, indexCount: i32): bool {
    return this.placed.slotAlignment == slotAlignment && this.keyed.length == indexCount;
  }

  /** When the place at `address` got what is there, be it by a rollback. */
  changed(address: RecordAddress): u32 {
    return max(this.placed.get(address), this.returned.get(address));
  }

  /** The moment it is, for scans under way. */
  now(): u32 {
    return this.watch.now();
  }

  /** The marks of an index's keys; null for the order of records. */
  marksOf(position: i32): PlaceMarks | null {
    return position < 0 ? null : this.keyed[position];
  }

  /** What became of an index's leaves since it was scanned first; null for one that never was. */
  historyOf(position: i32): LeafHistory | null {
    return this.histories[position];
  }

  /** Begins a scan by index number `position`, or of the records when it is below 0: its start. */
  begin(position: i32): u32 {
    const now = this.watch.begin();
    if (position >= 0 && !this.keyed[position]) {
      this.keyed[position] = this.watch.newMarks(this.placed.slotAlignment);
      this.histories[position] = this.watch.newHistory();
      this.keyedSince[position] = now;
    }
    return now;
  }

  /** Whether everything is known that a scan wants that began at `since`. It is not when that was in another session. */
  knows(position: i32, since: u32): bool {
    if (since < this.placedSince || since > this.watch.now()) return false;
    return position < 0 || (this.keyed[position] !== null && since >= this.keyedSince[position]);
  }

  /** `OK`, or `SCAN_OUTDATED` for a scan that began at `since` and can't go on. */
  check(since: u32): Status {
    if (this.watch.isOver(since)) {
      return fail(SCAN_OUTDATED, "the scan began behind changes that were rolled back, and can't go on", "begin it anew");
    }
    if (since > this.lostUntil) return OK;
    const what = "the scan can't go on: since its start the table was dropped, or more was rolled back than is remembered";
    return fail(SCAN_OUTDATED, what, "begin it anew");
  }

  /** Ends all scans that are under way. */
  lose(): void {
    this.lostUntil = this.watch.now();
    this.watch.pass();
  }

  /** A record was put at `address`. */
  added(address: RecordAddress): void {
    this.mark(this.placed, address, this.watch.noteNow());
    for (let i = 0; i < this.keyed.length; i++) {
      const keyed = this.keyed[i];
      if (keyed) this.mark(keyed, address, this.watch.noteNow());
    }
  }

  /** The record at `address` is about to go. */
  left(address: RecordAddress): void {
    this.notes += 1;
    this.watch.keep(this.placed, address);
    for (let i = 0; i < this.keyed.length; i++) {
      const keyed = this.keyed[i];
      if (keyed) this.watch.keep(keyed, address);
    }
  }

  /** The row whose record was at `from` got another key in index number `position`, and is at `to` now. */
  rekeyed(position: i32, from: RecordAddress, to: RecordAddress): void {
    const keyed = this.keyed[position];
    if (!keyed) return;
    if (from == to) this.watch.keep(keyed, to);
    this.mark(keyed, to, this.watch.noteNow());
  }

  /** The row whose record was at `from` is at `to` now; `rekeyed` tells of keys that are others. */
  moved(from: RecordAddress, to: RecordAddress): void {
    this.mark(this.placed, to, this.watch.noteNow());
    for (let i = 0; i < this.keyed.length; i++) {
      const keyed = this.keyed[i];
      if (keyed) this.mark(keyed, to, keyed.get(from));
    }
  }

  private mark(marks: PlaceMarks, address: RecordAddress, moment: u32): void {
    this.notes += 1;
    if (!marks.set(address, moment)) this.lose();
  }
}

/** The watched tables of a store. */
export class ScanWatch extends StateKeeper {
  private readonly tables: Array<TableWatch> = new Array<TableWatch>();
  /** All marks, by the numbers that former ones have. */
  private readonly marks: Array<PlaceMarks> = new Array<PlaceMarks>();
  /** For each of them those that note when a rollback brings one of them back; or null. */
  private readonly returned: Array<PlaceMarks | null> = new Array<PlaceMarks | null>();
  private readonly histories: Array<LeafHistory> = new Array<LeafHistory>();
  /** Former marks, and how many bytes of them were given up. */
  private readonly former: ByteBuffer = new ByteBuffer(64);
  private givenUp: u64 = 0;
  /** Where the list was when the transaction began, and when that was. */
  private start: u64 = 0;
  private startMoment: u32 = 1;
  private moment: u32 = 1;
  /** When the last scan began. */
  private lastBegun: u32 = 0;
  /** Spans of time that were taken back though scans began in them: behind which moment, until which one, and so on. */
  private readonly spans: Array<u32> = new Array<u32>();
  private hasNotes: bool = false;

  /** The moment it is. What is noted from here on is later. */
  now(): u32 {
    if (this.hasNotes) {
      this.hasNotes = false;
      this.moment += 1;
    }
    return this.moment;
  }

  /** Lets the moment be over: something is about to change. */
  @inline pass(): void {
    this.hasNotes = true;
  }

  /** A scan begins: when. */
  begin(): u32 {
    this.lastBegun = this.now();
    return this.lastBegun;
  }

  /** Whether a scan began in a span of time that was taken back. */
  isOver(since: u32): bool {
    for (let i = 0; i < this.spans.length; i += 2) {
      if (since > this.spans[i] && since <= this.spans[i + 1]) return true;
    }
    return false;
  }

  /** What happened behind `moment` was taken back: scans that began there are over. */
  endSince(moment: u32): void {
    if (this.lastBegun <= moment) return;
    // Scans that begin from here on are none of them.
    this.pass();
    const spans = this.spans;
    // Ends grow: a span that reaches into the new one is a part of it, or its start.
    while (spans.length > 0 && spans[spans.length - 1] > moment) {
      spans.pop();
      moment = min(moment, spans.pop());
    }
    spans.push(moment);
    spans.push(this.lastBegun);
    // With too many, what was between the oldest two goes with them.
    if (spans.length > MOST_SPANS << 1) spans.splice(1, 2);
  }

  /** The moment of what is noted now. */
  @inline noteNow(): u32 {
    this.hasNotes = true;
    return this.moment + 1;
  }

  /** Marks whose returns are noted in `returned`. */
  newMarks(slotAlignment: u32, returned: PlaceMarks | null = null): PlaceMarks {
    const marks = new PlaceMarks(slotAlignment, this.marks.length);
    this.marks.push(marks);
    this.returned.push(returned);
    return marks;
  }

  newHistory(): LeafHistory {
    const history = new LeafHistory(this, this.histories.length);
    this.histories.push(history);
    return history;
  }

  /** The watch of the table with that fingerprint, which has `indexCount` indexes; null when there is none. */
  find(fingerprint: u64, slotAlignment: u32, indexCount: i32): TableWatch | null {
    for (let i = 0; i < this.tables.length; i++) {
      const known = this.tables[i];
      if (known.fingerprint == fingerprint && known.fits(slotAlignment, indexCount)) return known;
    }
    return null;
  }

  /** The same; one that is made if there is none. */
  of(fingerprint: u64, slotAlignment: u32, indexCount: i32): TableWatch {
    const known = this.find(fingerprint, slotAlignment, indexCount);
    if (known) return known;
    const made = new TableWatch(this, fingerprint, slotAlignment, indexCount);
    // What was under way in a table of that name that is gone does not go on in this one.
    for (let i = 0; i < this.tables.length; i++) {
      if (this.tables[i].fingerprint == fingerprint) made.lostUntil = max(made.lostUntil, this.tables[i].lostUntil);
    }
    this.tables.push(made);
    return made;
  }

  // ---- what a rollback brings back ----

  /** Where in the list of former marks what comes next will be. */
  get mark(): u64 {
    return this.givenUp + this.former.len;
  }

  /** Keeps the mark of a place that is about to get another one. */
  keep(marks: PlaceMarks, address: RecordAddress): void {
    this.keepFormer(address, marks.get(address), marks.number);
  }

  /** Keeps the state of an index that is about to get into another one. */
  keepState(history: LeafHistory, state: u32): void {
    this.keepFormer(0, state, history.number | IS_STATE);
  }

  private keepFormer(address: RecordAddress, what: u32, number: u32): void {
    const former = this.former;
    if (former.len >= MOST_FORMER) {
      this.givenUp += former.len;
      former.reset();
    }
    former.addU64(address);
    former.addU32(what);
    former.addU32(number);
  }

  /** Everything since `mark` was taken back, which was made at `moment`. */
  takeBack(mark: u64, moment: u32): void {
    this.endSince(moment);
    const former = this.former;
    let isLost = mark < this.givenUp;
    const end: u32 = isLost ? 0 : <u32>(mark - this.givenUp);
    while (former.len > end) {
      former.len -= FORMER_SIZE;
      const at = former.ptr + former.len;
      const address = load<u64>(at);
      const number = load<u32>(at, 12);
      if ((number & IS_STATE) != 0) {
        this.histories[number ^ IS_STATE].state = load<u32>(at, 8);
        continue;
      }
      const returned = this.returned[number];
      this.marks[number].set(address, load<u32>(at, 8));
      if (returned && !returned.set(address, this.noteNow())) isLost = true;
    }
    for (let i = 0; i < this.tables.length; i++) {
      this.tables[i].notes += 1;
      if (isLost) this.tables[i].lose();
    }
  }

  /** The whole transaction was taken back. */
  takeBackAll(): void {
    this.takeBack(this.start, this.startMoment);
  }

  /** A transaction begins: nothing of the one before will be taken back. */
  beginTransaction(): void {
    this.givenUp += this.former.len;
    this.former.reset();
    this.start = this.givenUp;
    this.startMoment = this.now();
  }

  /** Gives the memory back. */
  free(): void {
    for (let i = 0; i < this.marks.length; i++) this.marks[i].free();
    for (let i = 0; i < this.histories.length; i++) this.histories[i].free();
    this.former.free();
  }
}
