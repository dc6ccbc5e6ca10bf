/**
 * `compact [OUT]` and `convert OUT`: the database written anew, packed, in its own or in the other layout.
 *
 * Without OUT the new file takes FILE's name when it is finished, which is one step for the file system: a crash leaves the old file or the
 * new one. Whoever else has the old file open goes on with it, and what they write is lost.
 */
import { Status, OK, BAD_VALUE, DAMAGED, UNSUPPORTED, USAGE, fail, lastError, savedError, restoreError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addHex } from "../../encode/uuid";
import { shellWord } from "../../encode/shell-words";
import { LAYOUT_0_11, PAGE_SHIFT, hasAcl, hasDefinitions, layoutName } from "../../memory/base/layout";
import { Identity } from "../../acl/access-control-list";
import { DbmsContext } from "../../store/dbms-context";
import { entryLabel } from "../../check/catalog-check";
import { CheckReport, addQuoted, counted } from "../../check/check-report";
import { surveyStore } from "../../check/store-check";
import { SURVEY_ALL } from "../../check/survey";
import { PackedCopy } from "../../maintenance/packed-copy";
import { checkNew, finishStore, makeStore, placeStore, writeNew } from "../../maintenance/new-file";
import { takeAway, unfinishedPath } from "../../maintenance/unfinished-file";
import { rightsOf } from "../../request/acl-requests";
import { isMissing, removeFile } from "../../wasi/file";
import { stdout } from "../../wasi/stdio";
import { CommandContext, layoutOption, openForReading, openOptions, openStore } from "../command-line/context";
import { referenceKinds } from "../inspect/info";

export function runCompact(ctx: CommandContext): Status {
  const inPlace = ctx.words.length == 0;
  if (inPlace && ctx.has("readonly")) return fail(USAGE, "compact writes to the file", "name a new file: compact OUT");
  let status = openStore(ctx, inPlace, false);
  if (status != OK) return status;
  const path = ctx.invocation.file;
  if (!hasDefinitions(ctx.db.manager.layout)) {
    const what = path + " has layout " + layoutName(ctx.db.manager.layout) + ", in which no file is made";
    return fail(UNSUPPORTED, what, "convert OUT --layout 0.9 makes a packed copy");
  }
  const out = inPlace ? path : ctx.word(0);
  const before = ctx.db.manager.pageCount;
  const work = new Rewriting(ctx, out, ctx.db.manager.layout, inPlace);
  status = work.run();
  if (status != OK) return status;
  const bytes = ((<u64>work.pages) << PAGE_SHIFT).toString();
  if (ctx.json) {
    stdout.line('{"pagesBefore":' + before.toString() + ',"pages":' + work.pages.toString() + ',"bytes":' + bytes + "}");
  } else {
    const name = inPlace ? "" : " in " + out;
    stdout.line(path + ": " + counted(before, "page") + ", now " + counted(work.pages, "page") + ", " + bytes + " bytes" + name);
  }
  return OK;
}

export function runConvert(ctx: CommandContext): Status {
  const forReference = ctx.has("for-reference");
  if (!ctx.has("layout") && !forReference) return fail(USAGE, "convert needs --layout 0.9 or --layout 0.11, or --for-reference");
  let layout = ctx.has("layout") ? layoutOption(ctx, 0) : <u8>0;
  if (layout == 0 && ctx.has("layout")) return USAGE;
  ctx.store = openForReading(ctx, ctx.invocation.file);
  if (!ctx.store) return lastError.status;
  let status = OK;
  const own = ctx.db.manager.layout;
  if (layout == 0) layout = own;
  const isNamed = ctx.has("acl");
  const acl = ctx.invocation.option("acl", "");
  let listIsNew = false;
  if (own == layout && !(forReference && hasDefinitions(own))) {
    return fail(
      BAD_VALUE,
      ctx.invocation.file + " has layout " + layoutName(own) + " already",
      "compact OUT makes a packed copy",
    );
  }
  if (own == LAYOUT_0_11 && isNamed) return fail(USAGE, "a file of layout 0.11 has no access control list to write");
  const keepsAcl = hasAcl(own) && hasAcl(layout);
  if (keepsAcl && (isNamed || ctx.has("drop-acl")))
    return fail(USAGE, "the access control list goes along to layout 0.9: --acl and --drop-acl are for 0.11");
  status = ctx.db.store.fullyDefined();
  if (status != OK) return status;
  let identities = 0;
  if (hasAcl(own)) {
    const list = ctx.db.acl.read();
    if (!list) return lastError.status;
    identities = list.length;
    if (!keepsAcl && identities > 0 && !isNamed && !ctx.has("drop-acl")) {
      const what = "layout 0.11 has no access control list, and that of the file has identities: " + identities.toString();
      return fail(BAD_VALUE, what, "--acl FILE writes it to a file, --drop-acl leaves it out");
    }
    listIsNew = isNamed && isMissing(acl);
    status = checkNew(ctx.word(0));
    if (status == OK && isNamed) status = writeRights(ctx.db, list, acl);
    if (status != OK) return status;
  }
  const out = ctx.word(0);
  const catalog = forReference ? ctx.db.catalog.all : null;
  if (forReference && !catalog) return lastError.status;
  const work = new Rewriting(ctx, out, layout, false, forReference);
  status = work.run();
  if (status != OK) return listIsNew ? takeAway(acl, status) : status;
  const buffer = stdout.buffer;
  const tables = ctx.db.tables.length - i32(forReference && ctx.db.catalog.table !== null);
  if (ctx.json) {
    buffer.addText('{"layout":"' + layoutName(layout) + '","pages":' + work.pages.toString());
    buffer.addText(',"tables":' + tables.toString());
    if (catalog) {
      buffer.addText(',"dropped":[');
      for (let e = 0; e < catalog.length; e++) {
        if (e > 0) buffer.addU8(0x2c);
        addQuoted(entryLabel(catalog[e]), buffer);
      }
      buffer.addU8(0x5d);
    }
    buffer.addText(',"rows":' + work.rows.toString() + ',"identities":' + identities.toString() + ',"reference":');
    addQuoted(work.reference, buffer);
    if (!hasDefinitions(own)) buffer.addText(',"leftOut":' + ctx.db.store.unopened.toString());
    stdout.line("}");
    return OK;
  }
  stdout.line(out + ": layout " + layoutName(layout) + ", " + counted(tables, "table") + ", " + counted(work.rows, "row"));
  for (let e = 0; catalog && e < catalog.length; e++) stdout.line("left out: " + entryLabel(catalog[e]));
  if (isNamed) stdout.line("the access control list is in " + acl);
  else if (identities > 0 && keepsAcl)
    stdout.line(counted(identities, "identity").replace("ys", "ies") + " with all rights, as before");
  else if (identities > 0) stdout.line("the access control list was left out; its identities: " + identities.toString());
  if (ctx.db.store.unopened > 0)
    stdout.line(counted(ctx.db.store.unopened, "table") + " of the file left out, as none of the definitions is theirs");
  if (work.reference != "") stdout.line("the reference has trouble with it: " + work.reference + " (check tells more)");
  return OK;
}

