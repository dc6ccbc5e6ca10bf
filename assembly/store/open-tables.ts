/** The tables of an open store: what its registry lists, opened, with the foreign keys between them. */
import { Status, OK, TABLE_NOT_FOUND, WRONG_SCHEMA, damaged, fail, lastError } from "../status";
import { SCHEMA_PAGE, hasDefinitions } from "../memory/base/layout";
import { MemoryAccess } from "../memory/access/memory-access";
import { ByteBuffer } from "../encode/byte-buffer";
import { xxh3 } from "../encode/xxh3";
import { GivenTables, schemaNeeded } from "../schema/given-tables";
import {
  TablePages,
  appendToRegistry,
  checkTablePages,
  computeSchemaHash,
  inPageOrder,
  readRegistry,
  removeFromRegistry,
  storedSchemaHash,
  writeSchemaHash,
} from "../schema/schema-registry";
import { openGiven } from "./made-index";
import { findSparePages } from "./spare-pages";
import { adoptLedgers, checkFit, leftOut, widerAlignment } from "./schema-fit";
import { SNAPSHOT_VERSION, definitionOn } from "../schema/table-schema-snapshot";
import { checkTargets } from "./foreign-key-targets";
import { Reference, Table, forgetReferences } from "./table";
import { findTable, fingerprintPosition, insertTable, tableNames, tablePosition } from "./table-list";

/** Behind the reserved ones so many pages are looked at for definitions when the registry is empty. */
const FIRST_PAGES: u32 = 16;
/** A message names so many tables at most. */
const NAMED_TABLES: i32 = 20;

export class OpenTables {
  /** Sorted by name, in the order of its UTF-8 bytes. */
  list: Array<Table> = new Array<Table>();
  /** The same sorted by fingerprint. */
  private byFingerprint: Array<Table> = new Array<Table>();
  /** What the tables weigh: `Table.weight`. */
  weight: u32 = 0;
  /** Grows whenever the open tables change: a `Table` that was looked up under another number must not be used any more. */
  version: u32 = 0;
  /** What the registry lists, in its order. */
  private entries: Array<TablePages> = new Array<TablePages>();
  /** What the schema hash is over: the snapshot version, and each table's definition behind its length, in the order of `list`. */
  private readonly definitions: ByteBuffer = new ByteBuffer(1024);
  /** The hash over `definitions`, when `isHashed`. */
  private hash: u64 = 0;
  private isHashed: bool = false;
  /** Foreign keys that name a table which is not there. */
  private dangling: Array<Reference> = new Array<Reference>();

  constructor(readonly access: MemoryAccess) {
    this.definitions.addU8(SNAPSHOT_VERSION);
  }

  /** Definitions of tables, for a file whose layout holds none. */
  given: GivenTables | null = null;
  /** Tables of the file that were not opened, as none of the definitions is theirs. */
  unopened: u32 = 0;
  /** What the definitions leave open that has to be known to write, or to make another file, and what to do about it; "" for nothing. */
  private lacks: string = "";
  private lacksHint: string = "";

  /** Reads the registry and opens every table. */
  load(): Status {
    this.free();
    const entries = readRegistry(this.access);
    if (entries && !hasDefinitions(this.access.manager.layout)) return this.loadGiven(inPageOrder(entries));
    if (!entries || (entries.length == 0 && this.checkEmpty() != OK)) return lastError.status;
    this.entries = entries;
    for (let i = 0; i < entries.length; i++) {
      const table = Table.open(this.access, entries[i]);
      if (!table) return lastError.status;
      const status = this.insert(table);
      if (status != OK) return status;
    }
    this.link();
    return OK;
  }

  /** Opens the tables of a layout without definitions, when those that were given fit. */
  private loadGiven(entries: Array<TablePages>): Status {
    this.entries = entries;
    this.unopened = 0;
    this.lacks = "";
    const given = this.given;
    if (entries.length > 0 && !given) return schemaNeeded(this.access.manager.layout);
    const schemas = given && entries.length > 0 ? given.match(entries) : [];
    if (!schemas) return lastError.status;
    for (let i = 0; i < schemas.length; i++) {
      const schema = schemas[i];
      if (!schema) {
        this.unopened += 1;
        continue;
      }
      let status = checkTablePages(this.access, entries[i]);
      if (status == OK) status = adoptLedgers(this.access, entries[i], schema);
      if (status != OK) return status;
      if (leftOut) this.noteLeftOut(schema.name);
      const table = openGiven(this.access, entries[i], schema);
      status = table.loadRoots();
      if (status == OK) status = checkFit(table);
      if (status != OK) {
        table.free();
        return status;
      }
      if (widerAlignment != 0) this.noteAlignment(table);
      status = this.insert(table);
      if (status != OK) return status;
    }
    this.link();
    for (let i = 0; i < this.list.length; i++) {
      if (checkTargets(this.list, this.list[i].schema, false) == OK) continue;
      this.note(lastError.what, "the definitions have to have all that others refer to, and --table, if given, to choose it");
    }
    return OK;
  }

