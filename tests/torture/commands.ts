/**
 * Commands over the simulated disk: killed at every call, with calls that fail, and with little memory. What is to hold: the store is as before
 * or as after; a file that the command makes has its name only when it is whole; what is left under another name is refused, or whole; and the
 * same command, run again, either does it all or names what is in its way.
 */
import { runCommand, type CommandOptions, type CommandRun } from "./command.js";
import { afterPowerCut, Disk, type Image } from "./disk.js";
import { INITIAL_PAGES } from "./engine.js";
import { failing, type FaultKind } from "./faults.js";
import type { Hook } from "./host.js";
import { Random } from "./random.js";
import { oldImages } from "./start.js";

export interface TestedCommand {
  readonly words: readonly string[];
  readonly stdin?: string;
  readonly reads: boolean;
  /** FILE, unless it is the store. */
  readonly file?: string;
  /** The page file that it makes. */
  readonly makes?: string;
  /** The other file that it makes. */
  readonly lists?: string;
}

/** A store that is not there before. */
const FRESH = "fresh.db";

const ROWS = Array.from({ length: 40 }, (_, at) => `{"id":${at + 100},"name":"row ${at}","price":"${at}.50"}`);

/** What `dump` prints of a small store: two tables, one of which refers to the other. */
const DUMP = [
  '{"quire":"dump","version":1,"layout":"0.9","tables":2}',
  '{"table":"items","columns":["id:uint32:pk","name:text:index"],"rows":40}',
  ...ROWS.map((_, at) => `{"id":${at},"name":"item ${at}"}`),
  '{"table":"orders","columns":["id:uint32:pk","item:uint32:references=items.id"],"rows":40}',
  ...ROWS.map((_, at) => `{"id":${at},"item":${39 - at}}`),
  '{"end":{"rows":80}}',
];

/** Commands for the loops, on a store with table `items`; the script for `serve` has transactions, some of them rolled back. */
export const COMMANDS: readonly TestedCommand[] = [
  { words: ["create", "orders", "id:uint32:pk", "item:uint32:references=items.id", "at:datetime:null:index"], reads: false },
  { words: ["insert", "items", ...ROWS.slice(0, 5)], reads: false },
  { words: ["update", "items", "3", '{"name":"three"}'], reads: false },
  { words: ["delete", "items", "4", "5"], reads: false },
  { words: ["drop", "spare"], reads: false },
  { words: ["import", "items", "-", "--format", "ndjson"], stdin: ROWS.join("\n"), reads: false },
  {
    words: ["serve"],
    stdin: [
      '{"op":"begin"}',
      '{"op":"insert","table":"items","row":{"id":900,"name":"a","price":"1"}}',
      '{"op":"savepoint","name":"s"}',
      '{"op":"delete","table":"items","key":2}',
      '{"op":"rollbackTo","name":"s"}',
      '{"op":"commit"}',
    ].join("\n"),
    reads: false,
  },
  {
    words: [
      "sql",
      "CREATE TABLE made (id INTEGER PRIMARY KEY, a text UNIQUE CHECK (a <> ''), item uint32 REFERENCES items (id))",
    ],
    reads: false,
  },
  { words: ["sql", "CREATE TABLE copy AS SELECT id, name || '!' AS name FROM items WHERE id < 25"], reads: false },
  { words: ["sql", "CREATE UNIQUE INDEX items_name_unique ON items (name, id)"], reads: false },
  { words: ["sql", "CREATE INDEX items_name_idx ON items (name)"], reads: false },
  { words: ["sql", "DROP INDEX items_price_idx"], reads: false },
  { words: ["alter", "items", "add", "extra:text:default=more", "--first"], reads: false },
  { words: ["index", "create", "items", "name"], reads: false },
  { words: ["diff", "--schema", "data/store.db"], reads: true },
  { words: ["compact"], reads: false },
  { words: ["compact", "data/packed.db"], reads: false, makes: "packed.db" },
  { words: ["backup", "data/backup.db"], reads: false, makes: "backup.db" },
  {
    words: ["convert", "data/converted.db", "--layout", "0.11", "--acl", "data/rights.txt"],
    reads: false,
    makes: "converted.db",
    lists: "rights.txt",
  },
  { words: ["repair", "data/repaired.db"], reads: false, makes: "repaired.db" },
  { words: ["serve"], stdin: '{"op":"backup","path":"data/served.db"}', reads: false, makes: "served.db" },
  { words: ["create", "orders", "id:uint32:pk"], reads: false, file: `data/${FRESH}` },
  {
    words: ["import", "items", "-", "--format", "ndjson", "--create"],
    stdin: ROWS.join("\n"),
    reads: false,
    file: `data/${FRESH}`,
  },
  { words: ["load", "-"], stdin: DUMP.join("\n"), reads: false, file: `data/${FRESH}` },
  { words: ["hash"], reads: true },
  { words: ["diff", "data/store.db"], reads: true },
  { words: ["export", "items", "--format", "csv"], reads: true },
  { words: ["dump"], reads: true },
  { words: ["get", "items", "3"], reads: true },
  { words: ["scan", "items", "--limit", "3"], reads: true },
  { words: ["schema"], reads: true },
  { words: ["info"], reads: true },
  { words: ["check"], reads: true },
];

