/** Files that are no page files, told by their first bytes: those of other programs, and our own that was not finished. */
import { Status, OK, NOT_A_PAGE_FILE, fail } from "../../status";

/** Bytes that are looked at. */
export const HEAD_BYTES: u32 = 16;

/** "QUIRE UNFINISHED", which no registry starts with: it would have more tables than fit. */
const UNFINISHED_START: u64 = 0x4e55204552495551;
const UNFINISHED_END: u64 = 0x44454853494e4946;

/** Writes the mark of a file that is being made: `HEAD_BYTES` at `head`. */
export function markUnfinished(head: usize): void {
  store<u64>(head, UNFINISHED_START);
  store<u64>(head, UNFINISHED_END, 8);
}

/** Whether the file that starts with the `HEAD_BYTES` at `head` was never finished. */
export function isUnfinished(head: usize): bool {
  return load<u64>(head) == UNFINISHED_START && load<u64>(head, 8) == UNFINISHED_END;
}

/** `OK`, or `NOT_A_PAGE_FILE` when the `HEAD_BYTES` at `head`, which a file starts with, are those of something else. */
export function checkHead(head: usize): Status {
  if (isUnfinished(head))
    return fail(
      NOT_A_PAGE_FILE,
      "the file is unfinished: the command that was making it was interrupted",
      "remove it, and run that command again",
    );
  // "SQLite format 3\0"
  if (load<u64>(head) == 0x66206574694c5153 && load<u64>(head, 8) == 0x00332074616d726f)
    return fail(NOT_A_PAGE_FILE, "the file is an SQLite database, not a page file");
  // "MGR" and its version; a page file that lists no tables has another hash there.
  if (load<u32>(head) == 0x0152474d && load<u64>(head, 8) == 0)
    return fail(
      NOT_A_PAGE_FILE,
      "the file is memory that a MemoryManager of ic-stable-structures shares out, not a page file",
      "the database is one of the memories in it: Quire opens that one alone",
    );
  return OK;
}
