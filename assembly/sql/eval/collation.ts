/** COLLATE: text that is compared, sorted and grouped with or without the case of ASCII letters. */
import { Batch } from "./batch";
import { Expression } from "./expression";
import { K_TEXT } from "./kinds";
import { Vector } from "./vector";

/** The value as it is; whoever compares it looks whether it is one of these. */
export class Collated extends Expression {
  constructor(
    readonly subject: Expression,
    readonly isNoCase: bool,
  ) {
    super(subject.kind);
    this.column = subject.column;
  }

  evaluate(batch: Batch): Vector | null {
    return this.subject.evaluate(batch);
  }

  addColumns(columns: Array<i32>): void {
    this.subject.addColumns(columns);
  }
}

/** Whether the value is to be compared without regard to case. */
export function isNoCase(subject: Expression): bool {
  return subject instanceof Collated && (<Collated>subject).isNoCase && subject.kind == K_TEXT;
}
