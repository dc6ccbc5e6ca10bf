/** What our calls return, and the errors among them. */
import { WORD, done, result } from "../component/result-place";
import { arena } from "./calls";

/** `error` of `wasi:keyvalue/store`: case, and for `other` a string at 4. */
const ERROR_SIZE: usize = 12;
const CASE_NO_SUCH_STORE: u8 = 0;
const CASE_ACCESS_DENIED: u8 = 1;
const CASE_OTHER: u8 = 2;

/** `error` of `quire:db/types`: kind, and code and message as strings. */
const CODE: usize = 4;
const MESSAGE: usize = 12;
export const KIND_NOT_FOUND: u8 = 1;
const KIND_ACCESS_DENIED: u8 = 9;

/** The error that the call under way fails with. */
const failure: usize = memory.data(12, 4);

/** `ok` with an option of a list. */
export function doneOption(isThere: bool, ptr: usize, len: u32): usize {
  store<u32>(result, <u32>ptr, WORD + 4);
  store<u32>(result, len, WORD + 8);
  return done(u32(isThere));
}

/** `err` with what `fail…` was told, in a result whose payload is at `at`. */
export function failed(at: usize = WORD): usize {
  store<u8>(result, 1);
  memory.copy(result + at, failure, ERROR_SIZE);
  return result;
}

/** `err` with `store-error`, in the result of `swap`. */
export function failedSwap(): usize {
  store<u8>(result, 0, WORD);
  return failed(WORD + 4);
}

/** Fails as Quire does, whose error is at `error`; returns false. */
export function failAsQuire(error: usize): bool {
  if (load<u8>(error) == KIND_ACCESS_DENIED) return failDenied();
  const codeLen = load<u32>(error, CODE + 4);
  const messageLen = load<u32>(error, MESSAGE + 4);
  const text = arena.take(codeLen + 2 + messageLen, 1);
  memory.copy(text, load<u32>(error, CODE), codeLen);
  store<u16>(text + codeLen, 0x203a); // ": "
  memory.copy(text + codeLen + 2, load<u32>(error, MESSAGE), messageLen);
  return failOther(text, codeLen + 2 + messageLen);
}

/** Fails with `other` and an ASCII text of ours; returns false. */
export function failWith(text: string): bool {
  const bytes = arena.take(text.length, 1);
  return failOther(bytes, <u32>String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, bytes));
}

function failOther(text: usize, len: u32): bool {
  store<u8>(failure, CASE_OTHER);
  store<u32>(failure, <u32>text, 4);
  store<u32>(failure, len, 8);
  return false;
}

/** Fails with `no-such-store`; returns false. */
export function failUnknown(): bool {
  store<u8>(failure, CASE_NO_SUCH_STORE);
  return false;
}

/** Fails with `access-denied`; returns false. */
export function failDenied(): bool {
  store<u8>(failure, CASE_ACCESS_DENIED);
  return false;
}
