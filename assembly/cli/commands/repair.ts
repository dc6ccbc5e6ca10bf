/** `repair OUT`: what can be read of a damaged file, in a new one. */
import { Status, OK, DAMAGED, USAGE, fail, lastError, restoreError, savedError } from "../../status";
import { LAYOUT_0_9, hasDefinitions, layoutName } from "../../memory/base/layout";
import { GivenTables, schemaNeeded } from "../../schema/given-tables";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { CheckReport, addQuoted, counted } from "../../check/check-report";
import { surveyStore } from "../../check/store-check";
import { ERROR, FILE_CUT } from "../../check/fault-kinds";
import { SURVEY_ALL } from "../../check/survey";
import { finishStore, makeStore, placeStore } from "../../maintenance/new-file";
import { Salvage } from "../../maintenance/salvage";
import { stdout } from "../../wasi/stdio";
import { CommandContext, layoutOption, oldLayoutOption, openOptions } from "../command-line/context";
import { openPages } from "../inspect/open";

export function runRepair(ctx: CommandContext): Status {
  const access = openPages(ctx, true);
  if (!access) return lastError.status;
  const manager = access.manager;
  const told = oldLayoutOption(ctx);
  if (told != 0) manager.layout = told;
  const isDefined = hasDefinitions(manager.layout);
  if (!isDefined && !ctx.given) return schemaNeeded(manager.layout);
  const given = ctx.given || new GivenTables(new Array<TableSchemaSnapshot>());
  // What is saved of a file from before 0.9 goes into one of 0.9, unless told otherwise.
  const layout = told != 0 ? LAYOUT_0_9 : layoutOption(ctx, isDefined ? manager.layout : LAYOUT_0_9);
  if (layout == 0) return USAGE;
  if (isDefined) manager.layout = layout;
  const out = ctx.word(0);
  const to = makeStore(out, layout, openOptions(ctx)!.cacheBytes);
  if (!to) return lastError.status;
  const report = ctx.has("all") ? new CheckReport(u32.MAX_VALUE) : new CheckReport();
  const made = new CheckReport();
  const leftOver = manager.provider.leftOver;
  if (leftOver != 0 && report.add(FILE_CUT, manager.pageCount))
    report.say("the file ends inside of this page, whose first " + counted(leftOver, "byte") + " are all there is of it");
  const work = Salvage.run(access, given, to, report);
  // What could not be read just now is not lost.
  let status = work ? manager.allRead() : lastError.status;
  if (work && status == OK) {
    const survey = surveyStore(to.access, made, SURVEY_ALL);
    if (survey) survey.free();
    else status = lastError.status;
  }
  const isNothing = work != null && status == OK && work.tables == 0 && report.errors + report.doubts > 0;
  if (isNothing) status = fail(DAMAGED, "nothing of " + ctx.invocation.file + " could be saved");
  status = finishStore(to, manager, status);
  if (status == OK) status = placeStore(to);
  // What became of OUT is what matters when closing FILE fails as well.
  const error = savedError();
  manager.close();
  if (status != OK) restoreError(error);
  if (!work || (status != OK && !isNothing)) return status;
  if (ctx.json) printJson(ctx, work, report, made);
  else printText(ctx, work, report, made);
  ctx.told = ctx.json;
  if (isNothing) return fail(DAMAGED, "nothing of " + ctx.invocation.file + " could be saved");
  if (report.errors > 0) return fail(DAMAGED, "not all of " + ctx.invocation.file + " could be saved: " + report.summary());
  if (report.doubts > 0) {
    const what = "whether all of " + ctx.invocation.file + " could be saved can't be known: " + counted(report.doubts, "doubt");
    return fail(DAMAGED, what, "compare with a backup");
  }
  return made.errors == 0 ? OK : fail(DAMAGED, "what was saved of " + ctx.invocation.file + " has errors: " + made.summary());
}

/** The names of the kinds of errors, with commas between them. */
function errorKinds(report: CheckReport): string {
  const names = new Array<string>();
  for (let i = 0; i < report.faults.length; i++) {
    const kind = report.faults[i].kind;
    if (kind.severity == ERROR && !names.includes(kind.name)) names.push(kind.name);
  }
  return names.join(", ");
}

function printText(ctx: CommandContext, work: Salvage, report: CheckReport, made: CheckReport): void {
  report.print(stdout);
  if (work.tables == 0 && report.errors + report.doubts > 0) return;
  const rows = counted(work.tables, "table") + " with " + counted(work.rows, "row") + " saved";
  const lost = work.lost > 0 ? ", " + counted(work.lost, "row") + " lost" : "";
  const twice = work.twice > 0 ? ", " + counted(work.twice, "row") + " left out for another one with the same key" : "";
  const doubts = report.doubts > 0 ? ", " + counted(report.doubts, "doubt") : "";
  stdout.line(
    ctx.word(0) + ": " + rows + lost + twice + doubts + (report.faults.length == 0 && made.errors == 0 ? ": all there was" : ""),
  );
  if (made.errors > 0) stdout.line("check finds " + counted(made.errors, "error") + " in it: " + errorKinds(made));
}

function printJson(ctx: CommandContext, work: Salvage, report: CheckReport, made: CheckReport): void {
  const out = stdout.buffer;
  out.addText('{"file":');
  addQuoted(ctx.word(0), out);
  out.addText(',"layout":"' + layoutName(work.layout) + '"');
  out.addText(',"tables":' + work.tables.toString() + ',"rows":' + work.rows.toString() + ',"lost":' + work.lost.toString());
  out.addText(',"twice":' + work.twice.toString() + ',"doubts":' + report.doubts.toString() + ",");
  report.addJson(out);
  out.addText(',"check":{"errors":' + made.errors.toString() + ',"codes":');
  addQuoted(errorKinds(made), out);
  out.addText("}}\n");
  stdout.check();
}
