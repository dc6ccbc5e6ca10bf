/** ALTER TABLE: one change of a table's definition, or several with commas between, in SQLite's words and in PostgreSQL's. */
import { T_END } from "./lexer";
import { DefinitionReader } from "./definitions";
import { COMMA, SEMICOLON } from "./reader";
import {
  ALTER_ADD_COLUMN,
  ALTER_ADD_RULE,
  ALTER_DROP_COLUMN,
  ALTER_DROP_DEFAULT,
  ALTER_DROP_KEY,
  ALTER_DROP_NOT_NULL,
  ALTER_DROP_RULE,
  ALTER_RENAME_COLUMN,
  ALTER_RENAME_TABLE,
  ALTER_SET_DEFAULT,
  ALTER_SET_NOT_NULL,
  ALTER_TYPE,
  FLAG_IF,
  N_ALTERATION,
  N_ALTER_TABLE,
} from "./tree";

export abstract class AlterationReader extends DefinitionReader {
  /** ALTER TABLE …, where the first word is the token. */
  protected alter(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    this.lexer.next();
    if (this.is("index") || this.is("view"))
      return this.no("ALTER INDEX and ALTER VIEW are", "DROP it and CREATE it anew", start);
    if (!this.need("table")) return 0;
    const node = tree.add(N_ALTER_TABLE, start);
    if (!this.ifExists(node)) return 0;
    const table = this.table(false);
    if (table == 0) return 0;
    tree.setA(node, table);
    let last: u32 = 0;
    do {
      const change = this.alteration();
      if (change == 0) return 0;
      if (last == 0) tree.setB(node, change);
      else tree.setNext(last, change);
      last = change;
    } while (this.acceptSymbol(COMMA));
    return this.done(node);
  }

  protected get atDefinitionEnd(): bool {
    return super.atDefinitionEnd || this.isSymbol(SEMICOLON) || this.lexer.kind == T_END || this.is("first") || this.is("after");
  }

  /** The N_ALTERATION that begins at byte `start`, which ends here. */
  private alterationOf(op: u8, start: u32, a: u32 = 0, b: u32 = 0, c: u32 = 0): u32 {
    if (this.failed) return 0;
    const node = this.tree.add(N_ALTERATION, start, a, b, c);
    this.tree.setOp(node, op);
    return this.done(node);
  }

  private alteration(): u32 {
    const start = this.lexer.start;
    if (this.accept("rename")) return this.renaming(start);
    if (this.accept("add")) return this.addition(start);
    if (this.accept("drop")) return this.leaving(start);
    if (this.accept("alter")) return this.columnAlteration(start);
    if (this.is("modify") || this.is("change"))
      return this.no("MODIFY and CHANGE are", "ALTER COLUMN … TYPE, SET NOT NULL, SET DEFAULT, and RENAME COLUMN do it", start);
    return this.expected("ADD, DROP, RENAME or ALTER");
  }

  private renaming(start: u32): u32 {
    if (this.accept("to")) return this.alterationOf(ALTER_RENAME_TABLE, start, this.name("a table"));
    if (this.is("constraint") || this.is("index"))
      return this.no("renaming of constraints and indexes is", "DROP it and make it anew");
    this.accept("column");
    const name = this.name("a column");
    if (name == 0 || !this.need("to")) return 0;
    return this.alterationOf(ALTER_RENAME_COLUMN, start, name, this.name("a column"));
  }

  private addition(start: u32): u32 {
    if (this.atRule) return this.alterationOf(ALTER_ADD_RULE, start, this.tableRule());
    this.accept("column");
    const isOptional = this.accept("if");
    if (isOptional && !(this.need("not") && this.need("exists"))) return 0;
    const column = this.columnDefinition();
    if (column == 0) return 0;
    // In front of all others: behind itself.
    let behind = this.accept("first") ? column : 0;
    if (behind == 0 && this.accept("after")) behind = this.name("a column");
    const node = this.alterationOf(ALTER_ADD_COLUMN, start, column, behind);
    if (isOptional && node != 0) this.tree.setFlag(node, FLAG_IF);
    return node;
  }

  private leaving(start: u32): u32 {
    if (this.acceptBoth("primary", "key")) return this.alterationOf(ALTER_DROP_KEY, start);
    const isRule = this.accept("constraint");
    if (!isRule) this.accept("column");
    const isOptional = this.accept("if");
    if (isOptional && !this.need("exists")) return 0;
    const op = isRule ? ALTER_DROP_RULE : ALTER_DROP_COLUMN;
    const node = this.alterationOf(op, start, this.name(isRule ? "a constraint" : "a column"));
    if (node != 0 && isOptional) this.tree.setFlag(node, FLAG_IF);
    if (this.is("cascade")) return this.no("DROP … CASCADE is", "drop what needs it first");
    this.accept("restrict");
    return node;
  }

  /** Behind ALTER: a column, and what becomes of it. */
  private columnAlteration(start: u32): u32 {
    this.accept("column");
    const name = this.name("a column");
    if (name == 0) return 0;
    const drops = this.accept("drop");
    const sets = !drops && this.accept("set");
    if (drops || (sets && !this.is("data"))) {
      if (this.acceptBoth("not", "null")) return this.alterationOf(drops ? ALTER_DROP_NOT_NULL : ALTER_SET_NOT_NULL, start, name);
      if (!this.need("default")) return 0;
      return drops
        ? this.alterationOf(ALTER_DROP_DEFAULT, start, name)
        : this.alterationOf(ALTER_SET_DEFAULT, start, name, this.defaultValue(start));
    }
    this.accept("data");
    if (!this.need("type")) return 0;
    const type = this.typeName();
    if (type == 0 || !this.accept("using")) return this.alterationOf(ALTER_TYPE, start, name, type);
    const before = this.tree.count;
    const value = this.expression();
    if (value != 0 && this.hasOther(before, false))
      return this.no("USING of more than a row's own values is", "UPDATE changes rows by queries and parameters", start);
    return this.alterationOf(ALTER_TYPE, start, name, type, value);
  }
}
