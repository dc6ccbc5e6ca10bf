/**
 * Whether values repeat: a set of their hashes, with open addressing, up to a limit of memory; of short numbers, which keys mostly
 * are, a bit each, which lie beside each other as the numbers do.
 */
import { isDigit } from "../../encode/digits";
import { xxh3 } from "../../encode/xxh3";

/** Hashes that the set holds at most: 8 bytes each in a table twice as large, 8 MiB in all. More are not looked at. */
const MOST: u32 = 1 << 19;

/** Digits of numbers that have a bit each: ten million, in 1.25 MB. */
const SHORT_DIGITS: u32 = 7;

export class ValueSet {
  /** A value came twice (or, as good as never, two have the same hash). */
  repeated: bool = false;
  private slots: usize = 0;
  private room: u32 = 0;
  private used: u32 = 0;
  private zero: bool = false;
  /** A bit for each short number, and their bytes. */
  private bits: usize = 0;
  private bitsLen: u32 = 0;

  /** Adds the value of `len` bytes at `ptr`. */
  add(ptr: usize, len: u32): void {
    if (this.repeated) return;
    if (len - 1 < SHORT_DIGITS && load<u8>(ptr) != 0x30) {
      let number: u32 = 0;
      let at = ptr;
      for (; at < ptr + len && isDigit(load<u8>(at)); at++) number = number * 10 + (load<u8>(at) - 0x30);
      if (at == ptr + len) return this.addNumber(number);
    }
    if (this.used < MOST) this.addHash(xxh3(ptr, len));
  }

  private addNumber(number: u32): void {
    const byte = number >> 3;
    if (byte >= this.bitsLen) {
      const len = max<u32>(this.bitsLen, 1024);
      let room = len;
      while (room <= byte) room <<= 1;
      this.bits = this.bits == 0 ? heap.alloc(room) : heap.realloc(this.bits, room);
      memory.fill(this.bits + this.bitsLen, 0, room - this.bitsLen);
      this.bitsLen = room;
    }
    const held = <u32>load<u8>(this.bits + byte);
    const bit: u32 = 1 << (number & 7);
    store<u8>(this.bits + byte, <u8>(held | bit));
    if ((held & bit) == 0) return;
    this.repeated = true;
    this.free();
  }

  private addHash(hash: u64): void {
    if (hash == 0) {
      this.repeated = this.zero;
      this.zero = true;
      return;
    }
    if (this.used << 1 >= this.room) this.grow();
    this.insert(hash);
    if (this.repeated) this.free();
  }

  private insert(hash: u64): void {
    const mask = this.room - 1;
    for (let at = (<u32>hash) & mask; ; at = (at + 1) & mask) {
      const slot = this.slots + ((<usize>at) << 3);
      const held = load<u64>(slot);
      if (held == hash) {
        this.repeated = true;
        return;
      }
      if (held == 0) {
        store<u64>(slot, hash);
        this.used += 1;
        return;
      }
    }
  }

  private grow(): void {
    const old = this.slots;
    const oldRoom = this.room;
    this.room = max<u32>(1024, oldRoom << 1);
    this.slots = heap.alloc((<usize>this.room) << 3);
    memory.fill(this.slots, 0, (<usize>this.room) << 3);
    this.used = 0;
    for (let i: u32 = 0; i < oldRoom; i++) {
      const hash = load<u64>(old + ((<usize>i) << 3));
      if (hash != 0) this.insert(hash);
    }
    if (old != 0) heap.free(old);
  }

  free(): void {
    if (this.slots != 0) heap.free(this.slots);
    if (this.bits != 0) heap.free(this.bits);
    this.slots = 0;
    this.room = 0;
    this.bits = 0;
    this.bitsLen = 0;
  }
}
