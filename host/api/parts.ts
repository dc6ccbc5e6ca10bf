/** Insertions of more rows than one call should have: in parts, which the caller makes one transaction of. */
import { QuireError } from "./errors.js";
import { documentSize } from "./document.js";

/** About how many characters of values one call has: their memory comes once in this process and once or twice in the module's. */
const PART_SIZE = 2 ** 21;

/** About how many characters a row has. */
function rowSize(row: unknown): number {
  return 16 + documentSize(row);
}

/** The rows in parts, each as many as go in one call. The same rows make the same parts wherever the module runs. */
export function partsOf<Row>(rows: readonly Row[]): (readonly Row[])[] {
  const parts: (readonly Row[])[] = [];
  let start = 0;
  let size = 0;
  for (let i = 0; i < rows.length; i++) {
    const more = rowSize(rows[i]);
    if (size + more > PART_SIZE && i > start) {
      parts.push(rows.slice(start, i));
      start = i;
      size = 0;
    }
    size += more;
  }
  parts.push(start === 0 ? rows : rows.slice(start));
  return parts;
}

/** The error of a part with `before` rows before it: its rows are counted from the first part on. */
export function errorOfPart(error: unknown, before: number): unknown {
  if (!(error instanceof QuireError) || before === 0) return error;
  const message = error.message.replace(/^row (\d+): /, (_, row: string) => `row ${Number(row) + before}: `);
  return new QuireError(error.code, message, undefined, { cause: error });
}
