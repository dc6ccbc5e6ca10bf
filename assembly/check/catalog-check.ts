/** Checks what SQL keeps in the file: views, CHECK constraints and the rows that they are about, names of indexes. */
import { OK, lastError } from "../status";
import { asciiLower } from "../encode/ascii";
import { GivenTables } from "../schema/given-tables";
import { Catalog, CHECK, CatalogEntry, DEFAULT, INDEX, NUMBER, VIEW, readEntries } from "../store/catalog";
import { CATALOG } from "../store/catalog-table";
import { OpenTables } from "../store/open-tables";
import { RowScan } from "../store/row-scan";
import { Table } from "../store/table";
import { findTable } from "../store/table-list";
import { columnsOfView } from "../sql/bind/query";
import { namedIndex } from "../sql/catalog/named-indexes";
import { RowChecks, checkLabel } from "../sql/catalog/row-checks";
import { defaultLabel } from "../sql/catalog/row-defaults";
import { addressOffset, addressPage } from "../table/page-ledger";
import { CATALOG_ODD, CHECK_BROKEN, REFERENCE_CATALOG } from "./fault-kinds";
import { Survey } from "./survey";

/** The catalog table of a file, as far as it can be read; null where there is none. */
export function catalogOf(survey: Survey): Table | null {
  for (let t = 0; t < survey.tables.length; t++) {
    const table = survey.tables[t].table;
    if (table && table.isCatalog) return table;
  }
  return null;
}

/** What it has: `2 views, 1 CHECK, 3 names of indexes`; "" for nothing, or where there is no catalog. */
export function catalogSummary(table: Table | null): string {
  const entries = table ? readEntries(table) : null;
  if (!entries) return "";
  let text = "";
  for (let k = 0; k < KINDS.length; k += 2) {
    let count = 0;
    for (let e = 0; e < entries.length; e++) if (entries[e].kind == KINDS[k]) count += 1;
    if (count > 0) text += (text == "" ? "" : ", ") + count.toString() + " " + KINDS[k + 1];
  }
  return text;
}

const KINDS: StaticArray<string> = [
  VIEW,
  "of views",
  CHECK,
  "of CHECK constraints",
  DEFAULT,
  "of defaults",
  INDEX,
  "of names of indexes",
  NUMBER,
  "of numbers",
];

/** What an entry is called: `view sales`. */
export function entryLabel(entry: CatalogEntry): string {
  if (entry.kind == CHECK) return checkLabel(entry) + " of " + entry.table;
  if (entry.kind == DEFAULT) return defaultLabel(entry) + " of " + entry.table + " (" + entry.sql + ")";
  return entry.kind == INDEX ? "index " + entry.name + " of " + entry.table : entry.kind + " " + entry.name;
}

/** Says that the reference refuses a file with a catalog. */
export function noteCatalog(survey: Survey): void {
  const table = catalogOf(survey);
  if (!table) return;
  survey.report.enter(table.name);
  if (survey.report.add(REFERENCE_CATALOG, table.pages.snapshot)) survey.report.say("it is in the file's schema hash");
}

/** Checks a catalog that can be read. The tables around it are opened for that: nothing may be wrong with their definitions. */
export function checkCatalog(survey: Survey, given: GivenTables | null): void {
  const table = catalogOf(survey);
  if (!table || survey.report.structural > 0) return;
  const open = new OpenTables(survey.access);
  open.given = given;
  if (open.load() == OK) {
    const catalog = new Catalog(open);
    const entries = catalog.all;
    survey.report.enter(CATALOG);
    if (!entries) survey.report.addLastError(CATALOG_ODD, table.pages.snapshot);
    const names = new Array<string>();
    for (let e = 0; entries && e < entries.length; e++) {
      const entry = entries[e];
      const name =
        entry.kind + " " + (entry.kind == CHECK || entry.kind == DEFAULT ? entry.table + " " : "") + asciiLower(entry.name);
      if (entry.name != "" && names.includes(name)) say(survey, entry, "another one before it is called so");
      else checkEntry(survey, catalog, entry);
      names.push(name);
    }
  }
  open.free();
}

/** Says that an entry is of no use. */
function say(survey: Survey, entry: CatalogEntry, why: string): void {
  const address = entry.address;
  if (survey.report.add(CATALOG_ODD, addressPage(address), addressOffset(address)))
    survey.report.say(entryLabel(entry) + ", id " + entry.key.toString() + ": " + why);
}

function checkEntry(survey: Survey, catalog: Catalog, entry: CatalogEntry): void {
  if (entry.kind == VIEW) {
    if (findTable(catalog.tables, entry.name)) say(survey, entry, "a table is called so");
    else if (!columnsOfView(catalog, entry)) say(survey, entry, lastError.what);
  } else if (entry.kind == INDEX) {
    if (namedIndex(catalog, entry).columns.length == 0) say(survey, entry, "the table has no such index");
  } else if (entry.kind == CHECK) checkRows(survey, catalog, entry);
  else if (entry.kind == DEFAULT) checkDefault(survey, catalog, entry);
  else if (entry.kind != NUMBER) say(survey, entry, "nothing is of this kind");
}

/** The table that an entry is about; null, which is noted, where there is none. */
function tableOf(survey: Survey, catalog: Catalog, entry: CatalogEntry): Table | null {
  const table = findTable(catalog.tables, entry.table);
  if (table && !table.isCatalog) return table;
  say(survey, entry, "there is no table " + entry.table);
  return null;
}

function checkDefault(survey: Survey, catalog: Catalog, entry: CatalogEntry): void {
  const table = tableOf(survey, catalog, entry);
  if (!table) return;
  const rules = new RowChecks(table, []);
  if (!rules.addDefault(catalog, entry)) say(survey, entry, lastError.what);
  rules.free();
}

/** Notes the rows for which a constraint is false. */
function checkRows(survey: Survey, catalog: Catalog, entry: CatalogEntry): void {
  const table = tableOf(survey, catalog, entry);
  if (!table) return;
  const rules = new RowChecks(table, [entry]);
  const report = survey.report;
  if (rules.bind(catalog)) {
    const scan = new RowScan(table);
    report.enter(table.name);
    while (survey.mayGoOn(64) && scan.next()) {
      if (rules.check(scan.row) == OK) continue;
      const address = scan.address;
      if (report.add(CHECK_BROKEN, addressPage(address), addressOffset(address))) report.say(lastError.what);
    }
    scan.free();
    report.enter(CATALOG);
  } else say(survey, entry, lastError.what);
  rules.free();
}