const POSTS = Array.from({ length: 40 }, (_, at) => `{"id":${at + 9000},"title":"post ${at}","author":9001,"published":true}`);

const withSchema = (...words: string[]): string[] => [...words, "--schema", "data/schema"];

/** Commands for the loops on `oldCommandStore`, with the definitions that it needs. */
export const OLD_COMMANDS: readonly TestedCommand[] = [
  {
    words: withSchema(
      "insert",
      "users",
      ...[1, 2, 3, 4].map((at) => `{"id":${8000 + at},"name":"u ${at}","email":"${at}@old","age":${at}}`),
    ),
    reads: false,
  },
  { words: withSchema("update", "users", "9001", '{"name":"another","age":3}'), reads: false },
  { words: withSchema("delete", "users", "9002", "--cascade"), reads: false },
  { words: withSchema("import", "posts", "-", "--format", "ndjson"), stdin: POSTS.join("\n"), reads: false },
  {
    words: withSchema("serve"),
    stdin: [
      '{"op":"begin"}',
      '{"op":"insert","table":"users","row":{"id":8000,"name":"a","email":"a@old","age":1}}',
      '{"op":"savepoint","name":"s"}',
      '{"op":"delete","table":"users","key":9002,"cascade":true}',
      '{"op":"rollbackTo","name":"s"}',
      '{"op":"commit"}',
    ].join("\n"),
    reads: false,
  },
  { words: withSchema("backup", "data/backup.db"), reads: false, makes: "backup.db" },
  { words: withSchema("convert", "data/converted.db", "--layout", "0.9"), reads: false, makes: "converted.db" },
  { words: withSchema("repair", "data/repaired.db"), reads: false, makes: "repaired.db" },
  { words: withSchema("dump"), reads: true },
  { words: withSchema("get", "users", "9001"), reads: true },
  { words: withSchema("check"), reads: true },
  { words: ["info"], reads: true },
];

/** The words that the page file `file` needs for its tables to be known. */
function givenWords(images: ReadonlyMap<string, Image>, file: string): string[] {
  const head = Buffer.alloc(8);
  images.get(file)?.read(0, head);
  // Later layouts begin with a hash.
  return images.has("schema") && head.readBigUInt64LE() < 100n ? withSchema() : [];
}

function commandLine(command: TestedCommand): string[] {
  return [command.file ?? "data/store.db", ...command.words];
}

/** A store for the commands: closed, or (`hot`) with transactions that are only in its log. */
export function commandStore(module: WebAssembly.Module, hot: boolean): Map<string, Image> {
  const disk = new Disk();
  const must = (words: string[], stdin = ""): void => {
    const run = runCommand(module, disk, ["data/store.db", ...words], { stdin });
    if (run.status !== 0) throw new Error(`${words.join(" ")}: ${run.stderr}${run.trap}`);
  };
  must(["create", "items", "id:uint32:pk", "name:text", "price:decimal:null:index"]);
  must(["create", "spare", "id:uint32:pk"]);
  must(["acl", "grant", "text:ann", "admin", "spare:read"]);
  must(
    ["import", "items", "-", "--format", "ndjson"],
    Array.from({ length: 30 }, (_, at) => `{"id":${at},"name":"n ${at}","price":"1.${at}"}`).join("\n"),
  );
  return hot
    ? hotStore(module, disk, (at) => `{"op":"insert","table":"items","row":{"id":${at + 50},"name":"hot","price":"2"}}`)
    : disk.images();
}

