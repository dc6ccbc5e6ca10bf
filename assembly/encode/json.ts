/**
 * A JSON reader: the text, which stays where it is, becomes a flat tape of nodes in raw memory.
 *
 *     node (20 bytes)   kind u8 · flags u8 · height u16 · start u32 · end u32 · next u32 · extra u32
 *
 * `start` and `end` are the node's bytes in the text, quotes and brackets included. Nodes stand in the order of the text, node 0
 * is the whole value, and 0 also means "no node". An array's elements are linked by `next`; so are an object's keys, and the
 * value of key k is node k + 1. `extra` is the number of elements or members, or where the arena holds a string without its
 * escapes.
 *
 * What is accepted is what the reference's reader (serde_json) accepts: RFC 8259 in valid UTF-8, no number beyond f64, no lone
 * surrogate escape, no member names checked for being unique. Reading takes no recursion and allocates nothing but tape.
 */
import { ByteBuffer } from "./byte-buffer";
import { bytesEqual } from "./bytes";
import { isDigit } from "./digits";
import {
  JSON_BAD_UTF8,
  JSON_ENDS_EARLY,
  JSON_NO_COLON,
  JSON_NO_COMMA_IN_ARRAY,
  JSON_NO_COMMA_IN_OBJECT,
  JSON_NO_KEY,
  JSON_NO_VALUE,
  JSON_NUMBER_RANGE,
  JSON_TOO_DEEP,
  JSON_TRAILING,
  jsonErrorText,
  scanError,
  scanErrorAt,
} from "./json-error";
import { scanNumber, wideNumberEnd } from "./json-number";
import { skipSpace } from "./json-space";
import { scanHasEscapes, scanString, unescapeJson } from "./json-string";
import { utf8ValidLength } from "./utf8";

/** Kinds of nodes, in the order in which the reference sorts values of different kinds. */
export const JSON_NULL: u8 = 0;
export const JSON_FALSE: u8 = 1;
export const JSON_TRUE: u8 = 2;
export const JSON_NUMBER: u8 = 3;
export const JSON_STRING: u8 = 4;
export const JSON_ARRAY: u8 = 5;
export const JSON_OBJECT: u8 = 6;

/** Arrays and objects inside each other that a JSON column may hold: serde_json refuses the 128th. */
export const JSON_COLUMN_DEPTH: u32 = 127;
/** The same for requests, whose rows hold such documents. */
export const JSON_REQUEST_DEPTH: u32 = 160;

const NODE_SIZE: usize = 20;
const FLAGS: usize = 1;
const HEIGHT: usize = 2;
const START: usize = 4;
const END: usize = 8;
const NEXT: usize = 12;
const EXTRA: usize = 16;

/** The string holds escapes. */
const HAS_ESCAPES: u8 = 1;
/** The arena holds the string without its escapes: length u32, bytes. */
const IN_ARENA: u8 = 2;

const NULL_WORD: u32 = 0x6c6c756e;
const TRUE_WORD: u32 = 0x65757274;
const ALSE_WORD: u32 = 0x65736c61;

const OPEN_BRACE: u32 = 0x7b;
const OPEN_BRACKET: u32 = 0x5b;
const CLOSE_BRACE: u32 = 0x7d;
const CLOSE_BRACKET: u32 = 0x5d;

/** A reusable reader and what it read. The text must stay in place as long as the nodes are used. */
export class JsonTape {
  /** The text that was read last. */
  text: usize = 0;
  /** Bytes of the text up to the end of the value. */
  endOffset: u32 = 0;
  /** Why the last reading failed (`JSON_…`, 0 when it did not), and at which byte of the text. */
  error: i32 = 0;
  errorOffset: u32 = 0;
  /** Numbers beyond the range of f64 are read as well: what is done with them is for others to say. No document has them. */
  takesWide: bool = false;
  /** There is such a number in the text. */
  isWide: bool = false;
  private nodes: usize = 0;
  private used: u32 = 0;
  private capacity: u32 = 0;
  private maxDepth: u32 = 0;
  private arena: ByteBuffer = new ByteBuffer(64);

  /** Forgets what was read; a large tape gives its memory back. */
  reset(): void {
    this.used = 0;
    this.arena.reset();
    if (this.capacity > 65536) {
      heap.free(this.nodes);
      this.nodes = 0;
      this.capacity = 0;
    }
  }

  /**
   * Reads the `len` bytes at `ptr` as one JSON value with nothing but white space around it. False when they are none: `error`
   * and `errorOffset` say why, `errorText` in words.
   */
  parse(ptr: usize, len: u32, maxDepth: u32 = JSON_COLUMN_DEPTH): bool {
    if (!this.parsePrefix(ptr, len, maxDepth)) return false;
    const end = ptr + len;
    const at = skipSpace(ptr + this.endOffset, end);
    return at == end || this.fault(JSON_TRAILING, at);
  }

