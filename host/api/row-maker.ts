/** Rows as objects, made so that engines know their shape from the start. */
import type { MemoryViews } from "./memory-views.js";
import type { RecordReader } from "./record-codec.js";
import type { Column } from "./table-schema.js";

type Row = Record<string, unknown>;
type Make = (reader: RecordReader, memory: MemoryViews) => Row;

/** Rows of the same columns from which on it pays to make a function for them. */
const MANY_ROWS = 1000;

/** Whether functions may be made of text. Programs can forbid it: browsers by the page's policy, Node by an option. */
let mayGenerate = true;

/**
 * A function with the names of the columns in it, `{ "id": …, "name": … }`: an object that is made so gets its properties at once, which takes a
 * quarter of the time that adding one after the other does. Null where that is forbidden.
 */
function generated(columns: readonly Column[]): Make | null {
  const fields = columns.map(({ name }, i) => `${JSON.stringify(name)}: reader.field(memory, columns[${i}])`);
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- there is nothing in it but names, as JSON spells them.
    const make = new Function("columns", `return (reader, memory) => ({ ${fields.join(", ")} });`) as (
      of: typeof columns,
    ) => Make;
    return make(columns);
  } catch {
    mayGenerate = false;
    return null;
  }
}

/** Makes rows of these columns, of which none is called `__proto__`; of several of one name the last one counts. */
export class RowMaker {
  #count = 0;
  #make: Make | null = null;

  constructor(readonly columns: readonly Column[]) {}

  /** The row whose record starts at `at`. */
  row(reader: RecordReader, memory: MemoryViews, at: number): Row {
    reader.end = at;
    if (this.#make !== null) return this.#make(reader, memory);
    if (++this.#count === MANY_ROWS && mayGenerate) this.#make = generated(this.columns);
    const row: Row = {};
    for (const column of this.columns) row[column.name] = reader.field(memory, column);
    return row;
  }
}