/** The same with a page file of layout 0.8 and its definitions. */
export function oldCommandStore(module: WebAssembly.Module, hot: boolean): Map<string, Image> {
  const disk = Disk.of(oldImages("blog"));
  const rows = [1, 2, 3].map((at) => `{"id":${9000 + at},"name":"n","email":"${at}@new","age":2}`);
  for (const words of [
    ["insert", "users", ...rows],
    ["insert", "posts", '{"id":8000,"title":"t","author":9002,"published":false}'],
  ]) {
    const run = runCommand(module, disk, withSchema("data/store.db", ...words));
    if (run.status !== 0) throw new Error(`${words.join(" ")}: ${run.stderr}${run.trap}`);
  }
  const hotRow = (at: number): string =>
    `{"op":"insert","table":"users","row":{"id":${at + 9050},"name":"hot","email":"${at}@hot","age":5}}`;
  return hot ? hotStore(module, disk, hotRow) : disk.images();
}

/** What is left of a session that is killed behind its last insertion. */
function hotStore(module: WebAssembly.Module, disk: Disk, insertion: (at: number) => string): Map<string, Image> {
  // A session that is killed: what its sync made durable is in the log.
  const session = Disk.of(disk.images());
  const script = Array.from({ length: 5 }, (_, at) => insertion(at));
  const words = ["data/store.db", "serve", ...givenWords(disk.images(), "store.db")];
  runCommand(module, session, words, { stdin: script.join("\n") });
  const cut = Disk.of(disk.images());
  let syncs = 0;
  for (const change of session.changes) {
    cut.apply(change);
    if (change.kind === "sync" && ++syncs === script.length) break;
  }
  return cut.images();
}

/** All rows and definitions of a file, as `dump` prints them; `check` has to find nothing. */
function dumpOf(module: WebAssembly.Module, images: ReadonlyMap<string, Image>, what: string, file = "store.db"): string {
  const disk = Disk.of(images);
  // Without a session that recovers it there would only be half of it to check.
  const given = givenWords(images, file);
  const dump = runCommand(module, disk, [`data/${file}`, "dump", ...given]);
  if (dump.status !== 0) throw new Error(`${what}: ${file} can't be dumped: ${dump.stderr}${dump.trap}`);
  const check = runCommand(module, disk, [`data/${file}`, "check", ...given]);
  if (check.status !== 0) throw new Error(`${what}: check of ${file}: ${check.stdout}${check.stderr}`);
  return dump.stdout;
}

// ---- what a command makes ----

const run = (module: WebAssembly.Module, disk: Disk, command: TestedCommand, options: CommandOptions = {}): CommandRun =>
  runCommand(module, disk, commandLine(command), { stdin: command.stdin ?? "", ...options });

/** Whether a command did what it was asked to; a request that failed is in a reply. */
const wentWell = ({ status, stdout }: CommandRun): boolean => status === 0 && !stdout.includes('"error":');

/**
 * Judges the files that an interrupted command made, or was about to make. `told` is what it said when it failed itself: it has taken away what
 * is of no use, or named it.
 */
