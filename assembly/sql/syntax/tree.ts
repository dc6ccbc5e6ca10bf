/**
 * SQL that was read, as a flat tree: nodes of 32 bytes in one arena, named by their number, from 1 on; 0 is no node. Nothing in it is
 * managed, and all of it goes at once.
 *
 *     node   kind u8 · op u8 · flags u16 · start u32 · end u32 · next u32 · a u32 · b u32 · c u32 · d u32
 *
 * `start` and `end` are the node's bytes in the text. Nodes of one list are linked by `next`. What a to d are is with each kind below:
 * other nodes unless it says otherwise; `list` is the first of a list. Names and literals have their bytes, without quotes and escapes, in
 * `texts`, from byte a on, b of them.
 */
import { ByteBuffer } from "../../encode/byte-buffer";

// ---- expressions ----
/** NULL. */
export const N_NULL: u8 = 1;
/** TRUE or FALSE: op is 1 or 0. */
export const N_BOOLEAN: u8 = 2;
/** A number as it is written: a, b its text. */
export const N_NUMBER: u8 = 3;
/** Text: a, b its bytes. */
export const N_TEXT: u8 = 4;
/** x'…': a, b its bytes. */
export const N_BLOB: u8 = 5;
/** A parameter: a its number, from 1 on. */
export const N_PARAMETER: u8 = 6;
/** A name: a, b its bytes. With `FLAG_QUOTED` it stood in quotes. */
export const N_NAME: u8 = 7;
/** A column: a its name; b its table's or 0; c that one's schema or 0. */
export const N_COLUMN: u8 = 8;
/** `*` or `t.*` among columns: b the table's name or 0. */
export const N_STAR: u8 = 9;
/** op one of OP_NEGATE, OP_NOT, OP_PLUS, OP_BIT_NOT: a. */
export const N_UNARY: u8 = 10;
/** op one of OP_…: a, b. */
export const N_BINARY: u8 = 11;
/** AND or OR (op) of a list of two or more: a. */
export const N_LOGIC: u8 = 12;
/** a IS [NOT] NULL. */
export const N_IS_NULL: u8 = 13;
/** a [NOT] BETWEEN b AND c. */
export const N_BETWEEN: u8 = 14;
/** a [NOT] IN (list b), or (query c). */
export const N_IN: u8 = 15;
/** a [NOT] LIKE b ESCAPE c: op OP_LIKE, OP_ILIKE or OP_GLOB. */
export const N_LIKE: u8 = 16;
/** CASE a WHEN (list b of N_WHEN) ELSE c. */
export const N_CASE: u8 = 17;
/** WHEN a THEN b. */
export const N_WHEN: u8 = 18;
/** CAST(a AS b): b N_TYPE. */
export const N_CAST: u8 = 19;
/** A call of a, N_NAME, with list b; c N_CALL_TAIL or 0. `FLAG_STAR`: f(*), `FLAG_DISTINCT`: f(DISTINCT …). */
export const N_CALL: u8 = 20;
/** a list of N_ORDER inside the call; b FILTER's condition; c what is behind OVER, N_NAME or N_WINDOW. Each may be 0. */
export const N_CALL_TAIL: u8 = 21;
/** [NOT] EXISTS (query a). */
export const N_EXISTS: u8 = 22;
/** (query a) as a value. */
export const N_SUBQUERY: u8 = 23;
/** (list a) with two values or more. */
export const N_ROW: u8 = 24;
/** a COLLATE b, N_NAME. */
export const N_COLLATE: u8 = 25;
/** A type's name: a, b its words with one blank between; c list of its numbers. */
export const N_TYPE: u8 = 26;
/** DEFAULT, where a row's value or a column's new one is wanted. */
export const N_DEFAULT: u8 = 27;
/** A window: a the name of the one that it begins with; b list to partition by; c list of N_ORDER; d N_FRAME. Each may be 0. */
export const N_WINDOW: u8 = 28;
/** A frame from a to b, N_BOUND: op FRAME_…, and EXCLUDE_… two bits higher. */
export const N_FRAME: u8 = 29;
/** op BOUND_…; a how many rows, groups or how far. */
export const N_BOUND: u8 = 30;

export const FRAME_ROWS: u8 = 0;
export const FRAME_RANGE: u8 = 1;
export const FRAME_GROUPS: u8 = 2;

/** In the order in which they may follow each other. */
export const BOUND_FIRST: u8 = 0;
export const BOUND_PRECEDING: u8 = 1;
export const BOUND_CURRENT: u8 = 2;
export const BOUND_FOLLOWING: u8 = 3;
export const BOUND_LAST: u8 = 4;

