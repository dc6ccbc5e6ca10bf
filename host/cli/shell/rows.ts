/** Rows of a reply to the request `sql`, each value as it stands there: JSON numbers and documents keep all their digits. */

/** What a reply that has rows came to. */
export interface RowsReply {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  /** Each value's JSON, in the order of the columns. */
  readonly rows: readonly (readonly string[])[];
  readonly changes: number;
  /** What the request for the rows behind these has; null when there are none. */
  readonly after: unknown;
}

/** What stands in front of the rows. Inside of a JSON text there is a backslash before a quote. */
const ROWS = ',"rows":[';

/** Reads the text of `{"ok": …}` with rows. */
export function readRows(text: string): RowsReply {
  const start = text.indexOf(ROWS) + ROWS.length;
  const rows: string[][] = [];
  const end = splitRows(text, start, rows);
  const { ok } = JSON.parse(text.slice(0, start) + text.slice(end)) as { ok: Omit<RowsReply, "rows"> & { after?: unknown } };
  return { columns: ok.columns, types: ok.types, changes: ok.changes, after: ok.after ?? null, rows };
}

/** Splits `[…],[…]]` from `start` on into `rows`: where its last bracket is. */
function splitRows(text: string, start: number, rows: string[][]): number {
  let at = start;
  while (text[at] !== "]") {
    if (text[at] === ",") at++;
    const row: string[] = [];
    do {
      const end = valueEnd(text, ++at);
      if (end > at) row.push(text.slice(at, end));
      at = end;
    } while (text[at] === ",");
    rows.push(row);
    at++;
  }
  return at;
}

/** Where the value that starts at `at` ends, in front of a comma or the row's bracket. */
function valueEnd(text: string, at: number): number {
  for (let depth = 0; ; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x22) at = textEnd(text, at);
    else if (character === 0x5b || character === 0x7b) depth++;
    else if (depth === 0 && (character === 0x2c || character === 0x5d)) return at;
    else if (character === 0x5d || character === 0x7d) depth--;
  }
}

/** Where the closing quote of the text that starts at `at` is. */
function textEnd(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); ; end = text.indexOf('"', end + 1)) {
    let from = end;
    while (text.charCodeAt(from - 1) === 0x5c) from--;
    if ((end - from) % 2 === 0) return end;
  }
}
