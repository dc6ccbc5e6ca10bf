/** What was done, or is so, that nobody asked for: said on standard error, once. */
import { notices } from "../memory/file/set-aside";
import { stderr } from "../wasi/stdio";

/** A file may be opened several times. */
const told: Array<string> = new Array<string>();

/** Says what there is to say. */
export function tellNotices(): void {
  if (notices.length == 0) return;
  while (notices.length > 0) {
    const notice = notices.shift().replaceAll("\r", " ").replaceAll("\n", " ");
    if (!told.includes(notice)) stderr.line("quire: note: " + notice);
    told.push(notice);
  }
  stderr.flush();
}
