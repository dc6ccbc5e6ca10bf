/**
 * Many changes of one tree, in the order of its entries: each leaf is looked for once, and its bytes move once, for all that concerns it.
 */
import { Status, OK, OUT_OF_MEMORY, fail, lastError } from "../status";
import { bytesEqual } from "../encode/bytes";
import { compareKeys, compareKeyToProbe, hasNull } from "../encode/key";
import { Frame } from "../memory/cache/page-cache";
import { Splices } from "../memory/base/splices";
import { MAX_PAYLOAD } from "../memory/pages/undo-list";
import { NO_ADDRESS } from "../table/page-ledger";
import { EntryChange, changeAt } from "./entry-change";
import { insertIntoTree } from "./insert";
import { IndexTree } from "./index-tree";
import { LEAF_ENTRY, entryCount, entryKey, entryKeyLen, entryOffset, leafAddress, searchLeafFrom, spliceEntries } from "./node";
import { NOT_MOVED, moveEntry } from "./move";
import { findEntry, removeAtPath } from "./remove";
import { isEntry } from "./tree-cursor";

/** After `applyChanges` of unverified additions: the change with the lowest tag whose key another entry has, and that was left out. */
export let conflicting: EntryChange | null = null;

/**
 * A sorted list of changes. Those of one entry that take each other back are left out. Of a `unique` index an entry that goes is in front
 * of the one that comes with its key: were the leaf split between the two, the one that stays would be where lookups do not go. (Keys with
 * a null are none that are looked for like that: any number of rows may have them.)
 */
class NetChanges {
  /** The one that is next; null at the end. */
  current: EntryChange | null = null;
  /** The one behind it, if that is known already. */
  private held: EntryChange | null = null;
  private behind: u32 = 0;

  constructor(
    private readonly list: usize,
    private readonly count: u32,
    private readonly unique: bool,
  ) {
    this.advance();
  }

  advance(): void {
    const current = this.held ? this.held : this.take();
    this.current = current;
    this.held = null;
    if (!this.unique || !current || current.removes) return;
    const after = this.take();
    this.held = after;
    if (!after || !after.removes || !hasSameKey(current, after) || hasNull(current.key)) return;
    this.current = after;
    this.held = current;
  }

  /** The one behind `current`, or null. */
  peek(): EntryChange | null {
    if (!this.held) this.held = this.take();
    return this.held;
  }

  /** The next one of the list that counts, or null. */
  private take(): EntryChange | null {
    while (this.behind < this.count) {
      const first = changeAt(this.list, this.behind++);
      let last = first;
      while (this.behind < this.count && isSameEntry(first, changeAt(this.list, this.behind))) {
        last = changeAt(this.list, this.behind++);
      }
      if (first.removes == last.removes) return last;
    }
    return null;
  }
}


@inline
function hasSameKey(a: EntryChange, b: EntryChange): bool {
  return a.rank == b.rank && (a.exact || compareKeys(a.key, b.key) == 0);
}


@inline
function isSameEntry(a: EntryChange, b: EntryChange): bool {
  // Equal keys of other bytes are other entries: the last one's are to be in the tree.
  return a.address == b.address && a.rank == b.rank && (a.exact || bytesEqual(a.key, a.keyLen, b.key, b.keyLen));
}

/**
 * Carries out the `count` changes of the list at `list`, of a `unique` index or another. It is sorted by record; or by time, where all are
 * additions that are `unverified`: then one whose key is there already is left out and may become `conflicting`, unless the key has a
 * null. Those are sorted by record in any case. Unless all of it is to be `undoable`, the undo list is cut where it grows long. `DAMAGED`
 * when an entry that is to go is not there.
 */
export function applyChanges(tree: IndexTree, list: usize, count: u32, unique: bool, unverified: bool, undoable: bool): Status {
  conflicting = null;
  const splices = new Splices();
  const changes = new NetChanges(list, count, unique && !unverified);
  let status = splices.isUsable ? OK : fail(OUT_OF_MEMORY, "no memory to change an index in");
  while (status == OK && changes.current) {
    status = applyToLeaf(tree, changes, unverified, splices);
    if (!undoable) tree.access.manager.statementDone();
  }
  splices.free();
  return status;
}

