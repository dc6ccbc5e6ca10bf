/** What all statements that change rows have: a table, RETURNING, and that they are done wholly or not at all. */
import { OK, Status, lastError } from "../../status";
import { Row } from "../../encode/row";
import { DbmsContext } from "../../store/dbms-context";
import { Table } from "../../store/table";
import { ChangeBinder } from "../bind/changes";
import { withNames } from "../bind/query";
import { CommonTable } from "../bind/scope";
import { StatementContext } from "../bind/statement";
import { Expression } from "../eval/expression";
import { SqlTree } from "../syntax/tree";
import { ChangeStep } from "./change-step";
import { Returned } from "./returned";

export abstract class ChangeStatement {
  /** Rows that were changed. */
  count: i64 = 0;
  /** What RETURNING gives; null where there is none. */
  returned: Returned | null = null;
  protected readonly tree: SqlTree;
  /** Names of queries that WITH has bound. */
  protected readonly common: Array<CommonTable>;
  /** N_CHANGE_TAIL or 0. */
  protected readonly tail: u32;

  constructor(
    protected readonly db: DbmsContext,
    protected readonly context: StatementContext,
    protected readonly node: u32,
    readonly table: Table,
  ) {
    const tree = context.tree;
    const tail = tree.d(node);
    this.tree = tree;
    this.tail = tail;
    this.common = withNames(tree, tail == 0 ? 0 : tree.d(tail), []);
  }

  /** Looks up names and types. */
  bind(): Status {
    const status = this.bindParts();
    return status == OK && this.tail != 0 && this.tree.b(this.tail) != 0 ? this.bindReturning(this.tree.b(this.tail)) : status;
  }

  protected abstract bindParts(): Status;

  /** What it does, behind `bind`. */
  abstract step(): ChangeStep;

  /** Does what the statement says: all of it, or nothing. Once more only behind `close`, and if it did not fail. */
  abstract run(): Status;

  protected binder(): ChangeBinder {
    const table = this.tree.a(this.node);
    const alias = this.tree.b(table);
    return new ChangeBinder(this.context, this.table, this.tree.text(alias == 0 ? this.tree.a(table) : alias), this.common);
  }

  private bindReturning(list: u32): Status {
    const values = new Array<Expression>();
    const columns = this.binder().returning(list, values);
    if (!columns) return lastError.status;
    this.returned = new Returned(this.context, this.table, columns, values);
    return OK;
  }

  /** Whether RETURNING may fail when all else is done. */
  protected get mayFailLate(): bool {
    const returned = this.returned;
    return returned !== null && returned.canFail;
  }

  /** A row was changed: that of the table is, or was, `row`. */
  protected changed(row: Row): Status {
    this.count += 1;
    const returned = this.returned;
    return returned ? returned.add(row) : OK;
  }

  /** All is done that came to `status`, but for RETURNING. */
  protected finished(status: Status): Status {
    const returned = this.returned;
    return status == OK && returned ? returned.finish() : status;
  }

  /** Forgets what it knew of the rows of its run, but for those of RETURNING, which are an operator's. */
  close(): void {
    this.count = 0;
  }

  /** Gives back what only it has; operators are the statement's. */
  free(): void {}
}
