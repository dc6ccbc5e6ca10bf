/**
 * What a request says of a table's rows in SQL without a statement: a condition, as behind WHERE, and a list to sort by, as behind
 * ORDER BY. Both may use the same parameters.
 */
import { OK, SQL_SYNTAX, Status } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Statement } from "./execute";
import { SqlText } from "./sql-text";
import { T_END } from "./syntax/lexer";
import { SEMICOLON } from "./syntax/reader";
import { QueryReader } from "./syntax/queries";
import { N_COLUMN, N_LIMIT, N_NAME, N_NUMBER, N_QUERY, N_RESULT, N_SELECT, N_TABLE, SqlTree } from "./syntax/tree";

/** The two texts with a semicolon between them; errors name the one that they are about, and tell the place in that. */
class TermsText extends SqlText {
  constructor(
    bytes: ByteBuffer,
    /** Where the semicolon is. */
    readonly middle: u32,
  ) {
    super(bytes.ptr, bytes.len);
  }

  place(start: u32): Status {
    const middle = this.middle;
    // Behind the condition is a line break of ours.
    return start > middle
      ? this.placeWithin("orderBy, ", middle + 2, start)
      : this.placeWithin("where, ", 0, min(start, middle - 1));
  }
}

class TermsReader extends QueryReader {
  constructor(
    private readonly terms: TermsText,
    tree: SqlTree,
    from: u32,
  ) {
    super(terms, tree, from);
  }

  /** The condition in front of the semicolon. */
  condition(): u32 {
    const node = this.expression();
    return node == 0 || this.isBetween ? node : this.expected("the end of the condition");
  }

  /** What is behind the semicolon. */
  order(): u32 {
    this.lexer.next();
    const node = this.orderList();
    return node == 0 || this.lexer.kind == T_END ? node : this.expected("the end of the list");
  }

  /** Whether the condition is over. */
  private get isBetween(): bool {
    return this.isSymbol(SEMICOLON) && this.lexer.start == this.terms.middle;
  }

  protected expected(what: string): u32 {
    return this.isBetween
      ? this.refuse(SQL_SYNTAX, "expected " + what + ", found the end", this.lexer.start)
      : super.expected(what);
  }
}

/** They are a statement as soon as `select` made them a query. */
export class RowTerms extends Statement {
  /** The condition's node, and the first of the list's; 0 for none. */
  where: u32 = 0;
  order: u32 = 0;

  private constructor(
    private readonly bytes: ByteBuffer,
    private readonly terms: TermsText,
    private readonly hasWhere: bool,
    private readonly hasOrder: bool,
  ) {
    super(terms);
  }

  /** Of the texts in `whereLen` bytes at `where` and in `orderLen` ones at `order`; there is none at 0. */
  static of(where: usize, whereLen: u32, order: usize, orderLen: u32): RowTerms {
    const bytes = new ByteBuffer(256);
    bytes.addBytes(where, whereLen);
    // A line of its own, so that a comment ends before it.
    bytes.addU8(0x0a);
    const middle = bytes.len;
    bytes.addU16(0x0a3b);
    bytes.addBytes(order, orderLen);
    return new RowTerms(bytes, new TermsText(bytes, middle), where != 0, order != 0);
  }

  parse(): Status {
    const reader = new TermsReader(this.terms, this.tree, this.hasWhere ? 0 : this.terms.middle);
    if (this.hasWhere) this.where = reader.condition();
    if (this.hasOrder && reader.status == OK) this.order = reader.order();
    return reader.status;
  }

  /** Makes a query of them: of a table's columns, called so, at most `limit` rows behind the first `offset` ones. */
  select(table: string, columns: Array<string>, offset: i64, limit: i64): void {
    const tree = this.tree;
    let results: u32 = 0;
    for (let c = columns.length - 1; c >= 0; c--) {
      const result = tree.add(N_RESULT, 0, tree.add(N_COLUMN, 0, tree.word(N_NAME, 0, columns[c])));
      tree.setNext(result, results);
      results = result;
    }
    const from = tree.add(N_TABLE, 0, tree.word(N_NAME, 0, table));
    const select = tree.add(N_SELECT, 0, results, from, this.where);
    let limits: u32 = 0;
    if (offset > 0 || limit < i64.MAX_VALUE)
      limits = tree.add(N_LIMIT, 0, tree.word(N_NUMBER, 0, limit.toString()), tree.word(N_NUMBER, 0, offset.toString()));
    this.root = tree.add(N_QUERY, 0, select, this.order, limits);
  }

  free(): void {
    super.free();
    this.bytes.free();
  }
}