export const EXCLUDE_NONE: u8 = 0;
export const EXCLUDE_CURRENT: u8 = 1;
export const EXCLUDE_GROUP: u8 = 2;
export const EXCLUDE_TIES: u8 = 3;

// ---- queries ----
/** A SELECT without what follows it: a list of N_RESULT, N_STAR; b FROM; c WHERE; d N_GROUP or 0. `FLAG_DISTINCT`. */
export const N_SELECT: u8 = 40;
/** a list of expressions; b HAVING; c list of N_NAMED_WINDOW. */
export const N_GROUP: u8 = 41;
/** a expression; b alias, N_NAME or 0. */
export const N_RESULT: u8 = 42;
/** VALUES: a list of N_ROW, which here may have one value. */
export const N_VALUES: u8 = 43;
/** a op b: op OP_UNION, OP_UNION_ALL, OP_INTERSECT, OP_EXCEPT. */
export const N_COMPOUND: u8 = 44;
/** A whole query: a N_SELECT, N_VALUES or N_COMPOUND; b list of N_ORDER; c N_LIMIT or 0; d N_WITH or 0. */
export const N_QUERY: u8 = 45;
/** a expression; `FLAG_DESCENDING`, `FLAG_NULLS_FIRST`, `FLAG_NULLS_LAST`. */
export const N_ORDER: u8 = 46;
/** LIMIT a OFFSET b. */
export const N_LIMIT: u8 = 47;
/** a list of N_CTE. */
export const N_WITH: u8 = 48;
/** a name; b list of column names; c query. */
export const N_CTE: u8 = 49;
/** A table in FROM, or a function with a list of arguments: a name; b alias; c schema; d list. */
export const N_TABLE: u8 = 50;
/** A query in FROM: a query; b alias; c list of column names. */
export const N_DERIVED: u8 = 51;
/** a op b ON c, or USING list d: op OP_INNER, OP_LEFT, OP_RIGHT, OP_FULL, OP_CROSS; `FLAG_NATURAL`. */
export const N_JOIN: u8 = 53;
/** WINDOW a, N_NAME, AS b, N_WINDOW. */
export const N_NAMED_WINDOW: u8 = 54;

// ---- statements ----
/** INSERT: a N_TABLE; b list of columns, N_NAME; c query, 0 for DEFAULT VALUES; d N_CHANGE_TAIL or 0. op is OR_… */
export const N_INSERT: u8 = 70;
/** UPDATE: a N_TABLE; b list of N_SET; c WHERE; d and op as of N_INSERT. */
export const N_UPDATE: u8 = 71;
/** DELETE: a N_TABLE; c WHERE; d as of N_INSERT. `FLAG_CASCADE`, or `FLAG_NOT` for RESTRICT. */
export const N_DELETE: u8 = 72;
/**
 * What a change has besides: a FROM or USING; b RETURNING, a list as that of N_SELECT; c list of N_UPSERT, or of UPDATE and DELETE ORDER BY
 * and LIMIT, an N_QUERY of nothing else; d N_WITH. Each may be 0.
 */
export const N_CHANGE_TAIL: u8 = 73;
/** a, N_NAME, = b; or, where c is not 0, column c of the query b, N_SUBQUERY. */
export const N_SET: u8 = 74;
/** ON CONFLICT (list a of N_COLUMN, or 0) DO UPDATE SET list b of N_SET WHERE c; b 0 is DO NOTHING. */
export const N_UPSERT: u8 = 75;
/** A transaction begins, ends or is marked: op TX_…, a the name of a savepoint or 0. */
export const N_TRANSACTION: u8 = 76;

/** PRAGMA sets what op says, PRAGMA_…; `FLAG_NOT`: to off. Of PRAGMA_NUMBER a is the name, b what it is to be as text. */
export const N_PRAGMA: u8 = 77;

/** Nothing, foreign_keys, defer_foreign_keys, a number that the file keeps. */
export const PRAGMA_IDLE: u8 = 0;
export const PRAGMA_KEYS: u8 = 1;
export const PRAGMA_DEFER: u8 = 2;
export const PRAGMA_NUMBER: u8 = 3;

/** What becomes of a row that has a key which another one has: the statement fails; the row is passed over; it takes the other's place. */
export const OR_ABORT: u8 = 0;
export const OR_IGNORE: u8 = 1;
export const OR_REPLACE: u8 = 2;

export const TX_BEGIN: u8 = 0;
export const TX_COMMIT: u8 = 1;
export const TX_ROLLBACK: u8 = 2;
export const TX_SAVEPOINT: u8 = 3;
export const TX_ROLLBACK_TO: u8 = 4;
export const TX_RELEASE: u8 = 5;

