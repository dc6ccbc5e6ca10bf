/**
 * Keeps values that the sample did not show from being bent into the types that were found out from it: what the guess would not have
 * taken for a column's type is an error, though it could be read as a value of it (007 and +5 as integers, 1 as true).
 */
import { Status, OK } from "../../status";
import { JsonTape } from "../../encode/json";
import { notPlainly } from "../../encode/value-text";
import { Column } from "../../schema/column";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { guessTakesNode, guessTakesText } from "./infer-column";
import { TypeChoices } from "./column-types";

export class GuessGuard {
  /** By column: its type is a guess. */
  private readonly guessed: StaticArray<bool>;

  constructor(schema: TableSchemaSnapshot, types: TypeChoices) {
    this.guessed = new StaticArray<bool>(schema.columns.length);
    for (let i = 0; i < schema.columns.length; i++) this.guessed[i] = types.find(schema.columns[i].name) == null;
  }

  /** `BAD_VALUE` when the guess would not have made `column`, at `position`, of this cell, which is not null. */
  checkText(column: Column, position: i32, ptr: usize, len: u32): Status {
    if (!this.guessed[position] || guessTakesText(column.type, ptr, len)) return OK;
    return notPlainly(column.type, ptr, len);
  }

  /** The same of a JSON value that is not null. */
  checkNode(column: Column, position: i32, tape: JsonTape, node: u32): Status {
    if (!this.guessed[position] || guessTakesNode(column.type, tape, node)) return OK;
    return notPlainly(column.type, tape.rawPtr(node), tape.rawLen(node));
  }
}
