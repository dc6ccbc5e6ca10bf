/** The formats that rows are shown in: those of `sql --format`, letter by letter. A test compares the two. */
import { csvCell } from "../../api/csv.js";
import { printable } from "../printable.js";
import { cut, widthOf } from "./width.js";

export const FORMAT_NAMES = ["table", "csv", "tsv", "ndjson", "json", "markdown", "line"] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** How rows are shown. */
export interface FormatSettings {
  readonly headers: boolean;
  /** The text of null; null for the usual one of the format. */
  readonly nullText: string | null;
  readonly color: boolean;
  /** The terminal's width; 0 for no limit. */
  readonly lineWidth: number;
  /** The widths of columns of tables; 0 for what they need. */
  readonly widths: readonly number[];
}

/** Shows rows, some at a time. */
export interface RowFormat {
  /** What is to be written for these rows, each value as its JSON; some of it may come with later ones. */
  rows(rows: readonly (readonly string[])[]): string;
  /** What comes behind the last row. */
  end(): string;
}

type Settings = FormatSettings;
interface Shape {
  readonly columns: readonly string[];
  readonly types: readonly string[];
}

const FORMATS: Readonly<Record<FormatName, (shape: Shape, settings: Settings) => RowFormat>> = {
  table: tableFormat,
  csv: (shape, settings) => {
    const nullText = settings.nullText ?? "";
    return delimited(shape, settings, ",", (text) => csvCell(text, nullText), nullText);
  },
  tsv: (shape, settings) => delimited(shape, settings, "\t", tsvCell, settings.nullText ?? "\\N"),
  ndjson: ({ columns }) => ({ rows: (rows) => rows.map((row) => `${jsonRow(columns, row)}\n`).join(""), end: () => "" }),
  json: jsonFormat,
  markdown: markdownFormat,
  line: lineFormat,
};

export function rowFormat(name: FormatName, shape: Shape, settings: FormatSettings): RowFormat {
  return FORMATS[name](shape, settings);
}

/** The text of a value, which is not null. A document is its own. */
const textOf = (json: string): string => (json.startsWith('"') ? (JSON.parse(json) as string) : json);

/** The texts of a row's values by their columns' types; null for null. */
function textsOf({ types }: Shape, row: readonly string[]): (string | null)[] {
  return row.map((json, i) => (json === "null" ? null : types[i] === "json" ? json : textOf(json)));
}

