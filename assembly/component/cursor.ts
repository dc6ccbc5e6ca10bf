/** `cursor` of `wit/database.wit`. */
import { OK, BAD_REQUEST, fail } from "../status";
import { beginCall, endCall } from "./calls";
import { cursors } from "./resources";
import { LIST_SIZE, doneList, result } from "./result-place";
import { failed, lowerStrings } from "./results";

export function cursor_dtor(rep: i32): void {
  beginCall(1);
  cursors.get(rep)!.free();
  cursors.remove(rep);
  endCall(0);
}

export function cursor_columns(rep: i32): usize {
  beginCall(1);
  lowerStrings(cursors.get(rep)!.names, result);
  return endCall(result);
}

export function cursor_next(rep: i32, maxRows: u32): usize {
  beginCall(0);
  const cursor = cursors.get(rep)!;
  let status = cursor.session.enter();
  if (status == OK && maxRows == 0) status = fail(BAD_REQUEST, "next: no rows are asked for", "ask for one or more");
  if (status == OK) status = cursor.next(maxRows);
  if (status != OK) return endCall(failed());
  return endCall(doneList(cursor.page.ptr, cursor.page.len / LIST_SIZE));
}
