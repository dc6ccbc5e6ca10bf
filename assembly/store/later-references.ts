/**
 * Rows that came in before what they refer to: where rows may come in any order they are remembered here, and looked at again when all
 * have come. A row whose references are there when it comes costs nothing.
 *
 * While any are remembered no row moves or goes, but by being taken back: who takes back cuts the list to where it was.
 */
import { Status, OK, OUT_OF_MEMORY, fail } from "../status";
import { allocBlock, freeBlock, BLOCK_SIZE } from "../memory/base/block-pool";
import { RecordAddress } from "../table/page-ledger";

/** Bytes of a remembered row: its number u64, where it stands u64, and the place of its table in `tables` u32. */
const ROW_BYTES: u32 = 24;
const ROWS_OF_BLOCK: u32 = BLOCK_SIZE / ROW_BYTES;
/** So many rows are remembered before it is looked whether what they refer to has come meanwhile. */
const FIRST_LOOK: u32 = 16384;
/** So many are remembered at most: 96 MiB. */
const MOST_LATER_ROWS: u32 = 4 << 20;

export class LaterReferences {
  private readonly blocks: Array<usize> = new Array<usize>();
  private readonly tables: Array<string> = new Array<string>();
  /** How many rows are remembered. */
  count: u32 = 0;
  /** Whether rows may come in any order now; and how many savepoints there are around that. */
  active: bool = false;
  level: i32 = 0;
  /** The number of the row that came last, told when what it refers to does not come; and that of the last statement's last one. */
  row: u64 = 0;
  before: u64 = 0;
  /** With so many rows it is time to look which of them are settled, and so many it takes at first. */
  lookAt: u32 = FIRST_LOOK;
  firstLook: u32 = FIRST_LOOK;
  /** How many rows are too many. */
  most: u32 = MOST_LATER_ROWS;

  begin(level: i32): void {
    this.clear();
    this.active = true;
    this.level = level;
    this.row = 0;
    this.before = 0;
  }

  /** Remembers the row that came last, of the table called `name`. */
  add(name: string, address: RecordAddress): Status {
    if (this.count >= this.most) return this.tooMany();
    let table = this.tables.length - 1;
    while (table >= 0 && this.tables[table] != name) table -= 1;
    if (table < 0) table = this.tables.push(name) - 1;
    if (this.count == <u32>this.blocks.length * ROWS_OF_BLOCK) {
      const block = allocBlock();
      if (block == 0) return fail(OUT_OF_MEMORY, "no memory for rows that refer to later ones");
      this.blocks.push(block);
    }
    const at = this.place(this.count);
    store<u64>(at, this.row);
    store<u64>(at, address, 8);
    store<u32>(at, table, 16);
    this.count += 1;
    return OK;
  }

  private tooMany(): Status {
    return fail(
      OUT_OF_MEMORY,
      "more than " + this.most.toString() + " rows refer to rows that have not come yet",
      "let those come first that others refer to",
    );
  }

  private place(i: u32): usize {
    return unchecked(this.blocks[i / ROWS_OF_BLOCK]) + (i % ROWS_OF_BLOCK) * ROW_BYTES;
  }

  /** The number of remembered row `i`. */
  rowOf(i: u32): u64 {
    return load<u64>(this.place(i));
  }

  addressOf(i: u32): RecordAddress {
    return load<u64>(this.place(i), 8);
  }

  tableOf(i: u32): string {
    return this.tables[load<u32>(this.place(i), 16)];
  }

  /** Puts remembered row `from` in the place of row `to`, which is not behind it. */
  move(from: u32, to: u32): void {
    if (from != to) memory.copy(this.place(to), this.place(from), ROW_BYTES);
  }

  /** Forgets all but the first `count` rows. */
  cutTo(count: u32): void {
    this.count = min(count, this.count);
    const kept = (this.count + ROWS_OF_BLOCK - 1) / ROWS_OF_BLOCK;
    while (<u32>this.blocks.length > kept) freeBlock(this.blocks.pop());
    this.lookAt = max(this.firstLook, this.count * 2);
  }

  /** Forgets all; rows have to come in order again. */
  clear(): void {
    this.cutTo(0);
    this.tables.length = 0;
    this.active = false;
  }
}
