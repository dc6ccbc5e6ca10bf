/** Definitions that come from a file of their own. */
import { BAD_SCHEMA, lastError, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { areText, readDefinitions } from "../schema/given-tables";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { readWhole } from "../wasi/stdio";

/** Bytes of it that are read at most. */
const MOST_BYTES: u32 = 64 << 20;

/** The file `path`, which is to have definitions; null on failure. */
export function readDefinitionsText(path: string): ByteBuffer | null {
  const bytes = new ByteBuffer(65536);
  const isRead = readWhole(path, bytes, MOST_BYTES);
  if (isRead && bytes.len > MOST_BYTES) fail(BAD_SCHEMA, "the file is too long for a list of definitions");
  else if (isRead && areText(bytes)) return bytes;
  if (lastError.status == BAD_SCHEMA) lastError.what = path + ": " + lastError.what;
  bytes.free();
  return null;
}

/** The definitions in the file `path`; null on failure. */
export function readDefinitionsFile(path: string): Array<TableSchemaSnapshot> | null {
  const bytes = readDefinitionsText(path);
  if (!bytes) return null;
  const list = readDefinitions(bytes);
  bytes.free();
  if (!list && lastError.status == BAD_SCHEMA) lastError.what = path + ": " + lastError.what;
  return list;
}