  /** `OK` when the definitions from outside, if there are any, say all that has to be known to write, or to make another file. */
  fullyDefined(): Status {
    return this.lacks == "" ? OK : fail(WRONG_SCHEMA, this.lacks, this.lacksHint);
  }

  /** In a layout that keeps no list of them: looks for pages that are nobody's, for new ones to be taken from. */
  findSparePages(): void {
    this.access.manager.sparePages.start(findSparePages(this.access, this.entries));
  }

  private note(what: string, hint: string): void {
    if (this.lacks != "") return;
    this.lacks = what;
    this.lacksHint = hint;
  }

  private noteLeftOut(table: string): void {
    const what = "the definition of " + table + " leaves out an index that the file has, which does not say whether it is unique";
    this.note(what, "name it with :unique or :index; schema shows which there are");
  }

  private noteAlignment(table: Table): void {
    const said = "the definition of " + table.name + " says alignment " + table.schema.alignment.toString();
    const what = said + ", but rows stand where " + widerAlignment.toString() + " puts them";
    this.note(what, "--alignment " + widerAlignment.toString() + " in its line: the crates find rows nowhere else");
  }

  /**
   * `OK` when the registry lists no tables and nothing speaks against it: its hash, or a definition where the first tables have theirs. A
   * damaged file is not to be taken for an empty one, and written over.
   */
  private checkEmpty(): Status {
    const access = this.access;
    const stored = storedSchemaHash(access);
    if (stored == computeSchemaHash(access, [], [])) return OK;
    if (stored != 0) return damaged(SCHEMA_PAGE, 0, "the schema registry lists no tables, but its hash is that of some");
    const least = access.manager.reservedPages;
    for (let pageNo = least; pageNo < min(access.manager.pageCount, least + FIRST_PAGES); pageNo++) {
      const page = access.page(pageNo);
      if (page == 0) return lastError.status;
      const definition = definitionOn(page);
      if (definition)
        return damaged(pageNo, -1, "the schema registry is empty, but this page defines a table " + definition.name);
    }
    return OK;
  }

  /** The table called `name`; null with `TABLE_NOT_FOUND`. */
  find(name: string): Table | null {
    const table = findTable(this.list, name);
    if (!table) fail(TABLE_NOT_FOUND, "there is no table " + name, this.hint());
    return table;
  }

  /** The table whose name has this fingerprint, or null. */
  withFingerprint(fingerprint: u64): Table | null {
    const list = this.byFingerprint;
    const at = fingerprintPosition(list, fingerprint);
    return at < list.length && list[at].pages.fingerprint == fingerprint ? list[at] : null;
  }

  private hint(): string {
    const names = tableNames(this.list);
    if (names.length == 0) return "the file has no tables yet";
    return "tables: " + names.slice(0, NAMED_TABLES).join(", ") + (names.length > NAMED_TABLES ? ", …" : "");
  }

  /** Lists a table that was just made, and writes what of the registry that changes. Costs the same however many tables there are. */
  add(table: Table): Status {
    this.entries.push(table.pages);
    const status = this.insert(table);
    if (status != OK) return status;
    this.linkAdded(table);
    return appendToRegistry(this.access, this.entries, this.schemaHash());
  }

  /** Takes a table off whose pages were just given back, and writes the registry. */
  remove(table: Table): Status {
    this.takeOut(table);
    this.unlink(table);
    return removeFromRegistry(this.access, this.entries, this.entries.indexOf(table.pages), this.schemaHash());
  }

  /** `table` takes the place of `old`: with another definition, and perhaps another name or other pages. */
  replace(old: Table, table: Table): Status {
    this.takeOut(old);
    let status = this.insert(table);
    if (status == OK && table.pages === old.pages) status = writeSchemaHash(this.access, this.entries.length, this.schemaHash());
    else if (status == OK) {
      status = removeFromRegistry(this.access, this.entries, this.entries.indexOf(old.pages), this.schemaHash());
      this.entries.push(table.pages);
      if (status == OK) status = appendToRegistry(this.access, this.entries, this.schemaHash());
    }
    this.link();
    old.free();
    return status;
  }

  /** Takes a table out of the lists, and its definition with it. */
  private takeOut(table: Table): void {
    const at = tablePosition(this.list, table.name);
    this.removeDefinition(at);
    this.list.splice(at, 1);
    this.byFingerprint.splice(fingerprintPosition(this.byFingerprint, table.pages.fingerprint), 1);
    const weight = table.weight;
    this.weight -= weight;
  }

  private removeDefinition(at: i32): void {
    const offset = this.definitionOffset(at);
    const definitions = this.definitions;
    const len = 8 + <u32>load<u64>(definitions.ptr + offset);
    memory.copy(definitions.ptr + offset, definitions.ptr + offset + len, definitions.len - offset - len);
    definitions.len -= len;
    this.isHashed = false;
  }