  /** The same for the value at the start of the bytes, whatever follows it: `endOffset` says where it ends. */
  parsePrefix(ptr: usize, len: u32, maxDepth: u32 = JSON_COLUMN_DEPTH): bool {
    this.text = ptr;
    this.used = 0;
    this.error = 0;
    this.endOffset = 0;
    this.isWide = false;
    this.maxDepth = maxDepth;
    this.arena.reset();
    if (!this.read(ptr, ptr + len)) return false;
    const valid = utf8ValidLength(ptr, this.endOffset);
    return valid == this.endOffset || this.fault(JSON_BAD_UTF8, ptr + valid);
  }

  private fault(error: i32, at: usize): bool {
    this.error = error;
    this.errorOffset = <u32>(at - this.text);
    return false;
  }


  @inline private at(node: u32): usize {
    return this.nodes + <usize>node * NODE_SIZE;
  }

  /** Appends a node and links it to its container `parent` (`u32.MAX_VALUE`: none) unless it is a member's value. */
  private add(kind: u8, flags: u8, start: usize, end: usize, parent: u32, link: bool): u32 {
    const node = this.used;
    if (node == this.capacity) {
      this.capacity = max<u32>(64, this.capacity << 1);
      const byteLen = <usize>this.capacity * NODE_SIZE;
      this.nodes = this.nodes == 0 ? heap.alloc(byteLen) : heap.realloc(this.nodes, byteLen);
    }
    this.used = node + 1;
    const record = this.at(node);
    store<u8>(record, kind);
    store<u8>(record, flags, FLAGS);
    store<u16>(record, 0, HEIGHT);
    store<u32>(record, <u32>(start - this.text), START);
    store<u32>(record, <u32>(end - this.text), END);
    store<u32>(record, 0, NEXT);
    store<u32>(record, 0, EXTRA);
    if (link) {
      // While a container is open, its `end` is its last child so far, and its `next` its own parent.
      const container = this.at(parent);
      const last = load<u32>(container, END);
      if (last != 0) store<u32>(this.at(last), node, NEXT);
      store<u32>(container, node, END);
      store<u32>(container, load<u32>(container, EXTRA) + 1, EXTRA);
    }
    return node;
  }

  /** Reads a scalar at `at` and returns where it ends, or 0. */
  private readScalar(at: usize, end: usize, parent: u32, link: bool): usize {
    const byte = <u32>load<u8>(at);
    if (byte == 0x22) {
      const close = scanString(at + 1, end);
      if (close == 0) return this.scanFailed();
      this.add(JSON_STRING, scanHasEscapes ? HAS_ESCAPES : 0, at, close + 1, parent, link);
      return close + 1;
    }
    if (byte == 0x2d || isDigit(byte)) {
      let after = scanNumber(at, end);
      if (after == 0 && this.takesWide && scanError == JSON_NUMBER_RANGE) {
        this.isWide = true;
        after = wideNumberEnd;
      }
      if (after == 0) return this.scanFailed();
      this.add(JSON_NUMBER, 0, at, after, parent, link);
      return after;
    }
    let kind = JSON_NULL;
    let size: usize = 4;
    if (byte == 0x74) {
      kind = JSON_TRUE;
    } else if (byte == 0x66) {
      kind = JSON_FALSE;
      size = 5;
    } else if (byte != 0x6e) {
      this.fault(JSON_NO_VALUE, at);
      return 0;
    }
    if (at + size > end) {
      this.fault(JSON_ENDS_EARLY, end);
      return 0;
    }
    const word = load<u32>(at + size - 4);
    if (word != (byte == 0x74 ? TRUE_WORD : byte == 0x66 ? ALSE_WORD : NULL_WORD)) {
      this.fault(JSON_NO_VALUE, at);
      return 0;
    }
    this.add(kind, 0, at, at + size, parent, link);
    return at + size;
  }

  private scanFailed(): usize {
    this.fault(scanError, scanErrorAt);
    return 0;
  }

  /** Reads a member's key and its colon; returns where its value starts, or 0. */
  private readKey(at: usize, end: usize, parent: u32): usize {
    at = skipSpace(at, end);
    if (at >= end || load<u8>(at) != 0x22) {
      this.fault(at < end ? JSON_NO_KEY : JSON_ENDS_EARLY, at);
      return 0;
    }
    at = this.readScalar(at, end, parent, true);
    if (at == 0) return 0;
    at = skipSpace(at, end);
    if (at >= end || load<u8>(at) != 0x3a) {
      this.fault(at < end ? JSON_NO_COLON : JSON_ENDS_EARLY, at);
      return 0;
    }
    return at + 1;
  }

