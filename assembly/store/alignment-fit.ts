/**
 * Whether the alignment in a definition from outside is the one that the table was written with. To read, any divisor of it will do; who
 * writes needs it exactly, for the program that made the file finds rows at multiples of its own only.
 *
 * Slots and free segments fill the used part of each page. With an alignment that is too small there is room between them that is neither.
 */
import { Status, OK, lastError } from "../status";
import { PAGE_SIZE } from "../memory/base/layout";
import { RECORD_HEADER_SIZE } from "../table/table-registry";
import { RecordAddress, addressOffset, alignUp } from "../table/page-ledger";
import { usableSize } from "../table/free-segments-ledger";
import { Table } from "./table";

export class AlignmentFit {
  /** The alignment that the table was written with, most likely, after `find`; 0 when it may be that of the definition. */
  wider: u32 = 0;
  /** Bytes of slots by the definition, and of what else fills pages. */
  private slots: u64 = 0;
  private segments: u64 = 0;
  private used: u64 = 0;
  private fullPages: u32 = 0;
  /** What slots and segments start at multiples of. */
  private common: u32 = 0;

  constructor(private readonly table: Table) {}

  /** Takes a record of the table. */
  add(address: RecordAddress, bodyLen: u32): void {
    const at = addressOffset(address);
    const size = slotAt(at, bodyLen, this.table.registry.slotAlignment);
    this.slots += size;
    this.common = commonDivisor(this.common, at);
  }

  /** All records were taken: finds `wider`. */
  find(): Status {
    // Where all records have one size that is the alignment.
    if (this.table.registry.fixedBody != 0) return OK;
    let status = this.addPages();
    if (status == OK) status = this.addSegments();
    const alignment = this.table.registry.slotAlignment;
    if (status != OK || this.isFilled(this.slots, alignment)) return status;
    for (let wider = alignment * 2; wider <= this.common && status == OK; wider += alignment) {
      if (this.common % wider != 0) continue;
      const slots = this.slotsBy(wider);
      if (lastError.status != OK) return lastError.status;
      if (slots + this.segments > this.used || !this.isFilled(slots, wider)) continue;
      this.wider = wider;
      return OK;
    }
    return status;
  }

  /** Whether nothing is left but, in full pages, a slot that was left empty because it ended where its page does. */
  private isFilled(slots: u64, alignment: u32): bool {
    return this.used <= slots + this.segments + <u64>this.fullPages * alignment;
  }

  private addPages(): Status {
    const ledger = this.table.registry.pageLedger;
    const count = ledger.count;
    if (count == 0xffffffff) return lastError.status;
    for (let i: u32 = 0; i < count; i++) {
      const free = ledger.freeAt(i);
      this.used += PAGE_SIZE - free;
      if (free == 0) this.fullPages += 1;
      else this.common = commonDivisor(this.common, PAGE_SIZE - free);
    }
    return OK;
  }

  private addSegments(): Status {
    const ledger = this.table.registry.freeSegments;
    const pages = ledger.pageTotal;
    if (pages == 0xffffffff) return lastError.status;
    for (let i: u32 = 0; i < pages; i++) {
      const pageNo = ledger.segmentsPageAt(i);
      const count = ledger.countOn(pageNo);
      if (count == 0xffffffff) return lastError.status;
      const page = this.table.access.page(pageNo);
      for (let j: u32 = 0; j < count; j++) {
        const at = <u32>load<u16>(page + 2 + j * 8, 4);
        const size = usableSize(at, load<u16>(page + 2 + j * 8, 6));
        this.segments += size;
        this.common = commonDivisor(this.common, at);
      }
    }
    return OK;
  }

  /** Bytes of all slots by another alignment, with the status in `lastError`. */
  private slotsBy(alignment: u32): u64 {
    const reader = this.table.reader();
    let sum: u64 = 0;
    while (reader.next()) sum += slotAt(addressOffset(reader.address), reader.bodyLen, alignment);
    lastError.status = reader.status;
    return sum;
  }
}

function slotAt(at: u32, bodyLen: u32, alignment: u32): u32 {
  return min(alignUp(RECORD_HEADER_SIZE + bodyLen, alignment), PAGE_SIZE - at);
}

/** The greatest common divisor; 0 is divided by all. */
function commonDivisor(a: u32, b: u32): u32 {
  while (b != 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
