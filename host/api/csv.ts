/** How CSV is written. */

/**
 * The text of a value, as a cell between commas: in quotes where it would be read as something else, which is null, several cells, or a line that is
 * none of the rows (the module's `--format csv` has the same). `nullText` is what stands for null.
 */
export function csvCell(text: string, nullText = ""): string {
  return text === nullText || /[,"\r\n]|^[\ufeff'#]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
