/** Goes through the members of JSON objects that are inside each other, in text that is read in pieces. */
import { bytesEqual } from "../../encode/bytes";
import { ByteBuffer } from "../../encode/byte-buffer";
import { JsonTape } from "../../encode/json";
import { JsonCursor } from "./json-cursor";

/** Objects inside each other that are gone through, and names of a path. */
export const MOST_DEPTH: i32 = 32;

export class JsonWalk {
  /** How many objects are open. */
  depth: i32 = 0;
  /** What the text has that it can't have, or "": the source's end is none of it. */
  fault: string = "";
  /** Names of the members that the place is in, one behind the other, without escapes; and where each ends. */
  private readonly names: ByteBuffer = new ByteBuffer(256);
  private readonly ends: StaticArray<u32> = new StaticArray<u32>(MOST_DEPTH + 2);
  private readonly tape: JsonTape = new JsonTape();
  /** An object was entered, and no member of it was seen. */
  private fresh: bool = false;

  constructor(private readonly cursor: JsonCursor) {}

  restart(): void {
    this.depth = 0;
    this.fault = "";
  }

  /** Goes into the object at the place; not into one that is in more than `MOST_DEPTH` others. */
  enter(): void {
    this.cursor.take();
    this.depth += 1;
    this.fresh = true;
  }

  /**
   * Goes to the value of the next member: of the innermost object, or where that ends of the one around it (`depth` tells). The value
   * before it has to be gone over, or entered. False behind the outermost object, at the source's end, and for a `fault`.
   */
  next(): bool {
    const cursor = this.cursor;
    while (this.depth > 0) {
      let byte = cursor.peek();
      if (byte == 0) return false;
      if (byte == 0x7d) {
        cursor.take();
        this.depth -= 1;
        this.fresh = false;
        continue;
      }
      if (!this.fresh) {
        if (byte != 0x2c) return this.failed("expected ',' or '}' behind a member of an object");
        cursor.take();
        byte = cursor.peek();
      }
      this.fresh = false;
      return this.readName(byte);
    }
    return false;
  }

  /** After `pass`: it went over an array whose first element is an object. */
  sawRows: bool = false;

  /** Goes into the value at the place if it is an object, else over it. False where the source ends before it does. */
  pass(): bool {
    const cursor = this.cursor;
    const byte = cursor.peek();
    this.sawRows = false;
    if (byte == 0x7b && this.depth < MOST_DEPTH) {
      this.enter();
      return true;
    }
    if (byte != 0x5b) return cursor.skip();
    cursor.take();
    this.sawRows = cursor.peek() == 0x7b;
    return cursor.skipRest();
  }

  private failed(fault: string): bool {
    // What is not there may be behind the end.
    if (this.cursor.peek() != 0) this.fault = fault;
    return false;
  }

  private readName(byte: u32): bool {
    const cursor = this.cursor;
    const source = cursor.source;
    if (byte != 0x22) return this.failed("expected a name in quotes");
    const len = cursor.valueLen();
    if (len == 0) return false;
    const tape = this.tape;
    if (!tape.parse(source.start, len)) return this.failed(tape.errorText());
    const start = this.nameStart;
    this.names.len = start;
    this.names.addBytes(tape.stringPtr(0), tape.stringLen(0));
    this.ends[this.depth] = this.names.len;
    source.start += len;
    if (cursor.peek() != 0x3a) return this.failed("expected ':' behind a name");
    cursor.take();
    return cursor.peek() != 0;
  }

  /** Where the name of the member starts that the place is in. */
  private get nameStart(): u32 {
    return this.ends[this.depth - 1];
  }

  /** The member's name, until the next call. */
  get namePtr(): usize {
    return this.names.ptr + this.nameStart;
  }

  get nameLen(): u32 {
    return this.ends[this.depth] - this.nameStart;
  }

  /** Whether the member is called as the UTF-8 in `name`. */
  isNamed(name: ArrayBuffer): bool {
    return bytesEqual(this.namePtr, this.nameLen, changetype<usize>(name), name.byteLength);
  }

  /** The path to the member, as `--rows` takes it. */
  get path(): string {
    const parts = new Array<string>();
    for (let d = 1; d <= this.depth; d++) {
      const start = this.ends[d - 1];
      const name = String.UTF8.decodeUnsafe(this.names.ptr + start, this.ends[d] - start);
      parts.push(name.replaceAll("\\", "\\\\").replaceAll(".", "\\."));
    }
    return parts.join(".");
  }
}
