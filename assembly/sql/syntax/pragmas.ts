/**
 * PRAGMA, as tools send it: those that tell of tables are queries of the functions `pragma_…`, those about how a file is written have
 * nothing to say here, and what would be promised and not kept is refused.
 */
import { SQL_UNSUPPORTED } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { catalogNumber } from "../catalog/relation-names";
import { DefinitionReader } from "./definitions";
import { T_TEXT } from "./lexer";
import { CLOSE, DOT, EQUALS, OPEN } from "./reader";
import { N_BOOLEAN, N_NAME, N_NUMBER, N_QUERY, N_RESULT, N_SELECT, N_STAR, N_TABLE, N_TEXT } from "./tree";

/** What SQLite does about its files, its memory and its other threads: what is set is taken and has no effect. */
const IDLE: string =
  " journal_mode synchronous busy_timeout cache_size temp_store mmap_size locking_mode optimize wal_checkpoint wal_autocheckpoint" +
  " page_size auto_vacuum journal_size_limit secure_delete threads automatic_index recursive_triggers legacy_alter_table cell_size_check ";

/** What is so in any case, and can't be set otherwise; its hint. */
const FIXED: StaticArray<string> = [
  "foreign_keys",
  "1",
  "they are always looked at: drop the tables that refer first",
  "case_sensitive_like",
  "1",
  "ILIKE does not tell letters apart",
  "defer_foreign_keys",
  "0",
  "the request begin with anyOrder lets rows come in any order",
  "ignore_check_constraints",
  "0",
  "there are none",
  "user_version",
  "0",
  "keep it in a table",
  "application_id",
  "0",
  "keep it in a table",
  "encoding",
  "'UTF-8'",
  "there is no other one",
];

export class PragmaReader extends DefinitionReader {
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
    if (name != "table_list" && name != "database_list" && catalogNumber("pragma_" + name) >= 0 && value == 0)
      return this.expected("(, and the table's or index's name");
    if (catalogNumber("pragma_" + name) >= 0) {
      const table = tree.add(N_TABLE, start, tree.word(N_NAME, start, "pragma_" + name), 0, 0, value);
      return this.queryOver(start, tree.add(N_STAR, start), table, 0);
    }
    if (IDLE.includes(" " + name + " ")) {
      const none = tree.add(N_RESULT, start, tree.word(N_NUMBER, start, "0"), node);
      return this.queryOver(start, none, 0, tree.add(N_BOOLEAN, start));
    }
    for (let f = 0; f < FIXED.length; f += 3) {
      if (FIXED[f] != name) continue;
      const known = FIXED[f + 1];
      const isText = known.startsWith("'");
      const shown = isText ? known.substring(1, known.length - 1) : known;
      if (value != 0 && !isSame(asciiLower(tree.text(value)), asciiLower(shown)))
        return this.refuse(
          SQL_UNSUPPORTED,
          "PRAGMA " + name + " can't be set to something else than " + shown,
          start,
          FIXED[f + 2],
        );
      const result = tree.add(N_RESULT, start, tree.word(isText ? N_TEXT : N_NUMBER, start, shown), node);
      return this.queryOver(start, result, 0, value != 0 ? tree.add(N_BOOLEAN, start) : 0);
    }
    const hint = name.endsWith("_check") ? "the command and the request check do it" : "docs/sql.md lists those that there are";
    return this.refuse(SQL_UNSUPPORTED, "there is no PRAGMA " + name, start, hint);
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
