/** Queries: SELECT, VALUES, what joins them, and what is around them. */
import { SQL_LIMIT } from "../../status";
import { T_QUOTED, T_TEXT, T_WORD } from "./lexer";
import { OP_CROSS, OP_EXCEPT, OP_FULL, OP_INNER, OP_INTERSECT, OP_LEFT, OP_RIGHT, OP_UNION, OP_UNION_ALL } from "./operators";
import { CLOSE, COMMA, DOT, ITEM_CTE, ITEM_RESULT, ITEM_ROW, ITEM_WINDOW, OPEN, STAR } from "./reader";
import {
  FLAG_DISTINCT,
  FLAG_RECURSIVE,
  FLAG_NATURAL,
  N_COMPOUND,
  N_CTE,
  N_DERIVED,
  N_GROUP,
  N_JOIN,
  N_LIMIT,
  N_NAME,
  N_QUERY,
  N_RESULT,
  N_ROW,
  N_SELECT,
  N_STAR,
  N_TABLE,
  N_VALUES,
  N_WITH,
} from "./tree";
import { WindowReader } from "./windows";

/** Queries of one WITH: each knows those before it. */
const MOST_NAMED: u32 = 1000;

export class QueryReader extends WindowReader {
  /** Whether ON CONFLICT may come behind a query: there it is no condition of a join on a column called so. */
  protected isInserted: bool = false;

  query(): u32 {
    if (!this.enter()) return 0;
    const node = this.wholeQuery();
    this.leave();
    return node;
  }

  private wholeQuery(): u32 {
    const bound = this.with();
    return this.failed ? 0 : this.queryBehind(bound);
  }

  /** WITH and its names, if they are here: N_WITH, 0 for none and on failure. */
  protected with(): u32 {
    const start = this.lexer.start;
    this.height = 0;
    return this.accept("with") ? this.commonTables(start) : 0;
  }

  /** The query behind WITH, N_WITH or 0. */
  protected queryBehind(bound: u32): u32 {
    const tree = this.tree;
    const start = bound == 0 ? this.lexer.start : tree.start(bound);
    const height = this.height;
    const body = this.compound();
    return body == 0 ? 0 : this.ordered(start, body, bound, max(height, this.height));
  }

  /** ORDER BY and LIMIT, if they are here, of a query's body: the N_QUERY. */
  protected ordered(start: u32, body: u32, bound: u32, height: u32 = 0): u32 {
    const tree = this.tree;
    let order: u32 = 0;
    let limit: u32 = 0;
    if (this.accept("order")) {
      order = this.need("by") ? this.orderList() : 0;
      if (order == 0) return 0;
      height = max(height, this.height);
    }
    if (this.is("limit") || this.is("offset") || this.is("fetch")) {
      limit = this.limit();
      if (limit == 0) return 0;
    }
    const node = tree.add(N_QUERY, start, body, order, limit, bound);
    return this.raise(this.done(node), height);
  }

  protected item(what: i32): u32 {
    switch (what) {
      case ITEM_RESULT:
        return this.result();
      case ITEM_ROW:
        return this.row();
      case ITEM_CTE:
        return this.commonTable();
      default:
        return super.item(what);
    }
  }

  /** Behind WITH. */
  private commonTables(start: u32): u32 {
    const isRecursive = this.accept("recursive");
    const first = this.commaList(ITEM_CTE);
    if (first == 0) return 0;
    if (this.tree.length(first) > MOST_NAMED)
      return this.refuse(SQL_LIMIT, "more than " + MOST_NAMED.toString() + " queries behind WITH", start);
    const node = this.done(this.tree.add(N_WITH, start, first));
    if (isRecursive) this.tree.setFlag(node, FLAG_RECURSIVE);
    return node;
  }

  private commonTable(): u32 {
    const start = this.lexer.start;
    const name = this.name("a name for the query");
    if (name == 0) return 0;
    let columns: u32 = 0;
    if (this.acceptSymbol(OPEN)) {
      columns = this.nameList("a column's name");
      if (columns == 0) return 0;
    }
    if (!this.need("as")) return 0;
    if (!this.acceptBoth("not", "materialized")) this.accept("materialized");
    if (!this.needSymbol(OPEN)) return 0;
    const query = this.query();
    if (query == 0 || !this.needSymbol(CLOSE)) return 0;
    return this.done(this.tree.add(N_CTE, start, name, columns, query));
  }

