/** How values are shown, and read from what was typed. */

/** Letters of a value that a cell shows. */
export const CELL_LETTERS = 200;

export function isNumber(type: string): boolean {
  return /^(?:u?int|decimal|float|real|double)/.test(type);
}

/** The value's text; of a document its JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The value as one line. */
export function shownValue(value: unknown): string {
  if (value === null || value === undefined) return "null";
  const text = textOf(value);
  return text.length > CELL_LETTERS ? `${text.slice(0, CELL_LETTERS)}…` : text;
}

/** The value as an editor's text has it. */
export function editedText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value, null, 2) : textOf(value);
}

/** What was typed, in the JSON form of values of the type; throws where it is none. */
export function typedValue(text: string, type: string): unknown {
  if (type === "boolean") return text.trim() === "true";
  if (/^u?int(?:8|16|32)$/.test(type)) {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value)) throw new Error(`"${text}" is no whole number`);
    return value;
  }
  if (type === "json") return JSON.parse(text);
  return text;
}
