/** `check`: walks the whole file and lists every fault. */
import { Status, OK, lastError } from "../../status";
import { stdout } from "../../wasi/stdio";
import { layoutName } from "../../memory/base/layout";
import { CheckReport, counted } from "../../check/check-report";
import { quickCheck, surveyStore } from "../../check/store-check";
import { rowsOf } from "../../check/row-count";
import { checkRules } from "../../check/rules-check";
import { SURVEY_ALL, Survey } from "../../check/survey";
import { CommandContext, rulesOption } from "../command-line/context";
import { openPages } from "./open";

export function runCheck(ctx: CommandContext): Status {
  const access = openPages(ctx);
  if (!access) return lastError.status;
  const manager = access.manager;
  const report = ctx.has("all") ? new CheckReport(u32.MAX_VALUE) : new CheckReport();
  const quick = ctx.has("quick");
  const survey = quick ? quickCheck(access, report, ctx.given) : surveyStore(access, report, SURVEY_ALL, ctx.given);
  if (!survey) return lastError.status;
  const definitions = rulesOption(ctx);
  if (!definitions || checkRules(survey, definitions) != OK) return lastError.status;
  let rows: i64 = 0;
  for (let i = 0; i < survey.tables.length; i++)
    rows += max<i64>(isWalked(survey, i, quick) ? <i64>survey.tables[i].rows : rowsOf(survey, survey.tables[i]), 0);
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

/** Whether the rows of table number `i` were counted one by one. */
function isWalked(survey: Survey, i: i32, quick: bool): bool {
  return !quick && survey.tables[i].table !== null;
}