  /** SELECTs and VALUES with UNION and the like between them, from left to right. */
  private compound(): u32 {
    const tree = this.tree;
    let left = this.core();
    while (left != 0) {
      let op: u8 = 0;
      if (this.accept("union")) op = this.accept("all") ? OP_UNION_ALL : OP_UNION;
      else if (this.accept("intersect")) op = OP_INTERSECT;
      else if (this.accept("except")) op = OP_EXCEPT;
      else break;
      const height = this.height;
      const right = this.core();
      if (right == 0) return 0;
      const node = this.done(tree.add(N_COMPOUND, tree.start(left), left, right));
      tree.setOp(node, op);
      left = this.raise(node, max(height, this.height));
    }
    return left;
  }

  private core(): u32 {
    if (this.is("values")) return this.values();
    if (this.is("select")) return this.select();
    return this.expected("SELECT or VALUES");
  }

  protected values(): u32 {
    const tree = this.tree;
    const node = tree.add(N_VALUES, this.lexer.start);
    this.lexer.next();
    const rows = this.commaList(ITEM_ROW);
    if (rows == 0) return 0;
    tree.setA(node, rows);
    return this.raise(this.done(node), this.height);
  }

  /** A row of VALUES. */
  private row(): u32 {
    const start = this.lexer.start;
    if (!this.needSymbol(OPEN)) return 0;
    const list = this.expressionList();
    if (list == 0 || !this.needSymbol(CLOSE)) return 0;
    return this.done(this.tree.add(N_ROW, start, list));
  }

  private select(): u32 {
    const tree = this.tree;
    const node = tree.add(N_SELECT, this.lexer.start);
    this.lexer.next();
    if (this.accept("distinct")) tree.setFlag(node, FLAG_DISTINCT);
    else this.accept("all");
    const results = this.results();
    if (results == 0) return 0;
    tree.setA(node, results);
    let height = this.height;
    if (this.accept("from")) {
      const from = this.from();
      if (from == 0) return 0;
      tree.setB(node, from);
      height = max(height, this.height);
    }
    if (this.accept("where")) {
      const where = this.expression();
      if (where == 0) return 0;
      tree.setC(node, where);
      height = max(height, this.height);
    }
    const group = tree.add(N_GROUP, this.lexer.start);
    if (this.accept("group")) {
      const list = this.need("by") ? this.expressionList() : 0;
      if (list == 0) return 0;
      tree.setA(group, list);
      tree.setD(node, group);
      height = max(height, this.height);
    }
    if (this.accept("having")) {
      const having = this.expression();
      if (having == 0) return 0;
      tree.setB(group, having);
      tree.setD(node, group);
      height = max(height, this.height);
    }
    if (this.accept("window")) {
      const list = this.commaList(ITEM_WINDOW);
      if (list == 0) return 0;
      tree.setC(group, list);
      tree.setD(node, group);
      height = max(height, this.height);
    }
    return this.raise(this.done(node), height);
  }

  /** Columns of a result, between commas. */
  protected results(): u32 {
    return this.commaList(ITEM_RESULT);
  }

  private result(): u32 {
    const tree = this.tree;
    const lexer = this.lexer;
    const start = lexer.start;
    this.height = 0;
    if (this.acceptSymbol(STAR)) return this.done(tree.add(N_STAR, start));
    if (this.atName && lexer.following == DOT && this.starFollows) {
      const table = this.anyWord();
      lexer.next();
      lexer.next();
      return table == 0 ? 0 : this.done(tree.add(N_STAR, start, 0, table));
    }
    const value = this.expression();
    if (value == 0) return 0;
    const height = this.height;
    const node = tree.add(N_RESULT, start, value);
    tree.setEnd(node, lexer.lastEnd);
    const alias = this.alias();
    if (this.failed) return 0;
    tree.setB(node, alias);
    this.height = height;
    return node;
  }

  /** Whether `.*` is behind the name at the token. */
  private get starFollows(): bool {
    const lexer = this.lexer;
    let at = lexer.end;
    let dots = 0;
    for (; at < lexer.len; at++) {
      const byte = load<u8>(lexer.ptr + at);
      if (byte == 0x2e && dots == 0) dots = 1;
      else if (byte == 0x2a && dots == 1) return true;
      else if (byte > 0x20) return false;
    }
    return false;
  }

  /** [AS] name, or 0 for none. After AS a text or a reserved word may be one, too. */
  protected alias(): u32 {
    const lexer = this.lexer;
    if (this.accept("as")) {
      if (lexer.kind == T_TEXT) return this.unquoted(N_NAME);
      return lexer.kind == T_WORD || lexer.kind == T_QUOTED ? this.anyWord() : this.expected("a name");
    }
    return this.atName ? this.anyWord() : 0;
  }

  // ---- FROM ----

