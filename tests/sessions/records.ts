/** Rows as records, as the library's direct calls take them (docs/abi.md, docs/format.md). */
import type { Column, Row, Table, Value } from "./model.js";

type Bytes = ReturnType<typeof Buffer.concat>;

export function recordValue(column: Column, value: Value): Bytes {
  switch (column.kind) {
    case "uint32":
    case "uint32auto": {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(value as number);
      return bytes;
    }
    case "int64": {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(value as string));
      return bytes;
    }
    case "boolean":
      return Buffer.from([value === true ? 1 : 0]);
    case "date": {
      const [year, month, day] = (value as string).split("-").map(Number);
      return Buffer.from([year! & 255, year! >> 8, month!, day!]);
    }
    case "uuid":
      return Buffer.from((value as string).replaceAll("-", ""), "hex");
    case "decimal": {
      const bytes = Buffer.alloc(16);
      bytes.writeUInt32LE(2 << 16);
      bytes.writeUInt32LE(Number((value as string).replace(".", "")), 4);
      return bytes;
    }
    default: {
      const bytes = column.kind === "blob" ? Buffer.from(value as string, "hex") : Buffer.from(String(value));
      return Buffer.concat([Buffer.from([bytes.length & 255, bytes.length >> 8]), bytes]);
    }
  }
}

/** The columns that `row` has, as `insert` and `update` of the library take them. */
export function givenColumns(table: Table, row: Row): Bytes {
  const { columns } = table.shape;
  const given = Buffer.alloc(Math.ceil(columns.length / 8));
  const parts: Bytes[] = [given];
  columns.forEach((column, at) => {
    const value = row[column.name];
    if (value === undefined) return;
    given[at >> 3]! |= 1 << (at & 7);
    if (column.nullable) parts.push(Buffer.from([value === null ? 0 : 1]));
    if (value !== null) parts.push(recordValue(column, value));
  });
  return framed(Buffer.concat(parts));
}

/** With its length before it. */
export function framed(bytes: Bytes): Bytes {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(bytes.length);
  return Buffer.concat([head, bytes]);
}
