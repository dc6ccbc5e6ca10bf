/** Opening a store as a host asks for it: with a JSON object, which is what the library's `open` takes, or part by part. */
import { Status, OK, BAD_REQUEST, FILE_NOT_FOUND, fail, lastError, savedError, restoreError } from "../status";
import { isText } from "../encode/ascii";
import { parseUnsigned, parsedUnsigned } from "../encode/digits";
import { JsonTape, JSON_FALSE, JSON_NUMBER, JSON_OBJECT, JSON_STRING, JSON_TRUE } from "../encode/json";
import { LAYOUT_0_11 } from "../memory/base/layout";
import { GivenTables } from "../schema/given-tables";
import { nearest } from "../schema/nearest";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";
import { File } from "../wasi/file";
import { readDefinitionsFile } from "./definitions-file";
import { IN_MEMORY } from "../wasi/preopens";

const FIELDS: StaticArray<string> = [
  "path",
  "readonly",
  "create",
  "cacheBytes",
  "layout",
  "durability",
  "schema",
  "tables",
  "allowLinks",
  "uniqueNulls",
  "sqlMemory",
];

/** The most that a cache, or a statement of SQL, may be told to take, as for `--cache`. */
export const MOST_CACHE_BYTES: u64 = 1 << 31;

/** What `uniqueNulls` is unless told. */
export const MANY_NULLS: string = "many";

/** Tells `options` how many rows may have null in a unique column: `many` or `one`; false for anything else. */
export function takeUniqueNulls(options: OpenOptions, many: string): bool {
  options.oneNull = many == "one";
  return options.oneNull || many == MANY_NULLS;
}

const tape: JsonTape = new JsonTape();

/** What is to be opened, and how. */
export class OpenRequest {
  path: string = "";
  /** The layout that the store has to have, or that a new one gets; "": 0.9 for a new one. */
  layout: string = "";
  durability: string = "commit";
  uniqueNulls: string = MANY_NULLS;
  /** The file with the definitions of a store whose layout holds none; "" for none. */
  schema: string = "";
  tables: Array<string> = new Array<string>();
  readonly options: OpenOptions = new OpenOptions();

  /** Reads it from the JSON object in the `len` bytes at `ptr`. */
  read(ptr: usize, len: u32): Status {
    if (!tape.parse(ptr, len)) return fail(BAD_REQUEST, "what to open is not JSON: " + tape.errorText());
    if (tape.kind(0) != JSON_OBJECT)
      return fail(BAD_REQUEST, "what to open is a JSON object", 'write it like {"path": "data/app.db"}');
    let given: u32 = 0;
    for (let key = tape.first(0); key != 0; key = tape.next(key)) {
      const field = fieldNamed(tape.stringPtr(key), tape.stringLen(key));
      if (field < 0) return unknownField(nodeText(key));
      if ((given & (1 << field)) != 0) return fail(BAD_REQUEST, "open: the field " + FIELDS[field] + " is there twice");
      given |= 1 << field;
      if (!this.take(field, key + 1)) {
        return fail(BAD_REQUEST, "open: " + FIELDS[field] + " is of the wrong type", "docs/abi.md tells all types");
      }
    }
    return this.path != "" ? OK : fail(BAD_REQUEST, "open needs a field path");
  }

  private take(field: i32, node: u32): bool {
    const kind = tape.kind(node);
    if (field == 7) return this.takeTables(node);
    if (field == 0 || field == 9 || (field >= 4 && field < 7)) {
      if (kind != JSON_STRING) return false;
      if (field == 0) this.path = nodeText(node);
      else if (field == 4) this.layout = nodeText(node);
      else if (field == 6) this.schema = nodeText(node);
      else if (field == 9) this.uniqueNulls = nodeText(node);
      else this.durability = nodeText(node);
      return true;
    }
    if (field == 3 || field == 10) {
      if (kind != JSON_NUMBER || !parseUnsigned(tape.rawPtr(node), tape.rawLen(node), MOST_CACHE_BYTES)) return false;
      if (field == 3) this.options.cacheBytes = parsedUnsigned;
      else this.options.sqlBytes = parsedUnsigned;
      return true;
    }
    if (kind != JSON_TRUE && kind != JSON_FALSE) return false;
    if (field == 1) this.options.readOnly = kind == JSON_TRUE;
    else if (field == 8) this.options.withLinks = kind == JSON_TRUE;
    else this.options.create = kind == JSON_TRUE;
    return true;
  }

