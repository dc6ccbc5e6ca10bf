/**
 * PRAGMA, as tools send it: those that tell of the file and of tables are queries of the functions `pragma_…`, those about how SQLite goes
 * about its files have no effect here, and what would be promised and not kept is refused.
 */
import { SQL_UNSUPPORTED } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { SYNCHRONOUS, catalogNumber, needsName } from "../catalog/relation-names";
import { AlterationReader } from "./alterations";
import { T_TEXT } from "./lexer";
import { CLOSE, DOT, EQUALS, OPEN } from "./reader";
import {
  FLAG_NOT,
  N_LIMIT,
  N_NAME,
  N_NUMBER,
  N_PRAGMA,
  N_QUERY,
  N_RESULT,
  N_SELECT,
  N_STAR,
  N_TABLE,
  N_TEXT,
  PRAGMA_DEFER,
  PRAGMA_IDLE,
  PRAGMA_KEYS,
  PRAGMA_NUMBER,
} from "./tree";

/** To set it has no effect, and gives: nothing; the value that was set; what it is in any case. */
const SILENT: string = "";
const ECHOES: string = "=";
const STAYS: string = "!";

/**
 * What there is: its name; what it tells that it is, "" for no row; and one of the above, or what to do instead of setting it to something
 * else, which is refused.
 */
const KNOWN: StaticArray<string> = [
  "locking_mode",
  "'exclusive'",
  STAYS,
  "synchronous",
  "",
  SILENT,
  "busy_timeout",
  "0",
  ECHOES,
  "cache_size",
  "",
  SILENT,
  "cache_spill",
  "",
  SILENT,
  "temp_store",
  "0",
  SILENT,
  "mmap_size",
  "0",
  STAYS,
  "optimize",
  "",
  SILENT,
  "incremental_vacuum",
  "",
  SILENT,
  "shrink_memory",
  "",
  SILENT,
  "wal_autocheckpoint",
  "0",
  STAYS,
  "page_size",
  "65536",
  SILENT,
  "auto_vacuum",
  "0",
  SILENT,
  "journal_size_limit",
  "-1",
  STAYS,
  "secure_delete",
  "0",
  STAYS,
  "soft_heap_limit",
  "0",
  STAYS,
  "analysis_limit",
  "0",
  STAYS,
  "threads",
  "0",
  STAYS,
  "automatic_index",
  "1",
  SILENT,
  "recursive_triggers",
  "0",
  SILENT,
  "read_uncommitted",
  "0",
  SILENT,
  "trusted_schema",
  "1",
  SILENT,
  "fullfsync",
  "0",
  SILENT,
  "checkpoint_fullfsync",
  "0",
  SILENT,
  "legacy_alter_table",
  "0",
  SILENT,
  "cell_size_check",
  "1",
  SILENT,
  "compile_options",
  "",
  SILENT,
  "case_sensitive_like",
  "1",
  "ILIKE does not tell letters apart",
  "ignore_check_constraints",
  "0",
  "make the table without them",
  "query_only",
  "0",
  "open the file to be only read",
  "writable_schema",
  "0",
  "CREATE and DROP change what is there",
  "encoding",
  "'UTF-8'",
  "there is no other one",
];

export class PragmaReader extends AlterationReader {
  /** Behind PRAGMA. */
  protected pragma(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    let node = this.name("what it is about");
    if (node != 0 && this.acceptSymbol(DOT)) node = this.name("what it is about");
    if (node == 0) return 0;
    const name = asciiLower(tree.text(node));
    const inBrackets = this.acceptSymbol(OPEN);
    let value: u32 = 0;
    if (inBrackets || this.acceptSymbol(EQUALS)) {
      value = this.setting();
      if (value == 0 || (inBrackets && !this.needSymbol(CLOSE))) return 0;
    }
    const said = value == 0 ? "" : asciiLower(tree.text(value));
    if (name == "foreign_keys" && value != 0) return this.switched(start, PRAGMA_KEYS, said);
    if (name == "defer_foreign_keys" && value != 0) return this.switched(start, PRAGMA_DEFER, said);
    if ((name == "user_version" || name == "application_id") && value != 0) return this.kept(start, name, value);
    const number = catalogNumber("pragma_" + name);
    if (number >= 0 && !(number == SYNCHRONOUS && value != 0)) return this.catalogQuery(start, name, number, value);
    if (name == "defer_foreign_keys") return this.oneRow(start, node, "0");
    if (name == "wal_checkpoint") return this.checkpointed(start);
    for (let k = 0; k < KNOWN.length; k += 3) {
      if (KNOWN[k] != name) continue;
      const known = KNOWN[k + 1];
      const rule = KNOWN[k + 2];
      if (name == "busy_timeout") node = tree.word(N_NAME, start, "timeout");
      if (value == 0) return known == "" ? this.idle(start) : this.oneRow(start, node, known);
      if (rule == STAYS) return this.oneRow(start, node, known);
      if (rule == ECHOES) return this.oneRow(start, node, said);
      const shown = known.replaceAll("'", "");
      if (rule == SILENT || isSame(said, asciiLower(shown))) return this.idle(start);
      const what = "PRAGMA " + name + " can't be set to something else than " + shown;
      return this.refuse(SQL_UNSUPPORTED, what, start, rule);
    }
    return this.refuse(SQL_UNSUPPORTED, "there is no PRAGMA " + name, start, "docs/sql.md lists those that there are");
  }

