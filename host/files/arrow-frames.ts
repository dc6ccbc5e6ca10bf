/**
 * How the messages of an Arrow file or stream lie behind each other, and what they say of themselves, looked at before they are read: apache-arrow takes
 * a stream that is cut for one that ends, and counts that damage has changed as they are.
 */
import type { FileHandle } from "node:fs/promises";
import { badFile } from "./bad-file.js";

const MARK = "ARROW1";
const CUT = "it was cut, or not written to its end; get it anew";
const DAMAGED = "it is damaged; get it anew";
/** Says that what follows is a message's length; older streams have the length alone. */
const CONTINUES = 0xffffffff;

/** Where a table of FlatBuffers leads further, by the numbers of its fields: to elements of so many bytes, to a table, or to several. */
interface Layout {
  readonly [field: number]: number | Layout | readonly [Layout];
}
const SINGLE_BYTES = 1;
const PAIRS: readonly [Layout] = [{ 0: SINGLE_BYTES, 1: SINGLE_BYTES }];
const FIELD: Layout = {
  0: SINGLE_BYTES,
  3: {},
  4: {},
  get 5(): readonly [Layout] {
    return [FIELD];
  },
  6: PAIRS,
};
const SCHEMA: Layout = { 1: [FIELD], 2: PAIRS, 3: 8 };
const RECORD_BATCH: Layout = { 1: 16, 2: 16, 3: {}, 4: 8 };
/** What a message has in it, by its number. */
const HEADERS: readonly Layout[] = [{}, SCHEMA, { 1: RECORD_BATCH }, RECORD_BATCH];
const FOOTER: Layout = { 1: SCHEMA, 2: 24, 3: 24, 4: PAIRS };
const [DICTIONARY_BATCH, ROWS, UNION] = [2, 3, 14];

const damaged = (): RangeError => new RangeError(DAMAGED);

/** A part of a file in FlatBuffers. What is not in it is a `RangeError`. */
class Flat {
  #tables: number;

  constructor(readonly view: DataView) {
    this.#tables = view.byteLength / 4;
  }

  get root(): number {
    return this.view.getUint32(0, true);
  }

  /** Where a table's field is; null: it has none. */
  field(table: number, field: number): number | null {
    const { view } = this;
    const fields = table - view.getInt32(table, true);
    const place = 4 + 2 * field;
    const offset = place < view.getUint16(fields, true) ? view.getUint16(fields + place, true) : 0;
    return offset === 0 ? null : table + offset;
  }

  /** Where what a field leads to is. */
  target(table: number, field: number): number | null {
    const at = this.field(table, field);
    return at === null ? null : at + this.view.getUint32(at, true);
  }

  long(table: number, field: number): number {
    const at = this.field(table, field);
    return at === null ? 0 : Number(this.view.getBigInt64(at, true));
  }

  /** How many elements of so many bytes there are at a place. */
  count(at: number, bytes: number): number {
    const count = this.view.getUint32(at, true);
    if (at + 4 + count * bytes > this.view.byteLength) throw damaged();
    return count;
  }

  /** Looks at a table and all that it leads to. */
  check(table: number, layout: Layout): void {
    // There can't be more of them than have room; damage may have them lead to each other.
    if (--this.#tables < 0) throw damaged();
    for (const [name, leads] of Object.entries(layout)) {
      const target = this.target(table, Number(name));
      if (target === null) continue;
      if (typeof leads === "number") this.count(target, leads);
      else if (!Array.isArray(leads)) this.check(target, leads as Layout);
      else {
        for (let left = this.count(target, 4), at = target + 4; left > 0; left--, at += 4) {
          this.check(at + this.view.getUint32(at, true), leads[0] as Layout);
        }
      }
    }
    const kind = layout === FIELD ? this.field(table, 2) : null;
    if (kind !== null && this.view.getUint8(kind) === UNION) this.check(this.target(table, 3) ?? 0, { 1: 4 });
  }

  /** Looks at a message: what it has in it, and how many bytes belong to it that are behind. */
  message(): { readonly type: number; readonly behind: number } {
    const { root } = this;
    const kind = this.field(root, 1);
    const type = kind === null ? 0 : this.view.getUint8(kind);
    const header = this.target(root, 2);
    this.check(root, { 2: HEADERS[type] ?? {}, 4: PAIRS });
    const batch = type === ROWS ? header : type === DICTIONARY_BATCH && header !== null ? this.target(header, 1) : null;
    if (batch !== null) {
      const rows = this.long(batch, 0);
      const nodes = this.target(batch, 1);
      if (!(rows >= 0 && rows < 2 ** 31)) throw damaged();
      if (nodes !== null && this.count(nodes, 16) > 0 && Number(this.view.getBigInt64(nodes + 4, true)) !== rows) throw damaged();
    }
    return { type, behind: this.long(root, 3) };
  }
}

/** A file or stream that is looked at. */
class Frames {
  constructor(
    readonly path: string,
    readonly handle: FileHandle,
    readonly size: number,
  ) {}

