/**
 * The core for AssemblyScript programs: `import { … } from "quire-db/assembly"`. `examples/assembly` is one.
 *
 * Compile with `--runtime minimal --use abort=~lib/quire-db/assembly/wasi/abort/abort`. Functions that fail return a `Status` that is not
 * `OK`, or a documented sentinel; `errorMessage()` then says why. Garbage is collected when the program calls `__collect()`, which it may
 * do only where nothing but globals holds its objects.
 */
export { OK, Status, errorMessage, exitStatus, lastError, statusName } from "./status";
export { ByteBuffer } from "./encode/byte-buffer";
export { CELL_MISSING, CELL_NULL, CELL_SET, Row } from "./encode/row";
export { isLongValue, parseValue, writeJsonValue, writeTextValue } from "./encode/value-text";
export { Column } from "./schema/column";
export { TableDefinition } from "./schema/column-spec";
export { TableSchemaSnapshot } from "./schema/table-schema-snapshot";
export { LAYOUT_0_9, LAYOUT_0_11 } from "./memory/base/layout";
export { MemoryProvider, HeapMemoryProvider, WasiMemoryProvider } from "./memory/file/provider";
export { NO_ADDRESS, RecordAddress } from "./table/page-ledger";
export { DELETE_BY_SCHEMA, DELETE_CASCADE, DELETE_RESTRICT } from "./store/deletes";
export { DbmsContext } from "./store/dbms-context";
export { OpenOptions } from "./store/store";
export { RowScan } from "./store/row-scan";
export { Table } from "./store/table";
export { TableIndex, addKeyPart } from "./store/table-index";
export { handleRequest } from "./request/dispatcher";
export { Session } from "./request/session";
export { SqlStatement as Statement } from "./request/sql-statement";
export { Input, Output, commandArguments, stderr, stdout } from "./wasi/stdio";