  private read(start: usize, end: usize): bool {
    const none = u32.MAX_VALUE;
    let open = none; // the innermost open container
    let inObject = false;
    let depth: u32 = 0;
    let at = start;
    for (;;) {
      // A value comes here.
      at = skipSpace(at, end);
      if (at >= end) return this.fault(JSON_ENDS_EARLY, end);
      const byte = <u32>load<u8>(at);
      let closing = false;
      if (byte == OPEN_BRACE || byte == OPEN_BRACKET) {
        if (++depth > this.maxDepth) return this.fault(JSON_TOO_DEEP, at);
        const node = this.add(byte == OPEN_BRACE ? JSON_OBJECT : JSON_ARRAY, 0, at, this.text, open, open != none && !inObject);
        store<u32>(this.at(node), open, NEXT);
        store<u16>(this.at(node), 1, HEIGHT);
        open = node;
        inObject = byte == OPEN_BRACE;
        at = skipSpace(at + 1, end);
        if (at >= end) return this.fault(JSON_ENDS_EARLY, end);
        closing = <u32>load<u8>(at) == (inObject ? CLOSE_BRACE : CLOSE_BRACKET);
        if (!closing) {
          if (inObject) at = this.readKey(at, end, open);
          if (at == 0) return false;
          continue;
        }
      } else {
        at = this.readScalar(at, end, open, open != none && !inObject);
        if (at == 0) return false;
      }
      // A value has ended here, or (`closing`) an empty container ends.
      for (;;) {
        if (depth == 0) {
          this.endOffset = <u32>(at - start);
          return true;
        }
        if (!closing) {
          at = skipSpace(at, end);
          if (at >= end) return this.fault(JSON_ENDS_EARLY, end);
          const after = <u32>load<u8>(at);
          if (after == 0x2c) {
            at = inObject ? this.readKey(at + 1, end, open) : at + 1;
            if (at == 0) return false;
            break;
          }
          if (after != (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
            return this.fault(inObject ? JSON_NO_COMMA_IN_OBJECT : JSON_NO_COMMA_IN_ARRAY, at);
          }
        }
        closing = false;
        at++;
        const record = this.at(open);
        const height = <u32>load<u16>(record, HEIGHT);
        open = load<u32>(record, NEXT);
        store<u32>(record, <u32>(at - start), END);
        store<u32>(record, 0, NEXT);
        depth--;
        if (open != none) {
          const outer = this.at(open);
          inObject = load<u8>(outer) == JSON_OBJECT;
          if (<u32>load<u16>(outer, HEIGHT) <= height) store<u16>(outer, <u16>(height + 1), HEIGHT);
        }
      }
    }
    return false; // never reached, but the compiler cannot tell
  }

  /** The kind of `node`. */
  @inline kind(node: u32): u8 {
    return load<u8>(this.at(node));
  }

  /** The first element or key of a container, or 0. */
  @inline first(node: u32): u32 {
    return load<u32>(this.at(node), EXTRA) != 0 ? node + 1 : 0;
  }

  /** The element or key after `node` in its container, or 0. The value of the key k is node k + 1. */
  @inline next(node: u32): u32 {
    return load<u32>(this.at(node), NEXT);
  }

  /** Elements or members of a container. */
  @inline count(node: u32): u32 {
    return load<u32>(this.at(node), EXTRA);
  }

  /** Containers inside each other from `node` inwards: 0 for a scalar, 1 for `[]`. */
  @inline height(node: u32): u32 {
    return load<u16>(this.at(node), HEIGHT);
  }

  /** Where `node` starts in memory, and its bytes; for a string with its quotes and escapes. */
  @inline rawPtr(node: u32): usize {
    return this.text + load<u32>(this.at(node), START);
  }


  @inline rawLen(node: u32): u32 {
    return load<u32>(this.at(node), END) - load<u32>(this.at(node), START);
  }

  /** Puts a string with escapes into the arena, without them. */
  private decode(record: usize): void {
    const flags = load<u8>(record, FLAGS);
    if (flags != HAS_ESCAPES) return;
    const arena = this.arena;
    const offset = arena.len;
    arena.addU32(0);
    unescapeJson(this.text + load<u32>(record, START) + 1, load<u32>(record, END) - load<u32>(record, START) - 2, arena);
    store<u32>(arena.ptr + offset, arena.len - offset - 4);
    store<u32>(record, offset, EXTRA);
    store<u8>(record, flags | IN_ARENA, FLAGS);
  }

  /** Where the characters of a string start, without quotes and escapes. Stable until the next call for another string. */
  stringPtr(node: u32): usize {
    const record = this.at(node);
    this.decode(record);
    if (load<u8>(record, FLAGS) & IN_ARENA) return this.arena.ptr + load<u32>(record, EXTRA) + 4;
    return this.text + load<u32>(record, START) + 1;
  }

  /** Bytes of a string without quotes and escapes. */
  stringLen(node: u32): u32 {
    const record = this.at(node);
    this.decode(record);
    if (load<u8>(record, FLAGS) & IN_ARENA) return load<u32>(this.arena.ptr + load<u32>(record, EXTRA));
    return load<u32>(record, END) - load<u32>(record, START) - 2;
  }

  /** The value of the member of `object` whose name is the `len` bytes at `ptr` (the last one, when there are several), or 0. */
  member(object: u32, ptr: usize, len: u32): u32 {
    let found: u32 = 0;
    for (let key = this.first(object); key != 0; key = this.next(key)) {
      if (bytesEqual(this.stringPtr(key), this.stringLen(key), ptr, len)) found = key + 1;
    }
    return found;
  }

  /** What was wrong with the text, in words: `expected ',' or ']' at byte 17`. */
  errorText(): string {
    return jsonErrorText(this.error) + " at byte " + this.errorOffset.toString();
  }
}
