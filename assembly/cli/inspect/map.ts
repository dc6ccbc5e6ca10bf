/**
 * `map`: a picture of the page file, one cell a page.
 *
 * A cell is a letter for the kind of page; on a colour terminal its background is the table's, else the table's letter follows
 * it.
 */
import { Status, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { CheckReport, addQuoted, counted } from "../../check/check-report";
import { ownerName, OWNER_NONE } from "../../check/owner-map";
import { surveyStore } from "../../check/store-check";
import { SURVEY_OWNERS, Survey } from "../../check/survey";
import { stdout } from "../../wasi/stdio";
import { CommandContext } from "../command-line/context";
import { openPages } from "./open";

/** By `OWNER_…`. */
const KIND_LETTERS: string = "?SAU.DPFX#rfnl_";
const TABLE_LETTERS: string = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Backgrounds of the terminal's 256 colours, for the tables in turn. */
const TABLE_COLORS: StaticArray<i32> = [39, 214, 77, 205, 220, 141, 45, 209, 113, 176, 180, 73];
const DEFAULT_WIDTH: i32 = 80;

export function runMap(ctx: CommandContext): Status {
  const access = openPages(ctx);
  if (!access) return lastError.status;
  const report = new CheckReport();
  const survey = surveyStore(access, report, SURVEY_OWNERS, ctx.given);
  if (!survey) return lastError.status;
  if (ctx.json) printJson(survey);
  else {
    printCells(ctx, survey);
    printLegend(ctx, survey);
  }
  const status = survey.status != 0 ? survey.status : report.status();
  ctx.told = ctx.json && survey.status == 0;
  survey.free();
  access.manager.close();
  return status;
}

/** Characters of a cell. */
function cellWidth(ctx: CommandContext): i32 {
  return ctx.color ? 1 : 3;
}

function printCells(ctx: CommandContext, survey: Survey): void {
  const digits = survey.pageCount.toString().length;
  const width = ctx.columns > 0 ? ctx.columns : DEFAULT_WIDTH;
  // A power of two where eight fit, so that page numbers are easy to find.
  let perLine = max((width - digits - 2) / cellWidth(ctx), 1);
  if (perLine >= 8) {
    let power = 8;
    while (power * 2 <= perLine) power *= 2;
    perLine = power;
  }
  const out = stdout.buffer;
  for (let pageNo: u32 = 0; pageNo < survey.pageCount; pageNo++) {
    if (pageNo % perLine == 0) {
      if (pageNo > 0) out.addU8(10);
      out.addText(pageNo.toString().padStart(digits) + "  ");
      stdout.check();
    } else if (!ctx.color) out.addU8(0x20);
    addCell(ctx, survey, pageNo, out);
  }
  if (survey.pageCount > 0) out.addU8(10);
}

function addCell(ctx: CommandContext, survey: Survey, pageNo: u32, out: ByteBuffer): void {
  const kind = survey.owners.kind(pageNo);
  const table = survey.owners.table(pageNo);
  const letter = KIND_LETTERS.charCodeAt(kind);
  if (!ctx.color) {
    out.addU8(letter);
    out.addU8(table == 0 ? 0x20 : tableLetter(table));
    return;
  }
  if (table != 0) addColor(table, out);
  else if (kind == OWNER_NONE) out.addText("\x1b[41m");
  out.addU8(letter);
  if (table != 0 || kind == OWNER_NONE) out.addText("\x1b[0m");
}

function addColor(table: u32, out: ByteBuffer): void {
  out.addText("\x1b[38;5;16;48;5;" + TABLE_COLORS[(table - 1) % TABLE_COLORS.length].toString() + "m");
}

function tableLetter(table: u32): u32 {
  return TABLE_LETTERS.charCodeAt((table - 1) % TABLE_LETTERS.length);
}

function printLegend(ctx: CommandContext, survey: Survey): void {
  const out = stdout.buffer;
  const counts = countKinds(survey);
  for (let kind = 1; kind <= KIND_LETTERS.length; kind++) {
    const at = kind % KIND_LETTERS.length;
    if (counts[at] == 0) continue;
    out.addText(
      KIND_LETTERS.charAt(at) + "  " + ownerName(at) + (counts[at] > 1 ? " (" + counts[at].toString() + ")" : "") + "\n",
    );
  }
  for (let i = 0; i < survey.tables.length; i++) {
    const table = survey.tables[i];
    if (ctx.color) {
      addColor(table.number, out);
      out.addText("  \x1b[0m");
    } else {
      out.addU8(tableLetter(table.number));
      out.addU8(0x20);
    }
    stdout.line(" table " + table.name + " (" + counted(table.pageTotal, "page") + ")");
  }
}

function countKinds(survey: Survey): StaticArray<u32> {
  const counts = new StaticArray<u32>(KIND_LETTERS.length);
  for (let pageNo: u32 = 0; pageNo < survey.pageCount; pageNo++) counts[survey.owners.kind(pageNo)] += 1;
  return counts;
}

/** One string of kinds, one letter a page, and the table of each page as a number from 1, 0 for none. */
function printJson(survey: Survey): void {
  const out = stdout.buffer;
  out.addText('{"pages":"');
  for (let pageNo: u32 = 0; pageNo < survey.pageCount; pageNo++) {
    out.addU8(KIND_LETTERS.charCodeAt(survey.owners.kind(pageNo)));
    stdout.check();
  }
  out.addText('","owners":[');
  for (let pageNo: u32 = 0; pageNo < survey.pageCount; pageNo++) {
    out.addText((pageNo > 0 ? "," : "") + survey.owners.table(pageNo).toString());
    stdout.check();
  }
  out.addText('],"kinds":{');
  for (let kind = 0; kind < KIND_LETTERS.length; kind++) {
    out.addText((kind > 0 ? ',"' : '"') + KIND_LETTERS.charAt(kind) + '":"' + ownerName(kind) + '"');
  }
  out.addText('},"tables":[');
  for (let i = 0; i < survey.tables.length; i++) {
    if (i > 0) out.addU8(0x2c);
    addQuoted(survey.tables[i].name, out);
  }
  out.addText("]}\n");
  stdout.check();
}
