/** Definitions that come from a file of their own. */
import { BAD_SCHEMA, lastError, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { readDefinitions } from "../schema/given-tables";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Input } from "../wasi/stdio";

/** Bytes of it that are read at most. */
const MOST_BYTES: u32 = 64 << 20;

/** The definitions in the file `path`; null on failure. */
export function readDefinitionsFile(path: string): Array<TableSchemaSnapshot> | null {
  const input = Input.open(path);
  if (!input) return null;
  const bytes = new ByteBuffer(65536);
  let count = 0;
  do {
    count = input.read(bytes.reserve(65536), 65536);
    if (count > 0) bytes.len += count;
  } while (count > 0 && bytes.len < MOST_BYTES);
  input.close();
  let list: Array<TableSchemaSnapshot> | null = null;
  if (count > 0) fail(BAD_SCHEMA, "the file is too long for a list of definitions");
  else if (count == 0) list = readDefinitions(bytes);
  bytes.free();
  if (!list && lastError.status == BAD_SCHEMA) lastError.what = path + ": " + lastError.what;
  return list;
}
