/** A table's definition: what is odd about it, and what the reference can't do with it. */
import { LAYOUT_0_11, PAGE_SIZE } from "../memory/base/layout";
import { TYPE_DECIMAL, TYPE_UUID } from "../encode/data-type";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Column, ON_DELETE_CASCADE } from "../schema/column";
import { CheckedTable } from "./checked-table";
import { Survey } from "./survey";
import {
  SCHEMA_ODD,
  FOREIGN_KEY_ODD,
  REFERENCE_COLUMN,
  REFERENCE_FOREIGN_KEY,
  REFERENCE_NAME,
  REFERENCE_DRIFT,
  REFERENCE_PADDING,
} from "./fault-kinds";

/** Words that no Rust struct or field can be called. */
const RUST_KEYWORDS: string =
  " as break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self " +
  "Self static struct super trait true type unsafe use where while async await abstract become box do final macro override priv " +
  "typeof unsized virtual yield try gen ";

export function checkDefinition(survey: Survey, table: CheckedTable, schema: TableSchemaSnapshot): void {
  const report = survey.report;
  const pageNo = table.pages.snapshot;
  const isOld = survey.access.manager.layout != LAYOUT_0_11;
  const columns = schema.columns;
  checkName(survey, pageNo, schema.name, "the table");
  let hasAuto = false;
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    hasAuto = hasAuto || column.auto;
    checkName(survey, pageNo, column.name, "a column");
    if ((column.unique || column.primaryKey) && !hasUniqueIndex(schema, column.name)) {
      if (report.add(SCHEMA_ODD, pageNo)) report.say("column " + column.name + " is unique, but there is no unique index on it");
    }
    if (column.primaryKey && !column.unique && report.add(SCHEMA_ODD, pageNo)) {
      report.say("the primary key " + column.name + " is not marked as unique");
    }
    const wide = column.type == TYPE_DECIMAL || column.type == TYPE_UUID;
    if (isOld && wide && i + 1 < columns.length && report.add(REFERENCE_COLUMN, pageNo)) {
      report.say(
        "column " +
          column.name +
          " is a " +
          column.typeText +
          " and not the last column: " +
          survey.reference +
          " can't read the rows",
      );
    } else if (isOld && column.type == TYPE_DECIMAL && column.nullable && report.add(REFERENCE_COLUMN, pageNo)) {
      report.say("column " + column.name + " is a decimal that can be null, which " + survey.reference + " does not have");
    }
  }
  if (hasAuto != (table.pages.autoincrement != 0xffffffff) && report.add(SCHEMA_ODD, pageNo)) {
    if (hasAuto) report.say("the table has an auto-increment column, but no autoincrement ledger");
    else report.say("the table has an autoincrement ledger, but no such column");
  }
  for (let i = 0; i < schema.indexes.length; i++) {
    if (schema.indexes[i].unique && schema.indexes[i].columns.length > 1 && report.add(REFERENCE_DRIFT, pageNo)) {
      report.say("the index on " + schema.indexes[i].columnsText + " is unique; the reference's definitions have no such");
    }
    for (let j = 0; j < i; j++) {
      if (schema.indexes[i].columnsText != schema.indexes[j].columnsText) continue;
      if (report.add(SCHEMA_ODD, pageNo)) report.say("the index on " + schema.indexes[i].columnsText + " is listed twice");
      break;
    }
  }
  const opened = table.table!;
  if (isOld && opened.layout.fixedBody == 0 && PAGE_SIZE % schema.alignment != 0 && report.add(REFERENCE_PADDING, pageNo)) {
    report.say(
      "an alignment of " +
        schema.alignment.toString() +
        " does not divide a page: " +
        survey.reference +
        " may write padding into the next page",
    );
  }
}

function hasUniqueIndex(schema: TableSchemaSnapshot, column: string): bool {
  for (let i = 0; i < schema.indexes.length; i++) {
    const index = schema.indexes[i];
    if (index.unique && index.columns.length == 1 && index.columns[0] == column) return true;
  }
  return false;
}

function checkName(survey: Survey, pageNo: u32, name: string, what: string): void {
  let ok = !RUST_KEYWORDS.includes(" " + name + " ");
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    const letter = (unit | 0x20) - 0x61 < 26 && (unit | 0x20) >= 0x61;
    if (!letter && unit != 0x5f && unit < 0x80 && (i == 0 || unit < 0x30 || unit > 0x39)) ok = false;
  }
  if (!ok && survey.report.add(REFERENCE_NAME, pageNo)) {
    survey.report.say(what + " is called " + name + ", which is no Rust identifier");
  }
}

/** The foreign key of `column` against the table it names: true when its values can be looked up there. */
export function checkForeignKeyTarget(survey: Survey, table: CheckedTable, column: Column, target: CheckedTable | null): bool {
  const foreignKey = column.foreignKey!;
  const report = survey.report;
  const pageNo = table.pages.snapshot;
  const where = "column " + column.name + " refers to " + foreignKey.table + "." + foreignKey.column;
  if (foreignKey.onDelete == ON_DELETE_CASCADE && report.add(REFERENCE_DRIFT, pageNo)) {
    report.say(where + " with cascade; the reference's definitions always say restrict");
  }
  if (!target) {
    if (report.add(FOREIGN_KEY_ODD, pageNo)) report.say(where + ", and there is no such table");
    return false;
  }
  const schema = target.schema;
  if (!schema) return false;
  const position = schema.columnIndex(foreignKey.column);
  if (position < 0) {
    if (report.add(FOREIGN_KEY_ODD, pageNo)) report.say(where + ", and there is no such column");
    return false;
  }
  if (schema.columns[position].typeText != column.typeText) {
    if (report.add(FOREIGN_KEY_ODD, pageNo)) {
      report.say(where + ", which is a " + schema.columns[position].typeText + " and not a " + column.typeText);
    }
    return false;
  }
  const isOld = survey.access.manager.layout != LAYOUT_0_11;
  if (isOld && foreignKey.column != schema.primaryKey && report.add(REFERENCE_FOREIGN_KEY, pageNo)) {
    report.say(where + "; " + survey.reference + " looks for the value in " + schema.primaryKey + " all the same");
  }
  return true;
}
