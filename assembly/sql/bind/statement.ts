/** What all parts of one statement share. */
import { OK, Status, BAD_REQUEST, BAD_SCHEMA, SQL_LIMIT, SQL_SYNTAX, lastError } from "../../status";
import { PageCache } from "../../memory/cache/page-cache";
import { Column } from "../../schema/column";
import { Table } from "../../query/store";
import { Catalog, CatalogEntry } from "../../store/catalog";
import { DbmsContext } from "../../store/dbms-context";
import { unknownTable } from "../../store/names";
import { MemoryBudget } from "../../store/memory-budget";
import { Constant, OuterValue } from "../eval/expression";
import { K_INT, K_TEXT } from "../eval/kinds";
import { RunState } from "../eval/run-state";
import { Surroundings } from "../eval/surroundings";
import { Explained } from "../run/explained";
import { Operator } from "../run/operator";
import { QueryValue } from "../run/subquery";
import { SqlText, StoredText } from "../sql-text";
import { SqlTree } from "../syntax/tree";
import { reuse } from "./literals";
import { NameUses } from "./name-uses";
import { NamedColumn, Relation, sameName } from "./scope";

/** Columns and other values of queries that a statement may have, each of which takes memory for a batch of rows (vector.ts). */
const MOST_PARTS: u32 = 10000;
/** How many of them a query counts for, with all that it is made of. */
export const QUERY_PARTS: u32 = 6;
/** The same of an aggregate, which is compared with all others. */
export const AGGREGATE_PARTS: u32 = 4;
/** Expressions that may be made of a text, or so many of each of its nodes: some are made anew for each thing they are compared with. */
const MOST_EXPRESSIONS: u32 = 100000;
const EXPRESSIONS_OF_NODE: u32 = 8;

/** A difference in size that no plan is made anew for. */
const FEW_BYTES: u64 = 4096;

export class StatementContext {
  readonly run: RunState;
  private parts: u32 = 0;
  private expressions: u32 = 0;
  readonly around: Surroundings;
  /** All that was made for it and has to be freed. */
  private readonly operators: Array<Operator>;
  private readonly queries: Array<QueryValue>;
  private readonly outerValues: Array<OuterValue>;
  /** Constants that are parameters' values, in the types that they were made of there. */
  private readonly uses: Array<Constant> = new Array<Constant>();
  /** Tables that were looked up, each time again. */
  readonly read: Array<Table>;
  private plannedBytes: u64 = 0;
  /** Where what names in its text mean is noted, if that is wanted. */
  nameUses: NameUses | null = null;

  constructor(
    readonly text: SqlText,
    readonly tree: SqlTree,
    /** The store's tables and views. */
    readonly catalog: Catalog,
    /** Values of parameters, in the order of their numbers. */
    readonly parameters: Array<Constant>,
    budget: MemoryBudget,
    /** The one that names the text, if that is a view's: what is made for this one is that one's. */
    private readonly parent: StatementContext | null = null,
  ) {
    this.run = parent ? parent.run : new RunState(budget);
    this.around = new Surroundings(text, parent ? parent.around : null);
    this.operators = parent ? parent.operators : [];
    this.queries = parent ? parent.queries : [];
    this.outerValues = parent ? parent.outerValues : [];
    this.read = parent ? parent.read : [];
  }

  /** One for a statement about an open store. */
  static of(db: DbmsContext, text: SqlText, tree: SqlTree, parameters: Array<Constant>): StatementContext {
    return new StatementContext(text, tree, db.catalog, parameters, new MemoryBudget(db.store.statementMemory));
  }

