/** Results that take more than one word, and the errors among them. */
import { lastError, errorMessage, statusName } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { errorKind } from "./error-kind";
import { results } from "./calls";
import { LIST_SIZE, LONG, WORD, result } from "./result-place";

/** `err` with the last error, in a result whose payload is at `at`: kind u8, code, message. */
export function failed(at: usize = WORD): usize {
  store<u8>(result, 1);
  const error = result + at;
  store<u8>(error, errorKind(lastError.status));
  lowerString(statusName(lastError.status), error + 4);
  lowerString(errorMessage(), error + 12);
  return result;
}

/** `ok` with an option of a u64. */
export function doneOption(isThere: bool, value: u64): usize {
  store<u8>(result, 0);
  store<u8>(result, u8(isThere), LONG);
  store<u64>(result, value, LONG + LONG);
  return result;
}

/** Writes a string's place to `to`. A lone surrogate becomes U+FFFD. */
export function lowerString(text: string, to: usize): void {
  const ptr = results.take(<u32>text.length * 3, 1);
  const len = String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, ptr, false, String.UTF8.ErrorMode.REPLACE);
  store<u32>(to, <u32>ptr);
  store<u32>(to, <u32>len, 4);
}

/** Writes the place of a list of strings to `to`. */
export function lowerStrings(texts: Array<string>, to: usize): void {
  const list = results.take(<u32>texts.length * LIST_SIZE, 4);
  for (let i = 0; i < texts.length; i++) lowerString(texts[i], list + <usize>i * LIST_SIZE);
  store<u32>(to, <u32>list);
  store<u32>(to, texts.length, 4);
}

/** The string whose place is at `at`. */
@inline
export function liftString(at: usize): string {
  return String.UTF8.decodeUnsafe(load<u32>(at), load<u32>(at, 4));
}

/** The strings of the list at `list`. */
export function liftStrings(list: usize, count: u32): Array<string> {
  const texts = new Array<string>(count);
  for (let i: u32 = 0; i < count; i++) texts[i] = liftString(list + i * LIST_SIZE);
  return texts;
}

/** A reply that has grown beyond this many bytes is given back by the next one. */
const KEPT_REPLY_BYTES: u32 = 1 << 20;

let reply: ByteBuffer = new ByteBuffer(4096);

/** Where the reply to a request is put together. */
export function emptyReply(): ByteBuffer {
  reply.reset();
  if (reply.capacityBytes > KEPT_REPLY_BYTES) {
    reply.free();
    reply = new ByteBuffer(4096);
  }
  return reply;
}
