/** Queries as values: each is worked out while the statement is bound, and stands there as a constant. */
import { OK, SQL_TYPE, lastError } from "../../status";
import {} from "../../schema/nearest";
import { Batch, VectorColumns } from "../eval/batch";
import { Constant, Expression } from "../eval/expression";
import { K_BOOLEAN, K_DECIMAL, isBytes } from "../eval/kinds";
import { Vector } from "../eval/vector";
import {} from "../run/group";
import { FLAG_NOT } from "../syntax/tree";
import { FromBinder } from "./from";
import { Relation } from "./scope";

/** Binds `(SELECT …)`, IN and EXISTS. */
export abstract class SubqueryBinder extends FromBinder {
  /** The query's rows, for something that is worked out before the statement runs. */
  private inner(node: u32): Relation | null {
    return this.queryWithin(this.scope, this.commonTables, node);
  }

  protected scalar(node: u32): Expression | null {
    const relation = this.inner(this.tree.a(node));
    if (!relation) return null;
    const constants = this.column1(relation, node, 2);
    if (!constants) return null;
    if (constants.length > 1) {
      this.context.fail(SQL_TYPE, "the query gives more than one row where one value is wanted", node, "LIMIT 1 takes the first");
      return null;
    }
    if (constants.length == 1) return constants[0];
    const none = Constant.null();
    none.kind = relation.columns[0].kind;
    return none;
  }

  /** The values of a query's one column, no more than `most`; null with an error. */
  private column1(relation: Relation, node: u32, most: i32): Array<Expression> | null {
    const operator = relation.operator;
    if (relation.columns.length != 1) {
      this.context.fail(SQL_TYPE, "the query gives " + relation.columns.length.toString() + " columns where one is wanted", node);
      operator.free();
      return null;
    }
    const constants = new Array<Expression>();
    while (constants.length < most && operator.next()) {
      const batch = operator.batch;
      const vector = batch.columns.vector(0, batch)!;
      for (let k = 0; k < batch.selected && constants.length < most; k++) {
        const i = batch.row(k);
        const constant = new Constant(relation.columns[0].kind);
        constant.column = relation.columns[0].column;
        constant.start = this.tree.start(node);
        constant.isNull = vector.isNull(i);
        if (!constant.isNull) takeSlot(constant, vector, i);
        if (this.context.budget.take(48) != OK) {
          operator.free();
          return null;
        }
        constants.push(constant);
      }
    }
    const status = operator.status;
    operator.free();
    return status == OK ? constants : null;
  }

  protected inQuery(node: u32, subject: Expression): Expression | null {
    const relation = this.inner(this.tree.c(node));
    const constants = relation ? this.column1(relation, node, i32.MAX_VALUE) : null;
    return constants ? this.inConstants(subject, constants, this.tree.has(node, FLAG_NOT)) : null;
  }

  protected exists(node: u32): Expression | null {
    const relation = this.inner(this.tree.a(node));
    if (!relation) return null;
    const found = relation.operator.next();
    const status = relation.operator.status;
    relation.operator.free();
    if (status != OK) return null;
    const constant = new Constant(K_BOOLEAN);
    constant.low = found != this.tree.has(node, FLAG_NOT) ? 1 : 0;
    return constant;
  }

  /** A value that is the same for all rows, worked out; null when it is not, or with an error. */
  protected fold(subject: Expression): Constant | null {
    if (subject instanceof Constant) return <Constant>subject;
    const columns = new Array<i32>();
    subject.addColumns(columns);
    lastError.status = OK;
    if (columns.length > 0) return null;
    const batch = new Batch(new VectorColumns());
    batch.begin(1);
    const vector = subject.evaluate(batch);
    let constant: Constant | null = null;
    if (vector) {
      const made = new Constant(subject.kind);
      made.start = subject.start;
      made.isNull = vector.isNull(0);
      if (!made.isNull) takeSlot(made, vector, 0);
      constant = made;
      batch.pool.give(vector);
    }
    batch.free();
    return constant;
  }
}

/** Takes row `i`'s value, with a copy of its bytes. */
function takeSlot(constant: Constant, vector: Vector, i: u32): void {
  if (isBytes(constant.kind)) {
    constant.setBytes(vector.ptr(i), vector.len(i));
    return;
  }
  constant.low = load<u64>(vector.at(i));
  constant.high = constant.kind == K_DECIMAL ? load<u64>(vector.at(i), 8) : 0;
}
