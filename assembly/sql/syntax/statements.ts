/** A statement as a tree. */
import { SQL_UNSUPPORTED, Status } from "../../status";
import { asciiUpper } from "../../encode/ascii";
import { SqlText } from "../sql-text";
import { T_END } from "./lexer";
import { PragmaReader } from "./pragmas";
import { SEMICOLON } from "./reader";
import {
  FLAG_ANALYZE,
  N_DELETE,
  N_EXPLAIN,
  N_INSERT,
  N_QUERY,
  N_TRANSACTION,
  N_UPDATE,
  SqlTree,
  TX_BEGIN,
  TX_COMMIT,
  TX_RELEASE,
  TX_ROLLBACK,
  TX_ROLLBACK_TO,
  TX_SAVEPOINT,
} from "./tree";

/** What is said of EXPLAIN with something else, and of EXPLAIN ANALYZE. */
const EXPLAINS_ROWS: string = "EXPLAIN is for queries, INSERT, UPDATE and DELETE";
const ANALYZES_QUERIES: string = "EXPLAIN ANALYZE is for queries, which change nothing";
const EXPLAIN_HINT: string = "EXPLAIN without ANALYZE tells how rows are found";

/** What is wrong with EXPLAIN, or with `runs` EXPLAIN ANALYZE, of a statement of `kind`; "" for nothing. */
export function explainFault(kind: u8, runs: bool): string {
  if (kind == N_QUERY) return "";
  if (kind != N_INSERT && kind != N_UPDATE && kind != N_DELETE) return EXPLAINS_ROWS;
  return runs ? ANALYZES_QUERIES : "";
}

export function explainHint(what: string): string {
  return what == ANALYZES_QUERIES ? EXPLAIN_HINT : "";
}

/** Statements that are known and not there yet, and what does it. */
const OTHERS: StaticArray<string> = [
  "truncate",
  "DELETE FROM without WHERE takes all rows",
  "merge",
  "INSERT … ON CONFLICT does it",
  "vacuum",
  "the command compact does it",
  "analyze",
  "nothing has to be analyzed",
  "attach",
  "",
  "detach",
  "",
];

class StatementReader extends PragmaReader {
  statement(): u32 {
    const start = this.lexer.start;
    const bound = this.with();
    if (this.failed) return 0;
    if (this.atChange) return this.change(bound);
    if (bound != 0 || this.atQuery) return this.queryBehind(bound);
    if (this.is("create")) return this.create();
    if (this.is("drop")) return this.drop();
    if (this.is("alter")) return this.alter();
    if (this.is("explain")) return this.explain();
    const transaction = this.transaction();
    if (transaction != 0 || this.failed) return transaction;
    if (this.accept("pragma")) return this.pragma();
    for (let i = 0; i < OTHERS.length; i += 2) {
      if (this.is(OTHERS[i]))
        return this.refuse(SQL_UNSUPPORTED, asciiUpper(OTHERS[i]) + " is not there yet in SQL", start, OTHERS[i + 1]);
    }
    return this.expected("a statement, like SELECT, INSERT or UPDATE");
  }

  /** EXPLAIN [QUERY PLAN | ANALYZE] of a query, or of a change of rows. */
  private explain(): u32 {
    const tree = this.tree;
    const node = tree.add(N_EXPLAIN, this.lexer.start);
    this.lexer.next();
    if (this.accept("analyze")) tree.setFlag(node, FLAG_ANALYZE);
    else if (this.accept("query") && !this.need("plan")) return 0;
    const start = this.lexer.start;
    const query = this.statement();
    if (query == 0) return 0;
    const fault = explainFault(tree.kind(query), tree.has(node, FLAG_ANALYZE));
    if (fault != "") return this.refuse(SQL_UNSUPPORTED, fault, start, explainHint(fault));
    tree.setA(node, query);
    return this.done(node);
  }

  /** BEGIN and the like; 0, without an error, when it is none of them. */
  private transaction(): u32 {
    const node = this.tree.add(N_TRANSACTION, this.lexer.start);
    let op: u8 = TX_BEGIN;
    if (this.accept("begin")) {
      if (!this.accept("deferred") && !this.accept("immediate")) this.accept("exclusive");
      this.accept("transaction");
    } else if (this.accept("start")) {
      if (!this.need("transaction")) return 0;
    } else if (this.accept("commit") || this.accept("end")) {
      op = TX_COMMIT;
      this.accept("transaction");
    } else if (this.accept("rollback")) {
      op = TX_ROLLBACK;
      this.accept("transaction");
      if (this.accept("to")) op = TX_ROLLBACK_TO;
    } else if (this.accept("savepoint")) op = TX_SAVEPOINT;
    else if (this.accept("release")) op = TX_RELEASE;
    else return 0;
    this.tree.setOp(node, op);
    if (op >= TX_SAVEPOINT) {
      if (op != TX_SAVEPOINT) this.accept("savepoint");
      const name = this.name("the name of a savepoint");
      if (name == 0) return 0;
      this.tree.setA(node, name);
    }
    return this.done(node);
  }

  /** The next statement, behind semicolons; 0 at the end, and on failure. */
  next(): u32 {
    while (this.acceptSymbol(SEMICOLON)) {}
    if (this.lexer.kind == T_END) return 0;
    const node = this.statement();
    if (node == 0 || this.lexer.kind == T_END) return node;
    if (!this.acceptSymbol(SEMICOLON)) return this.expected("the end of the statement");
    // Behind it there may be more of them.
    while (this.acceptSymbol(SEMICOLON)) {}
    return node;
  }

  /** Where what was not read yet begins. */
  get place(): u32 {
    return this.lexer.start;
  }
}

/** The root of what was read last, and where in the text the rest begins. */
export let sqlRoot: u32 = 0;
export let sqlRest: u32 = 0;

/**
 * Reads the first statement from byte `from` on into `tree`: `sqlRoot` is its node, 0 when there is none, `sqlRest` where the next one
 * begins. `SQL_SYNTAX`, `SQL_UNSUPPORTED` or `SQL_LIMIT`, with their place.
 */
export function readStatement(text: SqlText, tree: SqlTree, from: u32): Status {
  const reader = new StatementReader(text, tree, from);
  sqlRoot = reader.next();
  sqlRest = reader.place;
  return reader.status;
}
