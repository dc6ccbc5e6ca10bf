/**
 * Values of JSON whose type nobody has said: elements of JSON_EACH and JSON_TREE. A column has them as JSON (`NamedColumn.isOpen`), and
 * whoever names it reads them as ->> does: as text, or as what they meet.
 */
import { Expression } from "../eval/expression";
import { F_ARROW_TEXT } from "../eval/function-names";
import { JsonCall } from "../eval/json-functions";
import { K_TEXT } from "../eval/kinds";
import { Project } from "../run/operator";
import { NamedColumn, Relation, cellOf } from "./scope";
import { StatementContext } from "./statement";

/** Elements, of which `json` is the JSON, as what is read of them. */
export function opened(context: StatementContext, json: Expression): Expression {
  const call = new JsonCall(F_ARROW_TEXT, [json], K_TEXT, false, context.around);
  call.start = json.start;
  return call;
}

/** Whether it is what `opened` gives. */
export function isElement(subject: Expression): bool {
  return subject instanceof JsonCall && (<JsonCall>subject).isOpen && (<JsonCall>subject).isOfRoot;
}

/** The JSON of elements; any other value as it is. */
export function unopened(subject: Expression): Expression {
  return isElement(subject) ? (<JsonCall>subject).args[0] : subject;
}

/** Column number `column` of a query as a value of its rows. */
export function valueOf(context: StatementContext, relation: Relation, column: i32, start: u32): Expression {
  const cell = cellOf(relation, column, start);
  return relation.columns[column].isOpen ? opened(context, cell) : cell;
}

/** The columns as they are where nothing asks for their values any more: elements are text. */
export function closedColumns(columns: Array<NamedColumn>): Array<NamedColumn> {
  const closed = new Array<NamedColumn>();
  for (let c = 0; c < columns.length; c++) {
    const column = columns[c];
    closed.push(column.isOpen ? new NamedColumn(column.name, K_TEXT, null) : column);
  }
  return closed;
}

/** The same of a query with its rows. */
export function closed(context: StatementContext, relation: Relation): Relation {
  const values = new Array<Expression>();
  let hasOpen = false;
  for (let c = 0; c < relation.columns.length; c++) {
    values.push(valueOf(context, relation, c, 0));
    hasOpen = hasOpen || relation.columns[c].isOpen;
  }
  if (!hasOpen) return relation;
  return new Relation(context.own(new Project(relation.operator, values)), closedColumns(relation.columns));
}
