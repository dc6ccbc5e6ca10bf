/** Conditions of WHERE and ON as single ones that all have to be true, and which index gets at the rows for which they are. */
import { Comparison } from "../eval/compare";
import { EVERY_ROW, Expression, READS_ROWS } from "../eval/expression";
import { K_JSON } from "../eval/kinds";
import { Logic } from "../eval/logic";
import { Filter, Operator } from "../run/operator";
import { OP_EQ } from "../syntax/operators";
import { StatementContext } from "./statement";

/** One of them, and the columns that it reads. */
export class Condition {
  readonly columns: Array<i32> = new Array<i32>();
  /** The sources of FROM that it reads, a bit each; all for what every whole row has to be asked. */
  sources: u64 = 0;
  isApplied: bool = false;

  constructor(readonly expression: Expression) {
    expression.addColumns(this.columns);
  }

  /** Whether it is the same for all rows. */
  get isFixed(): bool {
    for (let c = 0; c < this.columns.length; c++) if (this.columns[c] >= EVERY_ROW) return false;
    return true;
  }
}

/** Whether a condition is an equality of values that have keys. */
export function isEquality(condition: Condition): bool {
  const subject = condition.expression;
  if (!(subject instanceof Comparison)) return false;
  const comparison = <Comparison>subject;
  return comparison.op == OP_EQ && comparison.a.kind != K_JSON;
}

/** Adds what has to be true for `subject` to be: the parts of an AND. */
export function addConditions(subject: Expression, conditions: Array<Condition>): void {
  if (subject instanceof Logic && !(<Logic>subject).isOr) {
    const parts = (<Logic>subject).parts;
    for (let p = 0; p < parts.length; p++) addConditions(parts[p], conditions);
  } else conditions.push(new Condition(subject));
}

/** Of the conditions those that are not applied yet and of which all sources are among `known`. */
export function decidable(conditions: Array<Condition>, known: u64): Array<Condition> {
  const found = new Array<Condition>();
  for (let c = 0; c < conditions.length; c++) {
    if (!conditions[c].isApplied && (conditions[c].sources & ~known) == 0) found.push(conditions[c]);
  }
  return found;
}

/** The operator's rows for which the conditions are true, which are applied by that. */
export function filtered(context: StatementContext, operator: Operator, conditions: Array<Condition>): Operator {
  if (conditions.length == 0) return operator;
  const expressions = new Array<Expression>();
  // Those that read other rows come last.
  for (let pass = 0; pass < 2; pass++) {
    for (let c = 0; c < conditions.length; c++) {
      conditions[c].isApplied = true;
      if (conditions[c].columns.includes(READS_ROWS) == (pass == 1)) expressions.push(conditions[c].expression);
    }
  }
  return context.own(new Filter(operator, expressions));
}

/** All of the conditions as one; null for none. */
export function together(conditions: Array<Condition>): Expression | null {
  if (conditions.length == 0) return null;
  const parts = new Array<Expression>();
  for (let c = 0; c < conditions.length; c++) {
    conditions[c].isApplied = true;
    parts.push(conditions[c].expression);
  }
  return parts.length == 1 ? parts[0] : new Logic(false, parts);
}