/** Carries out the next changes as far as one leaf goes, at least one. */
function applyToLeaf(tree: IndexTree, changes: NetChanges, unverified: bool, splices: Splices): Status {
  const path = tree.path;
  const first = changes.current!;
  if (first.removes) {
    const status = findEntry(tree, first.key, first.address);
    if (status != OK) return status;
  } else if (!path.descend(first.key, true, isLate(first, unverified) ? NO_ADDRESS : first.address)) return path.status;
  let frame = path.leaf();
  if (!frame) return lastError.status;
  const count = entryCount(frame);
  let added: i32 = 0;
  let slot = path.slot;
  let only: EntryChange | null = null;
  let lastAdded: EntryChange | null = null;
  splices.start(frame.used);
  for (let change = changes.current; change && splices.count < splices.capacity; change = changes.current) {
    const late = isLate(change, unverified);
    if (change !== first) {
      slot = searchLeafFrom(frame, slot, change.key, late ? NO_ADDRESS : change.address);
      if (change.removes) {
        if (!isEntry(frame, slot, change.key, change.address)) break;
      } else if (slot == count) {
        if (!path.endsAbove(change.key)) break;
        // That looked at other pages.
        frame = path.leaf();
        if (!frame) return lastError.status;
      }
    }
    const moved = unverified ? NOT_MOVED : moveHere(tree, frame, slot, change, changes.peek());
    if (moved != NOT_MOVED) {
      tree.noteChange();
      if (moved != OK) return moved;
      changes.advance();
      changes.advance();
      continue;
    }
    const at = slot < count ? entryOffset(frame, slot) : frame.used;
    const place = slot;
    if (change.removes) {
      const len = LEAF_ENTRY + entryKeyLen(frame, slot);
      if (len > MAX_PAYLOAD || <i32>count + added == 1) break;
      splices.remove(at, len);
      added -= 1;
      slot += 1;
    } else if (late && isTaken(frame, slot, change, lastAdded)) {
      const known = conflicting;
      if (!known || change.tag < known.tag) conflicting = change;
      changes.advance();
      continue;
    } else {
      if (count == 0 || change.entryLen > MAX_PAYLOAD || !splices.hasRoom(change.entryLen)) break;
      splices.insert(at, change.entry, change.entryLen);
      added += 1;
      lastAdded = change;
    }
    if (splices.count == 1) {
      only = change;
      path.slot = place;
    }
    // off: splices
    changes.advance();
  }
  if (splices.count > 1) {
    tree.noteChange();
    return spliceEntries(tree.access, frame, splices, added);
  }
  if (only) return applyAtPath(tree, only);
  if (changes.current !== first) return OK;
  // It splits the leaf, or empties it.
  changes.advance();
  return applyAtPath(tree, first);
}

/** Whether it is still to be found out if the key of an addition, one of many that are `unverified`, is there already. */
@inline
function isLate(change: EntryChange, unverified: bool): bool {
  return unverified && !hasNull(change.key);
}

/** If of two changes that follow each other one removes the entry at `slot`, and the other adds one with its key, moves the entry. */
function moveHere(tree: IndexTree, frame: Frame, slot: u32, change: EntryChange, next: EntryChange | null): Status {
  if (!next || change.removes == next.removes || !bytesEqual(change.key, change.keyLen, next.key, next.keyLen)) return NOT_MOVED;
  const gone = change.removes ? change : next;
  const to = change.removes ? next.address : change.address;
  if (slot >= entryCount(frame) || leafAddress(frame, slot) != gone.address) return NOT_MOVED;
  return moveEntry(tree.access, frame, slot, change.key, change.keyLen, to);
}

/** Whether the key of `change`, which goes to `slot`, is there already, or is that of the addition before it. */
function isTaken(frame: Frame, slot: u32, change: EntryChange, before: EntryChange | null): bool {
  if (before && compareKeys(before.key, change.key) == 0) return true;
  return slot > 0 && compareKeyToProbe(entryKey(frame, slot - 1), change.key) == 0;
}

/** Carries out one change where the tree's path stands. */
function applyAtPath(tree: IndexTree, change: EntryChange): Status {
  if (!change.removes) return insertIntoTree(tree, change.key, change.keyLen, change.address, true);
  tree.noteChange();
  return removeAtPath(tree);
}
