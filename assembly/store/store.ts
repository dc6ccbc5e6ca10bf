/**
 * A page file, or a store in memory, that is open: its pages, its tables, and what scans that span statements are told. How its rows and
 * tables change is a layer above: dbms-context.ts.
 */
import { Status, OK, NO_PAGE, BAD_VALUE, NOT_A_PAGE_FILE, READ_ONLY, fail, lastError, savedError, restoreError } from "../status";
import { IN_MEMORY } from "../wasi/preopens";
import { MemoryProvider, WasiMemoryProvider, HeapMemoryProvider } from "../memory/file/provider";
import { failChanged, opensAgain } from "../memory/file/foreign-writer";
import { FIRST_GENERATION, LogFile } from "../memory/file/log-file";
import { MemoryManager, DEFAULT_CACHE_BYTES } from "../memory/manager/memory-manager";
import { MemoryAccess } from "../memory/access/memory-access";
import { LAYOUT_0_9, LAYOUT_0_11, hasDefinitions, hasIndexes, layoutName } from "../memory/base/layout";
import { useExactJsonNumbers } from "../encode/json-compare";
import { GivenTables } from "../schema/given-tables";
import { checkFormat, detectLayout } from "../schema/layout-detection";
import { AccessControlList } from "../acl/access-control-list";
import { OpenTables } from "./open-tables";
import { ScanWatch, TableWatch } from "./scan-watch";
import { StatementMemory } from "./statement-memory";
import { Table } from "./table";
import { TableIndex } from "./table-index";

const DEFAULT_SQL_BYTES: u64 = 64 << 20;

/** How a store is opened. */
export class OpenOptions {
  readOnly: bool = false;
  /** Make the file when it is missing. */
  create: bool = false;
  cacheBytes: u64 = DEFAULT_CACHE_BYTES;
  /** Bytes that statements of SQL which are under way may keep together for what they sort, group, join and change. */
  sqlBytes: u64 = DEFAULT_SQL_BYTES;
  /** A statement may make a file for what it can't keep in memory, also where the store is only read. */
  spillsBeside: bool = false;
  /** Each commit is durable when it returns; else a checkpoint, `sync` or the close makes it so. */
  syncCommits: bool = true;
  /** Write to a file that has several hard links. */
  withLinks: bool = false;
  /** Only one row may have null in a unique column, as the reference has it; else any number of them. */
  oneNull: bool = false;
  /** Layout of a new store; an existing one has its own, and is refused for it if `isLayoutAsked`. */
  layout: u8 = LAYOUT_0_9;
  isLayoutAsked: bool = false;
  /** Definitions of the tables of a store whose layout holds none. */
  given: GivenTables | null = null;
}

export class Store {
  readonly access: MemoryAccess;
  readonly acl: AccessControlList;
  readonly openTables: OpenTables;
  readonly watch: ScanWatch = new ScanWatch();
  readonly statementMemory: StatementMemory;

  private constructor(
    readonly manager: MemoryManager,
    /** `OpenOptions.oneNull`. */
    readonly oneNull: bool,
    sqlBytes: u64,
  ) {
    this.statementMemory = new StatementMemory(sqlBytes, manager.provider);
    const access = new MemoryAccess(manager);
    this.access = access;
    this.openTables = new OpenTables(access);
    this.acl = new AccessControlList(access);
  }

  /** Opens the page file `path`, or makes a store in memory for `IN_MEMORY`; null on failure. */
  static open(path: string, options: OpenOptions): Store | null {
    if (path == IN_MEMORY) return Store.inMemory(options);
    let store = Store.openOnce(path, options);
    for (let attempt = 1; !store && opensAgain(attempt); attempt++) store = Store.openOnce(path, options);
    return store;
  }