  /** Puts a table where its name belongs, and its definition. */
  private insert(table: Table): Status {
    const list = this.list;
    const at = tablePosition(list, table.name);
    const status = this.insertDefinition(table, this.definitionOffset(at));
    if (status != OK) return status;
    insertTable(list, at, table);
    const byFingerprint = this.byFingerprint;
    insertTable(byFingerprint, fingerprintPosition(byFingerprint, table.pages.fingerprint), table);
    const weight = table.weight;
    this.weight += weight;
    return OK;
  }

  /** Where in `definitions` that of table number `at` of `list` begins. */
  private definitionOffset(at: i32): u32 {
    const ptr = this.definitions.ptr;
    let offset: u32 = 1;
    for (let i = 0; i < at; i++) offset += 8 + <u32>load<u64>(ptr + offset);
    return offset;
  }

  private insertDefinition(table: Table, offset: u32): Status {
    const definitions = this.definitions;
    const end = definitions.len;
    definitions.addU64(0);
    if (hasDefinitions(this.access.manager.layout)) {
      const page = this.access.page(table.pages.snapshot);
      if (page != 0) definitions.addBytes(page, table.snapshotLen);
      else definitions.len = end;
    } else if (table.schema.encode(definitions) != OK) definitions.len = end;
    const len = definitions.len - end;
    if (len == 0) return lastError.status;
    store<u64>(definitions.ptr + end, len - 8);
    this.isHashed = false;
    if (offset == end) return OK;
    // What was added at the end goes to its place.
    definitions.reserve(len);
    const place = definitions.ptr + offset;
    memory.copy(place + len, place, definitions.len - offset);
    memory.copy(place, definitions.ptr + definitions.len, len);
    return OK;
  }

  /** Notes for each table which columns refer to it. */
  private link(): void {
    this.version += 1;
    const list = this.list;
    this.dangling = new Array<Reference>();
    for (let i = 0; i < list.length; i++) list[i].references = new Array<Reference>();
    for (let i = 0; i < list.length; i++) this.linkColumns(list[i]);
    for (let i = 0; i < list.length; i++) list[i].findWaiting();
  }

  /** Foreign keys that name a table `name` which is not there. */
  referringTo(name: string): Array<Reference> {
    const found = new Array<Reference>();
    for (let i = 0; i < this.dangling.length; i++) if (this.dangling[i].targetName == name) found.push(this.dangling[i]);
    return found;
  }

  /** Notes the columns of `table` that refer to others, or to it. */
  private linkColumns(table: Table): void {
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      const foreignKey = columns[i].foreignKey;
      if (!foreignKey) continue;
      const target = findTable(this.list, foreignKey.table);
      const reference = new Reference(table, i);
      if (target) target.addReference(reference);
      else this.dangling.push(reference);
    }
  }

  /** `link` for a table that came to the linked ones. */
  private linkAdded(table: Table): void {
    this.version += 1;
    const dangling = this.dangling;
    let kept = 0;
    for (let i = 0; i < dangling.length; i++) {
      if (dangling[i].targetName == table.name) table.addReference(dangling[i]);
      else dangling[kept++] = dangling[i];
    }
    dangling.length = kept;
    this.linkColumns(table);
    this.findWaitingAround(table);
  }

  /** `link` for a table that went. */
  private unlink(table: Table): void {
    this.version += 1;
    for (let r = 0; r < table.references.length; r++) this.dangling.push(table.references[r]);
    forgetReferences(this.dangling, table);
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      const foreignKey = columns[i].foreignKey;
      const target = foreignKey ? findTable(this.list, foreignKey.table) : null;
      if (target) forgetReferences(target.references, table);
    }
    this.findWaitingAround(table);
  }

  /** `findWaiting` for a table that came or went, and for those that it refers to. */
  private findWaitingAround(table: Table): void {
    table.findWaiting();
    const columns = table.schema.columns;
    for (let i = 0; i < columns.length; i++) {
      const foreignKey = columns[i].foreignKey;
      const target = foreignKey ? findTable(this.list, foreignKey.table) : null;
      if (target) target.findWaiting();
    }
  }

  /** The hash over the definitions of all tables as they are now; in a layout without definitions, that of a file which had these. */
  schemaHash(): u64 {
    if (!this.isHashed) this.hash = xxh3(this.definitions.ptr, this.definitions.len);
    this.isHashed = true;
    return this.hash;
  }

  /** Closes all tables. */
  free(): void {
    this.version += 1;
    for (let i = 0; i < this.list.length; i++) this.list[i].free();
    this.list = new Array<Table>();
    this.byFingerprint = new Array<Table>();
    this.weight = 0;
    this.definitions.len = 1;
    this.isHashed = false;
  }
}
