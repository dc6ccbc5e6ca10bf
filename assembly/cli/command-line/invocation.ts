/**
 * The words of a command line, taken apart: `quire [OPTIONS] FILE COMMAND [WORDS] [OPTIONS]`.
 *
 * Options start with `--` and may stand anywhere behind the command's name; `--name VALUE` and `--name=VALUE` are the same, `--` ends
 * the options, and a lone `-` is a word. Which options take a value is known from `VALUE_OPTIONS` alone, so that a word never depends
 * on the command.
 */
import { Status, OK, USAGE, fail } from "../../status";
import { nearest } from "../../schema/nearest";

/** Options that are followed by a value. */
const VALUE_OPTIONS: StaticArray<string> = [
  "alignment",
  "layout",
  "format",
  "key",
  "batch",
  "index",
  "eq",
  "from",
  "to",
  "offset",
  "limit",
  "columns",
  "cache",
  "durability",
  "null",
  "delimiter",
  "acl",
  "rules",
  "schema",
  "table",
  "types",
  "rows",
  "key-as",
  "on-conflict",
  "encoding",
  "quote",
  "escape",
  "comment",
  "skip",
  "decimal",
  "thousands",
  "dates",
  "unique-nulls",
  "file",
  "where",
  "order",
  "timeout",
  "sql-memory",
  "after",
  "using",
  "name",
];
/** Options that stand alone. */
const FLAG_OPTIONS: StaticArray<string> = [
  "json",
  "readonly",
  "create",
  "skip-bad",
  "cascade",
  "restrict",
  "reverse",
  "count",
  "help",
  "version",
  "color",
  "no-color",
  "progress",
  "no-progress",
  "hex",
  "header",
  "no-header",
  "ragged",
  "numbers",
  "flatten",
  "ignore-extra",
  "all",
  "drop-acl",
  "for-reference",
  "force",
  "quick",
  "allow-links",
  "explain",
  "dry-run",
  "print",
  "allow-destructive",
  "first",
  "unique",
];

export class Invocation {
  file: string = "";
  command: string = "";
  /** The words behind the command. */
  words: Array<string> = new Array<string>();
  private names: Array<string> = new Array<string>();
  private values: Array<string> = new Array<string>();

  /** Takes the words behind the program's name apart. `USAGE` for an unknown option or one without its value. */
  parse(args: Array<string>): Status {
    const plain = new Array<string>();
    let optionsEnded = false;
    for (let i = 0; i < args.length; i++) {
      const word = args[i];
      if (optionsEnded || !word.startsWith("--")) {
        // Negative numbers, `-` and single-dash words are values; there are no short options but these.
        const isShort = !optionsEnded && plain.length == 0;
        if (isShort && word == "-h") this.add("help", "");
        else if (isShort && (word == "-V" || word == "-v")) this.add("version", "");
        else plain.push(word);
        continue;
      }
      if (word.length == 2) {
        optionsEnded = true;
        continue;
      }
      const equals = word.indexOf("=");
      const name = equals < 0 ? word.substring(2) : word.substring(2, equals);
      if (VALUE_OPTIONS.includes(name)) {
        if (equals < 0 && i + 1 >= args.length) return fail(USAGE, "--" + name + " needs a value");
        this.add(name, equals < 0 ? args[++i] : word.substring(equals + 1));
      } else if (FLAG_OPTIONS.includes(name) && equals < 0) this.add(name, "");
      else if (FLAG_OPTIONS.includes(name)) return fail(USAGE, "--" + name + " takes no value");
      else {
        const like = nearest(name, VALUE_OPTIONS.slice<Array<string>>().concat(FLAG_OPTIONS.slice<Array<string>>()));
        const hint = like != "" ? "did you mean --" + like + "?" : "quire help COMMAND lists those of a command";
        return fail(USAGE, "there is no option --" + name, hint);
      }
    }
    if (plain.length > 0 && plain[0] == "help") {
      this.command = "help";
      this.words = plain.slice(1);
      return OK;
    }
    if (plain.length > 0) this.file = plain[0];
    if (plain.length > 1) this.command = plain[1];
    this.words = plain.slice(2);
    return OK;
  }

  /** A statement of SQL where the command would be, which has a blank as no command's name has, is the first word of the command sql. */
  takeStatement(): void {
    if (!this.command.includes(" ") && !this.command.includes("\n")) return;
    this.words.unshift(this.command);
    this.command = "sql";
  }

  private add(name: string, value: string): void {
    this.names.push(name);
    this.values.push(value);
  }

  /** Whether the option was given. */
  has(name: string): bool {
    return this.names.includes(name);
  }

  /** The option's value, the last one if it was given more than once; `otherwise` when it was not given. */
  option(name: string, otherwise: string): string {
    const at = this.names.lastIndexOf(name);
    return at < 0 ? otherwise : this.values[at];
  }

  /** The option's values, in the order in which they were given. */
  options(name: string): Array<string> {
    const list = new Array<string>();
    for (let i = 0; i < this.names.length; i++) if (this.names[i] == name) list.push(this.values[i]);
    return list;
  }

  /** `OK` when no option was given but those in `allowed` and the general ones; else `USAGE`. */
  allow(allowed: Array<string>): Status {
    const general: Array<string> = [
      "json",
      "readonly",
      "cache",
      "sql-memory",
      "durability",
      "unique-nulls",
      "allow-links",
      "color",
      "no-color",
      "progress",
      "no-progress",
      "schema",
      "table",
      "help",
      "version",
    ];
    for (let i = 0; i < this.names.length; i++) {
      if (allowed.includes(this.names[i]) || general.includes(this.names[i])) continue;
      return fail(
        USAGE,
        this.command + " has no option --" + this.names[i],
        "quire help " + this.command + " lists those it has",
      );
    }
    return OK;
  }
}