  private static openOnce(path: string, options: OpenOptions): Store | null {
    const provider = WasiMemoryProvider.open(path, options.readOnly, options.create, false, options.withLinks);
    if (!provider) return null;
    provider.spillsBeside = options.spillsBeside;
    const write = !options.readOnly;
    // mutant: a reading handle does not look into the log
    const log = LogFile.open(path, write, write && provider.pages == 0);
    if (!log && (lastError.status != OK || (write && provider.checkStart() != OK))) {
      provider.close();
      return null;
    }
    return Store.of(provider, options, log, write && !log ? path : "");
  }

  /** Makes a store in memory. */
  static inMemory(options: OpenOptions): Store | null {
    const provider = new HeapMemoryProvider();
    const store = Store.of(provider, options);
    // Its first pages had to be made in any case.
    if (store && options.readOnly) store.manager.onlyRead();
    return store;
  }

  /**
   * Opens the store that `provider` keeps, with its log; both are closed on failure. Without one that of the page file `newLog` is made
   * (none for ""), unless the store is refused.
   */
  static of(provider: MemoryProvider, options: OpenOptions, log: LogFile | null = null, newLog: string = ""): Store | null {
    const store = new Store(new MemoryManager(provider, options.cacheBytes), options.oneNull, options.sqlBytes);
    const manager = store.manager;
    manager.syncCommits = options.syncCommits;
    let status = log ? manager.useLog(log) : OK;
    if (status == OK) status = store.findLayout(options);
    if (status == OK && manager.pageCount == 0) status = store.complete();
    if (status == OK) status = store.openGiven(options);
    if (status == OK && newLog != "") status = store.makeLog(newLog);
    if (status == OK) status = store.complete();
    if (manager.leave(status) == OK) return store;
    // Closing may fail as well; what matters is why the store could not be opened.
    const error = savedError();
    manager.close();
    restoreError(error);
    return null;
  }

  /** Finds out the layout of a file; a new one has that of `options`. */
  private findLayout(options: OpenOptions): Status {
    const manager = this.manager;
    if (manager.pageCount == 0) {
      manager.layout = options.layout;
      return this.checkReserved();
    }
    const layout = checkFormat(this.access) == OK ? detectLayout(this.access) : 0;
    if (layout == 0) return lastError.status;
    manager.layout = layout;
    if (options.isLayoutAsked && layout != options.layout) {
      const what = manager.provider.name + " has layout " + layoutName(layout) + ", not " + layoutName(options.layout);
      return fail(BAD_VALUE, what, "a file keeps its layout: convert makes a new one");
    }
    return this.checkReserved();
  }

  /** `OK` unless pages that belong to no table are missing, and can't be made. */
  private checkReserved(): Status {
    const manager = this.manager;
    if (manager.pageCount >= manager.reservedPages || !manager.readOnly) return OK;
    const what = "the file has " + manager.pageCount.toString() + " pages, a store has at least 3";
    return fail(NOT_A_PAGE_FILE, what, "open it for writing to complete it");
  }

  /** Makes the pages that belong to no table, where they are missing. */
  private complete(): Status {
    const manager = this.manager;
    if (manager.pageCount >= manager.reservedPages) return OK;
    while (manager.pageCount < manager.reservedPages) if (this.access.growOnePage() == NO_PAGE) return lastError.status;
    return manager.commit();
  }

  /** Opens the tables, by the definitions in `options` where the file holds none. */
  private openGiven(options: OpenOptions): Status {
    this.openTables.given = options.given;
    const status = this.openTables.load();
    return status == OK ? this.checkWritable(options) : status;
  }

  /** Makes the log of the page file `path`, which had none when it was opened; nothing has been written since. */
  private makeLog(path: string): Status {
    const log = LogFile.open(path, true);
    if (!log) return lastError.status;
    const status = this.manager.useLog(log);
    // Another session may have made one meanwhile, and have changed what was read.
    return status == OK && log.generation != FIRST_GENERATION ? failChanged(path) : status;
  }

  /** Definitions from outside, where the layout holds none. */
  @inline get given(): GivenTables | null {
    return this.openTables.given;
  }

