/** What all parts of one statement share. */
import { OK, Status, BAD_REQUEST, SQL_SYNTAX } from "../../status";
import { Table } from "../../query/store";
import { unknownTable } from "../../store/names";
import { MemoryBudget } from "../eval/arena";
import { Constant } from "../eval/expression";
import { Operator } from "../run/operator";
import { SqlText } from "../sql-text";
import { SqlTree } from "../syntax/tree";
import { sameName } from "./scope";

/** What a statement may keep for sorting, grouping and joining, unless it is told otherwise: 64 MiB. */
const DEFAULT_BUDGET: u64 = 64 << 20;

export class StatementContext {
  readonly budget: MemoryBudget;
  /** Queries in FROM that no operator has taken yet: they have to be freed where the statement comes to nothing. */
  readonly loose: Array<Operator> = new Array<Operator>();

  /** Tables that were looked up, each time again. */
  readonly read: Array<Table> = new Array<Table>();

  constructor(
    readonly text: SqlText,
    readonly tree: SqlTree,
    /** The store's tables. */
    readonly tables: Array<Table>,
    /** Values of parameters, in the order of their numbers. */
    readonly parameters: Array<Constant>,
    budget: u64 = DEFAULT_BUDGET,
  ) {
    this.budget = new MemoryBudget(budget);
  }

  /** An operator has taken this one over. */
  taken(operator: Operator): void {
    const at = this.loose.indexOf(operator);
    if (at >= 0) this.loose.splice(at, 1);
  }

  /** Frees what nobody has taken. */
  freeLoose(): void {
    while (this.loose.length > 0) this.loose.pop().free();
  }

  /** Fails because of what is at `node`. Returns `status`. */
  fail(status: Status, what: string, node: u32, hint: string = ""): Status {
    return this.text.fail(status, what, this.tree.start(node), hint);
  }

  /**
   * The table that an N_TABLE names, ready to be read: called so, or the one that is in any case of ASCII letters. Null with an error.
   */
  table(node: u32): Table | null {
    const name = this.tree.text(this.tree.a(node));
    let found: Table | null = null;
    let alike = 0;
    for (let t = 0; t < this.tables.length; t++) {
      const isIt = this.tables[t].name == name;
      if (!isIt && !sameName(this.tables[t].name, name)) continue;
      found = this.tables[t];
      alike = isIt ? 1 : alike + 1;
      if (isIt) break;
    }
    if (found && alike == 1) {
      this.read.push(found);
      return found.refresh() == OK ? found : null;
    }
    unknownTable(this.tables, name);
    this.text.place(this.tree.start(node));
    return null;
  }

  /** The value of parameter `number`; null when it was given none. */
  parameter(number: u32, node: u32): Constant | null {
    if (number <= <u32>this.parameters.length) return this.parameters[number - 1];
    const given = this.parameters.length;
    this.fail(BAD_REQUEST, "parameter " + number.toString() + " has no value", node, given.toString() + " were given");
    return null;
  }

  /** Fails with `SQL_SYNTAX` at `node`. */
  syntaxError(what: string, node: u32): Status {
    return this.fail(SQL_SYNTAX, what, node);
  }
}
