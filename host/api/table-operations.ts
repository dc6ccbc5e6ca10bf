/** The operations of tables. Those of one row, and insertions, are tried directly. */
import type { AnyRow } from "./define-table.js";
import { BY_STEPS, Operation, ScanState } from "./operations.js";
import type { CountOptions, DeleteOptions, DeleteWhereRequest, LookupOptions, ScanOptions, WhereRequest } from "./requests.js";

type MaybeLookup = LookupOptions | undefined;
type MaybeDelete = DeleteOptions | undefined;

/** Whether a lookup may go without a request: it chooses no columns, and there is no other option to be refused. */
function isDirect(options: MaybeLookup): boolean {
  if (options === undefined) return true;
  // Null, and what else is no object, is the request's to refuse.
  if (typeof options !== "object" || (options as unknown) === null) return false;
  for (const name in options) if (name !== "index") return false;
  return true;
}

export const INSERT = new Operation<unknown, undefined, unknown>(
  "insert",
  (operations, table, row) => operations.insert(table, row),
  (direct, table, row) => {
    const keys = direct.insert(table, [row]);
    return keys === undefined ? BY_STEPS : keys[0];
  },
);

export const INSERT_MANY = new Operation<readonly unknown[], undefined, unknown[]>(
  "insertMany",
  (operations, table, rows) => operations.insertMany(table, rows),
  (direct, table, rows) => (rows.length > 1 ? (direct.insert(table, rows) ?? BY_STEPS) : BY_STEPS),
);

export const INSERT_PARTS = new Operation<readonly (readonly unknown[])[], undefined, unknown[]>(
  "insertMany",
  (operations, table, parts) => operations.insertParts(table, parts),
);

export const GET = new Operation<unknown, MaybeLookup, AnyRow>(
  "get",
  (operations, table, key, options) => operations.get(table, key, options),
  (direct, table, key, options) => (isDirect(options) ? (direct.get(table, key, options?.index) ?? BY_STEPS) : BY_STEPS),
);

export const FIND = new Operation<unknown, MaybeLookup, AnyRow | undefined>(
  "find",
  (operations, table, key, options) => operations.find(table, key, options),
  (direct, table, key, options) => {
    const row = isDirect(options) ? direct.get(table, key, options?.index) : undefined;
    return row === undefined ? BY_STEPS : (row ?? undefined);
  },
);

export const GET_MANY = new Operation<readonly unknown[], MaybeLookup, AnyRow[]>("getMany", (operations, table, keys, options) =>
  operations.getMany(table, keys, options),
);

export const UPDATE = new Operation<unknown, unknown, unknown>(
  "update",
  (operations, table, key, set) => operations.update(table, key, set),
  (direct, table, key, set) => direct.update(table, key, set) ?? BY_STEPS,
);

export const DELETE = new Operation<unknown, MaybeDelete, unknown>(
  "delete",
  (operations, table, key, options) => operations.delete(table, key, options),
  (direct, table, key, options) => (options === undefined ? (direct.delete(table, key) ?? BY_STEPS) : BY_STEPS),
);

export const DELETE_MANY = new Operation<readonly unknown[], MaybeDelete, unknown>(
  "deleteMany",
  (operations, table, keys, options) => operations.deleteMany(table, keys, options),
);

export const UPDATE_WHERE = new Operation<unknown, WhereRequest, unknown>("updateWhere", (operations, table, set, which) =>
  operations.updateWhere(table, set, which),
);

export const DELETE_WHERE = new Operation<DeleteWhereRequest, undefined, unknown>("deleteWhere", (operations, table, which) =>
  operations.deleteWhere(table, which),
);

export const COUNT = new Operation<CountOptions | undefined, undefined, number>("count", (operations, table, options) =>
  operations.count(table, options),
);

/** The first row of a scan. */
export const FIRST = new Operation<ScanOptions, undefined, AnyRow | undefined>("first", function* (operations, table, options) {
  return (yield* new ScanState(table, options).rest(operations))[0];
});

export const SCAN_PAGE = new Operation<ScanState, undefined, AnyRow[]>("scan", (operations, _, state) => state.next(operations));

export const SCAN_ALL = new Operation<() => ScanState, undefined, AnyRow[]>("scan", (operations, _, start) =>
  start().rest(operations),
);
