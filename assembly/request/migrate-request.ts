/** `migrate`: from the definitions that there are to those that are wanted. */
import { Status, OK, BAD_SCHEMA, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { addAscii, addString } from "../encode/json-pieces";
import { Column, hasRules } from "../schema/column";
import { readAssignment } from "../schema/column-spec";
import { readDefinitions } from "../schema/given-tables";
import { JSON_STRING } from "../encode/json";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { SchemaChange } from "../store/schema-difference";
import { Migration } from "../sql/migration";
import {
  FIELD_ALLOW_DESTRUCTIVE,
  FIELD_DRY_RUN,
  FIELD_PLAN,
  FIELD_RENAMES,
  FIELD_SCHEMA,
  FIELD_STAGED,
  FIELD_VALUES,
} from "./request";
import { Session } from "./session";

export function handleMigrate(session: Session, out: ByteBuffer): Status {
  const request = session.request;
  const wanted = wantedTables(session);
  if (!wanted) return lastError.status;
  if (wanted.length == 0) return fail(BAD_SCHEMA, "the definitions have no table", "what has none is an empty file");
  const isDry = request.flag(FIELD_DRY_RUN, 0);
  const isPlan = request.flag(FIELD_PLAN, 0);
  const allows = request.flag(FIELD_ALLOW_DESTRUCTIVE, 0);
  if (isDry < 0 || isPlan < 0 || allows < 0) return lastError.status;
  const migration = new Migration(session.db, wanted);
  let status = readWishes(session, FIELD_RENAMES, migration);
  if (status == OK) status = readWishes(session, FIELD_VALUES, migration);
  if (status == OK) status = readWishes(session, FIELD_STAGED, migration);
  if (status == OK) status = migration.plan();
  if (status == OK && isPlan == 0) status = run(session, migration, wanted, allows == 1, isDry == 1);
  if (status == OK) addChanges(migration.changes, out);
  return status;
}

/**
 * Makes the tables the wanted ones. The session's rules are no matter meanwhile; those of the definitions hold from now on. A trial leaves
 * all as it was, and may destroy what it likes.
 */
function run(
  session: Session,
  migration: Migration,
  wanted: Array<TableSchemaSnapshot>,
  allowDestructive: bool,
  isTrial: bool,
): Status {
  const catalog = session.db.catalog;
  const declared = catalog.declared;
  catalog.declared = new Map<string, Array<Column>>();
  catalog.changed();
  let status = migration.run(allowDestructive || isTrial, isTrial);
  catalog.declared = declared;
  catalog.changed();
  for (let w = 0; w < wanted.length && status == OK && !isTrial; w++) {
    const columns = wanted[w].columns;
    if (hasRules(columns)) status = catalog.setRules(wanted[w].name, columns);
  }
  return status;
}

/** The definitions: a text that has them, or a list of what `create` takes; null on failure. */
export function wantedTables(session: Session): Array<TableSchemaSnapshot> | null {
  const request = session.request;
  const tape = request.tape;
  const node = request.node(FIELD_SCHEMA);
  if (tape.kind(node) == JSON_STRING) {
    const text = new ByteBuffer(1024);
    text.addText(request.text(FIELD_SCHEMA));
    const read = readDefinitions(text);
    text.free();
    return read;
  }
  const list = new Array<TableSchemaSnapshot>();
  let status = request.needList(FIELD_SCHEMA);
  for (let item = status == OK ? tape.first(node) : 0; item != 0; item = tape.next(item)) {
    const schema = request.definition(item);
    if (!schema) return null;
    list.push(schema);
  }
  return status == OK ? list : null;
}

/** Reads `renames`, `values` or `staged`. */
function readWishes(session: Session, field: i32, migration: Migration): Status {
  if (!session.request.has(field)) return OK;
  const texts = session.request.texts(field);
  let status: Status = texts ? OK : lastError.status;
  for (let t = 0; texts && t < texts.length && status == OK; t++) {
    const parts = readAssignment(texts[t]);
    if (!parts) return lastError.status;
    if (field == FIELD_RENAMES) status = migration.rename(parts[0], parts[1], parts[2]);
    else if (field == FIELD_VALUES) status = migration.value(parts[0], parts[1], parts[2]);
    else status = migration.stage(parts[0], parts[1], parts[2]);
  }
  return status;
}

/** Appends `{"changes":[…]}`. */
export function addChanges(changes: Array<SchemaChange>, out: ByteBuffer): void {
  addAscii(out, '{"changes":[');
  for (let c = 0; c < changes.length; c++) {
    const change = changes[c];
    addAscii(out, c > 0 ? ',{"change":"' : '{"change":"');
    addAscii(out, change.kind);
    addAscii(out, '","table":');
    addString(out, change.table);
    if (change.column != "") {
      addAscii(out, ',"column":');
      addString(out, change.column);
    }
    if (change.was != "") {
      addAscii(out, ',"was":');
      addString(out, change.was);
    }
    addAscii(out, ',"text":');
    addString(out, change.text);
    addAscii(out, change.isDestructive ? ',"destructive":true' : ',"destructive":false');
    addAscii(out, change.rewrites ? ',"rewrites":true}' : ',"rewrites":false}');
  }
  addAscii(out, "]}");
}
