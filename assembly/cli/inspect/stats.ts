/** `stats [TABLE]`: how pages, records and indexes are filled. */
import { Status, TABLE_NOT_FOUND, fail, lastError } from "../../status";
import { PAGE_SHIFT } from "../../memory/base/layout";
import { CheckReport, addQuoted, counted } from "../../check/check-report";
import { CheckedIndex, CheckedTable } from "../../check/checked-table";
import { surveyStore } from "../../check/store-check";
import { SURVEY_RECORDS } from "../../check/survey";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { openPages } from "./open";

export function runStats(ctx: CommandContext): Status {
  const access = openPages(ctx);
  if (!access) return lastError.status;
  const report = new CheckReport();
  const survey = surveyStore(access, report, SURVEY_RECORDS, ctx.given);
  if (!survey) return lastError.status;
  const only = ctx.word(0);
  let shown = 0;
  if (ctx.json) stdout.raw('{"tables":[');
  for (let i = 0; i < survey.tables.length; i++) {
    const table = survey.tables[i];
    if (only != "" && table.name != only) continue;
    if (ctx.json) printJson(table, shown > 0);
    else printText(table, shown > 0);
    shown += 1;
  }
  let status = survey.status != 0 ? survey.status : report.status();
  if (only != "" && shown == 0) status = fail(TABLE_NOT_FOUND, "there is no table " + only);
  if (ctx.json && (only == "" || shown > 0)) stdout.line("]}");
  if (!ctx.json && shown == 0 && only == "") stdout.line("the file has no tables");
  ctx.told = ctx.json && status != TABLE_NOT_FOUND && survey.status == 0;
  if (ctx.json && status == TABLE_NOT_FOUND) stdout.buffer.reset();
  survey.free();
  access.manager.close();
  return status;
}

/** `part` of `whole` as a percentage with one digit. */
function percent(part: u64, whole: u64): string {
  const tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;
  return (tenths / 10).toString() + "." + (tenths % 10).toString() + " %";
}

function indexBytes(index: CheckedIndex): u64 {
  return (<u64>(index.innerNodes + index.leaves)) << PAGE_SHIFT;
}

function average(table: CheckedTable): u64 {
  return table.rows == 0 ? 0 : (table.bodyBytes + table.rows / 2) / table.rows;
}

function printText(table: CheckedTable, apart: bool): void {
  if (apart) stdout.line("");
  const room = (<u64>table.recordPageCount) << PAGE_SHIFT;
  stdout.line(
    "table " +
      table.name +
      ": " +
      (table.table ? counted(table.rows, "row") : "rows can't be read") +
      ", " +
      counted(table.pageTotal, "page"),
  );
  stdout.line(
    "  records  " +
      counted(table.recordPageCount, "page") +
      ", " +
      percent(table.slotBytes, room) +
      " full: " +
      table.bodyBytes.toString() +
      " bytes in " +
      counted(table.rows, "record") +
      ", " +
      average(table).toString() +
      " on average, " +
      table.longestBody.toString() +
      " at most",
  );
  stdout.line(
    "  free     " +
      table.tailBytes.toString() +
      " bytes at the ends of pages, " +
      table.segmentBytes.toString() +
      " in " +
      counted(table.segments, "free segment") +
      " (" +
      counted(table.segmentsPageCount, "segments page") +
      ")",
  );
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    const definition = index.index;
    const leaves = counted(index.leaves, "leaf").replace("leafs", "leaves");
    const nodes = leaves + (index.innerNodes > 0 ? ", " + counted(index.innerNodes, "inner node") : "");
    const entries = counted(index.entries, "entry").replace("entrys", "entries");
    stdout.line(
      "  index    " +
        index.columnsText +
        (definition && definition.unique ? " (unique)" : "") +
        ": " +
        entries +
        ", height " +
        index.height.toString() +
        ", " +
        nodes +
        ", " +
        percent(index.usedBytes, indexBytes(index)) +
        " full" +
        (index.incomplete ? " (can't be read as a whole)" : ""),
    );
  }
}

function printJson(table: CheckedTable, apart: bool): void {
  const out = stdout.buffer;
  out.addText(apart ? ',{"name":' : '{"name":');
  addQuoted(table.name, out);
  out.addText(
    ',"rows":' +
      table.rows.toString() +
      ',"pages":' +
      table.pageTotal.toString() +
      ',"recordPages":' +
      table.recordPageCount.toString(),
  );
  out.addText(
    ',"bodyBytes":' +
      table.bodyBytes.toString() +
      ',"slotBytes":' +
      table.slotBytes.toString() +
      ',"longest":' +
      table.longestBody.toString(),
  );
  out.addText(
    ',"tailBytes":' +
      table.tailBytes.toString() +
      ',"segments":' +
      table.segments.toString() +
      ',"segmentBytes":' +
      table.segmentBytes.toString(),
  );
  out.addText(',"segmentsPages":' + table.segmentsPageCount.toString() + ',"indexes":[');
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    out.addText((i > 0 ? ",{" : "{") + '"columns":[');
    for (let j = 0; j < index.columns.length; j++) {
      if (j > 0) out.addU8(0x2c);
      addQuoted(index.columns[j], out);
    }
    const definition = index.index;
    out.addText('],"unique":' + (definition && definition.unique ? "true" : "false") + ',"entries":' + index.entries.toString());
    out.addText(
      ',"height":' +
        index.height.toString() +
        ',"leaves":' +
        index.leaves.toString() +
        ',"innerNodes":' +
        index.innerNodes.toString(),
    );
    out.addText(',"emptyLeaves":' + index.emptyLeaves.toString() + ',"usedBytes":' + index.usedBytes.toString() + "}");
  }
  out.addText("]}");
  stdout.check();
}
