/**
 * Runs of pages that are lost, from one page to the whole file: what `repair` saves and what it names as lost or doubtful is all that was
 * there, and what it calls whole is whole. `PageFile` knows what was there, and reads what was saved.
 */
import { readFileSync } from "node:fs";
import { modulePath } from "../../host/paths.js";
import { Random } from "../helpers/damage.js";
import { golden, goldenNames, layouts, type Layout } from "../helpers/golden.js";
import { PAGE_SIZE, PageFile } from "../helpers/page-file.js";
import { runCommand } from "./command.js";
import { Disk, Image } from "./disk.js";

/** A row of a golden file: its place and its bytes. */
interface Place {
  readonly page: number;
  readonly offset: number;
  readonly body: string;
}

interface Fault {
  readonly severity: "error" | "doubt" | "warning" | "note";
  readonly code: string;
  readonly table: string | null;
  readonly page: number | null;
  readonly byte: number | null;
  readonly message: string;
}

interface Reply {
  readonly tables: number;
  readonly rows: number;
  readonly lost: number;
  readonly twice: number;
  readonly doubts: number;
  readonly faults: readonly Fault[];
  readonly check: { readonly errors: number; readonly codes: string };
}

/** A file of which pages are to be lost, and the rows of its tables. */
export interface Intact {
  readonly title: string;
  readonly file: PageFile;
  readonly rows: ReadonlyMap<string, readonly Place[]>;
}

export function intactFile(title: string, bytes: Buffer, layout: Layout): Intact {
  const file = new PageFile(bytes, layout);
  return { title, file, rows: new Map(file.tableNames().map((table) => [table, file.records(table)])) };
}

/** The golden files. */
export function intactFiles(): Intact[] {
  return layouts.flatMap((layout) =>
    goldenNames(layout).map((name) => intactFile(`${name} of layout ${layout}`, golden(name, layout), layout)),
  );
}

/** A run of pages: from `start` up to `end`. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** Makes a damaged file of the bytes of a whole one; it may change `bytes`. Null where there is no such damage. */
type Way = (bytes: Buffer, run: Run, random: Random) => Buffer | null;

function eachPage(bytes: Buffer, { start, end }: Run, spoil: (page: Buffer, pageNo: number) => void): Buffer {
  for (let page = start; page < end; page++) spoil(bytes.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE), page);
  return bytes;
}

/** What becomes of the pages. A tail that is zeroed is also what a file is that was cut and padded. */
export const WAYS: Readonly<Record<string, Way>> = {
  zeroed: (bytes, run) => eachPage(bytes, run, (page) => page.fill(0)),
  "second halves zeroed": (bytes, run) => eachPage(bytes, run, (page) => page.fill(0, PAGE_SIZE / 2)),
  "first 512 bytes zeroed": (bytes, run) => eachPage(bytes, run, (page) => page.fill(0, 0, 512)),
  "random bytes": (bytes, run, random) =>
    eachPage(bytes, run, (page) => {
      for (let at = 0; at < PAGE_SIZE; at += 4) page.writeUInt32LE(random.below(0x1_0000_0000), at);
    }),
  "copies of other pages": (bytes, run, random) => {
    const pages = bytes.length / PAGE_SIZE;
    const kept = Buffer.from(bytes);
    return eachPage(bytes, run, (page) => {
      const other = random.below(pages);
      kept.copy(page, 0, other * PAGE_SIZE, (other + 1) * PAGE_SIZE);
    });
  },
  "copies of one page": (bytes, run) => {
    const kept = Buffer.from(bytes.subarray(run.start * PAGE_SIZE, (run.start + 1) * PAGE_SIZE));
    return run.end - run.start < 2 ? null : eachPage(bytes, run, (page) => kept.copy(page));
  },
  "cut short": (bytes, run) =>
    run.end * PAGE_SIZE === bytes.length && run.start > 0 ? bytes.subarray(0, run.start * PAGE_SIZE) : null,
  "cut out": (bytes, run) =>
    Buffer.concat([bytes.subarray(0, run.start * PAGE_SIZE), bytes.subarray(run.end * PAGE_SIZE)]).length >= 3 * PAGE_SIZE
      ? Buffer.concat([bytes.subarray(0, run.start * PAGE_SIZE), bytes.subarray(run.end * PAGE_SIZE)])
      : null,
};

/** Ways that leave nothing of a row on a page that they spoil, and put nothing there that could be one. */
const WHOLE_PAGES = ["zeroed", "random bytes", "cut short"];