// ---- definitions ----
/** CREATE TABLE: a N_TABLE; b list of N_COLUMN_DEFINITION and N_RULE; or c the query that it is AS. `FLAG_IF`. */
export const N_CREATE_TABLE: u8 = 90;
/** A column: a its name; b N_TYPE or 0; c list of N_RULE. */
export const N_COLUMN_DEFINITION: u8 = 91;
/**
 * A constraint of a column, or of a table over the list a of names: op RULE_…; b DEFAULT's value, or N_REFERENCES. Of CHECK a and d are
 * where in the text its condition b begins and ends, c is its name or 0; of DEFAULT, too, where its value is not kept, else they are 0.
 */
export const N_RULE: u8 = 92;
/** REFERENCES a (b): names, b may be 0. `FLAG_CASCADE`. */
export const N_REFERENCES: u8 = 93;
/** CREATE INDEX a ON b (list c of names): b N_TABLE. `FLAG_DISTINCT`: a unique one. `FLAG_IF`. */
export const N_CREATE_INDEX: u8 = 94;
/** DROP TABLE a: N_TABLE. `FLAG_IF`. */
export const N_DROP_TABLE: u8 = 95;
/** DROP INDEX a. `FLAG_IF`. */
export const N_DROP_INDEX: u8 = 96;
/** CREATE VIEW a (list b of names, or 0) AS query c: a N_TABLE. `FLAG_IF`, `FLAG_TEMPORARY`. */
export const N_CREATE_VIEW: u8 = 98;
/** DROP VIEW a: N_TABLE. `FLAG_IF`. */
export const N_DROP_VIEW: u8 = 99;

/** ALTER TABLE a, N_TABLE: list b of N_ALTERATION. `FLAG_IF`. */
export const N_ALTER_TABLE: u8 = 100;
/**
 * A change of a definition: op ALTER_…; a the name of a column, constraint or, to be renamed, table; b another name, the new type or the
 * default; c what is behind USING. Of a column that is added a is its N_COLUMN_DEFINITION, and b the name of the one that it comes behind:
 * 0 for the last, a itself where it is to be the first. Of a constraint a is its N_RULE. `FLAG_IF`.
 */
export const N_ALTERATION: u8 = 101;

export const ALTER_RENAME_TABLE: u8 = 0;
export const ALTER_RENAME_COLUMN: u8 = 1;
export const ALTER_ADD_COLUMN: u8 = 2;
export const ALTER_DROP_COLUMN: u8 = 3;
export const ALTER_TYPE: u8 = 4;
export const ALTER_SET_NOT_NULL: u8 = 5;
export const ALTER_DROP_NOT_NULL: u8 = 6;
export const ALTER_SET_DEFAULT: u8 = 7;
export const ALTER_DROP_DEFAULT: u8 = 8;
export const ALTER_ADD_RULE: u8 = 9;
export const ALTER_DROP_RULE: u8 = 10;
export const ALTER_DROP_KEY: u8 = 11;

export const RULE_PRIMARY: u8 = 1;
export const RULE_UNIQUE: u8 = 2;
export const RULE_NOT_NULL: u8 = 3;
export const RULE_NULL: u8 = 4;
/** Numbers are given out. */
export const RULE_AUTO: u8 = 5;
export const RULE_DEFAULT: u8 = 6;
export const RULE_REFERENCES: u8 = 7;
export const RULE_CHECK: u8 = 8;
/** EXPLAIN of a, N_QUERY, N_INSERT, N_UPDATE or N_DELETE; `FLAG_ANALYZE`. */
export const N_EXPLAIN: u8 = 97;

// ---- flags ----
export const FLAG_NOT: u16 = 1;
export const FLAG_DISTINCT: u16 = 2;
export const FLAG_STAR: u16 = 4;
export const FLAG_QUOTED: u16 = 8;
export const FLAG_DESCENDING: u16 = 16;
export const FLAG_NULLS_FIRST: u16 = 32;
export const FLAG_NULLS_LAST: u16 = 64;
export const FLAG_NATURAL: u16 = 128;
/** IF EXISTS, or IF NOT EXISTS. */
export const FLAG_IF: u16 = 256;
/** ON DELETE CASCADE. */
export const FLAG_CASCADE: u16 = 512;
/** AUTOINCREMENT behind a name in a list. */
export const FLAG_AUTO: u16 = 1024;
export const FLAG_ANALYZE: u16 = 2048;
/** WITH RECURSIVE. */
export const FLAG_RECURSIVE: u16 = 4096;
export const FLAG_TEMPORARY: u16 = 8192;

/** The most nodes of one text, and how deep expressions and queries may be inside each other. */
export const MOST_NODES: u32 = 1 << 22;
const NODE_SIZE: u32 = 32;

