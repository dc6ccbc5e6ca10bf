/**
 * The bytes of an import: a window over standard input or a file, which readers look at in place.
 *
 *     base ...... start (the row being read) ...... end (what was read so far) ...... base + capacity
 *
 * The window holds at least the row being read; `more` moves that row to the front and may move the whole window. A source can be
 * read twice: a file is opened again, standard input is kept up to `SPOOL_LIMIT`. What is no UTF-8 is decoded on the way in.
 */
import { Status, OK, RECORD_TOO_LARGE, fail, lastError } from "../../status";
import { Input } from "../../wasi/stdio";
import { Decoder, LONGEST_CHARACTER } from "./decoder";

/** Most bytes of one row of a source. */
const ROW_LIMIT: u32 = 16 << 20;
/** What of standard input is kept to find the types from. */
const SPOOL_LIMIT: u32 = 16 << 20;
/** The window's size at first. */
const WINDOW: u32 = 256 << 10;
/** Bytes from which is found out how a source is written. */
export const HEAD: u32 = 64 << 10;
/** Bytes that are read at once to be decoded. */
const RAW: u32 = 64 << 10;

/** Puts the line before what was wrong in it: `status`. */
export function atLine(line: u64, status: Status): Status {
  const what = lastError.what;
  lastError.what = "line " + line.toString() + (what.startsWith("column ") ? ", " : ": ") + what;
  return status;
}

export class ByteSource {
  /** The row being read starts here; readers move it on. */
  start: usize;
  /** What was read ends here. */
  end: usize;
  /** Nothing comes behind `end`. */
  ended: bool = false;
  status: Status = OK;
  /** Only the kept part is read: `more` stops at its end. */
  private sampling: bool = false;
  /** Bytes read from the input, as UTF-8. */
  private bytesRead: u64 = 0;
  private decoder: Decoder | null = null;
  /** The window's end while readers see no more than its head. */
  private endBehindHead: usize = 0;
  private samplingBehindHead: bool = false;
  private base: usize;
  private capacity: u32 = WINDOW;

  private constructor(
    readonly path: string,
    private input: Input,
  ) {
    this.base = heap.alloc(WINDOW);
    this.start = this.base;
    this.end = this.base;
  }

  /** Opens `path`, `-` being standard input; null on failure. */
  static open(path: string): ByteSource | null {
    const input = Input.open(path);
    return input ? new ByteSource(path, input) : null;
  }

  /** What messages call the source. */
  get name(): string {
    return this.path == "-" ? "standard input" : this.path;
  }

  /** Bytes of the source, -1 when that is not known. */
  get size(): i64 {
    return this.ended ? <i64>this.bytesRead : this.decoder ? -1 : this.input.size();
  }

  /** Bytes before `start`. */
  get position(): u64 {
    return this.bytesRead - <u64>(this.end - this.start);
  }

  /** Bytes in the window from `start` on. */
  @inline get available(): u32 {
    return <u32>(this.end - this.start);
  }

  /**
   * Reads more behind `end`, keeping what is there from `start` on, which then lies elsewhere. False at the end of the source (or of the
   * kept part), and on failure, when `status` is not `OK`.
   */
  more(): bool {
    if (this.ended || this.sampling || this.status != OK) return false;
    const kept = this.available;
    if (this.start != this.base) {
      memory.copy(this.base, this.start, kept);
      this.start = this.base;
      this.end = this.base + kept;
    }
    if (this.capacity - kept < (this.decoder ? LONGEST_CHARACTER : 1)) {
      if (kept >= ROW_LIMIT) {
        this.status = fail(RECORD_TOO_LARGE, "a row of " + this.name + " is longer than 16 MiB");
        return false;
      }
      this.grow(this.capacity << 1);
    }
    return this.readSome();
  }

  /** Reads until `len` bytes are in the window, or the source ends. */
  need(len: u32): void {
    while (this.available < len && this.more()) {}
  }

  /** Skips a byte order mark at the source's start. */
  skipMark(): void {
    this.need(3);
    if (this.available > 2 && load<u16>(this.start) == 0xbbef && load<u8>(this.start, 2) == 0xbf) this.start += 3;
  }