  /**
   * One for `text`, a view's, which the node names; null with an error where views name each other in a circle or go too deep. Its text is
   * still to be read into its tree, which the caller frees.
   */
  within(text: StoredText, node: u32): StatementContext | null {
    for (let at: StatementContext | null = this; at; at = at.parent) {
      const other = at.text;
      if (!(other instanceof StoredText) || (<StoredText>other).name != text.name) continue;
      this.fail(BAD_SCHEMA, text.name + " is made of itself", node, "DROP VIEW takes it away");
      return null;
    }
    return new StatementContext(text, new SqlTree(), this.catalog, [], this.budget, this);
  }

  /** That of the statement. */
  private get root(): StatementContext {
    const parent = this.parent;
    return parent ? parent.root : this;
  }

  /** How deep its text is, with those that it stands in: `SqlTree.depth`. */
  get depth(): u32 {
    const parent = this.parent;
    return this.tree.depth + (parent ? parent.depth : 0);
  }

  get budget(): MemoryBudget {
    return this.run.budget;
  }

  /** Takes an operator over, which is freed with the statement. */
  own(operator: Operator): Operator {
    this.operators.push(operator);
    return operator;
  }

  /** Counts parts of the queries that it has; false, with an error, when they are too many. */
  hasRoom(parts: u32, node: u32): bool {
    const root = this.root;
    root.parts += parts;
    if (root.parts <= MOST_PARTS) return true;
    const what = "the statement has too many columns and queries, with all that it names";
    this.fail(SQL_LIMIT, what, node, "CREATE TABLE AS keeps what a query gives");
    return false;
  }

  /** Counts an expression that is made; false, with an error, when they are too many. */
  mayMake(node: u32): bool {
    this.expressions += 1;
    if (this.expressions <= MOST_EXPRESSIONS || this.expressions / EXPRESSIONS_OF_NODE <= this.tree.count) return true;
    this.fail(SQL_LIMIT, "the statement has too many expressions inside each other that are made again and again", node);
    return false;
  }

  ownQuery(query: QueryValue): QueryValue {
    this.queries.push(query);
    return query;
  }

  /** How many queries as values there are. */
  get queryCount(): i32 {
    return this.queries.length;
  }

  /** Forgets all of them but the first `count`. */
  forgetQueries(count: i32): void {
    while (this.queries.length > count) this.queries.pop().free();
  }

  ownValue(value: OuterValue): OuterValue {
    this.outerValues.push(value);
    return value;
  }

  /** Notes what it was planned for. */
  planned(): void {
    this.plannedBytes = this.bytesRead;
  }

  private get bytesRead(): u64 {
    let bytes: u64 = 0;
    for (let t = 0; t < this.read.length; t++) bytes += unchecked(this.read[t]).recordBytes;
    return bytes;
  }

  /**
   * Gets ready to run once more, with other values for the parameters. False, perhaps with an error, when that takes another plan: a value
   * is of another type than what was made of the one before it, or the tables are twice as large as they were, or half.
   */
  begin(parameters: Array<Constant>): bool {
    this.run.number += 1;
    this.around.begin();
    for (let t = 0; t < this.read.length; t++) {
      if (unchecked(this.read[t]).refresh() != OK) return false;
    }
    const bytes = this.bytesRead;
    if (bytes > 2 * this.plannedBytes + FEW_BYTES || 2 * bytes + FEW_BYTES < this.plannedBytes) return false;
    for (let u = 0; u < this.uses.length; u++) {
      const use = unchecked(this.uses[u]);
      if (use.parameter > <u32>parameters.length || !reuse(use, unchecked(parameters[use.parameter - 1]))) return false;
    }
    return true;
  }

  /** Works out queries as values that depend on no row, so that they see the rows as they are now; false on failure. */
  workOut(): bool {
    for (let q = 0; q < this.queries.length; q++) if (!this.queries[q].workOut()) return false;
    return true;
  }

  /** What EXPLAIN gives of a query; with a cache, that of ANALYZE. */
  explained(query: Relation, cache: PageCache | null): Relation {
    const columns = [new NamedColumn("plan", K_TEXT, null), new NamedColumn("estimate", K_INT, null)];
    if (cache) columns.push(new NamedColumn("rows", K_INT, null));
    if (cache) columns.push(new NamedColumn("loops", K_INT, null));
    return new Relation(this.own(new Explained(query.operator, this.queries, cache)), columns);
  }