export class SqlTree {
  /** Bytes of names and literals. */
  readonly texts: ByteBuffer = new ByteBuffer(256);
  private readonly nodes: ByteBuffer = new ByteBuffer(64 * NODE_SIZE);
  /** The highest number of a parameter; and N_NAME nodes of those that are named, with their number as c. */
  parameters: u32 = 0;
  namedParameters: u32 = 0;
  /** How deep it is, in expressions: queries inside each other count twice. */
  depth: u32 = 0;

  constructor() {
    this.reset();
  }

  /** Forgets all nodes. */
  reset(): void {
    this.texts.reset();
    this.nodes.reset();
    this.parameters = 0;
    this.namedParameters = 0;
    this.depth = 0;
    memory.fill(this.nodes.reserve(NODE_SIZE), 0, NODE_SIZE);
    this.nodes.len += NODE_SIZE;
  }

  get count(): u32 {
    return this.nodes.len / NODE_SIZE;
  }

  /** Adds a node that begins at byte `start` of the text. */
  add(kind: u8, start: u32, a: u32 = 0, b: u32 = 0, c: u32 = 0, d: u32 = 0): u32 {
    const node = this.count;
    const at = this.nodes.reserve(NODE_SIZE);
    this.nodes.len += NODE_SIZE;
    store<u32>(at, kind);
    store<u32>(at, start, 4);
    store<u64>(at, start, 8);
    store<u32>(at, a, 16);
    store<u32>(at, b, 20);
    store<u32>(at, c, 24);
    store<u32>(at, d, 28);
    return node;
  }

  /** Adds a name or a literal, `text`, that does not stand in the text that is read. */
  word(kind: u8, start: u32, text: string): u32 {
    const at = this.texts.len;
    this.texts.addText(text);
    return this.add(kind, start, at, this.texts.len - at);
  }


  @inline private at(node: u32): usize {
    return this.nodes.ptr + node * NODE_SIZE;
  }


  @inline kind(node: u32): u8 {
    return load<u8>(this.at(node));
  }


  @inline op(node: u32): u8 {
    return load<u8>(this.at(node), 1);
  }


  @inline has(node: u32, flag: u16): bool {
    return (load<u16>(this.at(node), 2) & flag) != 0;
  }


  @inline flags(node: u32): u16 {
    return load<u16>(this.at(node), 2);
  }


  @inline start(node: u32): u32 {
    return load<u32>(this.at(node), 4);
  }


  @inline end(node: u32): u32 {
    return load<u32>(this.at(node), 8);
  }


  @inline next(node: u32): u32 {
    return load<u32>(this.at(node), 12);
  }


  @inline a(node: u32): u32 {
    return load<u32>(this.at(node), 16);
  }


  @inline b(node: u32): u32 {
    return load<u32>(this.at(node), 20);
  }


  @inline c(node: u32): u32 {
    return load<u32>(this.at(node), 24);
  }


  @inline d(node: u32): u32 {
    return load<u32>(this.at(node), 28);
  }
  setKind(node: u32, kind: u8): void {
    store<u8>(this.at(node), kind);
  }
  setOp(node: u32, op: u8): void {
    store<u8>(this.at(node), op, 1);
  }
  setFlag(node: u32, flag: u16): void {
    store<u16>(this.at(node), load<u16>(this.at(node), 2) | flag, 2);
  }
  setStart(node: u32, start: u32): void {
    store<u32>(this.at(node), start, 4);
  }
  setEnd(node: u32, end: u32): void {
    store<u32>(this.at(node), end, 8);
  }
  setNext(node: u32, next: u32): void {
    store<u32>(this.at(node), next, 12);
  }
  setA(node: u32, a: u32): void {
    store<u32>(this.at(node), a, 16);
  }
  setB(node: u32, b: u32): void {
    store<u32>(this.at(node), b, 20);
  }
  setC(node: u32, c: u32): void {
    store<u32>(this.at(node), c, 24);
  }
  setD(node: u32, d: u32): void {
    store<u32>(this.at(node), d, 28);
  }

  /** Where the bytes of a name or literal are. Valid until the next node is added. */
  @inline textPtr(node: u32): usize {
    return this.texts.ptr + this.a(node);
  }


  @inline textLen(node: u32): u32 {
    return this.b(node);
  }
  text(node: u32): string {
    return String.UTF8.decodeUnsafe(this.textPtr(node), this.textLen(node));
  }

  /** How many nodes the list has. */
  length(list: u32): u32 {
    let count: u32 = 0;
    for (; list != 0; list = this.next(list)) count += 1;
    return count;
  }

  free(): void {
    this.texts.free();
    this.nodes.free();
  }
}
