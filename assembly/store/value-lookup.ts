/** A row by the value of one column. */
import { ByteBuffer } from "../encode/byte-buffer";
import { RecordAddress } from "../table/page-ledger";
import { Table } from "./table";
import { TableIndex, addKeyPart } from "./table-index";

const probe: ByteBuffer = new ByteBuffer(64);

/**
 * The row with the value of `len` bytes at `ptr`, as a record has it (0: null), in the one column of `index`; of several the
 * first. `NO_ADDRESS` when there is none (`lastError.status` is then `OK`) or on failure.
 */
export function findByValue(table: Table, index: TableIndex, ptr: usize, len: u32): RecordAddress {
  probe.reset();
  probe.addU32(1);
  addKeyPart(table.schema.columns[index.columns[0]], ptr, len, probe);
  return index.find(probe.ptr);
}
