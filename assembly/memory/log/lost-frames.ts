/**
 * What a log has behind its first bad frame.
 *
 * A frame's checksum goes on from that of the frame before it, which stands in that frame's header. So a frame behind a bad one can still
 * be told for one of this log and this generation: a single flipped bit leaves the bad frame's checksum, or lets it be made anew. A commit
 * there means that a later write got through: the bad frame is no write that a crash cut short, unless both were not synced yet.
 * Frames of an earlier generation, which are what is usually there, have another salt.
 */
import { LogFile } from "../file/log-file";
import { FRAME_COMMIT, FRAME_HEADER, FrameHeader, MAX_PAYLOAD_BYTES } from "../file/frame-header";
import { OK } from "../../status";

/** Bytes that are looked through at a time. */
const WINDOW: u32 = 1 << 18;
/** Bytes of payloads that are hashed at most: a log may be made of what looks like headers. */
const MOST_HASHED: i64 = 64 << 20;

/**
 * How many bytes there are from `bad`, where `log` has no valid frame, to the end of the last commit behind it; 0 when there is none.
 * `buffer` has room for `MAX_PAYLOAD_BYTES`. The log's place stays as it is.
 */
export function bytesBehind(log: LogFile, bad: u64, buffer: usize): u64 {
  if (bad + FRAME_HEADER > log.size) return 0;
  const search = new LostFrames(log, bad, buffer);
  const end = search.run();
  return end > bad && !search.isFrame(bad, search.sequence, search.chain) ? end - bad : 0;
}

class LostFrames {
  /** What the frame at `bad` should have. */
  readonly sequence: u64;
  readonly chain: u64;
  /** Two checksums that the frame behind the bad one may go on from: the one that stands there, and the one of what stands there. */
  private stored: u64 = 0;
  private computed: u64 = 0;
  /** Where a frame may have ended, and the checksum that the next one goes on from. */
  private ends: Map<u64, u64> = new Map<u64, u64>();
  private left: i64 = MOST_HASHED;
  private lastEnd: u64 = 0;

  constructor(
    private readonly log: LogFile,
    private readonly bad: u64,
    private readonly buffer: usize,
  ) {
    this.sequence = log.sequence;
    this.chain = log.chain;
  }

  /** Where the last commit ends that is valid. */
  run(): u64 {
    this.readBad();
    const window = heap.alloc(WINDOW);
    // The end of a window is looked at again, since a header may go on behind it.
    const step = WINDOW - FRAME_HEADER;
    for (let at = this.bad; at + FRAME_HEADER <= this.log.size && this.left > 0; at += step) {
      const len = <u32>min<u64>(WINDOW, this.log.size - at);
      if (this.log.read(at, window, len) != OK) break;
      for (let i: u32 = 0; i < step && i + FRAME_HEADER <= len; i += 8) this.look(at + i, window + i);
    }
    heap.free(window);
    this.log.sequence = this.sequence;
    this.log.chain = this.chain;
    return this.lastEnd;
  }

  private readBad(): void {
    const bytes = heap.alloc(FRAME_HEADER);
    if (this.log.read(this.bad, bytes, FRAME_HEADER) == OK) {
      const header = FrameHeader.at(bytes);
      const len = header.len;
      this.stored = header.checksum;
      const fits = len <= MAX_PAYLOAD_BYTES && this.bad + FRAME_HEADER + len <= this.log.size;
      if (fits && this.log.read(this.bad + FRAME_HEADER, this.buffer, len) == OK)
        this.computed = this.log.checksum(this.bad, header.kind, this.buffer, len);
    }
    heap.free(bytes);
  }

  /** Looks whether the header of a frame stands at `bytes`, which is at `offset` in the log. */
  private look(offset: u64, bytes: usize): void {
    const header = FrameHeader.at(bytes);
    const sequence = header.sequence;
    const next = header.nextOf(offset, this.log.size);
    if (next == 0) return;
    // Chunks of transactions that were rolled back have earlier numbers; more transactions than bytes there can't be.
    if (sequence < this.sequence || sequence - this.sequence > this.log.size) return;
    const chain = this.ends.has(offset) ? this.ends.get(offset) : this.stored;
    this.ends.set(next, header.checksum);
    if (header.kind != FRAME_COMMIT || offset == this.bad || this.left <= 0) return;
    if (!this.isFrame(offset, sequence, chain) && !this.isFrame(offset, sequence, this.computed)) return;
    this.lastEnd = next;
  }

  /** Whether the frame at `offset` is valid behind one with the checksum `chain`. */
  isFrame(offset: u64, sequence: u64, chain: u64): bool {
    this.log.sequence = sequence;
    this.log.chain = chain;
    const next = this.log.readFrame(offset, this.buffer);
    this.left -= <i64>FRAME_HEADER + this.log.len;
    this.log.sequence = this.sequence;
    this.log.chain = this.chain;
    return next > 1;
  }
}
