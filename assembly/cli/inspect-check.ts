/** `check`: walks the whole file and lists every fault. */
import { Status, OK, lastError } from "../status";
import { stdout } from "../wasi/stdio";
import { layoutName } from "../memory/layout";
import { CheckReport, addQuoted, counted } from "../check/check-report";
import { surveyStore } from "../check/store-check";
import { SURVEY_ALL } from "../check/survey";
import { CommandContext } from "./context";
import { openPages } from "./inspect-open";

export function runCheck(ctx: CommandContext): Status {
  const access = openPages(ctx);
  if (!access) return lastError.status;
  const manager = access.manager;
  const report = ctx.has("all") ? new CheckReport(u32.MAX_VALUE) : new CheckReport();
  const survey = surveyStore(access, report, SURVEY_ALL);
  if (!survey) return lastError.status;
  let rows: u64 = 0;
  for (let i = 0; i < survey.tables.length; i++) rows += survey.tables[i].rows;
  const out = stdout.buffer;
  if (ctx.json) {
    out.addText('{"file":');
    addQuoted(ctx.invocation.file, out);
    out.addText(',"ok":' + (report.errors == 0 ? "true" : "false") + ',"pages":' + manager.pageCount.toString());
    out.addText(
      ',"layout":"' +
        layoutName(manager.layout) +
        '","tables":' +
        survey.tables.length.toString() +
        ',"rows":' +
        rows.toString() +
        ",",
    );
    report.addJson(out);
    out.addText("}\n");
    ctx.told = survey.status == OK;
  } else {
    report.addText(out);
    out.addText(
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
        (report.faults.length == 0 ? "no faults" : report.summary()) +
        "\n",
    );
  }
  stdout.check();
  const status = survey.status != OK ? survey.status : report.status();
  survey.free();
  manager.close();
  return status;
}
