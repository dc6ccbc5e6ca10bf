/** `info`: what the file is, what is in it, and what the reference makes of it. */
import { Status, lastError } from "../status";
import { AccessControlList } from "../acl/access-control-list";
import { storedSchemaHash } from "../schema/schema-registry";
import { LAYOUT_0_11, PAGE_SHIFT, layoutName } from "../memory/layout";
import { CheckReport, addQuoted, counted } from "../check/check-report";
import { CheckedTable } from "../check/checked-table";
import { surveyStore } from "../check/store-check";
import { SURVEY_OWNERS, Survey } from "../check/survey";
import { stdout } from "../wasi/stdio";
import { CommandContext } from "./context";
import { openPages } from "./inspect-open";
import { TableView } from "./table-view";
import { hex64 } from "../encode/uuid";

export function runInfo(ctx: CommandContext): Status {
  const access = openPages(ctx);
  if (!access) return lastError.status;
  const report = new CheckReport();
  const survey = surveyStore(access, report, SURVEY_OWNERS);
  if (!survey) return lastError.status;
  const acl = access.manager.pageCount > 1 ? new AccessControlList(access).read() : null;
  const identities: i32 = acl ? acl.length : -1;
  if (ctx.json) printJson(ctx, survey, report, identities);
  else printText(ctx, survey, report, identities);
  const status = survey.status != 0 ? survey.status : report.status();
  survey.free();
  access.manager.close();
  return status;
}

/** Rows of a table as its primary key's index counts them; "" when that can't be read. */
function rowsOf(table: CheckedTable): string {
  const opened = table.table;
  const index = opened ? table.checkedIndexOf(opened.primary) : null;
  return index && !index.incomplete ? index.entries.toString() : "";
}

/** Rows of a table as far as its primary key's index shows them. */
export function entriesOf(table: CheckedTable): u64 {
  const opened = table.table;
  const index = opened ? table.checkedIndexOf(opened.primary) : null;
  return index ? index.entries : 0;
}

/** What the reference has against the file, as far as definitions and ledgers show. */
export function referenceKinds(report: CheckReport): string {
  let text = "";
  for (let i = 0; i < report.faults.length; i++) {
    const name = report.faults[i].kind.name;
    if (name.startsWith("REFERENCE_") && !text.includes(name)) text += (text == "" ? "" : ", ") + name;
  }
  return text;
}

function printText(ctx: CommandContext, survey: Survey, report: CheckReport, identities: i32): void {
  const manager = survey.access.manager;
  const isNew = manager.layout == LAYOUT_0_11;
  stdout.line(ctx.invocation.file);
  stdout.line(
    "  size         " +
      counted(manager.pageCount, "page") +
      ", " +
      ((<u64>manager.pageCount) << PAGE_SHIFT).toString() +
      " bytes",
  );
  stdout.line("  layout       " + layoutName(manager.layout) + (isNew ? " (crates 0.10 and 0.11)" : " (crates up to 0.9)"));
  if (manager.pageCount > 0) stdout.line("  schema hash  " + hex64(storedSchemaHash(survey.access)));
  stdout.line("  unclaimed    " + counted(survey.unclaimed, "page"));
  stdout.line("  leaked       " + counted(survey.leaked, "page"));
  if (survey.padding > 0) stdout.line("  empty end    " + counted(survey.padding, "page") + ", as a canister's memory often has");
  stdout.line(
    "  identities   " +
      (isNew ? "none in this layout" : identities < 0 ? "the access control list can't be read" : identities.toString()),
  );
  const kinds = referenceKinds(report);
  const version = isNew ? "0.11.0" : "0.9.0";
  stdout.line(
    "  reference    " +
      version +
      (kinds == ""
        ? " reads the definitions and ledgers as Quire does (check looks at the rows, too)"
        : " has trouble with this file: " + kinds + " (check tells more)"),
  );
  if (report.errors > 0) stdout.line("  damage       " + counted(report.errors, "error") + " (check tells more)");
  if (survey.tables.length == 0) return stdout.line("  tables       none");
  stdout.line("");
  const view = new TableView(stdout, ctx.columns, ctx.color);
  view.addColumn("table");
  view.addColumn("rows", true);
  view.addColumn("columns", true);
  view.addColumn("indexes", true);
  view.addColumn("pages", true);
  view.addColumn("record pages", true);
  for (let i = 0; i < survey.tables.length; i++) {
    const table = survey.tables[i];
    const schema = table.schema;
    const rows = rowsOf(table);
    view.addText(table.name);
    view.addText(rows == "" ? "?" : rows);
    view.addText(schema ? schema.columns.length.toString() : "?");
    view.addText(table.indexes.length.toString());
    view.addText(table.pageTotal.toString());
    view.addText(table.recordPageCount.toString());
  }
  view.finish();
}

function printJson(ctx: CommandContext, survey: Survey, report: CheckReport, identities: i32): void {
  const manager = survey.access.manager;
  const out = stdout.buffer;
  out.addText('{"file":');
  addQuoted(ctx.invocation.file, out);
  out.addText(',"bytes":' + ((<u64>manager.pageCount) << PAGE_SHIFT).toString() + ',"pages":' + manager.pageCount.toString());
  out.addText(',"layout":"' + layoutName(manager.layout) + '","schemaHash":"');
  out.addText(hex64(manager.pageCount > 0 ? storedSchemaHash(survey.access) : 0));
  out.addText('","unclaimed":' + survey.unclaimed.toString() + ',"leaked":' + survey.leaked.toString());
  out.addText(',"emptyEnd":' + survey.padding.toString());
  out.addText(',"identities":' + (identities < 0 ? "null" : identities.toString()) + ',"errors":' + report.errors.toString());
  out.addText(',"reference":');
  addQuoted(referenceKinds(report), out);
  out.addText(',"tables":[');
  for (let i = 0; i < survey.tables.length; i++) {
    const table = survey.tables[i];
    const rows = rowsOf(table);
    out.addText(i > 0 ? ',{"name":' : '{"name":');
    addQuoted(table.name, out);
    out.addText(',"rows":' + (rows == "" ? "null" : rows) + ',"indexes":' + table.indexes.length.toString());
    out.addText(',"pages":' + table.pageTotal.toString() + ',"recordPages":' + table.recordPageCount.toString() + "}");
  }
  out.addText("]}\n");
  stdout.check();
  ctx.told = survey.status == 0;
}
