/**
 * `serve`: a request a line on standard input, a reply a line on standard output, until the input ends. A transaction that is open
 * then is rolled back.
 */
import { Status, OK, BAD_REQUEST, fail, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { isSpace } from "../../encode/json-space";
import { LONGEST_REQUEST, addError, handleRequest, refuseLongRequest } from "../../request/dispatcher";
import { tellNotices } from "../../request/notices";
import { Garbage, REQUEST_GARBAGE } from "../../request/garbage";
import { Session } from "../../request/session";
import { stdout, Input } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { openOrMakeStore } from "../command-line/made-store";
import { hasMark, refuseForeignBytes } from "../import/source-kind";

/** Bytes read at once. */
const READ_SIZE: u32 = 65536;

// Global, so that collecting garbage spares them: no frame's own variables count.
let session: Session | null = null;
let input: Input | null = null;
const lines: ByteBuffer = new ByteBuffer(READ_SIZE);
/** No line was looked at yet: what the input is that is no text in UTF-8 shows in its first one. */
let atStart: bool = true;
const garbage: Garbage = new Garbage();

export function runServe(ctx: CommandContext): Status {
  const status = openOrMakeStore(ctx);
  tellNotices();
  if (status != OK) return status;
  session = new Session(ctx.db);
  ctx.settled = true;
  input = Input.open("-");
  const served = input ? serveLines() : lastError.status;
  // What has no line that could be a request has its one reply.
  if (served == BAD_REQUEST) ctx.told = true;
  return served;
}

/** Reads and answers lines until the input ends or nobody reads the replies; `BAD_REQUEST` when it is found to be no lines of text. */
function serveLines(): Status {
  let searched: u32 = 0;
  let skipping = false;
  while (!stdout.closed) {
    const count = input!.read(lines.reserve(READ_SIZE), READ_SIZE);
    if (count < 0) return lastError.status;
    lines.len += count;
    let start: u32 = 0;
    for (;;) {
      const end = lineEnd(searched, lines.len);
      if (end == lines.len) break;
      const status = skipping ? OK : answer(lines.ptr + start, end - start);
      if (status != OK) return status;
      skipping = false;
      start = end + 1;
      searched = start;
    }
    if (count == 0) return skipping ? OK : answer(lines.ptr + start, lines.len - start);
    // What is left of the last line moves to the front.
    memory.copy(lines.ptr, lines.ptr + start, lines.len - start);
    lines.len -= start;
    if (lines.len > LONGEST_REQUEST && !skipping) {
      skipping = true;
      refuseLongRequest();
      const status = refuse();
      if (status != OK) return status;
    }
    if (skipping) lines.len = 0;
    searched = lines.len;
  }
  return OK;
}

/** The offset of the next line break from `offset` on, or `end`. */
function lineEnd(offset: u32, end: u32): u32 {
  const ptr = lines.ptr;
  while (offset < end && load<u8>(ptr + offset) != 10) offset += 1;
  return offset;
}

/** Answers one line; empty ones have no reply. A failure of the request is in its reply; not being able to reply is one of ours. */
function answer(ptr: usize, len: u32): Status {
  let blank = true;
  for (let i: u32 = 0; i < len && blank; i++) blank = isSpace(load<u8>(ptr + i));
  if (blank) return OK;
  if (atStart) {
    atStart = false;
    if (hasMark(ptr, len)) {
      fail(BAD_REQUEST, "the request starts with a byte-order mark", "leave it out: it is UTF-8 in any case");
      return refuse();
    }
    if (refuseForeignBytes(ptr, len, "standard input") != OK) {
      lastError.hint = "requests are JSON in UTF-8, one a line";
      const status = refuse();
      return status == OK ? BAD_REQUEST : status;
    }
  }
  handleRequest(session!, ptr, len, stdout.buffer);
  stdout.buffer.addU8(10);
  const status = stdout.flush();
  if (garbage.add(REQUEST_GARBAGE)) {
    __collect();
    garbage.collected(session!.db.store.weight);
  }
  return status;
}

/** Replies with the last error to what is no request. */
function refuse(): Status {
  stdout.buffer.addU8(0x7b);
  addError(BAD_REQUEST, stdout.buffer);
  stdout.buffer.addU8(0x7d);
  stdout.buffer.addU8(10);
  return stdout.flush();
}