function judgeMade(
  module: WebAssembly.Module,
  command: TestedCommand,
  expected: Expected,
  images: ReadonlyMap<string, Image>,
  what: string,
  told: string | null,
): void {
  const { made, list } = expected;
  const unfinished = `${command.makes ?? "store.db"}-unfinished`;
  if (command.makes !== undefined && images.has(command.makes) && dumpOf(module, images, what, command.makes) !== made)
    throw new Error(`${what}: ${command.makes} is not whole`);
  if (command.lists !== undefined && images.has(command.lists) && !images.get(command.lists)!.equals(list!))
    throw new Error(`${what}: ${command.lists} is not whole`);
  let left = "";
  for (const name of images.keys()) {
    if (!name.includes("-unfinished")) continue;
    if (![unfinished, `${unfinished}-spill`, `${command.lists}-unfinished`].includes(name))
      throw new Error(`${what}: ${name} is left`);
    if (told !== null && !told.includes(name)) throw new Error(`${what}: ${name} is left, and not named: ${told}`);
    if (name !== unfinished) continue;
    const dump = runCommand(module, Disk.of(images), [`data/${name}`, "dump", ...givenWords(images, name)]);
    if (dump.status === 0 && dumpOf(module, images, what, name) === (made ?? expected.after)) left = name;
    else if (!dump.stderr.startsWith("quire: NOT_A_PAGE_FILE: "))
      throw new Error(`${what}: ${name} opens, and is not whole: ${dump.stderr}`);
  }
  judgeNextRun(module, command, expected, images, what, left);
}

/** The same command once more: it does everything and leaves nothing else, or names the whole file that it would have to write over. */
function judgeNextRun(
  module: WebAssembly.Module,
  command: TestedCommand,
  expected: Expected,
  images: ReadonlyMap<string, Image>,
  what: string,
  left: string,
): void {
  const disk = Disk.of(images);
  const next = run(module, disk, command);
  const said = next.stdout + next.stderr;
  const inTheWay = command.makes !== undefined && images.has(command.makes) ? command.makes : left;
  if (inTheWay !== "") {
    if (wentWell(next) || !said.includes("FILE_EXISTS") || !said.includes(inTheWay))
      throw new Error(`${what}: the next run does not name ${inTheWay}: ${said}`);
    return;
  }
  if (!wentWell(next)) throw new Error(`${what}: the next run fails: ${said}${next.trap}`);
  const after = disk.images();
  for (const name of after.keys()) if (name.includes("-unfinished")) throw new Error(`${what}: the next run leaves ${name}`);
  if (command.makes !== undefined && dumpOf(module, after, what, command.makes) !== expected.made)
    throw new Error(`${what}: the next run makes another ${command.makes}`);
}

/** A new store that an interrupted command was filling: it has everything, or the next run brings it there. */
function judgeFresh(
  module: WebAssembly.Module,
  command: TestedCommand,
  { made }: Expected,
  images: ReadonlyMap<string, Image>,
  what: string,
): void {
  const disk = Disk.of(images);
  const next = run(module, disk, command);
  if (!wentWell(next) && !next.stderr.includes("TABLE_EXISTS"))
    throw new Error(`${what}: the next run fails: ${next.stderr}${next.trap}`);
  if (dumpOf(module, disk.images(), what, FRESH) !== made) throw new Error(`${what}: not all of it is in the new store`);
}

function judgeFiles(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  images: ReadonlyMap<string, Image>,
  what: string,
  told: string | null,
): void {
  const expected = expectedOf(module, start, command);
  const dump = dumpOf(module, images, what);
  if (dump !== expected.before && dump !== expected.after) throw new Error(`${what}: neither as before nor as after`);
  if (command.file !== undefined) judgeFresh(module, command, expected, images, what);
  else if (command.makes !== undefined || command.words[0] === "compact")
    judgeMade(module, command, expected, images, what, told);
}

/** Runs a command in which the `place`th call fails. False when there are fewer calls. */
export function commandFault(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  kind: FaultKind,
  place: number,
): boolean {
  const what = `${command.words[0]}: ${kind.name}, call ${place}`;
  const { hook, reached } = failing(kind, place);
  const disk = Disk.of(start);
  const result = run(module, disk, command, { hook });
  if (!reached()) return false;
  judgeCommand(module, start, command, disk, result, what, kind.harmless);
  return true;
}

/** Thrown into the module: what SIGKILL does. */
class Killed extends Error {}

/**
 * Kills a command at its `place`th call, and cuts the power then in several ways. False when there are fewer calls. What is left has to
 * be the store as before or as after.
 */
