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

interface ExactJson {
  /** A number that is written as it stood. Browsers that don't know it write the nearest one that they have. */
  readonly rawJSON?: (source: string) => unknown;
}

/** A document whose numbers keep all their digits when it is written again. */
function exactJson(text: string): unknown {
  const { rawJSON } = JSON as ExactJson;
  const keep = (_: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    const isOther = typeof value === "number" && source !== undefined && String(value) !== source;
    return isOther && rawJSON !== undefined ? rawJSON(source) : value;
  };
  return JSON.parse(text, keep as Parameters<typeof JSON.parse>[1]);
}

/** The value as an editor's text has it; of a document its text is given. */
export function editedText(value: unknown, type: string): string {
  return type === "json" ? JSON.stringify(exactJson(String(value)), null, 2) : textOf(value);
}

/** A document that was typed: its text has digits that a parsed one may not have. Throws where it is no JSON. */
export class DocumentText {
  readonly value: unknown;

  constructor(readonly text: string) {
    this.value = JSON.parse(text);
  }
}

/** What was typed, in the JSON form of values of the type; throws where it is none. */
export function typedValue(text: string, type: string): unknown {
  if (type === "boolean") return text.trim() === "true";
  if (/^u?int(?:8|16|32)$/.test(type)) {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value)) throw new Error(`"${text}" is no whole number`);
    return value;
  }
  if (type === "json") return new DocumentText(text);
  return text;
}
