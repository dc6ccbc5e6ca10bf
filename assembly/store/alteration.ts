/**
 * A table's new definition, and how its rows come to it. Where only names, defaults, keys and indexes are others, no record is touched;
 * else all of them are written anew, once, on pages of their own, and the old ones are given back.
 */
import {
  Status,
  OK,
  FOREIGN_KEY_RESTRICT,
  NAME_COLLISION,
  NOT_NULL,
  RECORD_TOO_LARGE,
  TABLE_EXISTS,
  fail,
  lastError,
} from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { ByteBuffer } from "../encode/byte-buffer";
import { CELL_MISSING, Row } from "../encode/row";
import { Column, ForeignKey, giveDefault } from "../schema/column";
import { fingerprintOf } from "../schema/schema-registry";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { RecordAppender } from "../table/record-appender";
import { RECORD_HEADER_SIZE } from "../table/table-registry";
import { mayStep } from "../wasi/deadline";
import { beginWork, endWork, noteRow } from "../wasi/row-work";
import { checkTarget, checkTargets } from "./foreign-key-targets";
import { fillIndexes, redefineIndexes } from "./index-changes";
import { OpenTables } from "./open-tables";
import { damagedRecord } from "./record-prefix";
import { StatementMemory } from "./statement-memory";
import { cellText, columnPath } from "./cell-text";
import { Reference, Table } from "./table";
import { releaseTable, writeSnapshot, writeTable } from "./table-pages";
import { findTable } from "./table-list";

/** Gives columns values that are not just those that they had: SQL does, of which this layer knows nothing. */
export abstract class ColumnValues {
  /** Puts the values of such columns into `row`, a new one, the others of which are missing; `old` is the row as it was. */
  abstract take(old: Row, row: Row): Status;

  /** Whether column number `position` is one of them. */
  abstract gives(position: i32): bool;
}

/** What a table is to become. */
export class Alteration {
  constructor(
    readonly table: Table,
    readonly schema: TableSchemaSnapshot,
    /** For each of the new columns where it is in the table as it is; -1 for one that comes. */
    readonly from: Array<i32>,
    /** Values of columns that come, and of those whose type changes; null where there are none but defaults. */
    readonly values: ColumnValues | null,
    /** Whether it is one of several, behind all of which foreign keys are looked at. */
    readonly isPart: bool = false,
  ) {}

  /** The column that number `i` was; null for one that comes. */
  before(i: i32): Column | null {
    return this.from[i] < 0 ? null : this.table.schema.columns[this.from[i]];
  }

  private get allBefore(): Array<Column | null> {
    const all = new Array<Column | null>();
    for (let i = 0; i < this.from.length; i++) all.push(this.before(i));
    return all;
  }

