/** `check`: walks the whole file and lists every fault. */
import { Status, OK, lastError } from "../status";
import { stdout } from "../wasi/stdio";
import { layoutName } from "../memory/layout";
import { CheckReport, counted } from "../check/check-report";
import { quickCheck, surveyStore } from "../check/store-check";
import { SURVEY_ALL } from "../check/survey";
import { CommandContext } from "./context";
import { entriesOf } from "./inspect-info";
import { openPages } from "./inspect-open";

export function runCheck(ctx: CommandContext): Status {
  const access = openPages(ctx);
  if (!access) return lastError.status;
  const manager = access.manager;
  const report = ctx.has("all") ? new CheckReport(u32.MAX_VALUE) : new CheckReport();
  const quick = ctx.has("quick");
  const survey = quick ? quickCheck(access, report) : surveyStore(access, report, SURVEY_ALL);
  if (!survey) return lastError.status;
  let rows: u64 = 0;
  for (let i = 0; i < survey.tables.length; i++) rows += quick ? entriesOf(survey.tables[i]) : survey.tables[i].rows;
  const out = stdout.buffer;
  if (ctx.json) {
    out.addText('{"ok":{');
    report.addJson(out);
    out.addText("}}\n");
    ctx.told = survey.status == OK;
  } else {
    report.print(stdout);
    stdout.line(
      ctx.invocation.file +
        ": " +
        counted(manager.pageCount, "page") +
        ", layout " +
        layoutName(manager.layout) +
        ", " +
        counted(survey.tables.length, "table") +
        ", " +
        counted(rows, "row") +
        ": " +
        (report.faults.length == 0 ? "no faults" : report.summary()),
    );
    if (quick) stdout.line("not looked at: rows, free space, the order and the entries of indexes, foreign keys");
  }
  stdout.check();
  const status = survey.status != OK ? survey.status : report.status();
  survey.free();
  manager.close();
  return status;
}
