/** A statement as a tree. */
import { OK, SQL_UNSUPPORTED, Status } from "../../status";
import { asciiUpper } from "../../encode/ascii";
import { SqlText } from "../sql-text";
import { T_END } from "./lexer";
import { QueryReader } from "./queries";
import { COMMA, EQUALS, SEMICOLON } from "./reader";
import { N_DELETE, N_SET, N_UPDATE, SqlTree } from "./tree";

/** Statements that are known and not there yet, and what does it. */
const OTHERS: StaticArray<string> = [
  "explain",
  "",
  "insert",
  "insert takes rows as JSON, import files",
  "replace",
  "update changes rows that are there, insert makes others",
  "create",
  "the command create makes a table",
  "drop",
  "the command drop takes a table away",
  "alter",
  "dump, a change of its text and load do it",
  "begin",
  "the requests begin, commit and rollback",
  "start",
  "the requests begin, commit and rollback",
  "commit",
  "the requests begin, commit and rollback",
  "end",
  "the requests begin, commit and rollback",
  "rollback",
  "the requests begin, commit and rollback",
  "savepoint",
  "the requests savepoint, release and rollback",
  "release",
  "the requests savepoint, release and rollback",
  "pragma",
  "the command schema tells of tables",
  "vacuum",
  "the command compact does it",
  "analyze",
  "nothing has to be analyzed",
  "attach",
  "",
  "detach",
  "",
];

class StatementReader extends QueryReader {
  statement(): u32 {
    const start = this.lexer.start;
    if (this.atQuery) return this.query();
    if (this.is("update")) return this.update();
    if (this.is("delete")) return this.remove();
    for (let i = 0; i < OTHERS.length; i += 2) {
      if (this.is(OTHERS[i]))
        return this.refuse(SQL_UNSUPPORTED, asciiUpper(OTHERS[i]) + " is not there yet in SQL", start, OTHERS[i + 1]);
    }
    return this.expected("a statement, like SELECT, UPDATE or DELETE");
  }

  private update(): u32 {
    const tree = this.tree;
    const node = tree.add(N_UPDATE, this.lexer.start);
    this.lexer.next();
    if (this.is("or")) return this.refuse(SQL_UNSUPPORTED, "UPDATE OR … is not there yet", this.lexer.start);
    const table = this.table(true);
    if (table == 0 || !this.need("set")) return 0;
    tree.setA(node, table);
    let last: u32 = 0;
    do {
      const start = this.lexer.start;
      const column = this.name("a column");
      if (column == 0 || !this.needSymbol(EQUALS)) return 0;
      const value = this.expression();
      if (value == 0) return 0;
      const set = this.done(tree.add(N_SET, start, column, value));
      if (last == 0) tree.setB(node, set);
      else tree.setNext(last, set);
      last = set;
    } while (this.acceptSymbol(COMMA));
    if (this.is("from")) return this.refuse(SQL_UNSUPPORTED, "UPDATE … FROM is not there yet", this.lexer.start);
    return this.condition(node);
  }

  private remove(): u32 {
    const tree = this.tree;
    const node = tree.add(N_DELETE, this.lexer.start);
    this.lexer.next();
    if (!this.need("from")) return 0;
    const table = this.table(true);
    if (table == 0) return 0;
    tree.setA(node, table);
    return this.condition(node);
  }

  /** WHERE of a change. */
  private condition(node: u32): u32 {
    if (this.accept("where")) {
      const where = this.expression();
      if (where == 0) return 0;
      this.tree.setC(node, where);
    }
    if (this.is("returning")) return this.refuse(SQL_UNSUPPORTED, "RETURNING is not there yet", this.lexer.start);
    return this.done(node);
  }

  /** One statement and nothing else. */
  only(): u32 {
    const node = this.statement();
    if (node == 0) return 0;
    return this.end() ? node : 0;
  }

  private end(): bool {
    while (this.acceptSymbol(SEMICOLON)) {}
    if (this.lexer.kind == T_END) return true;
    this.expected("the end of the statement");
    return false;
  }
}

/** The root of what was read last. */
export let sqlRoot: u32 = 0;

/** Reads one statement into `tree`; `sqlRoot` is its node. `SQL_SYNTAX`, `SQL_UNSUPPORTED` or `SQL_LIMIT`, with their place. */
export function readStatement(text: SqlText, tree: SqlTree): Status {
  const reader = new StatementReader(text, tree);
  sqlRoot = reader.only();
  return sqlRoot != 0 ? OK : reader.status;
}
