/** INSERT, REPLACE, UPDATE and DELETE. */
import { SQL_SYNTAX, SQL_UNSUPPORTED } from "../../status";
import { CLOSE, COMMA, DOT, EQUALS, ITEM_CONFLICT_COLUMN, OPEN } from "./reader";
import { QueryReader } from "./queries";
import {
  FLAG_CASCADE,
  FLAG_NOT,
  N_CHANGE_TAIL,
  N_COLUMN,
  N_DELETE,
  N_INSERT,
  N_ROW,
  N_SET,
  N_SUBQUERY,
  N_UPDATE,
  N_UPSERT,
  OR_IGNORE,
  OR_REPLACE,
} from "./tree";

export abstract class ChangeReader extends QueryReader {
  protected get atChange(): bool {
    return this.is("insert") || this.is("replace") || this.is("update") || this.is("delete");
  }

  /** A statement that changes rows, behind WITH, N_WITH or 0. */
  protected change(bound: u32): u32 {
    const tree = this.tree;
    const start = bound == 0 ? this.lexer.start : tree.start(bound);
    const isDelete = this.is("delete");
    const isInsert = this.is("insert") || this.is("replace");
    const node = tree.add(isInsert ? N_INSERT : isDelete ? N_DELETE : N_UPDATE, start);
    const tail = tree.add(N_CHANGE_TAIL, start, 0, 0, 0, bound);
    if (this.is("replace")) tree.setOp(node, OR_REPLACE);
    const takesOr = !isDelete && !this.is("replace");
    this.lexer.next();
    if (takesOr && this.accept("or") && !this.resolution(node)) return 0;
    const good = isInsert ? this.insertion(node, tail) : isDelete ? this.removal(node, tail) : this.update(node, tail);
    if (!good || !(isInsert || this.some(tail))) return 0;
    if (this.accept("returning")) {
      const results = this.results();
      if (results == 0) return 0;
      tree.setB(tail, results);
    }
    if (!isInsert && !this.some(tail)) return 0;
    if (bound != 0 || tree.a(tail) != 0 || tree.b(tail) != 0 || tree.c(tail) != 0) tree.setD(node, this.done(tail));
    return this.done(node);
  }

  /** ORDER BY and LIMIT of an UPDATE or DELETE, before RETURNING or, as in SQLite, behind it. */
  private some(tail: u32): bool {
    const tree = this.tree;
    const start = this.lexer.start;
    if (!this.is("order") && !this.is("limit")) return true;
    const hint = "write WHERE key IN (SELECT key FROM … ORDER BY … LIMIT …)";
    if (tree.a(tail) != 0)
      return this.refuse(SQL_UNSUPPORTED, "ORDER BY and LIMIT of a change by a join are not there", start, hint) != 0;
    if (tree.c(tail) != 0) return this.expected("the end of the statement") != 0;
    const some = this.ordered(start, 0, 0);
    tree.setC(tail, some);
    return some != 0;
  }

  /** Behind OR. */
  private resolution(node: u32): bool {
    if (this.is("fail") || this.is("rollback")) {
      const hint = "a statement that fails is taken back alone, as with OR ABORT; ROLLBACK takes the transaction back";
      this.refuse(SQL_UNSUPPORTED, "OR FAIL and OR ROLLBACK are not there", this.lexer.start, hint);
      return false;
    }
    if (this.accept("ignore")) this.tree.setOp(node, OR_IGNORE);
    else if (this.accept("replace")) this.tree.setOp(node, OR_REPLACE);
    else if (!this.accept("abort")) return this.expected("ABORT, IGNORE or REPLACE") != 0;
    return true;
  }

  private insertion(node: u32, tail: u32): bool {
    const tree = this.tree;
    if (!this.need("into")) return false;
    const table = this.table(false);
    if (table == 0) return false;
    if (this.accept("as")) tree.setB(table, this.name("a name"));
    tree.setA(node, table);
    let isInside = false;
    if (this.acceptSymbol(OPEN)) {
      isInside = this.atQuery;
      if (!isInside) tree.setB(node, this.nameList("a column"));
    }
    if (this.failed) return false;
    isInside = isInside || this.acceptSymbol(OPEN);
    if (!isInside && this.accept("default")) {
      if (!this.need("values")) return false;
    } else {
      this.isInserted = true;
      const query = this.atQuery ? this.query() : this.expected("VALUES, SELECT or DEFAULT VALUES");
      this.isInserted = false;
      if (query == 0 || (isInside && !this.needSymbol(CLOSE))) return false;
      tree.setC(node, query);
    }
    let last: u32 = 0;
    while (this.is("on")) {
      const upsert = this.upsert();
      if (upsert == 0) return false;
      if (last == 0) tree.setC(tail, upsert);
      else tree.setNext(last, upsert);
      last = upsert;
    }
    return true;
  }