/** One database written into a new file. */
class Rewriting {
  /** Pages of the new file. */
  pages: u32 = 0;
  rows: u64 = 0;
  /** What the reference has against the new file. */
  reference: string = "";

  constructor(
    private ctx: CommandContext,
    private out: string,
    private layout: u8,
    /** It takes the place of FILE, which is closed for it. */
    private inPlace: bool,
    /** What only SQL knows is left out. */
    private forReference: bool = false,
  ) {}

  run(): Status {
    const from = this.ctx.db;
    let status = checkSound(from);
    const to = status == OK ? makeStore(this.out, this.layout, openOptions(this.ctx)!.cacheBytes, this.inPlace) : null;
    if (!to) return lastError.status;
    const copy = new PackedCopy(from, to, this.forReference);
    status = copy.copy();
    if (status == OK) status = this.verify(copy);
    if (status == OK && (this.layout != from.manager.layout || this.forReference)) {
      const report = new CheckReport();
      const survey = surveyStore(to.access, report, SURVEY_ALL);
      if (survey) survey.free();
      this.reference = referenceKinds(report);
    }
    this.pages = to.manager.pageCount;
    this.rows = copy.rows;
    status = finishStore(to, from.manager, status);
    if (status != OK) return status;
    return this.inPlace ? this.replace(to) : placeStore(to);
  }

  /** Closes FILE and gives the new one its name. */
  private replace(to: DbmsContext): Status {
    const ctx = this.ctx;
    const store = ctx.store!;
    ctx.store = null;
    let status = store.close();
    if (status != OK) return takeAway(unfinishedPath(this.out), status);
    status = placeStore(to, true);
    if (status == UNSUPPORTED) lastError.hint = "name a new file, compact OUT, and rename it yourself";
    // What the old file's log held is in the new file.
    return status == OK ? removeFile(this.out + "-log") : status;
  }

  /** Compares the copy with FILE, opened anew so that what others wrote in the meantime is seen. */
  private verify(copy: PackedCopy): Status {
    const again = openForReading(this.ctx, this.ctx.invocation.file);
    if (!again) return lastError.status;
    const status = copy.verify(again);
    const error = savedError();
    again.close();
    return status == OK ? OK : restoreError(error);
  }
}

/** `OK` when nothing is wrong with the store that a copy of its rows would hide or not survive. */
function checkSound(db: DbmsContext): Status {
  const report = new CheckReport();
  const survey = surveyStore(db.access, report, SURVEY_ALL, db.store.given);
  if (!survey) return lastError.status;
  const status = survey.status;
  survey.free();
  // By definitions from outside any error may be theirs.
  const errors = hasDefinitions(db.manager.layout) ? report.structural : report.errors;
  if (status != OK || errors == 0) return status;
  return fail(DAMAGED, "the file has " + counted(errors, "error") + " that a copy would not mend", "run check, then repair OUT");
}

/** Writes what the list's identities may do to a new file, in lines that `acl grant` takes. */
function writeRights(db: DbmsContext, list: Array<Identity>, path: string): Status {
  const out = new ByteBuffer(1024);
  for (let i = 0; i < list.length; i++) {
    const rights = rightsOf(db, list[i]);
    // An entry without rights, which only other programs make, is no grant.
    out.addText(rights.length == 0 ? "# no rights: " : "acl grant ");
    addHex(changetype<usize>(list[i].id), list[i].id.byteLength, out);
    for (let j = 0; j < rights.length; j++) out.addText(" " + shellWord(rights[j]));
    out.addU8(10);
  }
  const status = writeNew(path, out);
  out.free();
  return status;
}