/** All runs of a file of `pages` pages. */
export function allRuns(pages: number): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < pages; start++) for (let end = start + 1; end <= pages; end++) runs.push({ start, end });
  return runs;
}

export interface Totals {
  files: number;
  /** Rows that were on lost pages and could not be saved. */
  lost: number;
  /** Files of which nothing is lost, and something is said to be in doubt. */
  overcautious: number;
}

/** Whether `faults` name the row of `table` as lost or doubtful: by its place, or all of the page's, of the table's, or of some table's rows. */
function isNamed(faults: readonly Fault[], table: string, tables: readonly string[], row: Place, areMoved: boolean): boolean {
  return faults.some((fault) => {
    if (fault.severity !== "error" && fault.severity !== "doubt") return false;
    if (fault.code === "FILE_CUT") return fault.page! <= row.page;
    // Of a table without a definition not even the name is known.
    if (fault.code === "TABLE_LOST" || fault.code === "TABLES_DOUBTFUL") return !tables.includes(table);
    if (fault.table !== null && fault.table !== table) return false;
    if (fault.code === "TABLE_DOUBTFUL" || areMoved) return true;
    return fault.page === row.page && (fault.code !== "ROW_LOST" || fault.byte === row.offset);
  });
}

/** What the runs of `totals` came to. */
export function totalsText({ files, lost, overcautious }: Totals): string {
  return `${files} damaged files, ${lost} rows lost with their pages, all named; ${overcautious} files had all rows saved and something else lost, or in doubt`;
}

let shipped: WebAssembly.Module | null = null;

/** Loses the pages of `run` in one of the `WAYS`, and holds `repair` to what it promises; throws when it does not keep it. */
export function losePages(intact: Intact, way: string, run: Run, totals: Totals): void {
  const where = `${intact.title}, pages ${run.start} to ${run.end - 1} ${way}`;
  const bytes = WAYS[way]!(Buffer.from(intact.file.bytes), run, new Random(run.start * 1009 + run.end));
  if (bytes === null) return;
  totals.files += 1;
  shipped ??= new WebAssembly.Module(readFileSync(modulePath()));
  const disk = Disk.of(new Map([["store.db", Image.of(bytes)]]));
  const words = ["data/store.db", "repair", "data/out.db", "--json", "--all", "--layout", intact.file.layout];
  const { status, stdout, stderr, trap } = runCommand(shipped, disk, words);
  const fail = (what: string): never => {
    throw new Error(`${where}: ${what}\nstatus ${status} ${stderr}${trap}${stdout.slice(0, 3000)}`);
  };
  if (bytes.equals(intact.file.bytes)) return status === 0 ? undefined : fail("an undamaged file is not taken as a whole");
  if (status !== 0 && status !== 3) fail("the command fails");
  const line = stdout.split("\n")[0]!;
  if (!line.startsWith('{"file"')) {
    if (!stderr.includes("NOT_A_PAGE_FILE")) fail("there is no report");
    return;
  }
  const reply = JSON.parse(line) as Reply;
  const image = disk.files.get("out.db")?.current;
  const made = image ? new PageFile(Buffer.from(image.bytes()), intact.file.layout) : null;
  const tables = made?.tableNames() ?? [];
  let missing = 0;
  for (const [table, rows] of intact.rows) {
    const saved = new Set(tables.includes(table) ? made!.records(table).map(({ body }) => body) : []);
    for (const row of rows) {
      if (saved.delete(row.body)) continue;
      missing += 1;
      if (status === 0) fail(`a row of ${table} is lost, and all is said to be well`);
      if (!isNamed(reply.faults, table, tables, row, way === "cut out"))
        fail(`the row of ${table} at ${row.page}:${row.offset} is lost without a word`);
    }
    // What was never there is taken only from pages that something else was written on, and said to be odd or doubtful.
    const odd = reply.faults.filter(({ severity, table: of }) => severity === "doubt" && of === table).length;
    if (saved.size > 0 && (odd === 0 || WHOLE_PAGES.includes(way))) fail(`${saved.size} rows of ${table} were never there`);
  }
  const unknown = tables.filter((table) => !intact.rows.has(table));
  if (unknown.length > 0) fail(`tables that were never there: ${unknown.join()}`);
  if (reply.lost > missing) fail(`${reply.lost} rows are said to be lost, ${missing} are`);
  const broken = reply.check.codes.split(", ").filter((code) => !["", "FOREIGN_KEY_BROKEN", "TEXT_NOT_UTF8"].includes(code));
  if (broken.length > 0) fail("what was made is not sound");
  totals.lost += missing;
  if (missing === 0 && status !== 0) totals.overcautious += 1;
}