  protected item(what: i32): u32 {
    return what == ITEM_CONFLICT_COLUMN ? this.conflictColumn() : super.item(what);
  }

  private conflictColumn(): u32 {
    const start = this.lexer.start;
    let name = this.name("a column");
    let table: u32 = 0;
    if (name != 0 && this.acceptSymbol(DOT)) {
      table = name;
      name = this.name("a column");
    }
    return name == 0 ? 0 : this.done(this.tree.add(N_COLUMN, start, name, table));
  }

  /** ON CONFLICT. */
  private upsert(): u32 {
    const tree = this.tree;
    const node = tree.add(N_UPSERT, this.lexer.start);
    this.lexer.next();
    if (!this.need("conflict")) return 0;
    if (this.is("on")) return this.refuse(SQL_UNSUPPORTED, "constraints have no names", this.lexer.start, "name the columns");
    if (this.acceptSymbol(OPEN)) {
      const columns = this.commaList(ITEM_CONFLICT_COLUMN);
      if (columns == 0 || !this.needSymbol(CLOSE)) return 0;
      tree.setA(node, columns);
      if (this.is("where")) return this.refuse(SQL_UNSUPPORTED, "no index is of some rows only", this.lexer.start);
    }
    if (!this.need("do")) return 0;
    if (this.accept("nothing")) return this.done(node);
    if (!this.need("update") || !this.need("set")) return 0;
    const sets = this.sets();
    if (sets == 0) return 0;
    tree.setB(node, sets);
    return this.condition(node) ? this.done(node) : 0;
  }

  private update(node: u32, tail: u32): bool {
    const tree = this.tree;
    const table = this.table(true);
    if (table == 0 || !this.need("set")) return false;
    tree.setA(node, table);
    const sets = this.sets();
    if (sets == 0) return false;
    tree.setB(node, sets);
    return (!this.accept("from") || this.joined(tail)) && this.condition(node);
  }

  private removal(node: u32, tail: u32): bool {
    if (!this.need("from")) return false;
    const table = this.table(false);
    if (table == 0) return false;
    this.tree.setA(node, table);
    if (!this.atBehavior) this.tree.setB(table, this.alias());
    if (this.failed || (this.accept("using") && !this.joined(tail)) || !this.condition(node)) return false;
    if (this.atBehavior) {
      this.tree.setFlag(node, this.is("cascade") ? FLAG_CASCADE : FLAG_NOT);
      this.lexer.next();
    }
    return true;
  }

  /** What the table is joined with. */
  private joined(tail: u32): bool {
    const from = this.from();
    this.tree.setA(tail, from);
    return from != 0;
  }

  /** At what is to become of rows that refer to those that go, which is no alias. */
  private get atBehavior(): bool {
    return this.is("cascade") || this.is("restrict");
  }

  /** WHERE, if it is here. */
  private condition(node: u32): bool {
    if (!this.accept("where")) return true;
    const where = this.expression();
    this.tree.setC(node, where);
    return where != 0;
  }

  /** What is behind SET: one N_SET for each column. */
  private sets(): u32 {
    const tree = this.tree;
    let first: u32 = 0;
    let last: u32 = 0;
    do {
      const isList = this.acceptSymbol(OPEN);
      let name = isList ? this.nameList("a column") : this.name("a column");
      if (name == 0 || !this.needSymbol(EQUALS)) return 0;
      let value = this.expression();
      if (value == 0) return 0;
      const isQuery = tree.next(name) != 0 && tree.kind(value) == N_SUBQUERY;
      let column: u32 = isQuery ? 1 : 0;
      if (tree.next(name) != 0 && !isQuery) {
        if (tree.kind(value) != N_ROW || tree.length(tree.a(value)) != tree.length(name))
          return this.refuse(SQL_SYNTAX, "there are not as many values as columns", tree.start(value));
        value = tree.a(value);
      }
      while (name != 0) {
        const set = tree.add(N_SET, tree.start(name), name, value, column);
        tree.setEnd(set, tree.end(value));
        if (first == 0) first = set;
        else tree.setNext(last, set);
        last = set;
        name = tree.next(name);
        if (isQuery) column += 1;
        else value = tree.next(value);
      }
    } while (this.acceptSymbol(COMMA));
    return first;
  }
}