  /** Tables of a layout without definitions that were not opened, as none of those that were given is theirs. */
  get unopened(): u32 {
    return this.openTables.unopened;
  }

  /** `OK` when the definitions from outside, if there are any, say all that has to be known to write, or to make another file. */
  fullyDefined(): Status {
    return this.openTables.fullyDefined();
  }

  /** `OK` when a store that is not only to be read is one that can be written to. */
  private checkWritable(options: OpenOptions): Status {
    const layout = this.manager.layout;
    if (options.readOnly || hasDefinitions(layout)) return OK;
    if (hasIndexes(layout)) return this.makeWritable();
    const name = "a file of layout " + layoutName(layout);
    const convert = "convert OUT --layout 0.9 makes a file that can be changed; --readonly opens this one to read it";
    return fail(READ_ONLY, name + " is only read", convert);
  }

  /** `OK` when the definitions from outside will do to write to a store of a layout that holds none. */
  private makeWritable(): Status {
    const status = this.fullyDefined();
    if (status == OK) this.openTables.findSparePages();
    return status;
  }

  /** After a rollback. Without its tables a handle must not be written through: it would write a registry without them. */
  reloadTables(): Status {
    const status = this.openTables.load();
    if (status != OK) this.manager.poison();
    const tables = this.openTables.list;
    for (let i = 0; i < tables.length; i++) this.watchAgain(tables[i]);
    return status;
  }

  /** Has a table that was opened anew go on telling its watch what happens. */
  watchAgain(table: Table): void {
    const watch = this.watch.find(table.pages.fingerprint, table.registry.slotAlignment, table.indexes.length);
    table.watch = watch;
    if (!watch) return;
    for (let i = 0; i < table.indexes.length; i++) table.indexes[i].tree.history = watch.historyOf(i);
  }

  /** Begins a scan of `table` by `index`, or of its records, that spans statements: its start. */
  beginScan(table: Table, index: TableIndex | null): u32 {
    const watch = this.watchOf(table);
    const position = table.positionOf(index);
    const since = watch.begin(position);
    if (index) index.tree.history = watch.historyOf(position);
    return since;
  }

  /** What tells scans of `table` that span statements what happens to its rows. */
  watchOf(table: Table): TableWatch {
    const known = table.watch;
    if (known) return known;
    const made = this.watch.of(table.pages.fingerprint, table.registry.slotAlignment, table.indexes.length);
    table.watch = made;
    return made;
  }

  /** Sorted by name, in the order of its UTF-8 bytes. */
  @inline get tables(): Array<Table> {
    return this.openTables.list;
  }

  /** The table whose name has this fingerprint, or null. */
  tableOfFingerprint(fingerprint: u64): Table | null {
    return this.openTables.withFingerprint(fingerprint);
  }

  /** About how much of what a collection of garbage walks is the store's, by what insertions leave. */
  get weight(): u32 {
    return this.openTables.weight;
  }

  /** Grows whenever the open tables change: a `Table` that was looked up under another number must not be used any more. */
  @inline get tablesVersion(): u32 {
    return this.openTables.version;
  }

  /** Sets the switches of formats, which all stores share, to what this store needs. To be called before its rows are read. */
  useFormat(): void {
    useExactJsonNumbers(this.manager.layout == LAYOUT_0_11);
  }

  /** The table called `name`, ready to be read; null with `TABLE_NOT_FOUND` or damage. A rollback may make it stale: ask again then. */
  table(name: string): Table | null {
    this.useFormat();
    const table = this.openTables.find(name);
    return table && table.refresh() == OK ? table : null;
  }

  /** The hash over the definitions of all tables as they are now; 0 on failure. */
  schemaHash(): u64 {
    return this.openTables.schemaHash();
  }

  /** Closes what it has open. */
  close(): Status {
    this.openTables.free();
    this.watch.free();
    return this.manager.close();
  }
}
