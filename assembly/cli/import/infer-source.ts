/** Reads a source to its end, or to that of the sample, to find out what is in it. */
import { Status, OK, BAD_VALUE, fail } from "../../status";
import { MOST_COLUMNS } from "../../schema/table-schema-snapshot";
import { DelimitedReader } from "./delimited-reader";
import { JsonReader } from "./json-reader";
import { TableGuess } from "./infer-schema";
import { NullTexts } from "./null-texts";

/**
 * Adds all rows that `cells` has to `guess`. `names` are the header's; without them columns are called column1, column2 … With `skipBad`
 * malformed rows are left out.
 */
export function guessFromCells(
  cells: DelimitedReader,
  guess: TableGuess,
  names: Array<string> | null,
  nulls: NullTexts,
  skipBad: bool,
): Status {
  if (names) {
    for (let i = 0; i < names.length; i++) {
      const status = guess.addColumn(names[i]);
      if (status != OK) return status;
    }
  }
  for (;;) {
    if (!cells.next()) {
      if (cells.status == OK) return OK;
      if (cells.status != BAD_VALUE || !skipBad) return cells.status;
      continue;
    }
    if (guess.columns.length == 0) {
      if (cells.cellCount > <u32>MOST_COLUMNS) {
        const count = cells.cellCount.toString();
        return fail(BAD_VALUE, "the first row has " + count + " cells, a table at most " + MOST_COLUMNS.toString() + " columns");
      }
      cells.expected = cells.cellCount;
      for (let i: u32 = 0; i < cells.cellCount; i++) guess.addColumn("column" + (i + 1).toString());
    }
    for (let i: u32 = 0; i < cells.cellCount; i++) {
      const column = unchecked(guess.columns[i]);
      if (nulls.has(cells, i)) column.addNull();
      else column.addText(cells.textPtr(i), cells.textLen(i));
    }
    guess.rows += 1;
  }
  return OK; // never reached, but the compiler cannot tell
}

/** Adds all rows that `objects` has to `guess`. */
export function guessFromObjects(objects: JsonReader, guess: TableGuess, skipBad: bool): Status {
  guess.namesInRows = true;
  for (;;) {
    if (objects.next()) {
      const status = guess.addObject(objects.tape);
      if (status != OK) return status;
    } else if (objects.status == OK) return OK;
    else if (!objects.canGoOn || !skipBad) return objects.status;
  }
  return OK; // never reached, but the compiler cannot tell
}
