/** `page N`: what one page is, what it holds, and its bytes. */
import { Status, OK, USAGE, fail, lastError } from "../../status";
import { PAGE_SIZE } from "../../memory/base/layout";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addHex } from "../../encode/uuid";
import { isZero } from "../../encode/bytes";
import { stdout } from "../../wasi/stdio";
import { CheckReport, addQuoted } from "../../check/check-report";
import { surveyStore } from "../../check/store-check";
import { ownerName } from "../../check/owner-map";
import { SURVEY_OWNERS } from "../../check/survey";
import { CommandContext, parseCount } from "../command-line/context";
import { openPages } from "./open";
import { PageView } from "../output/page-view";
import { decodePage } from "./page-decode";

/** Bytes that are shown in hexadecimal without `--hex`. */
const FIRST_BYTES: u32 = 64;
const LINE: u32 = 16;

export function runPage(ctx: CommandContext): Status {
  const number = parseCount(ctx.word(0), u32.MAX_VALUE);
  if (number < 0) return fail(USAGE, "page needs a page number, not " + ctx.word(0));
  const access = openPages(ctx);
  if (!access) return lastError.status;
  const pages = access.manager.pageCount;
  if (number >= <i64>pages) {
    const hint = pages == 0 ? "the file is empty" : "the last one is " + (pages - 1).toString();
    return fail(USAGE, "there is no page " + number.toString(), hint);
  }
  const pageNo = <u32>number;
  const survey = surveyStore(access, new CheckReport(), SURVEY_OWNERS, ctx.given);
  if (!survey) return lastError.status;
  const page = access.page(pageNo);
  if (page == 0) return lastError.status;
  // What is decoded looks other pages up.
  const copy = heap.alloc(PAGE_SIZE);
  memory.copy(copy, page, PAGE_SIZE);
  const view = new PageView();
  const hexOnly = ctx.has("hex");
  if (!hexOnly) decodePage(survey, pageNo, copy, view);
  if (ctx.json) {
    const out = stdout.buffer;
    const table = survey.tableOf(pageNo);
    out.addText('{"page":' + pageNo.toString() + ',"owner":"' + ownerName(survey.owners.kind(pageNo)) + '","table":');
    if (table) addQuoted(table.name, out);
    else out.addText("null");
    const index = survey.indexOf(pageNo);
    if (index) {
      out.addText(',"index":');
      addQuoted(index.columnsText, out);
    }
    view.addJson(out);
    out.addText(',"hex":"');
    addHex(copy, hexOnly ? PAGE_SIZE : FIRST_BYTES, out);
    out.addText('"}\n');
  } else {
    stdout.line("page " + pageNo.toString() + ": " + survey.describe(pageNo));
    if (!hexOnly) view.print(ctx.color, ctx.columns);
    hexDump(copy, hexOnly ? PAGE_SIZE : FIRST_BYTES);
  }
  stdout.check();
  heap.free(copy);
  survey.free();
  access.manager.close();
  return OK;
}

/** Prints bytes, 16 a line, with their characters; runs of lines that are all zero are one `*`. */
function hexDump(ptr: usize, len: u32): void {
  const out = stdout.buffer;
  let skipped = false;
  for (let at: u32 = 0; at < len; at += LINE) {
    if (at > 0 && at + LINE < len && isZero(ptr + at, LINE)) {
      if (!skipped) out.addText("*\n");
      skipped = true;
      continue;
    }
    skipped = false;
    addOffset(at, out);
    for (let i: u32 = 0; i < LINE; i++) {
      out.addU8(0x20);
      if (i == 8) out.addU8(0x20);
      addHex(ptr + at + i, 1, out);
    }
    out.addText("  ");
    for (let i: u32 = 0; i < LINE; i++) {
      const byte = <u32>load<u8>(ptr + at + i);
      out.addU8(byte >= 0x20 && byte < 0x7f ? byte : 0x2e);
    }
    out.addU8(10);
  }
}

/** The offset in four hexadecimal digits. */
function addOffset(at: u32, out: ByteBuffer): void {
  store<u16>(scratch, <u16>bswap<u16>(<u16>at));
  addHex(scratch, 2, out);
  out.addU8(0x20);
}

const scratchBytes: StaticArray<u8> = new StaticArray<u8>(2);
const scratch: usize = changetype<usize>(scratchBytes);