  /** Gives back what operators keep of rows. */
  close(): void {
    for (let o = 0; o < this.operators.length; o++) {
      const operator = unchecked(this.operators[o]);
      operator.close();
      operator.batch.arena.end();
    }
    for (let q = 0; q < this.queries.length; q++) this.queries[q].close();
    this.budget.end();
  }

  free(): void {
    while (this.operators.length > 0) this.operators.pop().free();
    while (this.queries.length > 0) this.queries.pop().free();
    while (this.outerValues.length > 0) this.outerValues.pop().free();
    this.budget.end();
  }

  /** Fails because of what is at `node`. Returns `status`. */
  fail(status: Status, what: string, node: u32, hint: string = ""): Status {
    return this.text.fail(status, what, this.tree.start(node), hint);
  }

  /** The view called `name`, in any case of ASCII letters, unless a table is; null where there is none (`OK`), and on failure. */
  view(name: string): CatalogEntry | null {
    lastError.status = OK;
    return this.hasTable(name) ? null : this.catalog.view(name);
  }

  /** Whether a table is called `name`, in any case of ASCII letters. */
  hasTable(name: string): bool {
    const tables = this.catalog.tables;
    for (let t = 0; t < tables.length; t++) if (sameName(tables[t].name, name)) return true;
    return false;
  }

  /**
   * The table that an N_TABLE names, ready to be read: called so, or the one that is in any case of ASCII letters. Null with an error.
   */
  table(node: u32): Table | null {
    const name = this.tree.text(this.tree.a(node));
    const tables = this.catalog.tables;
    let found: Table | null = null;
    let alike = 0;
    for (let t = 0; t < tables.length; t++) {
      const isIt = tables[t].name == name;
      if (!isIt && !sameName(tables[t].name, name)) continue;
      found = tables[t];
      alike = isIt ? 1 : alike + 1;
      if (isIt) break;
    }
    if (found && alike == 1) {
      const uses = this.nameUses;
      if (uses) uses.add(this.tree.a(node), null, found);
      this.read.push(found);
      return found.refresh() == OK ? found : null;
    }
    unknownTable(tables, name);
    this.text.place(this.tree.start(node));
    return null;
  }

  /** The value of parameter `number` for one place of the text; null when it was given none. */
  parameter(number: u32, node: u32): Constant | null {
    const given = this.parameters.length;
    if (number > <u32>given) {
      this.fail(BAD_REQUEST, "parameter " + number.toString() + " has no value", node, given.toString() + " were given");
      return null;
    }
    const subject = this.parameters[number - 1];
    // Each place may make a value of another type of it.
    const constant = new Constant(subject.kind);
    constant.take(subject);
    constant.isPlain = subject.isPlain;
    constant.parameter = number;
    this.uses.push(constant);
    return constant;
  }

  /** `made` was made of `constant`, a parameter's value, and stands for it now. */
  replaced(constant: Constant, made: Constant): Constant {
    if (constant.parameter == 0) return made;
    const at = this.uses.lastIndexOf(constant);
    made.parameter = constant.parameter;
    if (at >= 0) this.uses[at] = made;
    return made;
  }

  /** Notes, where that is wanted, that `node`, N_NAME, means what is called `name`, with the values of `column` if they are one's. */
  note(node: u32, name: string, column: Column | null): void {
    const uses = this.nameUses;
    // A name that the text itself gives does not follow the column's.
    if (uses) uses.add(node, column && sameName(column.name, name) ? column : null);
  }

  /** Fails with `SQL_SYNTAX` at `node`. */
  syntaxError(what: string, node: u32): Status {
    return this.fail(SQL_SYNTAX, what, node);
  }
}
