/**
 * A page file, or a store in memory, that is open: its pages, its tables, and what scans that span statements are told. How its rows and
 * tables change is a layer above: dbms-context.ts.
 */
import { Status, OK, NO_PAGE, NOT_A_PAGE_FILE, READ_ONLY, fail, lastError, savedError, restoreError } from "../status";
import { IN_MEMORY } from "../wasi/preopens";
import { MemoryProvider, WasiMemoryProvider, HeapMemoryProvider } from "../memory/file/provider";
import { opensAgain } from "../memory/file/foreign-writer";
import { LogFile } from "../memory/file/log-file";
import { MemoryManager, DEFAULT_CACHE_BYTES } from "../memory/manager/memory-manager";
import { MemoryAccess } from "../memory/access/memory-access";
import { LAYOUT_0_9, LAYOUT_0_11, hasDefinitions, hasIndexes, layoutName, reservedPages } from "../memory/base/layout";
import { useExactJsonNumbers } from "../encode/json-compare";
import { GivenTables } from "../schema/given-tables";
import { checkFormat, detectLayout } from "../schema/layout-detection";
import { AccessControlList } from "../acl/access-control-list";
import { OpenTables } from "./open-tables";
import { ScanWatch, TableWatch } from "./scan-watch";
import { Table, TableIndex } from "./table";

/** How a store is opened. */
export class OpenOptions {
  readOnly: bool = false;
  /** Make the file when it is missing. */
  create: bool = false;
  cacheBytes: u64 = DEFAULT_CACHE_BYTES;
  /** Each commit is durable when it returns; else a checkpoint, `sync` or the close makes it so. */
  syncCommits: bool = true;
  /** Write to a file that has several hard links. */
  withLinks: bool = false;
  /** Layout of a new store; an existing one has its own. */
  layout: u8 = LAYOUT_0_9;
  /** Definitions of the tables of a store whose layout holds none. */
  given: GivenTables | null = null;
}

export class Store {
  readonly access: MemoryAccess;
  readonly acl: AccessControlList;
  readonly openTables: OpenTables;
  readonly watch: ScanWatch = new ScanWatch();

  private constructor(readonly manager: MemoryManager) {
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
    const write = !options.readOnly;
    // mutant: a reading handle does not look into the log
    let log = LogFile.open(path, write, write && provider.pages == 0);
    // None is made beside a file that is not one of ours.
    if (!log && write && lastError.status == OK && provider.checkStart() == OK) log = LogFile.open(path, true);
    if (!log && lastError.status != OK) {
      provider.close();
      return null;
    }
    return Store.of(provider, options, log);
  }

  /** Makes a store in memory. */
  static inMemory(options: OpenOptions): Store | null {
    const provider = new HeapMemoryProvider();
    const store = Store.of(provider, options);
    // Its first pages had to be made in any case.
    if (store && options.readOnly) store.manager.onlyRead();
    return store;
  }

  /** Opens the store that `provider` keeps, with its log; both are closed on failure. */
  static of(provider: MemoryProvider, options: OpenOptions, log: LogFile | null = null): Store | null {
    const store = new Store(new MemoryManager(provider, options.cacheBytes));
    const manager = store.manager;
    manager.syncCommits = options.syncCommits;
    let status = log ? manager.useLog(log) : OK;
    if (status == OK) status = store.start(options);
    if (manager.leave(status) == OK) return store;
    // Closing may fail as well; what matters is why the store could not be opened.
    const error = savedError();
    manager.close();
    restoreError(error);
    return null;
  }

  private start(options: OpenOptions): Status {
    const manager = this.manager;
    const isNew = manager.pageCount == 0;
    if (isNew) manager.layout = options.layout;
    else {
      const layout = checkFormat(this.access) == OK ? detectLayout(this.access) : 0;
      if (layout == 0) return lastError.status;
      manager.layout = layout;
    }
    if (manager.pageCount < reservedPages(manager.layout)) {
      if (manager.readOnly)
        return fail(
          NOT_A_PAGE_FILE,
          "the file has " + manager.pageCount.toString() + " pages, a store has at least 3",
          "open it for writing to complete it",
        );
      while (manager.pageCount < reservedPages(manager.layout)) {
        if (this.access.growOnePage() == NO_PAGE) return lastError.status;
      }
      const status = manager.commit();
      if (status != OK) return status;
    }
    this.openTables.given = options.given;
    const status = this.openTables.load();
    return status == OK ? this.checkWritable(options) : status;
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
