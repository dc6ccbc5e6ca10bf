/**
 * What a command gets: its words and options, its store, and what is known of the person in front of it.
 *
 * A command is a function `(ctx: CommandContext) => Status`. It writes what it has to say to `stdout`; the frame (`main.ts`) opens the
 * store before it unless the command does so itself, and afterwards reports a failure, closes the store, writes out what waits and
 * ends with the exit status.
 */
import { Status, OK, TABLE_NOT_FOUND, USAGE, fail, lastError } from "../../status";
import { LAYOUT_0_6, LAYOUT_0_8, LAYOUT_0_9, LAYOUT_0_11, layoutName } from "../../memory/base/layout";
import { MemoryManager } from "../../memory/manager/memory-manager";
import { MemoryProvider } from "../../memory/file/provider";
import { notices } from "../../memory/file/set-aside";
import { DbmsContext } from "../../store/dbms-context";
import { OpenOptions } from "../../store/store";
import { Table } from "../../store/table";
import { findTable } from "../../store/table-list";
import { environmentVariable, stderr } from "../../wasi/stdio";
import { GivenTables } from "../../schema/given-tables";
import { hasRules } from "../../schema/column";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { readDefinitionsFile } from "../../request/definitions-file";
import { MANY_NULLS, takeUniqueNulls } from "../../request/open-request";
import { unknownTable } from "../../store/names";
import { Invocation } from "./invocation";

export class CommandContext {
  /** The open store, or null before `openStore`. */
  store: DbmsContext | null = null;
  /** The command's reply tells of its failure already; the frame only takes the exit status. */
  told: bool = false;
  /** Each reply was held back until what it read was known to be of one state of the file: there is no need to look again at the end. */
  settled: bool = false;
  /** Replies are JSON. */
  readonly json: bool;
  /** Output may have colours. */
  readonly color: bool;
  /** A person watches standard error: show how far the work is. */
  readonly progress: bool;
  /** The terminal's width in characters; 0: no limit. */
  readonly columns: i32;

  /** The definitions that `--schema` gives, once they were read. */
  given: GivenTables | null = null;
  /** `--schema` names what the file is compared with. */
  comparesSchema: bool = false;

  constructor(readonly invocation: Invocation) {
    this.json = invocation.has("json");
    this.color = invocation.has("color") || (environmentVariable("QUIRE_COLOR") == "1" && !invocation.has("no-color"));
    this.progress = invocation.has("progress") || (environmentVariable("QUIRE_TTY") == "1" && !invocation.has("no-progress"));
    const columns = environmentVariable("COLUMNS");
    const width = columns ? parseCount(columns, 10000) : 0;
    this.columns = width > 0 ? <i32>width : 0;
  }

  /** The open store; only for commands that have one. */
  get db(): DbmsContext {
    return this.store!;
  }

  get words(): Array<string> {
    return this.invocation.words;
  }

  /** The word behind the command at `position`, or "". */
  word(position: i32): string {
    return position < this.words.length ? this.words[position] : "";
  }

  has(option: string): bool {
    return this.invocation.has(option);
  }

  /** The table called `name`, or null with an error that names one that is spelled alike. */
  table(name: string): Table | null {
    const table = findTable(this.db.tables, name);
    if (table) return table.refresh() == OK ? table : null;
    if (this.db.catalog.view(name)) fail(TABLE_NOT_FOUND, name + " is a view", "export and sql read its rows");
    else unknownTable(this.db.tables, name);
    return null;
  }

  /** The value of a number option: `otherwise` when it was not given, -1 with `USAGE` when it is no number up to `limit`. */
  number(option: string, otherwise: i64, limit: i64 = i64.MAX_VALUE): i64 {
    if (!this.has(option)) return otherwise;
    const text = this.invocation.option(option, "");
    const value = parseCount(text, limit);
    if (value < 0) {
      const range = limit == i64.MAX_VALUE ? "" : " up to " + limit.toString();
      fail(USAGE, "--" + option + " needs a whole number" + range + ", not " + text);
    }
    return value;
  }
}

/** Reads a count in decimal digits, nothing else; -1 when it is none, or above `limit`. */
export function parseCount(text: string, limit: i64): i64 {
  if (text.length == 0 || text.length > 18) return -1;
  let value: i64 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= limit ? value : -1;
}

/** The layout that --layout names, `otherwise` without it; 0 with `USAGE` when there is no such layout. */
export function layoutOption(ctx: CommandContext, otherwise: u8): u8 {
  const layout = ctx.invocation.option("layout", "");
  if (layout == "") return otherwise;
  if (layout == "0.11") return LAYOUT_0_11;
  if (layout == "0.9") return LAYOUT_0_9;
  const isOld = oldLayoutOption(ctx) != 0;
  fail(USAGE, isOld ? "no files of layout " + layout + " are made" : "there is no layout " + layout, "use 0.9 or 0.11");
  return 0;
}

