/** A query's rows as rows of a table: with a schema, and values as records have them, so that whatever takes rows takes these. */
import { OK, SQL_LIMIT, Status, fail } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_TEXT } from "../encode/data-type";
import { Row } from "../encode/row";
import { Column, FLAG_NULLABLE } from "../schema/column";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { RowSource } from "../query/store";
import { NamedColumn, Relation } from "./bind/scope";
import { StatementContext } from "./bind/statement";
import { LONGEST_RESULT, addLongSlot } from "./eval/cells";
import { typeOfKind } from "./eval/kinds";
import { Vector } from "./eval/vector";

export class QueryRows extends RowSource {
  private readonly vectors: Array<Vector> = new Array<Vector>();
  /** The batch's row that comes next. */
  private at: i32 = 0;
  private selected: i32 = 0;

  private constructor(
    private readonly relation: Relation,
    private readonly context: StatementContext,
    readonly schema: TableSchemaSnapshot,
  ) {
    super(new Row(schema.rowLayout()));
  }

  /** The rows of a query that is open. */
  static over(relation: Relation, context: StatementContext): QueryRows {
    return new QueryRows(relation, context, schemaOf(relation));
  }

  wantFirst(columns: u32): void {}

  next(): bool {
    const operator = this.relation.operator;
    const batch = operator.batch;
    if (this.at == this.selected) {
      if (!operator.next()) {
        this.status = operator.status;
        return false;
      }
      const vectors = this.vectors;
      vectors.length = 0;
      for (let c = 0; c < this.relation.columns.length; c++) vectors.push(batch.columns.vector(c, batch)!);
      this.at = 0;
      this.selected = batch.selected;
    }
    return this.take(batch.row(this.at++));
  }

  private take(i: u32): bool {
    const row = this.row;
    row.reset();
    const columns = this.schema.columns;
    for (let c = 0; c < columns.length; c++) {
      const vector = unchecked(this.vectors[c]);
      if (vector.isNull(i)) {
        row.setNull(c);
        continue;
      }
      const column = unchecked(columns[c]);
      const start = row.values.len;
      this.status = addResult(column, vector, i, row.values);
      if (this.status != OK) return false;
      row.setFromArena(c, start);
    }
    return true;
  }

  free(): void {
    this.context.close();
    this.row.layout.free();
    this.row.free();
  }
}

/** Appends row `i`'s value, which is not null, as one of a result. */
export function addResult(column: Column, vector: Vector, i: u32, out: ByteBuffer): Status {
  if (addLongSlot(column.type, column.customSize, vector.at(i), out)) return OK;
  return fail(SQL_LIMIT, "a value of column " + column.name + " has more than " + (LONGEST_RESULT >> 20).toString() + " MiB");
}

/** What the rows look like: no table, but its columns. */
function schemaOf(relation: Relation): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("", "");
  schema.columns = resultColumns(relation.columns);
  return schema;
}

/** The columns of a result. Those that are no table's have the widest type of their kind; all may be null. */
export function resultColumns(subjects: Array<NamedColumn>): Array<Column> {
  const columns = new Array<Column>();
  for (let c = 0; c < subjects.length; c++) {
    const subject = subjects[c];
    const from = subject.column;
    const type = from ? from.type : typeOfKind(subject.kind);
    const column = new Column(subject.name, type == 0 ? TYPE_TEXT : type, FLAG_NULLABLE);
    if (from) {
      column.customTag = from.customTag;
      column.customSize = from.customSize;
    }
    columns.push(column);
  }
  return columns;
}