  /** Tables with commas and joins between them: one tree, from left to right. */
  protected from(): u32 {
    const tree = this.tree;
    let left = this.source();
    let height = this.height;
    while (left != 0) {
      const start = this.lexer.start;
      let op: u8 = OP_INNER;
      const isComma = this.acceptSymbol(COMMA);
      let natural = false;
      if (isComma) op = OP_CROSS;
      else {
        natural = this.accept("natural");
        if (this.is("left")) op = OP_LEFT;
        else if (this.is("right")) op = OP_RIGHT;
        else if (this.is("full")) op = OP_FULL;
        else if (this.is("cross")) op = OP_CROSS;
        if (op != OP_INNER) {
          this.lexer.next();
          if (op != OP_CROSS) this.accept("outer");
        } else this.accept("inner");
        if (!this.is("join")) {
          if (op != OP_INNER || natural || this.lexer.start != start) return this.expected("JOIN");
          break;
        }
        this.lexer.next();
      }
      const right = this.source();
      if (right == 0) return 0;
      height = max(height, this.height);
      const node = tree.add(N_JOIN, tree.start(left), left, right);
      tree.setOp(node, op);
      if (natural) tree.setFlag(node, FLAG_NATURAL);
      const isUpsert = this.isInserted && this.lexer.isFollowedBy("conflict");
      if (!isComma && !isUpsert && this.accept("on")) {
        const on = this.expression();
        if (on == 0) return 0;
        tree.setC(node, on);
        height = max(height, this.height);
      } else if (!isComma && this.accept("using")) {
        const names = this.needSymbol(OPEN) ? this.nameList("a column") : 0;
        if (names == 0) return 0;
        tree.setD(node, names);
      }
      left = this.raise(this.done(node), height);
      height = this.height;
    }
    return left;
  }

  /** A table, a query or joins in parentheses. */
  private source(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    this.height = 0;
    if (this.acceptSymbol(OPEN)) {
      if (!this.atQuery) {
        if (!this.enter()) return 0;
        const inner = this.from();
        this.leave();
        return inner != 0 && this.needSymbol(CLOSE) ? inner : 0;
      }
      const query = this.query();
      if (query == 0 || !this.needSymbol(CLOSE)) return 0;
      const height = this.height;
      const node = tree.add(N_DERIVED, start, query);
      tree.setB(node, this.alias());
      if (this.failed) return 0;
      if (tree.b(node) != 0 && this.acceptSymbol(OPEN)) {
        const columns = this.nameList("a column's name");
        if (columns == 0) return 0;
        tree.setC(node, columns);
      }
      return this.raise(this.done(node), height);
    }
    return this.table(true);
  }

  /** A table's name, with its schema and an alias. */
  protected table(aliased: bool): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    let name = this.name("a table");
    let schema: u32 = 0;
    if (name != 0 && this.acceptSymbol(DOT)) {
      schema = name;
      name = this.name("a table");
    }
    if (name == 0) return 0;
    let list: u32 = 0;
    if (aliased && this.acceptSymbol(OPEN)) {
      if (!this.isSymbol(CLOSE)) list = this.expressionList();
      if (this.failed || !this.needSymbol(CLOSE)) return 0;
    }
    const node = tree.add(N_TABLE, start, name, 0, schema, list);
    tree.setEnd(node, this.lexer.lastEnd);
    if (!aliased) return node;
    tree.setB(node, this.alias());
    return this.failed ? 0 : node;
  }

  // ---- LIMIT ----

  /** LIMIT a [OFFSET b], LIMIT b, a, OFFSET b [ROWS], FETCH FIRST a ROWS ONLY, OFFSET b LIMIT a. */
  private limit(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    let limit: u32 = 0;
    let offset: u32 = 0;
    if (this.is("offset")) {
      offset = this.offset();
      if (offset == 0) return 0;
    }
    if (this.accept("limit")) {
      if (!this.accept("all")) {
        limit = this.expression();
        if (limit == 0) return 0;
      }
      if (offset == 0 && this.acceptSymbol(COMMA)) {
        offset = limit;
        limit = this.expression();
        if (limit == 0) return 0;
      }
    }
    if (offset == 0 && this.is("offset")) {
      offset = this.offset();
      if (offset == 0) return 0;
    }
    if (limit == 0 && this.accept("fetch")) {
      if (!this.accept("first") && !this.accept("next")) return this.expected("FIRST or NEXT");
      limit = this.expression();
      if (limit == 0) return 0;
      if (!this.accept("rows") && !this.accept("row")) return this.expected("ROWS");
      if (!this.need("only")) return 0;
    }
    return this.done(tree.add(N_LIMIT, start, limit, offset));
  }

  /** OFFSET b [ROWS]. */
  private offset(): u32 {
    this.lexer.next();
    const offset = this.expression();
    if (!this.accept("rows")) this.accept("row");
    return offset;
  }
}
