/** The options of `import` that say how CSV and TSV are written: what is not given is found out. */
import { Status, OK, USAGE, fail } from "../../status";
import { isDigit } from "../../encode/digits";
import { CommandContext } from "../command-line/context";
import { badDelimiter, delimiterOf } from "../command-line/delimiter";
import { FORM_DMY, FORM_MDY, FORM_YMD, FormChoices } from "./cell-form";
import { COMMA, Dialect, POINT, TAB } from "./dialect";
import { NullTexts } from "./null-texts";
import { DialectChoices } from "./sniff";

/** Options that say something of cells in lines. */
const OPTIONS: StaticArray<string> = [
  "delimiter",
  "quote",
  "escape",
  "comment",
  "skip",
  "header",
  "no-header",
  "ragged",
  "decimal",
  "thousands",
  "dates",
];

export class CsvOptions {
  readonly dialect: Dialect = new Dialect();
  /** What the options chose of the dialect. */
  readonly chosen: DialectChoices = new DialectChoices();
  readonly forms: FormChoices = new FormChoices();
  readonly nulls: NullTexts;
  /** `--header`, or no `--no-header`. */
  readonly header: bool;

  constructor(
    private readonly ctx: CommandContext,
    readonly tsv: bool,
  ) {
    this.nulls = new NullTexts(ctx.invocation.options("null"), tsv ? "\\N" : "");
    this.header = !ctx.has("no-header");
  }

  /** `USAGE` when one of the options was given for a source in another format. */
  static refuse(ctx: CommandContext): Status {
    for (let i = 0; i < OPTIONS.length; i++) {
      if (ctx.has(OPTIONS[i])) return fail(USAGE, "--" + OPTIONS[i] + " goes with --format csv or tsv");
    }
    return OK;
  }

  /** Reads the options. */
  read(): Status {
    const ctx = this.ctx;
    const dialect = this.dialect;
    const chosen = this.chosen;
    if (this.tsv) {
      dialect.delimiter = TAB;
      dialect.quote = 0;
      dialect.escapes = true;
      chosen.delimiter = true;
    }
    if (ctx.has("escape")) {
      const escape = ctx.invocation.option("escape", "");
      if (escape != "" && escape != "\\") return fail(USAGE, "--escape needs \\, or '' for none");
      dialect.escapes = escape != "";
      chosen.escape = true;
    }
    if (ctx.has("delimiter")) {
      dialect.delimiter = delimiterOf(ctx.invocation.option("delimiter", ""));
      if (this.tsv || dialect.delimiter == 0) return badDelimiter();
      chosen.delimiter = true;
    }
    if (ctx.has("quote")) {
      chosen.quote = true;
      const quote = ctx.invocation.option("quote", "") != "" ? this.byteOf("quote") : 0;
      if (quote < 0) return USAGE;
      dialect.quote = quote;
      if (dialect.quote == dialect.delimiter) return fail(USAGE, "--quote and --delimiter need different characters");
    }
    if (ctx.has("comment")) {
      const comment = this.byteOf("comment");
      if (comment < 0) return USAGE;
      dialect.comment = comment;
    }
    if (ctx.has("header") || ctx.has("no-header")) {
      if (ctx.has("header") && ctx.has("no-header")) return fail(USAGE, "--header and --no-header exclude each other");
      chosen.header = true;
    }
    if (ctx.has("skip")) {
      const skip = ctx.number("skip", -1);
      if (skip < 0 || skip > <i64>i32.MAX_VALUE) return fail(USAGE, "--skip needs a number of lines");
      dialect.skip = <u32>skip;
      chosen.skip = true;
    }
    dialect.ragged = ctx.has("ragged");
    return this.readForms();
  }

  private readForms(): Status {
    const ctx = this.ctx;
    const forms = this.forms;
    if (ctx.has("decimal")) {
      const decimal = this.byteOf("decimal");
      if (decimal != COMMA && decimal != POINT) return fail(USAGE, "--decimal needs , or .");
      forms.decimal = decimal;
    }
    if (ctx.has("thousands")) {
      const thousands = this.byteOf("thousands");
      if (thousands < 0) return USAGE;
      forms.thousands = thousands;
      if (forms.thousands == forms.decimal) return fail(USAGE, "--thousands and --decimal need different characters");
    }
    if (ctx.has("dates")) {
      const order = ctx.invocation.option("dates", "");
      forms.dates = order == "dmy" ? FORM_DMY : order == "mdy" ? FORM_MDY : order == "ymd" ? FORM_YMD : 0;
      if (forms.dates == 0) return fail(USAGE, "--dates needs dmy, mdy or ymd");
    }
    return OK;
  }

  /** The one character of the option; -1 with `USAGE`. */
  private byteOf(option: string): i32 {
    const text = this.ctx.invocation.option(option, "");
    const unit = text.length == 1 ? text.charCodeAt(0) : 0;
    if (unit >= 0x20 && unit < 0x7f && !isDigit(unit)) return unit;
    fail(USAGE, "--" + option + " needs one character of ASCII, not a digit");
    return -1;
  }
}
