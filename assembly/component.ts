/**
 * The component: `quire-component.wasm`, what `wit/` says, by the canonical ABI. `docs/component.md` is its manual, `scripts/component.mjs`
 * gives the exports the names that the component model has for them.
 */
import "./text/packed-text";

export { cabi_realloc } from "./component/calls";
export {
  connection_begin_transaction,
  connection_close,
  connection_create_table,
  connection_drop_table,
  connection_dtor,
  connection_in_transaction,
  connection_open,
  connection_open_json,
  connection_request,
  connection_sync,
  connection_table,
  connection_tables,
} from "./component/connection";
export { cursor_columns, cursor_dtor, cursor_next } from "./component/cursor";
export {
  table_count,
  table_delete,
  table_dtor,
  table_get,
  table_get_by,
  table_insert,
  table_scan,
  table_schema,
  table_update,
} from "./component/table";
export {
  transaction_commit,
  transaction_dtor,
  transaction_release,
  transaction_rollback,
  transaction_rollback_to,
  transaction_savepoint,
} from "./component/transaction";
export {
  execute,
  statement_columns,
  statement_dtor,
  statement_execute,
  statement_gives_rows,
  statement_outcome,
  statement_parameters,
  statement_prepare,
  statement_query,
  statement_set_timeout,
} from "./component/sql";