  /** Which tables are which: an object of names and fingerprints. */
  private takeTables(node: u32): bool {
    if (tape.kind(node) != JSON_OBJECT) return false;
    for (let key = tape.first(node); key != 0; key = tape.next(key)) {
      if (tape.kind(key + 1) != JSON_STRING) return false;
      this.tables.push(nodeText(key) + "=" + nodeText(key + 1));
    }
    return true;
  }

  /** Opens the store; null on failure, which leaves no new file behind. */
  open(): DbmsContext | null {
    if (this.check() != OK) return null;
    const options = this.options;
    const isNew = options.create && isMissing(this.path);
    const store = DbmsContext.openFile(this.path, options);
    if (!store && isNew) removeFile(this.path);
    return store;
  }

  /** Completes the options; fails for what makes no sense. */
  private check(): Status {
    const options = this.options;
    if (options.readOnly) options.create = false;
    options.isLayoutAsked = this.layout != "";
    if (this.layout == "0.11") options.layout = LAYOUT_0_11;
    else if (this.layout != "" && this.layout != "0.9") {
      return fail(BAD_REQUEST, "there is no layout " + this.layout, "use 0.9 or 0.11");
    }
    if (this.durability != "commit" && this.durability != "checkpoint") {
      return fail(BAD_REQUEST, "there is no durability " + this.durability, "use commit or checkpoint");
    }
    options.syncCommits = this.durability == "commit";
    if (!takeUniqueNulls(options, this.uniqueNulls)) return fail(BAD_REQUEST, "open: uniqueNulls is many or one");
    if (this.path == IN_MEMORY && !options.create) {
      return fail(BAD_REQUEST, "open: a store in memory is always new", "open it with create, and not readonly");
    }
    return this.readGiven();
  }

  /** Reads the definitions, if some are named. */
  private readGiven(): Status {
    if (this.schema == "") return this.tables.length == 0 ? OK : fail(BAD_REQUEST, "open: tables goes with schema");
    const schemas = readDefinitionsFile(this.schema);
    if (!schemas) return lastError.status;
    const given = new GivenTables(schemas);
    for (let i = 0; i < this.tables.length; i++) {
      if (given.choose(this.tables[i]) != OK) return fail(BAD_REQUEST, 'open: tables are like {"users": "#0123456789abcdef"}');
    }
    this.options.given = given;
    return OK;
  }
}

function nodeText(node: u32): string {
  return String.UTF8.decodeUnsafe(tape.stringPtr(node), tape.stringLen(node));
}

function fieldNamed(ptr: usize, len: u32): i32 {
  for (let i = 0; i < FIELDS.length; i++) {
    if (isText(ptr, len, FIELDS[i])) return i;
  }
  return -1;
}

function unknownField(name: string): Status {
  const names = new Array<string>();
  for (let i = 0; i < FIELDS.length; i++) names.push(FIELDS[i]);
  const like = nearest(name, names);
  return fail(
    BAD_REQUEST,
    "open has no field " + name,
    like != "" ? "did you mean " + like + "?" : "fields: " + names.join(", "),
  );
}

/** Opens the store that the JSON object in the `len` bytes at `ptr` describes; null on failure, which leaves no new file behind. */
export function openRequested(ptr: usize, len: u32): DbmsContext | null {
  const request = new OpenRequest();
  return request.read(ptr, len) == OK ? request.open() : null;
}

function isMissing(path: string): bool {
  const file = File.open(path, false, false);
  if (file) file.close();
  return !file && lastError.status == FILE_NOT_FOUND;
}

/** Removes a file that was made for nothing; the error that is to be reported stays. */
function removeFile(path: string): void {
  const error = savedError();
  const file = File.open(path, false, false);
  // Without the file, a log of its name is none that was made for it.
  if (file) {
    file.close();
    file.unlink();
    const log = File.open(path + "-log", false, false);
    if (log) {
      log.close();
      log.unlink();
    }
  }
  restoreError(error);
}
