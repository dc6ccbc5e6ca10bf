/** Rows that may come in any order: what they refer to is looked for again when all have come, or when many are open. */
import { Status, OK, BAD_REQUEST, fail, lastError } from "../status";
import { LaterReferences } from "./later-references";
import { Statements } from "./statements";
import { Store } from "./store";

export class AnyOrder {
  /** Rows that refer to others that have not come yet. */
  readonly later: LaterReferences = new LaterReferences();
  /** After `check`: the number of the first row for which what it refers to is not there; 0 for none. */
  broken: u64 = 0;

  constructor(
    private readonly store: Store,
    private readonly statements: Statements,
  ) {}

  /** Whether rows may come in any order now. */
  @inline get active(): bool {
    return this.later.active;
  }

  /** Rows may come in any order, with `outer` savepoints around that. False where that is so already. */
  begin(outer: i32): bool {
    if (this.later.active) return false;
    this.broken = 0;
    this.later.begin(outer);
    return true;
  }

  /** Ends what `begin` began, without a check. */
  end(): void {
    this.broken = 0;
    this.later.clear();
  }

  /** Row number `tag` of the running request comes. The first `kept` rows are older than the newest savepoint. */
  next(tag: u64, kept: u32): Status {
    const later = this.later;
    later.row = later.before + tag;
    return later.count < later.lookAt ? OK : this.settle(kept);
  }

  /** Forgets the rows behind the first `kept` that are settled by now. */
  private settle(kept: u32): Status {
    const later = this.later;
    const statements = this.statements;
    let status = OK;
    statements.mayRefer = true;
    for (let i = kept; i < later.count && status == OK; i++) {
      status = this.lookAgain(i);
      if (status == OK && statements.refersLater) later.move(i, kept++);
    }
    statements.mayRefer = false;
    if (status == OK) later.cutTo(kept);
    return status;
  }

  private lookAgain(i: u32): Status {
    const table = this.store.table(this.later.tableOf(i));
    return table ? this.statements.checkReferences(table, this.later.addressOf(i)) : lastError.status;
  }

  /** All rows have come: `OK` when what they refer to is there; else `broken` is the first row for which it is not. */
  check(): Status {
    const later = this.later;
    this.broken = 0;
    for (let i: u32 = 0; i < later.count; i++) {
      const status = this.lookAgain(i);
      if (status == OK) continue;
      this.broken = later.rowOf(i);
      return status;
    }
    later.cutTo(0);
    return OK;
  }

  /** The savepoint with `outer` others around it ends, and any order with it if it began inside: `OK` unless a reference is broken. */
  endInside(outer: i32): Status {
    if (!this.later.active || this.later.level < outer) return OK;
    const status = this.check();
    if (status == OK) this.later.clear();
    else lastError.what = "row " + this.broken.toString() + ": " + lastError.what;
    this.broken = 0;
    return status;
  }

  /** A statement's `count` rows have come, and others may follow: those are numbered on. */
  countRows(count: u64): void {
    if (this.later.active) this.later.before += count;
  }

  /** Everything is taken back to a savepoint with `outer` others around it, where `count` and `before` were these. */
  takeBack(count: u32, before: u64, outer: i32): void {
    const later = this.later;
    this.broken = 0;
    later.cutTo(count);
    later.before = before;
    if (outer < later.level) later.clear();
  }

  /** `OK` where rows may change or go: not while others that refer to them may still come. */
  mayChangeRows(): Status {
    if (!this.later.active) return OK;
    const what = "rows come in any order: nothing but insertions and reading until all are there";
    return fail(BAD_REQUEST, what, "commit or release first");
  }
}
