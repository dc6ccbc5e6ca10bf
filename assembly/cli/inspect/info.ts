/** `info`: what the file is, what is in it, and what the reference makes of it. */
import { Status, lastError } from "../../status";
import { AccessControlList, isVersion1 } from "../../acl/access-control-list";
import { storedSchemaHash } from "../../schema/schema-registry";
import {
  ACL_PAGE,
  LAYOUT_0_8,
  PAGE_SHIFT,
  crateVersions,
  hasAcl,
  hasDefinitions,
  layoutName,
  referenceVersion,
} from "../../memory/base/layout";
import { catalogOf, catalogSummary } from "../../check/catalog-check";
import { CheckReport, addQuoted, counted } from "../../check/check-report";
import { rowsOf } from "../../check/row-count";
import { schemaTemplate } from "../../check/schema-template";
import { surveyStore } from "../../check/store-check";
import { SURVEY_OWNERS, Survey } from "../../check/survey";
import { isCatalogTable } from "../../store/catalog-table";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { openPages } from "./open";
import { TableView } from "../output/table-view";
import { hex64 } from "../../encode/uuid";

export function runInfo(ctx: CommandContext): Status {
  const access = openPages(ctx);
  if (!access) return lastError.status;
  const report = new CheckReport();
  const survey = surveyStore(access, report, SURVEY_OWNERS, ctx.given);
  if (!survey) return lastError.status;
  const acl = access.manager.pageCount > 1 ? new AccessControlList(access).readAny() : null;
  const identities: i32 = acl ? acl.length : -1;
  if (ctx.json) printJson(ctx, survey, report, identities);
  else printText(ctx, survey, report, identities);
  const status = survey.status != 0 ? survey.status : report.status();
  survey.free();
  access.manager.close();
  return status;
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
  const layout = manager.layout;
  const isDefined = hasDefinitions(layout);
  stdout.line(ctx.invocation.file);
  stdout.line(
    "  size         " +
      counted(manager.pageCount, "page") +
      ", " +
      ((<u64>manager.pageCount) << PAGE_SHIFT).toString() +
      " bytes",
  );
  stdout.line("  layout       " + layoutName(layout) + " (" + layoutText(survey) + ")");
  if (manager.pageCount > 0 && isDefined) stdout.line("  schema hash  " + hex64(storedSchemaHash(survey.access)));
  if (isDefined) stdout.line("  unclaimed    " + counted(survey.unclaimed, "page"));
  stdout.line("  leaked       " + counted(survey.leaked, "page"));
  if (survey.padding > 0) stdout.line("  empty end    " + counted(survey.padding, "page") + ", as a canister's memory often has");
  stdout.line("  identities   " + identitiesText(survey, identities));
  const kinds = referenceKinds(report);
  stdout.line(
    "  reference    " +
      referenceVersion(layout) +
      (kinds == ""
        ? " reads the definitions and ledgers as Quire does (check looks at the rows, too)"
        : " has trouble with this file: " + kinds + " (check tells more)"),
  );
  const kept = catalogSummary(catalogOf(survey));
  if (kept != "") stdout.line("  catalog      " + kept + ", which SQL knows");
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
    if (schema && isCatalogTable(schema)) continue;
    const rows = rowsOf(survey, table);
    view.addText(table.name);
    view.addText(rows < 0 ? "?" : rows.toString());
    view.addText(schema ? schema.columns.length.toString() : "?");
    view.addText(table.indexes.length.toString());
    view.addText(table.pageTotal.toString());
    view.addText(table.recordPageCount.toString());
  }
  view.finish();
  const template = schemaTemplate(survey);
  if (isDefined || template.length == 0) return;
  stdout.line("");
  stdout.line(
    "This layout holds no definitions: --schema FILE gives them, with each table as in what follows, filled in and in this order.",
  );
  for (let i = 0; i < template.length; i++) stdout.line(template[i]);
}

/** What writes the layout, as far as that can be told. */
function layoutText(survey: Survey): string {
  const layout = survey.access.manager.layout;
  if (layout == LAYOUT_0_8 && survey.tables.length == 0) return "crates 0.6 to 0.8: without tables nothing tells which";
  return crateVersions(layout);
}

function identitiesText(survey: Survey, identities: i32): string {
  if (!hasAcl(survey.access.manager.layout)) return "none in this layout";
  if (identities < 0) return "the access control list can't be read";
  const page = hasDefinitions(survey.access.manager.layout) ? survey.access.page(ACL_PAGE) : 0;
  const isOld = page != 0 && isVersion1(page);
  return identities.toString() + (isOld ? ", in a list of version 1, from before 0.9, which 0.9 takes for empty" : "");
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
  const kept = catalogSummary(catalogOf(survey));
  if (kept != "") out.addText(',"catalog":"' + kept + '"');
  out.addText(',"tables":[');
  let count = 0;
  for (let i = 0; i < survey.tables.length; i++) {
    const table = survey.tables[i];
    const schema = table.schema;
    if (schema && isCatalogTable(schema)) continue;
    const rows = rowsOf(survey, table);
    out.addText(count++ > 0 ? ',{"name":' : '{"name":');
    addQuoted(table.name, out);
    out.addText(',"rows":' + (rows < 0 ? "null" : rows.toString()) + ',"indexes":' + table.indexes.length.toString());
    out.addText(',"pages":' + table.pageTotal.toString() + ',"recordPages":' + table.recordPageCount.toString() + "}");
  }
  out.addU8(0x5d);
  if (!hasDefinitions(manager.layout)) {
    out.addText(',"template":');
    addQuoted(schemaTemplate(survey).join("\n"), out);
  }
  out.addText("}\n");
  stdout.check();
  ctx.told = survey.status == 0;
}
