/** What all parts of one statement share. */
import { Status, BAD_REQUEST, SQL_SYNTAX } from "../../status";
import { Table } from "../../query/store";
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

  /** The table called `name`: as it is, else in any case of ASCII letters if that is one; null when there is none. */
  table(name: string): Table | null {
    let alike: Table | null = null;
    let count = 0;
    for (let t = 0; t < this.tables.length; t++) {
      if (this.tables[t].name == name) return this.tables[t];
      if (!sameName(this.tables[t].name, name)) continue;
      alike = this.tables[t];
      count += 1;
    }
    return count == 1 ? alike : null;
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
