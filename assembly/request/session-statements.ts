/** Statements of a session's requests that later requests go on with: prepared ones, and those whose rows are given in pages. */
import { BAD_REQUEST, SCAN_OUTDATED, SQL_LIMIT, Status, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addHex, parseHex } from "../encode/uuid";
import { OpenStatement } from "./open-statement";
import { KeptParts, Session } from "./session";

/** So many may be prepared at a time. */
const MOST_PREPARED: i32 = 256;
/** So many may have given rows that others follow: each keeps what its run needs. */
const MOST_UNDER_WAY: i32 = 16;

/** So many others are kept with their plans for a request with the same text, if that has no more than so many bytes. */
const MOST_IDLE: i32 = 32;
const LONGEST_IDLE: u32 = 4096;

/** A token: the statement's number u32, and the number of its page u32. */
const TOKEN_BYTES: u32 = 8;

export class KeptStatement {
  /** Pages that its runs have given: a token of an earlier one is none any more. */
  private page: u32 = 0;

  /** No other statement's of the session that is prepared or under way; 0 for one that is neither yet. */
  number: u32 = 0;

  constructor(
    readonly statement: OpenStatement,
    readonly isPrepared: bool = false,
  ) {}

  /** Appends the token that stands for the rows behind those that were just given. */
  addToken(out: ByteBuffer): void {
    const token = memory.data(8, 4);
    this.page += 1;
    store<u32>(token, this.number);
    store<u32>(token, this.page, 4);
    addHex(token, TOKEN_BYTES, out);
  }

  /** Whether the last token is the one of this page. */
  isAt(page: u32): bool {
    return this.statement.isBetween && this.page == page;
  }
}

export class SessionStatements extends KeptParts {
  private readonly prepared: Array<KeptStatement> = new Array<KeptStatement>();
  /** Those that have given rows which others follow; what was asked for last is the last one. */
  private readonly underWay: Array<KeptStatement> = new Array<KeptStatement>();
  /** Those that have ended; what was used last is the last one. */
  private readonly idle: Array<KeptStatement> = new Array<KeptStatement>();
  /** The last number of a prepared one, and of another one, which has its highest bit set. */
  private lastPrepared: u32 = 0;
  private lastOther: u32 = 0x80000000;

  /** The session's. */
  static of(session: Session): SessionStatements {
    const known = session.statements;
    if (known) return known as SessionStatements;
    const made = new SessionStatements();
    session.statements = made;
    return made;
  }

  /** Keeps a statement that was prepared; null with `SQL_LIMIT` when there are too many. */
  prepare(statement: OpenStatement): KeptStatement | null {
    if (this.prepared.length == MOST_PREPARED) {
      fail(SQL_LIMIT, MOST_PREPARED.toString() + " statements are prepared, which is the most", "finalize some");
      return null;
    }
    const kept = this.number(new KeptStatement(statement, true));
    this.prepared.push(kept);
    return kept;
  }

  /** Gives a statement a number, unless it has one. */
  number(kept: KeptStatement): KeptStatement {
    if (kept.number == 0) kept.number = kept.isPrepared ? ++this.lastPrepared : ++this.lastOther;
    return kept;
  }

  /** The prepared one of this number; null with `BAD_REQUEST`. */
  find(number: i64): KeptStatement | null {
    for (let i = 0; i < this.prepared.length; i++) if (this.prepared[i].number == number) return this.prepared[i];
    fail(BAD_REQUEST, "no statement " + number.toString() + " is prepared", "prepare tells its number");
    return null;
  }

  /** The one that goes on behind the token in `len` bytes at `ptr`; null with `BAD_REQUEST` or `SCAN_OUTDATED`. */
  behind(ptr: usize, len: u32): KeptStatement | null {
    const token = memory.data(8, 4);
    if (len != TOKEN_BYTES * 2 || !parseHex(ptr, len, token)) {
      noToken();
      return null;
    }
    const number = load<u32>(token);
    for (let i = 0; i < this.underWay.length; i++) {
      const kept = this.underWay[i];
      if (kept.number == number && kept.isAt(load<u32>(token, 4))) return kept;
    }
    const what = "there are no rows behind this token any more: they were given, or " + MOST_UNDER_WAY.toString();
    fail(SCAN_OUTDATED, what + " later statements are under way, or it is of another session", "run the statement anew");
    return null;
  }

  /** Takes note of whether rows of a statement were given and others follow, and gives back what is of no more use. */
  settle(kept: KeptStatement): void {
    const underWay = this.underWay;
    const at = underWay.indexOf(kept);
    if (at >= 0) underWay.splice(at, 1);
    if (!kept.statement.isBetween) return this.release(kept);
    underWay.push(kept);
    if (underWay.length > MOST_UNDER_WAY) this.release(underWay.shift());
  }

  /** One that has ended, and whose text is the `len` bytes at `ptr`: it is in use until it is settled. Null when there is none. */
  takeIdle(ptr: usize, len: u32): KeptStatement | null {
    const idle = this.idle;
    for (let i = 0; i < idle.length; i++) {
      if (!idle[i].statement.isOf(ptr, len)) continue;
      const kept = idle[i];
      idle.splice(i, 1);
      return kept;
    }
    return null;
  }

  /** Ends a statement's run, and the statement, unless it was prepared or may be asked for again. */
  private release(kept: KeptStatement): void {
    const statement = kept.statement;
    if (!kept.isPrepared && (!statement.statement.isRepeated || statement.textLength > LONGEST_IDLE)) return statement.free();
    statement.reset();
    if (kept.isPrepared) return;
    this.idle.push(kept);
    if (this.idle.length > MOST_IDLE) this.idle.shift().statement.free();
  }

  /** Forgets a prepared one. */
  finalize(kept: KeptStatement): void {
    this.prepared.splice(this.prepared.indexOf(kept), 1);
    const at = this.underWay.indexOf(kept);
    if (at >= 0) this.underWay.splice(at, 1);
    kept.statement.free();
  }

  free(): void {
    while (this.underWay.length > 0) this.release(this.underWay.pop());
    while (this.prepared.length > 0) this.prepared.pop().statement.free();
    while (this.idle.length > 0) this.idle.pop().statement.free();
  }
}

/** Fails for a token that is none of the statement that it comes with. */
export function noToken(): Status {
  return fail(BAD_REQUEST, "after is no token of this statement", "take it from the reply before, and repeat its other fields");
}