  /** Whether records stay as they are. */
  get keepsRecords(): bool {
    const old = this.table.schema;
    const columns = this.schema.columns;
    if (this.values || columns.length != old.columns.length || this.schema.alignment != old.alignment) return false;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i];
      const before = old.columns[i];
      if (this.from[i] != i || column.typeText != before.typeText) return false;
      if (column.nullable != before.nullable || column.auto != before.auto) return false;
    }
    return true;
  }

  /** What a foreign key that names the table becomes; null when the column that it names goes. */
  follow(key: ForeignKey): ForeignKey | null {
    const at = this.from.indexOf(this.table.schema.columnIndex(key.column));
    return at < 0 ? null : new ForeignKey(this.schema.name, this.schema.columns[at].name, key.onDelete);
  }

  /**
   * The tables whose rows may refer to what is not there: `changed`, which was made of it, where a foreign key names what it did not name
   * before or has other values, and those that refer to columns which have others.
   */
  toCheck(changed: Table): Array<Table> {
    const tables = new Array<Table>();
    if (this.hasNewReferences) tables.push(changed);
    for (let r = 0; r < changed.references.length; r++) {
      const reference = changed.references[r];
      if (!tables.includes(reference.table) && this.givesOthers(changed.schema.columnIndex(reference.targetColumn)))
        tables.push(reference.table);
    }
    return tables;
  }

  /** Whether foreign keys that name column number `i` may find other values there than before. */
  private givesOthers(i: i32): bool {
    const values = this.values;
    const before = this.before(i);
    if (!before || (values && values.gives(i))) return true;
    // Of several at once one may have got the name of another that went.
    return this.isPart && (before.name != this.schema.columns[i].name || this.table.name != this.schema.name);
  }

  private get hasNewReferences(): bool {
    const columns = this.schema.columns;
    const values = this.values;
    for (let i = 0; i < columns.length; i++) {
      const key = columns[i].foreignKey;
      if (!key) continue;
      if (values && values.gives(i)) return true;
      const before = this.before(i);
      let old = before ? before.foreignKey : null;
      if (old && old.table == this.table.name) old = this.follow(old);
      if (!old || old.table != key.table || old.column != key.column) return true;
    }
    return false;
  }

  /** `OK` when the tables that are `open` let it be. */
  check(open: OpenTables): Status {
    const schema = this.schema;
    const status = schema.validate();
    if (status != OK) return status;
    if (schema.name != this.table.name) {
      if (findTable(open.list, schema.name)) return fail(TABLE_EXISTS, "there is a table " + schema.name + " already");
      const like = open.withFingerprint(fingerprintOf(schema.name));
      if (like && like !== this.table)
        return fail(NAME_COLLISION, "the name " + schema.name + " has the same fingerprint as that of table " + like.name);
    }
    return this.isPart ? OK : this.checkKeys(open);
  }

  /** `OK` when foreign keys go with the new definition: those of other tables that name it, and its own. */
  private checkKeys(open: OpenTables): Status {
    const schema = this.schema;
    const waiting: Array<Reference> = schema.name == this.table.name ? [] : open.referringTo(schema.name);
    for (let r = 0; r < waiting.length; r++) {
      const other = waiting[r].table;
      const fits = checkTarget(other.name, other.schema.columns[waiting[r].column], schema);
      if (fits != OK) return fits;
    }
    for (let r = 0; r < this.table.references.length; r++) {
      const reference = this.table.references[r];
      if (reference.table === this.table) continue;
      const column = this.followed(reference);
      if (!column) {
        const target = reference.table.schema.columns[reference.column].foreignKey!.column;
        const what = reference.table.name + " refers to " + this.table.name + "." + target;
        return fail(FOREIGN_KEY_RESTRICT, what, "drop that foreign key first");
      }
      const fits = checkTarget(reference.table.name, column, schema);
      if (fits != OK) return fits;
    }
    return checkTargets(open.list, schema, true);
  }

  /** The referring column as it is to be; null when what it refers to goes. */
  private followed(reference: Reference): Column | null {
    const column = reference.table.schema.columns[reference.column];
    const key = this.follow(column.foreignKey!);
    if (!key) return null;
    const copy = column.withFlags(column.flags);
    copy.foreignKey = key;
    return copy;
  }

  /** Opens the table anew with its new definition; null on failure. With `oneNull` unique columns have one null at most. */
  carryOut(access: MemoryAccess, memory: StatementMemory, oneNull: bool): Table | null {
    const table = this.table;
    if (!this.keepsRecords) return this.rewrite(access, memory, oneNull);
    const pages = table.pages.named(this.schema.name);
    const changed = redefineIndexes(access, memory, table, this.schema, pages, oneNull);
    const ledger = changed ? changed.autoincrement : null;
    if (!ledger || ledger.initFrom(this.schema.columns, ledger, this.allBefore) == OK) return changed;
    changed!.free();
    return null;
  }

  /** Gives the tables that refer to it definitions that name it as it is now. */
  renameReferences(access: MemoryAccess, open: OpenTables): Status {
    const old = this.table;
    // What refers to it is looked up anew with each table that is replaced.
    const references = old.references;
    const done = new Array<Table>();
    let status: Status = OK;
    for (let r = 0; r < references.length && status == OK; r++) {
      const other = references[r].table;
      if (other === old || done.includes(other)) continue;
      done.push(other);
      const schema = other.schema.copy();
      let isOther = false;
      for (let c = 0; c < schema.columns.length; c++) {
        const key = schema.columns[c].foreignKey;
        if (!key || key.table != old.name) continue;
        const column = this.followed(new Reference(other, c));
        // The column that it names goes, and it is to go itself.
        if (!column) continue;
        const now = column.foreignKey!;
        isOther = isOther || now.table != key.table || now.column != key.column;
        schema.columns[c] = column;
      }
      if (!isOther) continue;
      const len = writeSnapshot(access, other.pages.snapshot, schema, other.snapshotLen);
      if (len == 0) return lastError.status;
      const changed = new Table(access, other.pages, schema, len);
      status = changed.loadRoots();
      if (status == OK) status = open.replace(other, changed);
    }
    return status;
  }

  /** Writes all rows anew. */
  private rewrite(access: MemoryAccess, memory: StatementMemory, oneNull: bool): Table | null {
    const table = this.table;
    const made = writeTable(access, this.schema);
    if (!made) return null;
    const ledger = made.autoincrement;
    const counted = table.autoincrement;
    let status: Status = OK;
    if (ledger && counted) status = ledger.initFrom(this.schema.columns, counted, this.allBefore);
    if (status == OK) status = this.copyRows(access, made);
    if (status == OK) status = releaseTable(access, table);
    if (status == OK) status = fillIndexes(access, memory, made, oneNull);
    if (status == OK) return made;
    made.free();
    return null;
  }

  private copyRows(access: MemoryAccess, made: Table): Status {
    const table = this.table;
    const reader = table.reader();
    const old = new Row(table.layout);
    const row = new Row(made.layout);
    const body = new ByteBuffer(1024);
    const appender = new RecordAppender(access, made.registry);
    let status: Status = OK;
    beginWork("writing ", table.name);
    while (status == OK && reader.next()) {
      noteRow();
      status = mayStep(64) ? OK : lastError.status;
      if (status == OK && !old.decode(reader.body, reader.bodyLen)) status = damagedRecord(reader.address);
      if (status == OK) status = this.fill(made, old, row);
      if (status != OK) break;
      body.reset();
      // Room for the record's length.
      body.addU16(0);
      status = row.encode(body);
      if (status == OK) status = appender.add(body.ptr, body.len - RECORD_HEADER_SIZE);
      if (status == RECORD_TOO_LARGE) this.nameRow(old);
    }
    endWork();
    if (status == OK) status = reader.status;
    if (status == OK) status = appender.finish();
    appender.free();
    old.free();
    row.free();
    body.free();
    return status;
  }

  /** Makes `row` what the row `old` becomes. */
  private fill(made: Table, old: Row, row: Row): Status {
    const columns = this.schema.columns;
    const values = this.values;
    row.reset();
    let status: Status = values ? values.take(old, row) : OK;
    for (let i = 0; i < columns.length; i++) {
      if (row.state(i) != CELL_MISSING) continue;
      const from = unchecked(this.from[i]);
      const column = unchecked(columns[i]);
      if (from >= 0 && old.isSet(from)) row.setAt(i, old.ptr(from), old.len(from));
      else if (from >= 0) row.setNull(i);
      else giveDefault(column, row, i);
    }
    for (let i = 0; i < columns.length && status == OK; i++) {
      const column = unchecked(columns[i]);
      if (column.auto) status = this.number(made, column, row, i);
      else if (!row.isSet(i) && !column.nullable)
        status = fail(NOT_NULL, columnPath(made, column) + " has no value" + (this.before(i) ? "" : ", and no default"));
    }
    return status == OK ? OK : this.nameRow(old);
  }

  /** Says of the last error that it is about the row `old`. */
  private nameRow(old: Row): Status {
    const key = this.table.keyColumn;
    const column = this.table.schema.columns[key];
    lastError.what =
      "the row " + column.name + " = " + cellText(column, old, key) + " of " + this.table.name + ": " + lastError.what;
    return lastError.status;
  }

  /** Gives a column that counts its next number; or counts on from the one that the row has. */
  private number(made: Table, column: Column, row: Row, i: i32): Status {
    const ledger = made.autoincrement!;
    const before = this.before(i);
    const values = this.values;
    const isCounted = before != null && before.auto && !(values && values.gives(i));
    if (row.isSet(i)) return isCounted ? OK : ledger.raiseTo(column, row.ptr(i));
    const start = row.values.len;
    const status = ledger.next(column, row.values);
    if (status == OK) row.setFromArena(i, start);
    return status;
  }
}
