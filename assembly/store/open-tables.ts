/** The tables of an open store: what its registry lists, opened, with the foreign keys between them. */
import { Status, OK, TABLE_NOT_FOUND, damaged, fail, lastError } from "../status";
import { SCHEMA_PAGE, hasDefinitions } from "../memory/layout";
import { MemoryAccess } from "../memory/memory-access";
import { ByteBuffer } from "../encode/byte-buffer";
import { xxh3 } from "../encode/xxh3";
import { GivenTables, schemaNeeded } from "../schema/given-tables";
import {
  TablePages,
  checkTablePages,
  computeSchemaHash,
  inPageOrder,
  readRegistry,
  storedSchemaHash,
  writeRegistry,
} from "../schema/schema-registry";
import { openGiven } from "./made-index";
import { adoptLedgers, checkFit, leftOut } from "./schema-fit";
import { SNAPSHOT_VERSION, definitionOn } from "../schema/table-schema-snapshot";
import { Reference, Table, findTable } from "./table";

/** Behind the reserved ones so many pages are looked at for definitions when the registry is empty. */
const FIRST_PAGES: u32 = 16;
/** A message names so many tables at most. */
const NAMED_TABLES: i32 = 20;

export class OpenTables {
  /** Sorted by name, in the order of its UTF-8 bytes. */
  list: Array<Table> = new Array<Table>();
  /** Grows whenever the open tables change: a `Table` that was looked up under another number must not be used any more. */
  version: u32 = 0;
  /** What the registry lists, in its order. */
  private entries: Array<TablePages> = new Array<TablePages>();

  constructor(private readonly access: MemoryAccess) {}

  /** Definitions of tables, for a file whose layout holds none. */
  given: GivenTables | null = null;
  /** Tables of the file that were not opened, as none of the definitions is theirs. */
  unopened: u32 = 0;
  /** The first table whose definition leaves out an index that the file has; "" when none does. */
  incomplete: string = "";

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
      this.insert(table);
    }
    this.link();
    return OK;
  }

  /** Opens the tables of a layout without definitions, when those that were given fit. */
  private loadGiven(entries: Array<TablePages>): Status {
    this.unopened = 0;
    this.incomplete = "";
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
      if (leftOut && this.incomplete == "") this.incomplete = schema.name;
      const table = openGiven(this.access, entries[i], schema);
      status = table.loadRoots();
      if (status == OK) status = checkFit(table);
      if (status != OK) {
        table.free();
        return status;
      }
      this.insert(table);
    }
    this.link();
    return OK;
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

  private hint(): string {
    const list = this.list;
    if (list.length == 0) return "the file has no tables yet";
    let text = "tables: " + list[0].name;
    for (let i = 1; i < list.length && i < NAMED_TABLES; i++) text += ", " + list[i].name;
    return list.length > NAMED_TABLES ? text + ", …" : text;
  }

  /** Lists a table that was just made, and writes the registry. */
  add(table: Table): Status {
    this.entries.push(table.pages);
    this.insert(table);
    this.link();
    return this.writeRegistry();
  }

  /** Takes a table off whose pages were just given back, and writes the registry. */
  remove(table: Table): Status {
    this.list.splice(this.list.indexOf(table), 1);
    for (let i = 0; i < this.entries.length; i++) {
      if (this.entries[i].fingerprint != table.pages.fingerprint) continue;
      this.entries.splice(i, 1);
      break;
    }
    this.link();
    return this.writeRegistry();
  }

  private insert(table: Table): void {
    const list = this.list;
    let at = list.length;
    while (at > 0 && compareNames(list[at - 1].name, table.name) > 0) at -= 1;
    list.push(table);
    for (let i = list.length - 1; i > at; i--) list[i] = list[i - 1];
    list[at] = table;
  }

  /** Notes for each table which columns refer to it. */
  private link(): void {
    this.version += 1;
    const list = this.list;
    for (let i = 0; i < list.length; i++) list[i].references = new Array<Reference>();
    for (let i = 0; i < list.length; i++) {
      const columns = list[i].schema.columns;
      for (let j = 0; j < columns.length; j++) {
        const foreignKey = columns[j].foreignKey;
        const target = foreignKey ? findTable(list, foreignKey.table) : null;
        if (target) target.references.push(new Reference(list[i], j));
      }
    }
    for (let i = 0; i < list.length; i++) list[i].findWaiting();
  }

  /** Writes the registry with a new schema hash. */
  private writeRegistry(): Status {
    const hash = this.schemaHash();
    return hash == 0 ? lastError.status : writeRegistry(this.access, this.entries, hash);
  }

  /** The hash over the definitions of all tables as they are now; 0 on failure. */
  schemaHash(): u64 {
    if (!hasDefinitions(this.access.manager.layout)) return this.hashOfGiven();
    const pages = new Array<u32>();
    const lens = new Array<u32>();
    for (let i = 0; i < this.list.length; i++) {
      pages.push(this.list[i].pages.snapshot);
      lens.push(this.list[i].snapshotLen);
    }
    return computeSchemaHash(this.access, pages, lens);
  }

  /** The hash that a file with these definitions would have. */
  private hashOfGiven(): u64 {
    const out = new ByteBuffer(4096);
    const part = new ByteBuffer(1024);
    out.addU8(SNAPSHOT_VERSION);
    for (let i = 0; i < this.list.length; i++) {
      part.reset();
      if (this.list[i].schema.encode(part) != OK) return 0;
      out.addU64(part.len);
      out.addBytes(part.ptr, part.len);
    }
    const hash = xxh3(out.ptr, out.len);
    out.free();
    part.free();
    return hash;
  }

  /** Closes all tables. */
  free(): void {
    this.version += 1;
    for (let i = 0; i < this.list.length; i++) this.list[i].free();
    this.list = new Array<Table>();
  }
}

/** The order of names by their UTF-8 bytes. */
export function compareNames(a: string, b: string): i32 {
  const left = String.UTF8.encode(a);
  const right = String.UTF8.encode(b);
  const order = memory.compare(changetype<usize>(left), changetype<usize>(right), min(left.byteLength, right.byteLength));
  return order != 0 ? order : left.byteLength - right.byteLength;
}
