/**
 * The autoincrement ledger: the last number handed out for each auto-increment column (`docs/format.md`, "Autoincrement ledger").
 *
 *   | count u8 | { name_len u8 | column name | discriminant u8 | value } … |
 */
import { Status, OK, AUTOINCREMENT_OVERFLOW, OVERFLOW, PAGE_FULL, fail, damaged, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SIZE } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { isUtf8 } from "../encode/utf8";
import { fixedValueSize, valueDiscriminant, TYPE_INT8, TYPE_INT16, TYPE_INT32, TYPE_INT64 } from "../encode/data-type";
import { Column } from "../schema/column";

export class AutoincrementLedger {
  constructor(
    private access: MemoryAccess,
    readonly pageNo: u32,
  ) {}

  /** Writes a ledger with 0 for each column of `columns` that is auto-incremented. */
  init(columns: Array<Column>): Status {
    const out = new ByteBuffer(256);
    let count: u32 = 0;
    out.addU8(0);
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      if (!column.auto) continue;
      count += 1;
      addEntry(column, out);
    }
    store<u8>(out.ptr, <u8>count);
    const status =
      count > 255 || out.len > PAGE_SIZE
        ? fail(PAGE_FULL, "the table has too many auto-increment columns")
        : this.access.writeAtRaw(this.pageNo, 0, out.ptr, out.len);
    out.free();
    return status;
  }

  /**
   * Writes a ledger of `columns` in which each begins with the last number that `ledger`, which this one may take the place of, has for its
   * column of `before`. `OVERFLOW` where that is none of its type.
   */
  initFrom(columns: Array<Column>, ledger: AutoincrementLedger, before: Array<Column | null>): Status {
    const last = new StaticArray<u64>(columns.length);
    for (let i = 0; i < columns.length; i++) {
      const old = before[i];
      if (!columns[i].auto || !old || !old.auto) continue;
      last[i] = ledger.current(old);
      if (lastError.status != OK) return lastError.status;
      if (last[i] <= maxInteger(columns[i].type)) continue;
      const what = "column " + old.name + " has handed out " + last[i].toString() + ", which is no " + columns[i].typeText;
      return fail(OVERFLOW, what);
    }
    let status = this.init(columns);
    for (let i = 0; i < columns.length && status == OK; i++) {
      store<u64>(scratch, last[i]);
      if (last[i] != 0) status = this.raiseTo(columns[i], scratch);
    }
    return status;
  }

  /** The columns that it numbers; null when it can't be read. */
  names(): Array<string> | null {
    const page = this.access.page(this.pageNo);
    if (page == 0) return null;
    const list = new Array<string>();
    let at: u32 = 1;
    for (let left = <u32>load<u8>(page); left > 0; left--) {
      const nameLen: u32 = at < PAGE_SIZE ? load<u8>(page + at) : 0;
      const value = at + 1 + nameLen;
      const size: u32 = value < PAGE_SIZE ? integerSize(load<u8>(page + value)) : 0;
      if (size == 0 || value + 1 + size > PAGE_SIZE || !isUtf8(page + at + 1, nameLen)) {
        damaged(this.pageNo, min(at, PAGE_SIZE - 1), "the autoincrement ledger makes no sense from here on");
        return null;
      }
      list.push(String.UTF8.decodeUnsafe(page + at + 1, nameLen));
      at = value + 1 + size;
    }
    return list;
  }

  /**
   * The byte on the page where the column's value starts, behind its discriminant; 0 when the ledger can't be read or
   * has no such column.
   */
  private find(column: Column): u32 {
    const page = this.access.page(this.pageNo);
    if (page == 0) return 0;
    let at: u32 = 1;
    for (let left = <u32>load<u8>(page); left > 0; left--) {
      const nameLen = <u32>load<u8>(page + at);
      const value = at + 1 + nameLen;
      if (value + 9 > PAGE_SIZE) break;
      const discriminant = <u32>load<u8>(page + value);
      const size = integerSize(discriminant);
      if (size == 0) break;
      if (column.isNamed(page + at + 1, nameLen)) {
        if (discriminant != valueDiscriminant(column.type)) break;
        return value + 1;
      }
      at = value + 1 + size;
    }
    damaged(this.pageNo, -1, "the autoincrement ledger has no entry for " + column.name);
    return 0;
  }

  /** The last value handed out, as bits of its type, zero- or sign-extended; `lastError.status` is `OK` unless it failed. */
  current(column: Column): u64 {
    lastError.status = OK;
    const at = this.find(column);
    return at == 0 ? 0 : loadInteger(column.type, this.access.page(this.pageNo) + at);
  }

  /** Hands out the next value: it is appended to `out` as in a record. */
  next(column: Column, out: ByteBuffer): Status {
    const at = this.find(column);
    if (at == 0) return lastError.status;
    const value = loadInteger(column.type, this.access.page(this.pageNo) + at);
    if (value == maxInteger(column.type)) {
      return fail(AUTOINCREMENT_OVERFLOW, "column " + column.name + " has handed out the largest " + column.typeText);
    }
    const size = fixedValueSize(column.type, 0);
    store<u64>(scratch, value + 1);
    out.addBytes(scratch, size);
    return this.access.writeAtRaw(this.pageNo, at, scratch, size);
  }

  /** Moves the counter up to a value that was given explicitly (`ptr`, as in a record), when that is higher. */
  raiseTo(column: Column, ptr: usize): Status {
    const at = this.find(column);
    if (at == 0) return lastError.status;
    const given = loadInteger(column.type, ptr);
    const value = loadInteger(column.type, this.access.page(this.pageNo) + at);
    const higher = isSigned(column.type) ? <i64>given > <i64>value : given > value;
    if (!higher) return OK;
    store<u64>(scratch, given);
    return this.access.writeAtRaw(this.pageNo, at, scratch, fixedValueSize(column.type, 0));
  }

  /** Unclaims the ledger's page. */
  release(): Status {
    return this.access.unclaimPage(this.pageNo);
  }
}