export function commandKill(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  place: number,
): boolean {
  const what = `${command.words[0]}: killed at call ${place}`;
  const disk = Disk.of(start);
  let calls = 0;
  const hook: Hook = () => {
    calls += 1;
    if (calls === place) throw new Killed();
    return undefined;
  };
  try {
    run(module, disk, command, { hook });
    return false;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  judgeFiles(module, start, command, disk.images(), what, null);
  // The first outcome of a power cut is that everything is kept, which is what the kill left.
  for (let outcome = 1; outcome < 4 && !disk.settled; outcome++) {
    const left = afterPowerCut(disk, outcome, new Random(place, outcome));
    judgeFiles(module, start, command, left, `${what}, power cut ${outcome}`, null);
  }
  return true;
}

/** Runs a command with so little memory that the `place`th growth is refused, counted in pages. False when it needs no more. */
export function commandMemory(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  place: number,
): boolean {
  const disk = Disk.of(start);
  const maximumPages = INITIAL_PAGES + place;
  const result = run(module, disk, command, { maximumPages });
  const what = `${command.words[0]}: ${maximumPages} pages of memory`;
  // The module's own heap that gets nothing is a trap (AssemblyScript knows no other way), and leaves what a kill leaves.
  const trapped = result.status === null && result.trap.includes("unreachable") && result.stderr === "";
  if (trapped) judgeFiles(module, start, command, disk.images(), what, null);
  else judgeCommand(module, start, command, disk, result, what, false);
  return trapped || result.pages >= maximumPages;
}

/** What `dump` prints of the store before and after a command that nothing happens to, and of what that makes; and the other file. */
interface Expected {
  readonly before: string;
  readonly after: string;
  readonly made: string | undefined;
  readonly list: Image | undefined;
}

/** Looked up for each store and command once. */
const expectations = new WeakMap<ReadonlyMap<string, Image>, Map<TestedCommand, Expected>>();

function expectedOf(module: WebAssembly.Module, start: ReadonlyMap<string, Image>, command: TestedCommand): Expected {
  const known = expectations.get(start) ?? new Map<TestedCommand, Expected>();
  expectations.set(start, known);
  let expected = known.get(command);
  if (expected === undefined) {
    const disk = Disk.of(start);
    const undisturbed = run(module, disk, command);
    // `diff` tells by its status.
    if (!command.reads && !wentWell(undisturbed))
      throw new Error(`${command.words[0]}: ${undisturbed.stdout}${undisturbed.stderr}`);
    const images = disk.images();
    const made = command.makes ?? (command.file === undefined ? undefined : FRESH);
    expected = {
      before: dumpOf(module, start, "before"),
      after: dumpOf(module, images, "after"),
      made: made === undefined ? undefined : dumpOf(module, images, "after", made),
      list: images.get(command.lists ?? ""),
    };
    known.set(command, expected);
  }
  return expected;
}

function judgeCommand(
  module: WebAssembly.Module,
  start: ReadonlyMap<string, Image>,
  command: TestedCommand,
  disk: Disk,
  result: CommandRun,
  what: string,
  harmless: boolean,
): void {
  if (result.status === null) throw new Error(`${what}: a trap: ${result.trap} ${result.stderr}`);
  const failedReply = result.stdout.includes('"error":');
  if (result.status !== 0 && !/^quire: [A-Z_]+: .+/m.test(result.stderr) && !failedReply)
    throw new Error(`${what}: status ${result.status}, and it says ${result.stderr}`);
  if (harmless && !wentWell(result)) throw new Error(`${what}: status ${result.status}: ${result.stderr}`);
  if (command.reads && disk.changes.length > 0) throw new Error(`${what}: a reading command changed ${disk.changes[0]?.file}`);
  const images = disk.images();
  judgeFiles(module, start, command, images, what, result.stdout + result.stderr);
  if (!wentWell(result)) return;
  const { after, made } = expectedOf(module, start, command);
  if (dumpOf(module, images, what) !== after) throw new Error(`${what}: it says that it went well, and nothing is there`);
  if (command.makes !== undefined && dumpOf(module, images, what, command.makes) !== made)
    throw new Error(`${what}: it says that it went well, and ${command.makes} is not there`);
}