  /** What comes from `start` on is text that `decoder` makes UTF-8: to be called before anything is taken. */
  decodeWith(decoder: Decoder): void {
    const raw = this.available;
    memory.copy(decoder.room(raw), this.start, raw);
    decoder.put(raw);
    this.end = this.start;
    this.bytesRead -= raw;
    // What follows the bytes that are to be decoded is found out anew: reading at the end of a source again gives nothing again.
    this.ended = false;
    this.decoder = decoder;
  }

  /** Lets readers see the next `HEAD` bytes alone, as a sample, until `endHead`; `start` may have moved. */
  beginHead(): void {
    this.need(HEAD);
    this.endBehindHead = this.end;
    this.samplingBehindHead = this.sampling;
    if (this.available > HEAD) this.end = this.start + HEAD;
    this.sampling = this.sampling || !this.ended || this.end < this.endBehindHead;
  }

  /** Goes back to `start`, where it was behind `beginHead`. */
  endHead(start: usize): void {
    this.start = start;
    this.end = this.endBehindHead;
    this.sampling = this.samplingBehindHead;
  }

  private grow(capacity: u32): void {
    const kept = this.available;
    const base = heap.alloc(capacity);
    memory.copy(base, this.start, kept);
    heap.free(this.base);
    this.base = base;
    this.capacity = capacity;
    this.start = base;
    this.end = base + kept;
  }

  private readSome(): bool {
    const decoder = this.decoder;
    if (decoder) return this.decodeSome(decoder);
    const count = this.input.read(this.end, this.capacity - <u32>(this.end - this.base));
    if (count < 0) this.status = lastError.status;
    else if (count == 0) this.ended = true;
    if (count <= 0) return false;
    this.end += count;
    this.bytesRead += count;
    return true;
  }

  private decodeSome(decoder: Decoder): bool {
    for (;;) {
      const room = this.capacity - <u32>(this.end - this.base);
      const count = decoder.decode(this.end, room);
      this.end += count;
      this.bytesRead += count;
      if (count > 0) return true;
      this.status = decoder.status;
      if (this.status != OK || room < LONGEST_CHARACTER) return false;
      const read = this.input.read(decoder.room(RAW), RAW);
      if (read > 0) {
        decoder.put(read);
        continue;
      }
      if (read < 0) this.status = lastError.status;
      else if (decoder.hasRest) decoder.bad();
      if (decoder.status != OK) this.status = decoder.status;
      this.ended = true;
      return false;
    }
    return false; // never reached, but the compiler cannot tell
  }

  /** Gets ready for a first reading, to find out what is there, before anything is read: `endSample` goes back to the start. */
  beginSample(): Status {
    if (this.path != "-") return OK;
    if (this.capacity < SPOOL_LIMIT) this.grow(SPOOL_LIMIT);
    while (this.end - this.base < SPOOL_LIMIT && this.readSome()) {}
    this.sampling = !this.ended;
    return this.status;
  }

  /** Whether the sample is cut off: what is behind it is not known. */
  get isCut(): bool {
    return this.sampling;
  }

  /** Goes back to the start of the source, and reads what is behind the sample, too, from now on. */
  endSample(): Status {
    this.sampling = false;
    return this.rewind();
  }

  /** Goes back to the start of the source, between `beginSample` and `endSample`. */
  rewind(): Status {
    this.start = this.base;
    // All that was read is in the window still: what is kept of standard input always is.
    if (this.bytesRead == <u64>(this.end - this.base)) return OK;
    this.input.close();
    const input = Input.open(this.path);
    if (!input) return lastError.status;
    this.input = input;
    const decoder = this.decoder;
    if (decoder) decoder.reset();
    this.end = this.base;
    this.bytesRead = 0;
    this.ended = false;
    return OK;
  }

  close(): void {
    this.input.close();
    heap.free(this.base);
    this.base = 0;
    this.start = 0;
    this.end = 0;
  }
}