const scratchBytes: StaticArray<u8> = new StaticArray<u8>(8);
const scratch: usize = changetype<usize>(scratchBytes);

function addEntry(column: Column, out: ByteBuffer): void {
  out.addU8(column.nameBytes.byteLength);
  out.addBytes(changetype<usize>(column.nameBytes), column.nameBytes.byteLength);
  out.addU8(valueDiscriminant(column.type));
  const size = fixedValueSize(column.type, 0);
  for (let i: u32 = 0; i < size; i++) out.addU8(0);
}

/** Bytes of an integer by its discriminant, 0 for what is no integer. */
export function integerSize(discriminant: u32): u32 {
  if (discriminant >= 5 && discriminant <= 8) return 1 << (discriminant - 5);
  if (discriminant >= 12 && discriminant <= 15) return 1 << (discriminant - 12);
  return 0;
}

function isSigned(type: u8): bool {
  return type <= TYPE_INT64;
}

/** An integer of `type` at `ptr`, sign- or zero-extended. */
export function loadInteger(type: u8, ptr: usize): u64 {
  switch (type) {
    case TYPE_INT8:
      return <u64>load<i8>(ptr);
    case TYPE_INT16:
      return <u64>load<i16>(ptr);
    case TYPE_INT32:
      return <u64>load<i32>(ptr);
    default:
      switch (fixedValueSize(type, 0)) {
        case 1:
          return load<u8>(ptr);
        case 2:
          return load<u16>(ptr);
        case 4:
          return load<u32>(ptr);
        default:
          return load<u64>(ptr);
      }
  }
}

/** The digits of an integer of `type` that `loadInteger` gave. */
export function integerText(type: u8, value: u64): string {
  return isSigned(type) ? (<i64>value).toString() : value.toString();
}

function maxInteger(type: u8): u64 {
  const bits = fixedValueSize(type, 0) * 8;
  const all = bits == 64 ? u64.MAX_VALUE : ((<u64>1) << bits) - 1;
  return isSigned(type) ? all >> 1 : all;
}
