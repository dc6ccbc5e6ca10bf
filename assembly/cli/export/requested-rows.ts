/** Rows that a `scan` request asks for, printed. */
import { Status, lastError } from "../../status";
import { allPositions } from "../../schema/column-names";
import { ScanLoop } from "../../query/scan-loop";
import { requestedColumns } from "../../request/row-requests";
import { FIELD_ORDER_BY } from "../../request/request";
import { ScanPlan, sortedRows } from "../../request/scan-request";
import { QueryRows } from "../../sql/query-rows";
import { RowScan } from "../../store/row-scan";
import { Table } from "../../store/table";
import { sessionOf } from "../command-line/command-request";
import { CommandContext } from "../command-line/context";
import { formatNamed } from "./formats";

/** Prints the rows of `table` that the request in hand asks for, in the format called `name`. */
export function printRequested(ctx: CommandContext, table: Table, name: string): Status {
  const session = sessionOf(ctx);
  if (session.request.has(FIELD_ORDER_BY)) return printSorted(ctx, name);
  const plan = ScanPlan.open(session, i64.MAX_VALUE);
  const writer = plan ? requestedColumns(session, table) : null;
  const format = writer ? formatNamed(ctx, name, table.schema, writer.positions) : null;
  return plan && format ? format.print<RowScan>(plan) : lastError.status;
}

function printSorted(ctx: CommandContext, name: string): Status {
  const sorted = sortedRows(sessionOf(ctx));
  if (!sorted) return lastError.status;
  const rows = sorted.rows;
  const format = formatNamed(ctx, name, rows.schema, allPositions(rows.schema));
  return format ? format.print<QueryRows>(new ScanLoop<QueryRows>(rows)) : lastError.status;
}