/** A value as people read it: what might be taken for null has quotes. */
function readable(text: string): string {
  return /^('*)NULL\1$/.test(text) ? `'${text}'` : text;
}

const isRight = (type: string | undefined): boolean => /^(?:u?int\d+|decimal)$/.test(type ?? "");

function pad(text: string, width: number, right: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return right ? blanks + text : text + blanks;
}

const dim = (text: string, color: boolean): string => (color ? `\x1b[2m${text}\x1b[0m` : text);

const jsonRow = (columns: readonly string[], row: readonly string[]): string =>
  `{${row.map((json, i) => `${JSON.stringify(columns[i])}:${json}`).join(",")}}`;

function jsonFormat({ columns }: Shape): RowFormat {
  let before = "[\n";
  return {
    rows(rows) {
      if (rows.length === 0) return "";
      const text = before + rows.map((row) => jsonRow(columns, row)).join(",\n");
      before = ",\n";
      return text;
    },
    end: () => (before === ",\n" ? "\n]\n" : "[\n]\n"),
  };
}

const TSV_ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\" };
const tsvCell = (text: string): string => text.replace(/[\t\n\r\\]/g, (character) => TSV_ESCAPES[character] as string);

function delimited(
  shape: Shape,
  settings: Settings,
  delimiter: string,
  cell: (text: string) => string,
  nullText: string,
): RowFormat {
  let head = settings.headers ? `${shape.columns.map(cell).join(delimiter)}\n` : "";
  return {
    rows(rows) {
      const line = (row: readonly string[]): string =>
        `${textsOf(shape, row)
          .map((text) => (text === null ? nullText : cell(text)))
          .join(delimiter)}\n`;
      const text = head + rows.map(line).join("");
      head = "";
      return text;
    },
    end: () => head,
  };
}

/** `name = value`, one a line, and an empty line between rows. */
function lineFormat(shape: Shape, { nullText, color }: Settings): RowFormat {
  const titles = shape.columns.map(printable);
  const widest = Math.max(...titles.map((title) => Math.min(widthOf(title), WIDEST)));
  const names = titles.map((title) => pad(title, widest, false));
  let before = "";
  return {
    rows(rows) {
      let text = "";
      for (const row of rows) {
        text += before;
        before = "\n";
        textsOf(shape, row).forEach((value, i) => {
          const shown = value === null ? dim(nullText ?? "NULL", color) : printable(readable(value));
          text += `${names[i] as string} = ${shown}\n`;
        });
      }
      return text;
    },
    end: () => "",
  };
}

/** A name or a value is padded up to this width where it need not be cut. */
const WIDEST = 60;
/** Rows that decide the widths of a Markdown table, its head among them, and the characters at which fewer are enough. */
const MARKDOWN_SAMPLE = 1000;
const MARKDOWN_GATHERED = 1 << 20;

function markdownFormat(shape: Shape, { nullText }: Settings): RowFormat {
  const cell = (text: string): string =>
    text
      .split(/([|\n])/)
      .map((part) => (part === "|" ? "\\|" : part === "\n" ? "<br>" : printable(part)))
      .join("");
  const waiting: string[][] = [shape.columns.map(cell)];
  let gathered = 0;
  let widths: number[] | null = null;
  const line = (cells: readonly string[]): string =>
    `${cells.map((text, i) => `| ${pad(text, (widths as number[])[i] as number, isRight(shape.types[i]))} `).join("")}|\n`;
  const start = (): string => {
    widths = shape.columns.map((_, i) => Math.max(3, ...waiting.map((cells) => Math.min(widthOf(cells[i] as string), WIDEST))));
    const dashes = widths.map((width, i) => (isRight(shape.types[i]) ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
    const [head = [], ...rest] = waiting.splice(0);
    return [head, dashes, ...rest].map(line).join("");
  };
  return {
    rows(rows) {
      let out = "";
      for (const row of rows) {
        const cells = textsOf(shape, row).map((text) => cell(text === null ? (nullText ?? "NULL") : readable(text)));
        if (widths !== null) out += line(cells);
        else {
          waiting.push(cells);
          for (const text of cells) gathered += text.length;
          if (waiting.length === MARKDOWN_SAMPLE || gathered >= MARKDOWN_GATHERED) out += start();
        }
      }
      return out;
    },
    end: () => (widths === null ? start() : ""),
  };
}

/** Characters of cells that are gathered before a table's widths are set. */
const GATHERED = 65536;
/** No column is cut below this width. */
const LEAST_WIDTH = 6;
/** Spaces between columns. */
const GAP = 2;

/** Aligned columns: rows are gathered until there are enough to measure; later ones make the widths grow when they must. */
function tableFormat(shape: Shape, { headers, nullText, color, lineWidth, widths: fixed }: Settings): RowFormat {
  const widths = shape.columns.map(() => 0);
  const rights = shape.types.map(isRight);
  let waiting: (string | null)[][] = [];
  let gathered = 0;
  let isHeaded = false;
  const shownNull = printable(nullText ?? "NULL");
  /** No more of a long value than a terminal's line takes is looked at. */
  const shorten = (text: string): string => printable(lineWidth > 0 ? text.slice(0, 2 * lineWidth + 2) : text);
  const take = (cells: (string | null)[]): void => {
    cells.forEach((text, i) => {
      widths[i] = Math.max(widths[i] as number, widthOf(text ?? shownNull));
      gathered += text?.length ?? 4;
    });
    waiting.push(cells);
  };
  const write = (): string => {
    fit(widths, lineWidth, fixed);
    const last = widths.length - 1;
    const line = (cells: readonly (string | null)[], style: (shown: string, text: string | null) => string): string =>
      `${cells
        .map((text, i) => {
          const shown = cut(text ?? shownNull, widths[i] as number);
          const blanks = " ".repeat((widths[i] as number) - widthOf(shown));
          if (rights[i] === true) return blanks + style(shown, text);
          return style(shown, text) + (i === last ? "" : blanks);
        })
        .join(" ".repeat(GAP))}\n`;
    let out = "";
    for (const cells of waiting) {
      if (isHeaded || !headers) out += line(cells, (shown, text) => (text === null ? dim(shown, color) : shown));
      else {
        out += line(cells, (shown) => (color ? `\x1b[1m${shown}\x1b[0m` : shown));
        out += `${widths.map((width) => "─".repeat(width)).join(" ".repeat(GAP))}\n`;
      }
      isHeaded = true;
    }
    waiting = [];
    gathered = 0;
    return out;
  };
  if (headers) take(shape.columns.map(shorten));
  return {
    rows(rows) {
      let out = "";
      for (const row of rows) {
        take(textsOf(shape, row).map((text) => (text === null ? null : shorten(readable(text)))));
        if (gathered >= GATHERED) out += write();
      }
      return out;
    },
    end: write,
  };
}

/** Cuts the widest columns until a row fits the terminal's line, but those whose width the user has told. */
function fit(widths: number[], lineWidth: number, fixed: readonly number[]): void {
  fixed.forEach((width, i) => {
    if (width > 0 && i < widths.length) widths[i] = width;
  });
  if (lineWidth === 0) return;
  let sum = widths.reduce((a, b) => a + b, GAP * (widths.length - 1));
  while (sum > lineWidth) {
    let widest = -1;
    widths.forEach((width, i) => {
      if (!((fixed[i] ?? 0) > 0) && (widest < 0 || width > (widths[widest] as number))) widest = i;
    });
    if (widest < 0 || (widths[widest] as number) <= LEAST_WIDTH) return;
    widths[widest] = (widths[widest] as number) - 1;
    sum--;
  }
}
