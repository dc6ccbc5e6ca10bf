/** Foreign keys: every value that is not null must be in the table that it refers to. */
import { OK, lastError } from "../status";
import { LAYOUT_0_11, hasIndexes } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { NO_ADDRESS } from "../table/page-ledger";
import { Column } from "../schema/column";
import { Table } from "../store/table";
import { TableIndex, addKeyPart } from "../store/table-index";
import { CheckedTable } from "./checked-table";
import { counted } from "./check-report";
import { checkForeignKeyTarget } from "./definition-check";
import { RecordWalk } from "./record-walk";
import { Survey } from "./survey";
import { FOREIGN_KEY_BROKEN, INDEX_UNCHECKED, REFERENCE_NULL_KEY } from "./fault-kinds";

class Lookup {
  readonly key: ByteBuffer = new ByteBuffer(64);
  isNull: bool = false;
  nulls: u64 = 0;

  constructor(
    readonly position: i32,
    readonly column: Column,
    readonly target: Table,
    readonly index: TableIndex,
  ) {}
}

/** Checks the foreign keys of a table that could be opened; all tables must have been walked. */
export function checkForeignKeys(survey: Survey, checked: CheckedTable, table: Table): void {
  const lookups = findLookups(survey, checked, table);
  if (lookups.length == 0) return;
  const report = survey.report;
  const walk = new RecordWalk(survey, checked, table, null);
  while (walk.next()) {
    // The keys are copied first: look-ups may push the record's page out of the cache.
    for (let i = 0; i < lookups.length; i++) {
      const lookup = lookups[i];
      lookup.isNull = !walk.row.isSet(lookup.position);
      if (lookup.isNull) {
        lookup.nulls += 1;
        continue;
      }
      lookup.key.reset();
      lookup.key.addU32(1);
      addKeyPart(lookup.column, walk.row.ptr(lookup.position), walk.row.len(lookup.position), lookup.key);
    }
    for (let i = 0; i < lookups.length; i++) {
      const lookup = lookups[i];
      if (lookup.isNull || lookup.index.find(lookup.key.ptr) != NO_ADDRESS || lastError.status != OK) continue;
      if (!report.add(FOREIGN_KEY_BROKEN, walk.pageNo, walk.pageOffset)) continue;
      report.say(
        lookup.column.name + ": table " + lookup.target.name + " has no row with this " + lookup.column.foreignKey!.column,
      );
    }
  }
  walk.free();
  for (let i = 0; i < lookups.length; i++) {
    const lookup = lookups[i];
    const isOld = survey.access.manager.layout != LAYOUT_0_11;
    if (isOld && lookup.nulls > 0 && report.add(REFERENCE_NULL_KEY)) {
      report.say(counted(lookup.nulls, "row") + " with null in the foreign key " + lookup.column.name);
    }
    lookup.key.free();
  }
}

/** The foreign keys whose values can be looked up; what is wrong with the others is reported. */
function findLookups(survey: Survey, checked: CheckedTable, table: Table): Array<Lookup> {
  const list = new Array<Lookup>();
  const columns = table.schema.columns;
  for (let i = 0; i < columns.length; i++) {
    const foreignKey = columns[i].foreignKey;
    if (!foreignKey) continue;
    let target: CheckedTable | null = null;
    for (let j = 0; j < survey.tables.length; j++) {
      if (survey.tables[j].name == foreignKey.table) target = survey.tables[j];
    }
    if (!checkForeignKeyTarget(survey, checked, columns[i], target)) continue;
    const opened = target!.table!;
    const index = opened.indexOn([foreignKey.column]);
    const known = index ? target!.checkedIndexOf(index) : null;
    // One that the file does not have is made in memory.
    const isMade = !hasIndexes(survey.access.manager.layout);
    if (index && (isMade || (known && !known.unsound && !known.incomplete))) list.push(new Lookup(i, columns[i], opened, index));
    else if (survey.report.add(INDEX_UNCHECKED)) {
      survey.report.say(
        "the foreign key " +
          columns[i].name +
          " was not checked: " +
          (index
            ? "the index of " + foreignKey.table + " has errors"
            : foreignKey.table + " has no index on " + foreignKey.column),
      );
    }
  }
  return list;
}
