/** Definitions that come from a file of their own. */
import { BAD_SCHEMA, lastError, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { readDefinitions } from "../schema/given-tables";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { readWhole } from "../wasi/stdio";

/** Bytes of it that are read at most. */
const MOST_BYTES: u32 = 64 << 20;

/** The definitions in the file `path`; null on failure. */
export function readDefinitionsFile(path: string): Array<TableSchemaSnapshot> | null {
  const bytes = new ByteBuffer(65536);
  const isRead = readWhole(path, bytes, MOST_BYTES);
  let list: Array<TableSchemaSnapshot> | null = null;
  if (bytes.len > MOST_BYTES) fail(BAD_SCHEMA, "the file is too long for a list of definitions");
  else if (isRead) list = readDefinitions(bytes);
  bytes.free();
  if (!list && lastError.status == BAD_SCHEMA) lastError.what = path + ": " + lastError.what;
  return list;
}
