/** `wasi:keyvalue/store`. */
import { CASE_TEXT, PAYLOAD } from "../component/value-cases";
import { LIST_SIZE, WORD, done, doneList, result } from "../component/result-place";
import { arena, beginCall, endCall } from "./calls";
import { Bucket, COLUMN_NAMES, find, isThere, leaveBucket, openBucket, put, remove, valueLen, valuePtr } from "./bucket";
import { reply } from "./file";
import { dropCursor, nextRows, scanTable } from "./quire";
import { doneOption, failAsQuire, failed } from "./results";

/** Keys of a page of `list-keys`, at most. */
const PAGE_KEYS: u32 = 1000;

/** `bound`: the third case is `excluded`. */
const UNBOUNDED: i32 = 0;
const EXCLUDED: i32 = 2;

// @ts-ignore: decorator
@external("[export]wasi:keyvalue/store@0.2.0-draft2", "[resource-new]bucket")
declare function newBucket(representation: usize): u32;

export function open(identifier: usize, len: u32): usize {
  beginCall();
  const bucket = openBucket(identifier, len);
  return endCall(bucket == 0 ? failed() : done(newBucket(bucket)));
}

export function bucket_dtor(rep: usize): void {
  beginCall();
  leaveBucket(changetype<Bucket>(rep));
  endCall(0);
}

export function bucket_get(rep: usize, key: usize, len: u32): usize {
  beginCall();
  if (!find(changetype<Bucket>(rep), key, len)) return endCall(failed());
  return endCall(doneOption(isThere, valuePtr, valueLen));
}

export function bucket_set(rep: usize, key: usize, keyLen: u32, value: usize, valueLength: u32): usize {
  beginCall();
  return endCall(put(changetype<Bucket>(rep), key, keyLen, value, valueLength) ? done() : failed());
}

export function bucket_delete(rep: usize, key: usize, len: u32): usize {
  beginCall();
  return endCall(remove(changetype<Bucket>(rep), key, len) ? done() : failed());
}

export function bucket_exists(rep: usize, key: usize, len: u32): usize {
  beginCall();
  return endCall(find(changetype<Bucket>(rep), key, len) ? done(u32(isThere)) : failed());
}

/** The cursor is the last key of the page before: keys come in the order of their bytes. */
export function bucket_list_keys(rep: usize, hasCursor: i32, after: usize, afterLen: u32): usize {
  beginCall();
  const bound = memory.data(16, 8);
  store<u8>(bound, CASE_TEXT);
  store<u32>(bound, <u32>after, PAYLOAD);
  store<u32>(bound, afterLen, PAYLOAD + 4);
  const lower = hasCursor != 0 ? EXCLUDED : UNBOUNDED;
  const table = changetype<Bucket>(rep).table;
  scanTable(table, COLUMN_NAMES, 1, lower, bound, 1, UNBOUNDED, 0, 0, 0, COLUMN_NAMES, 1, 0, 0, 0, reply);
  if (load<u8>(reply) != 0) {
    failAsQuire(reply + WORD);
    return endCall(failed());
  }
  const cursor = load<u32>(reply, WORD);
  const listed = listPage(cursor);
  dropCursor(cursor);
  return endCall(listed ? result : failed());
}

/** Writes a page of keys to the result; false on failure. */
function listPage(cursor: u32): bool {
  nextRows(cursor, PAGE_KEYS, reply);
  if (load<u8>(reply) != 0) return failAsQuire(reply + WORD);
  const rows: usize = load<u32>(reply, WORD);
  const count = load<u32>(reply, WORD + 4);
  const keys = arena.take(count * LIST_SIZE, 4);
  for (let i: u32 = 0; i < count; i++) {
    const value: usize = load<u32>(rows + i * LIST_SIZE);
    store<u64>(keys + i * LIST_SIZE, load<u64>(value, PAYLOAD));
  }
  let isMore = false;
  if (count > 0) {
    nextRows(cursor, 1, reply);
    if (load<u8>(reply) != 0) return failAsQuire(reply + WORD);
    isMore = load<u32>(reply, WORD + 4) > 0;
  }
  doneList(keys, count);
  store<u8>(result, u8(isMore), WORD + LIST_SIZE);
  if (isMore) store<u64>(result, load<u64>(keys + (count - 1) * LIST_SIZE), WORD + LIST_SIZE + 4);
  return true;
}
