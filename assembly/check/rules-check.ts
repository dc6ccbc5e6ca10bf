/** Checks the rows of a file by rules that definitions from outside have. */
import { OK, Status, TABLE_NOT_FOUND, fail, lastError } from "../status";
import { hasRules } from "../schema/column";
import { suggestion } from "../schema/nearest";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { DeclaredRules } from "../store/declared-rules";
import { RowScan } from "../store/row-scan";
import { Table } from "../store/table";
import { addressOffset, addressPage } from "../table/page-ledger";
import { RULE_BROKEN } from "./fault-kinds";
import { Survey } from "./survey";

/** Notes the values that are not as the rules want them; fails where definitions with rules do not fit the tables. */
export function checkRules(survey: Survey, definitions: Array<TableSchemaSnapshot>): Status {
  for (let d = 0; d < definitions.length; d++) {
    const definition = definitions[d];
    if (!hasRules(definition.columns)) continue;
    const table = tableNamed(survey, definition.name);
    const rules = table ? DeclaredRules.of(table, definition.columns) : null;
    if (!table || !rules) return lastError.status;
    checkRows(survey, table, rules);
  }
  return OK;
}

/** Null with an error, also where the table's definition can't be read. */
function tableNamed(survey: Survey, name: string): Table | null {
  const names = new Array<string>();
  for (let t = 0; t < survey.tables.length; t++) {
    const table = survey.tables[t].table;
    if (table && table.name == name) return table;
    if (table && !table.isCatalog) names.push(table.name);
  }
  fail(
    TABLE_NOT_FOUND,
    "there are rules for the table " + name + ", which can't be looked at",
    suggestion(name, names, "tables"),
  );
  return null;
}

function checkRows(survey: Survey, table: Table, rules: DeclaredRules): void {
  const report = survey.report;
  const scan = new RowScan(table);
  report.enter(table.name);
  while (survey.mayGoOn(64) && scan.next()) {
    for (let c = 0; c < rules.count; c++) {
      const problem = rules.storedProblem(scan.row, c);
      if (problem == "") continue;
      const address = scan.address;
      if (report.add(RULE_BROKEN, addressPage(address), addressOffset(address))) report.say(problem);
    }
  }
  // A scan that fails came to what the check has told.
  scan.free();
}
