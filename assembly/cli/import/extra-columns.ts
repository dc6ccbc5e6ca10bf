/** Columns that a source has and its table has not, which `--ignore-extra` leaves out. */
import { bytesEqual } from "../../encode/bytes";

/** Names that are remembered. */
const MOST_NAMED: i32 = 20;

export class ExtraColumns {
  private readonly names: Array<ArrayBuffer> = new Array<ArrayBuffer>();
  private hasMore: bool = false;

  /** Notes the name of `len` bytes at `ptr`. */
  add(ptr: usize, len: u32): void {
    const names = this.names;
    for (let i = 0; i < names.length; i++) {
      if (bytesEqual(changetype<usize>(names[i]), names[i].byteLength, ptr, len)) return;
    }
    this.hasMore = names.length == MOST_NAMED;
    if (this.hasMore) return;
    const name = new ArrayBuffer(len);
    memory.copy(changetype<usize>(name), ptr, len);
    names.push(name);
  }

  /** What was left out, "" for nothing. */
  get note(): string {
    const names = this.names.map<string>((name) => String.UTF8.decode(name));
    return names.length == 0
      ? ""
      : "left out, as the table has no such columns: " + names.join(", ") + (this.hasMore ? " and more" : "");
  }
}