  async #read(at: number, length: number): Promise<DataView> {
    const bytes = new Uint8Array(Math.max(Math.min(length, this.size - at), 0));
    const { bytesRead } = await this.handle.read(bytes, 0, bytes.length, at);
    return new DataView(bytes.buffer, 0, bytesRead);
  }

  async isMark(at: number): Promise<boolean> {
    const { buffer, byteLength } = await this.#read(at, MARK.length);
    return Buffer.from(buffer, 0, byteLength).toString("latin1") === MARK;
  }

  /** Refuses the file with what `look` finds wrong. */
  #looking<T>(look: () => T): T {
    try {
      return look();
    } catch (error) {
      throw badFile(this.path, DAMAGED, error);
    }
  }

  /** Looks at the message at `at`, the one behind `before` others: where it ends, and what it has in it; null: nothing, it is the end. */
  async message(at: number, before: number): Promise<{ readonly end: number; readonly type: number | null }> {
    const head = await this.#read(at, 8);
    const cut = badFile(this.path, `it ends in the middle of message ${before + 1}: ${CUT}`);
    if (head.byteLength < 4) throw cut;
    const continues = head.getUint32(0, true) === CONTINUES;
    if (continues && head.byteLength < 8) throw cut;
    const length = head.getUint32(continues ? 4 : 0, true);
    const start = at + (continues ? 8 : 4);
    if (length === 0) return { end: start, type: null };
    if (length > this.size - start) throw cut;
    const metadata = new Flat(await this.#read(start, length));
    const { type, behind } = this.#looking(() => metadata.message());
    if (behind < 0) throw badFile(this.path, DAMAGED);
    if (behind > this.size - start - length) throw cut;
    return { end: start + length + behind, type };
  }

  /** Looks at a stream: whether it says where it ends. */
  async stream(): Promise<boolean> {
    for (let at = 0, messages = 0; at < this.size || messages === 0; messages++) {
      const { end, type } = await this.message(at, messages);
      at = end;
      if (type === null && at < this.size) {
        const more = `${this.size - at} bytes follow behind the end of its stream`;
        throw badFile(this.path, `${more}; each stream needs a file of its own`);
      }
      if (type === null) return true;
    }
    return false;
  }

  /** Looks at a file, whose end says where its messages are. */
  async file(): Promise<void> {
    const end = this.size - MARK.length - 4;
    const length = end < 8 || !(await this.isMark(end + 4)) ? 0 : (await this.#read(end, 4)).getInt32(0, true);
    if (!(length > 0 && length <= end - 8)) throw badFile(this.path, `it does not end as Arrow files do: ${CUT}`);
    const footer = new Flat(await this.#read(end - length, length));
    const blocks = this.#looking(() => {
      footer.check(footer.root, FOOTER);
      const placesOf = (field: number): number[] => {
        const first = footer.target(footer.root, field);
        const count = first === null ? 0 : footer.count(first, 24);
        return Array.from({ length: count }, (_, i) => Number(footer.view.getBigInt64((first as number) + 4 + 24 * i, true)));
      };
      return [DICTIONARY_BATCH, ROWS].flatMap((type) => placesOf(type).map((place) => ({ type, place })));
    });
    for (const [i, { type, place }] of blocks.entries()) {
      const isIn = place >= 8 && place < end - length;
      if (!isIn || (await this.message(place, i)).type !== type) throw badFile(this.path, DAMAGED);
    }
  }
}

/** Refuses what was cut or damaged, and what follows behind the end; of a stream: whether it says where it ends, which it need not. */
export async function endIsMarked(path: string, handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat();
  const frames = new Frames(path, handle, size);
  if (!(await frames.isMark(0))) return frames.stream();
  await frames.file();
  return true;
}
