/** `wasi:keyvalue/batch`. What changes is a transaction: all or nothing, and durable once. */
import { LIST_SIZE, WORD, done, doneList } from "../component/result-place";
import { arena, beginCall, endCall } from "./calls";
import { Bucket, find, isThere, put, remove, valueLen, valuePtr } from "./bucket";
import { openFile, reply } from "./file";
import { beginTransaction, commit, dropTransaction } from "./quire";
import { failAsQuire, failed } from "./results";

/** A key and its value; and an option of both. */
const PAIR_SIZE: u32 = 16;
const OPTION_SIZE: u32 = 20;

export function get_many(rep: usize, keys: usize, count: u32): usize {
  beginCall();
  const bucket = changetype<Bucket>(rep);
  const list = arena.take(count * OPTION_SIZE, 4);
  for (let i: u32 = 0; i < count; i++) {
    const key = keys + i * LIST_SIZE;
    const option = list + i * OPTION_SIZE;
    if (!find(bucket, load<u32>(key), load<u32>(key, 4))) return endCall(failed());
    store<u8>(option, u8(isThere));
    store<u64>(option, load<u64>(key), WORD);
    store<u32>(option, <u32>valuePtr, WORD + LIST_SIZE);
    store<u32>(option, valueLen, WORD + LIST_SIZE + 4);
  }
  return endCall(doneList(list, count));
}

/** Begins a transaction: its handle; 0 on failure. */
function begin(): u32 {
  beginTransaction(openFile(), reply);
  if (load<u8>(reply) == 0) return load<u32>(reply, WORD);
  failAsQuire(reply + WORD);
  return 0;
}

/** Ends a transaction: as a commit if all went well. Whether all of it is done. */
function end(transaction: u32, isWell: bool): bool {
  if (isWell) {
    commit(transaction, reply);
    isWell = load<u8>(reply) == 0 || failAsQuire(reply + WORD);
  }
  // One that is not over is rolled back by this.
  dropTransaction(transaction);
  return isWell;
}

export function set_many(rep: usize, pairs: usize, count: u32): usize {
  beginCall();
  const bucket = changetype<Bucket>(rep);
  const transaction = begin();
  if (transaction == 0) return endCall(failed());
  let isWell = true;
  for (let i: u32 = 0; isWell && i < count; i++) {
    const pair = pairs + i * PAIR_SIZE;
    isWell = put(bucket, load<u32>(pair), load<u32>(pair, 4), load<u32>(pair, 8), load<u32>(pair, 12));
  }
  return endCall(end(transaction, isWell) ? done() : failed());
}

export function delete_many(rep: usize, keys: usize, count: u32): usize {
  beginCall();
  const bucket = changetype<Bucket>(rep);
  const transaction = begin();
  if (transaction == 0) return endCall(failed());
  let isWell = true;
  for (let i: u32 = 0; isWell && i < count; i++) {
    const key = keys + i * LIST_SIZE;
    isWell = remove(bucket, load<u32>(key), load<u32>(key, 4));
  }
  return endCall(end(transaction, isWell) ? done() : failed());
}