/** The layout before 0.9 that --layout names; 0 when it names none. */
export function oldLayoutOption(ctx: CommandContext): u8 {
  const layout = ctx.invocation.option("layout", "");
  return layout == layoutName(LAYOUT_0_8) ? LAYOUT_0_8 : layout == layoutName(LAYOUT_0_6) ? LAYOUT_0_6 : 0;
}

/** Reads the definitions that `--schema` names into `ctx.given`, and which tables they are by `--table`. */
export function readGiven(ctx: CommandContext): Status {
  if (ctx.given || ctx.comparesSchema) return OK;
  const chosen = ctx.invocation.options("table");
  if (!ctx.has("schema")) return chosen.length == 0 ? OK : fail(USAGE, "--table goes with --schema FILE");
  const schemas = readDefinitionsFile(ctx.invocation.option("schema", ""));
  if (!schemas) return lastError.status;
  const given = new GivenTables(schemas);
  for (let i = 0; i < chosen.length; i++) {
    const status = given.choose(chosen[i]);
    if (status != OK) return status;
  }
  ctx.given = given;
  return OK;
}

/** How a store is to be opened, as far as the general options say it; null on failure. */
export function openOptions(ctx: CommandContext): OpenOptions | null {
  const options = new OpenOptions();
  const cache = ctx.number("cache", <i64>options.cacheBytes, 1 << 31);
  if (cache < 0) return null;
  options.cacheBytes = <u64>cache;
  const sqlBytes = ctx.number("sql-memory", <i64>options.sqlBytes, 1 << 31);
  if (sqlBytes < 0) return null;
  options.sqlBytes = <u64>sqlBytes;
  const durability = ctx.invocation.option("durability", "commit");
  if (durability != "commit" && durability != "checkpoint") {
    fail(USAGE, "there is no durability " + durability, "use commit or checkpoint");
    return null;
  }
  options.syncCommits = durability == "commit";
  if (!takeUniqueNulls(options, ctx.invocation.option("unique-nulls", MANY_NULLS))) {
    fail(USAGE, "--unique-nulls is many or one");
    return null;
  }
  if (readGiven(ctx) != OK) return null;
  options.given = ctx.given;
  options.withLinks = ctx.has("allow-links");
  return options;
}

/** Of a file that is only read, and has several names, the log under another name is not seen: says so. */
export function noteLinks(provider: MemoryProvider): void {
  const links = provider.links;
  if (links > 1)
    notices.push(
      provider.name +
        " has " +
        links.toString() +
        " names (hard links): what a session that has another one left in its log is not seen",
    );
}

/** Opens the store `path` for reading; null on failure. The caller closes it. */
export function openForReading(ctx: CommandContext, path: string): DbmsContext | null {
  const options = openOptions(ctx);
  if (!options) return null;
  options.readOnly = true;
  const store = DbmsContext.openFile(path, options);
  if (store) {
    noteLinks(store.manager.provider);
    warnOfLog(store.manager);
  }
  return store;
}

/** Says what is the matter with the file's log, if anything is. */
export function warnOfLog(manager: MemoryManager): void {
  if (manager.logWarning != "") stderr.line("quire: warning: " + manager.logWarning);
}

/**
 * Opens the invocation's FILE into `ctx.store`, for writing with `write`; with `create`, a missing file is made, of the layout that
 * --layout names or else `usualLayout`.
 */
export function openStore(ctx: CommandContext, write: bool, create: bool, usualLayout: u8 = LAYOUT_0_9): Status {
  const options = openOptions(ctx);
  if (!options) return lastError.status;
  const layout = layoutOption(ctx, usualLayout);
  if (layout == 0) return USAGE;
  options.readOnly = !write || ctx.has("readonly");
  options.spillsBeside = !ctx.has("readonly");
  options.create = create && !options.readOnly;
  options.layout = layout;
  options.isLayoutAsked = ctx.has("layout");
  const store = DbmsContext.openFile(ctx.invocation.file, options);
  if (!store) return lastError.status;
  ctx.store = store;
  warnOfLog(store.manager);
  if (options.readOnly) noteLinks(store.manager.provider);
  return declareRules(ctx, store, options.create);
}

/** The definitions of `--rules`, none without it; null on failure. */
export function rulesOption(ctx: CommandContext): Array<TableSchemaSnapshot> | null {
  return ctx.has("rules") ? readDefinitionsFile(ctx.invocation.option("rules", "")) : [];
}

/** Declares the rules of `--rules`. Where nothing is made their tables have to be there. */
function declareRules(ctx: CommandContext, store: DbmsContext, makes: bool): Status {
  const definitions = rulesOption(ctx);
  let status: Status = definitions ? OK : lastError.status;
  for (let d = 0; definitions && d < definitions.length && status == OK; d++) {
    const definition = definitions[d];
    if (!hasRules(definition.columns)) continue;
    if (!makes && !ctx.table(definition.name)) return lastError.status;
    status = store.catalog.setRules(definition.name, definition.columns);
  }
  return status;
}
