/** The file that the buckets are in: `keyvalue.db` in the first folder that the host gives. It is open while a bucket has a handle. */
import { WORD } from "../component/result-place";
import { arena } from "./calls";
import { dropConnection, dropDescriptor, getDirectories, openConnection } from "./quire";
import { failAsQuire, failDenied } from "./results";

const FILE_NAME: string = "/keyvalue.db";

/** A tuple of a descriptor and its folder's name. */
const DIRECTORY_SIZE: u32 = 12;

/** Where a call of Quire puts its result. The largest is a definition: 44 bytes. */
export const reply: usize = memory.data(48, 8);

/** The open file's handle, and how many buckets need it; no handle is 0. */
let connection: u32 = 0;
let users: u32 = 0;

/** The handle of the file, which is open. */
export function openFile(): u32 {
  return connection;
}

/** Opens the file, unless it is open. Whether it is. `leaveFile` has to follow then. */
export function enterFile(): bool {
  if (connection == 0 && !open()) return false;
  users++;
  return true;
}

/** The file is closed behind the last one. */
export function leaveFile(): void {
  if (--users > 0) return;
  dropConnection(connection);
  connection = 0;
}

function open(): bool {
  getDirectories(reply);
  const list: usize = load<u32>(reply);
  const count = load<u32>(reply, 4);
  for (let i: u32 = 0; i < count; i++) dropDescriptor(load<u32>(list + i * DIRECTORY_SIZE));
  if (count == 0) return failDenied();
  const nameLen = load<u32>(list, 8);
  const path = arena.take(nameLen + FILE_NAME.length, 1);
  memory.copy(path, load<u32>(list, 4), nameLen);
  String.UTF8.encodeUnsafe(changetype<usize>(FILE_NAME), FILE_NAME.length, path + nameLen);
  // A new file if there is none, changed durably, with the usual cache and layout.
  openConnection(path, nameLen + FILE_NAME.length, 1, 0, 0, 0, 0, 0, 0, reply);
  if (load<u8>(reply) != 0) return failAsQuire(reply + WORD);
  connection = load<u32>(reply, WORD);
  return true;
}
