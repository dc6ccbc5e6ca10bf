/**
 * What became of a tree's leaves, for scans that stand in one while statements change the tree.
 *
 * Entries of equal keys are in no order from leaf to leaf, so that a place among them is one in a leaf: behind the entry (key, address)
 * there, be it there still or not. Of the entries that stay none ever passes another one: leaves are only split and dropped. Each such
 * event leads to a new state of the tree, and a rollback back to an earlier one, from which other events lead on. A place that was noted
 * in one state is carried over to the present one along the events between the two.
 */
import { NO_PAGE } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { compareKeyToProbe } from "../encode/key";
import { RecordAddress } from "../table/page-ledger";

/** Bytes of an event without its key: the state before it u32, two leaves u32 each, an address u64. */
const EVENT_SIZE: u32 = 20;
/** Bytes of events that are kept. */
const MOST_BYTES: u32 = 1 << 20;
/** In front of and behind all entries of a key. */
const FIRST: RecordAddress = 0;
const LAST: RecordAddress = u64.MAX_VALUE;

/** Has states back that a rollback leads to. */
export abstract class StateKeeper {
  /** `history` is about to leave `state`. */
  abstract keepState(history: LeafHistory, state: u32): void;
}

export class LeafHistory {
  /** The tree's present state. Event number n led to state n. */
  state: u32 = 0;
  /** Where a place that was carried over is now. */
  leafPage: u32 = NO_PAGE;
  address: RecordAddress = FIRST;

  private readonly events: ByteBuffer = new ByteBuffer(64);
  /** Where in `events` each starts, and the number of the first. */
  private readonly starts: Array<u32> = new Array<u32>();
  private firstEvent: u32 = 1;

  constructor(
    private readonly keeper: StateKeeper,
    /** Its keeper's name for it. */
    readonly number: u32,
  ) {}

  /** Entries of leaf `left` from (`key`, `address`) on are in the new leaf `right` behind it now. */
  split(left: u32, right: u32, key: usize, keyLen: u32, address: RecordAddress): void {
    this.start(left, right, address);
    this.events.addBytes(key, keyLen);
  }

  /** The empty leaf `gone` is about to go; before and behind it are others, or `NO_PAGE`. Without any the root, `root`, becomes a leaf. */
  drop(gone: u32, before: u32, behind: u32, root: u32): void {
    if (behind != NO_PAGE) this.start(gone, behind, FIRST);
    else this.start(gone, before != NO_PAGE ? before : root, before != NO_PAGE ? LAST : FIRST);
  }

  private start(from: u32, to: u32, address: RecordAddress): void {
    const events = this.events;
    if (events.len > MOST_BYTES) {
      this.firstEvent += this.starts.length;
      this.starts.length = 0;
      events.reset();
    }
    this.keeper.keepState(this, this.state);
    this.starts.push(events.len);
    events.addU32(this.state);
    events.addU32(from);
    events.addU32(to);
    events.addU64(address);
    this.state = this.firstEvent + this.starts.length - 1;
  }

  private isKnown(event: u32): bool {
    return event >= this.firstEvent && event - this.firstEvent < <u32>this.starts.length;
  }

  private at(event: u32): usize {
    return this.events.ptr + this.starts[event - this.firstEvent];
  }

  /**
   * Carries over the place behind (`key`, `address`) in leaf `leafPage` from `state` to the present: `leafPage` and `address` then say
   * where it is. False when that is not remembered.
   */
  follow(state: u32, key: usize, address: RecordAddress, leafPage: u32): bool {
    this.leafPage = leafPage;
    this.address = address;
    const ahead = new Array<u32>();
    // The state before an event has a lower number: the higher one of two is not the one that both come from.
    let present = this.state;
    while (state != present) {
      const event = max(state, present);
      if (!this.isKnown(event)) return false;
      const before = load<u32>(this.at(event));
      if (event == present) {
        ahead.push(event);
        present = before;
      } else {
        this.takeBack(event);
        state = before;
      }
    }
    while (ahead.length > 0) this.goThrough(ahead.pop(), key);
    return true;
  }

  private takeBack(event: u32): void {
    const at = this.at(event);
    // A leaf that was dropped comes back with entries that come back, too. Places in its neighbour stay there.
    if (!this.isDrop(event) && load<u32>(at, 8) == this.leafPage) this.leafPage = load<u32>(at, 4);
  }

  private goThrough(event: u32, key: usize): void {
    const at = this.at(event);
    if (load<u32>(at, 4) != this.leafPage) return;
    const address = load<u64>(at, 12);
    if (this.isDrop(event)) this.address = address;
    else {
      const order = compareKeyToProbe(at + EVENT_SIZE, key);
      if (order > 0 || (order == 0 && address > this.address)) return;
    }
    this.leafPage = load<u32>(at, 8);
  }

  /** A drop has no key. */
  private isDrop(event: u32): bool {
    const next = event + 1;
    const end = this.isKnown(next) ? this.starts[next - this.firstEvent] : this.events.len;
    return end - this.starts[event - this.firstEvent] == EVENT_SIZE;
  }

  /** Gives the memory back. */
  free(): void {
    this.events.free();
  }
}