  /** A query of a function `pragma_…`, or of its first rows. */
  private catalogQuery(start: u32, name: string, number: i32, value: u32): u32 {
    const tree = this.tree;
    if (needsName(number) && value == 0) return this.expected("(, and the table's or index's name");
    const isCheck = name == "integrity_check" || name == "quick_check";
    const most = isCheck && value != 0 ? tree.text(value) : "";
    if (most != "" && !isDigits(most))
      return this.refuse(SQL_UNSUPPORTED, "PRAGMA " + name + " of one table is not there", start, "it is about the whole file");
    const argument = needsName(number) || name == "foreign_key_check" ? value : 0;
    const table = tree.add(N_TABLE, start, tree.word(N_NAME, start, "pragma_" + name), 0, 0, argument);
    const query = this.queryOver(start, tree.add(N_STAR, start), table, 0);
    if (most != "") tree.setC(query, tree.add(N_LIMIT, start, tree.word(N_NUMBER, start, most)));
    return query;
  }

  private switched(start: u32, op: u8, said: string): u32 {
    const tree = this.tree;
    const node = tree.add(N_PRAGMA, start);
    tree.setOp(node, op);
    if (!isSame(said, "1") && !(isDigits(said) && said.replaceAll("0", "") != "")) tree.setFlag(node, FLAG_NOT);
    return this.done(node);
  }

  /** Sets a number that the file keeps. */
  private kept(start: u32, name: string, value: u32): u32 {
    const tree = this.tree;
    const said = tree.text(value);
    const digits = said.startsWith("-") ? said.substring(1) : said;
    const number = digits.length <= 10 && isDigits(digits) ? I64.parseInt(said, 10) : i64.MAX_VALUE;
    if (<i64>(<i32>number) != number)
      return this.refuse(SQL_UNSUPPORTED, "PRAGMA " + name + " is a whole number of 32 bits", start);
    const node = tree.add(N_PRAGMA, start, tree.word(N_NAME, start, name), value);
    tree.setOp(node, PRAGMA_NUMBER);
    return this.done(node);
  }

  /** Does nothing. */
  private idle(start: u32): u32 {
    return this.switched(start, PRAGMA_IDLE, "");
  }

  /** A row with one value, text in quotes, called as `node` is. */
  private oneRow(start: u32, node: u32, value: string): u32 {
    const tree = this.tree;
    const isText = value.startsWith("'") || !isDigits(value.replace("-", ""));
    const literal = tree.word(isText ? N_TEXT : N_NUMBER, start, value.replaceAll("'", ""));
    return this.queryOver(start, tree.add(N_RESULT, start, literal, node), 0, 0);
  }

  /** A checkpoint comes by itself: there is never one to be waited for. */
  private checkpointed(start: u32): u32 {
    const tree = this.tree;
    const names = ["busy", "log", "checkpointed"];
    let list: u32 = 0;
    for (let n = names.length - 1; n >= 0; n--) {
      const value = tree.word(N_NUMBER, start, "0");
      const result = tree.add(N_RESULT, start, value, tree.word(N_NAME, start, names[n]));
      tree.setNext(result, list);
      list = result;
    }
    return this.queryOver(start, list, 0, 0);
  }

  /** A value: a name, a text or a number, as text. */
  private setting(): u32 {
    const lexer = this.lexer;
    if (lexer.kind == T_TEXT) return this.unquoted(N_TEXT);
    if (this.atName) {
      const node = this.anyWord();
      if (node != 0) this.tree.setKind(node, N_TEXT);
      return node;
    }
    // Numbers, with a sign, and words like ON.
    const start = lexer.start;
    if (this.isSymbol(0x2d)) lexer.next();
    return lexer.end > lexer.start ? this.textNode(N_TEXT, start, lexer.end) : this.expected("a value");
  }

  private queryOver(start: u32, results: u32, from: u32, where: u32): u32 {
    const select = this.done(this.tree.add(N_SELECT, start, results, from, where));
    return this.done(this.tree.add(N_QUERY, start, select));
  }
}

/** Whether two values of a setting are one. */
function isSame(value: string, known: string): bool {
  if (value == known || value.replace("-", "") == known.replace("-", "")) return true;
  if (known == "1") return value == "on" || value == "true" || value == "yes";
  return known == "0" && (value == "off" || value == "false" || value == "no");
}

function isDigits(text: string): bool {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) - 0x30 > 9 || text.charCodeAt(i) < 0x30) return false;
  return text.length > 0;
}
