/** Planted faults. The torture is worth as much as the faults it finds: each of these must be caught, most of them within seconds. */
import { OFTEN } from "../sessions/often.js";
import { PointSession } from "../sessions/points.js";
import { CrashTorture } from "./crash.js";
import { FAULT_KINDS, lostSync, lostWrite, workloadFault } from "./faults.js";
import { compileModule, type Patch, SMALL_LIMITS } from "./module.js";
import { oldStart } from "./start.js";
import { firstGoesOn, foreignFile, outcomes, secondBetweenCalls, takeOver } from "./writers.js";

const ACCESS = "assembly/memory/access/journaled-access.ts";
const CHANGED = "assembly/memory/pages/dirty-pages.ts";
const TRANSACTION = "assembly/store/transaction.ts";
const LOG = "assembly/memory/file/log-file.ts";
const MANAGER = "assembly/memory/manager/memory-manager.ts";
const PAGES = "assembly/memory/pages/cached-pages.ts";
const RECOVERY = "assembly/memory/manager/recovery.ts";
const REDO = "assembly/memory/log/redo-buffer.ts";
const SPARE = "assembly/store/spare-pages.ts";
const SPILL = "assembly/memory/pages/spill.ts";
const TWIN = "assembly/store/twin-index.ts";
const UNCLAIMED = "assembly/memory/access/unclaimed-pages.ts";

/**
 * What has to catch a fault: crashes, the same on page files of layout 0.8, a second writer, a foreign file, calls that fail, or long
 * sessions of single rows.
 */
type Catcher = "crash" | "old" | "writers" | "foreign" | "faults" | "sessions";

export interface Mutant {
  readonly name: string;
  readonly catcher: Catcher;
  readonly patches: readonly Patch[];
}

function mutant(name: string, catcher: Catcher, file: string, find: string, replace: string): Mutant {
  return { name, catcher, patches: [{ file, find, replace }] };
}

export const MUTANTS: readonly Mutant[] = [
  mutant(
    "of splices that are done together the removals are not logged",
    "crash",
    ACCESS,
    "redo.remove(pageNo, at, len, end - at - len);\n          end -= len;",
    "end -= len;",
  ),
  mutant(
    "of splices that are done together the insertions are logged where they are before the others",
    "crash",
    ACCESS,
    "const written = redo.insert(pageNo, at, splice.bytes, len, end - at);",
    "const written = redo.insert(pageNo, splice.at, splice.bytes, len, end - at);",
  ),
  mutant(
    "a commit leaves changes of indexes waiting",
    "crash",
    TRANSACTION,
    "let status = this.flushChanges();\n    if (status == OK) status = this.anyOrder.endInside(0);\n    if (status == OK) return this.finishCommit();",
    "let status = this.anyOrder.endInside(0);\n    if (status == OK) return this.finishCommit();",
  ),
  mutant(
    "the log is not synced before a commit is acknowledged",
    "crash",
    MANAGER,
    "let status = log.sync();\n    if (status == OK) status = log.checkOwner();",
    "let status: Status = OK;\n    if (status == OK) status = log.checkOwner();",
  ),
  mutant(
    "the images are not synced before the page file is written",
    "crash",
    MANAGER,
    "if (status == OK && (log.end != start || !this.syncCommits)) {\n      status = log.sync();",
    "if (status == OK && (log.end != start || !this.syncCommits)) {",
  ),
  mutant(
    "without images the log is not synced before the page file is written",
    "crash",
    MANAGER,
    "if (status == OK && (log.end != start || !this.syncCommits)) {\n      status = log.sync();",
    "if (status == OK && log.end != start) {\n      status = log.sync();",
  ),
  mutant(
    "the page file is not synced before the log is reset",
    "crash",
    MANAGER,
    "if (status == OK && (this.syncCommits || log)) status = this.provider.sync();",
    "",
  ),
  mutant(
    "the reset header is not synced before new frames",
    "crash",
    MANAGER,
    "return status == OK ? log.sync() : status;\n  }\n\n  /** Appends the new content",
    "return status;\n  }\n\n  /** Appends the new content",
  ),
  mutant(
    "the log is reset before the page file is written",
    "crash",
    MANAGER,
    "      if (status == OK) status = log.announceCheckpoint();\n    }\n    if (status == OK) status = this.writeBack();",
    "      log.reset(this.pageCount, xxh3(this.page(0), PAGE_SIZE));\n      log.sync();\n    }\n    if (status == OK) status = this.writeBack();",
  ),
  mutant(
    "what a killed session left is not synced before it is read",
    "crash",
    LOG,
    "this.owner != 0 && <u64>size > FRAMES_START ? this.file.sync() : OK",
    "OK",
  ),
  mutant("a checkpoint writes no images", "crash", MANAGER, "if (withImages) status = this.writeImages(log);", ""),
  mutant(
    "the salt is not in the checksum",
    "crash",
    LOG,
    "    store<u64>(head, this.salt);\n    store<u64>(head, offset, 8);",
    "    store<u64>(head, 0);\n    store<u64>(head, offset, 8);",
  ),
  mutant(
    "the checksum does not count the frame before",
    "faults",
    LOG,
    "store<u64>(head, this.chain, 40);",
    "store<u64>(head, 0, 40);",
  ),
  mutant("frames' checksums are not compared", "crash", LOG, "if (sum != this.checksum(offset, kind, ptr, len)) return 0;", ""),
  mutant(
    "the older header counts",
    "crash",
    LOG,
    "if (load<u32>(slot, 12) <= this.generation) continue;",
    "if (this.generation != 0 && load<u32>(slot, 12) >= this.generation) continue;",
  ),
  mutant(
    "the images are not applied",
    "crash",
    RECOVERY,
    "if (status == OK && this.images) status = this.eachFrame(APPLY_IMAGES);",
    "",
  ),
  mutant(
    "a part of the images is enough",
    "crash",
    RECOVERY,
    "} else if (log.kind == FRAME_IMAGES_END) {",
    "} else if (log.kind > FRAME_COMMIT) {",
  ),
  mutant(
    "a transaction without its end is replayed",
    "crash",
    RECOVERY,
    "if (log.kind == FRAME_COMMIT) {",
    "if (log.kind <= FRAME_COMMIT) {",
  ),
  mutant(
    "the last transaction is not replayed",
    "crash",
    RECOVERY,
    "if (log.kind == FRAME_COMMIT) {\n        log.committedEnd = next;",
    "if (log.kind == FRAME_COMMIT) {\n        log.committedEnd = offset;",
  ),
  mutant(
    "a recovery writes over the images that it needs",
    "crash",
    MANAGER,
    "return this.writeCheckpoint(!recovery.images);",
    "return this.writeCheckpoint(true);",
  ),
  mutant("a recovery starts with the pages that the file has", "crash", RECOVERY, "manager.startAt(log.mainPages);", ""),
  mutant(
    "zeroing is not in the log",
    "crash",
    "assembly/memory/access/journaled-access.ts",
    "clearBytes(frame.data + pageOffset, len);\n    const redo = this.manager.redo;\n    if (redo) redo.zero(pageNo, pageOffset, len);",
    "clearBytes(frame.data + pageOffset, len);",
  ),
  mutant(
    "a savepoint's records stay in the log",
    "crash",
    REDO,
    "this.records.len = <u32>(mark - this.start);",
    "if (mark == 0) this.records.len = 0;",
  ),
  mutant(
    "a new file is not synced",
    "crash",
    MANAGER,
    "if (this.pageCount == 0) {\n      status = this.provider.sync();",
    "if (false) {\n      status = this.provider.sync();",
  ),
  mutant(
    "a reading handle does not look into the log",
    "crash",
    "assembly/store/dbms-context.ts",
    "let log = LogFile.open(path, write, write && provider.pages == 0);",
    'let log = LogFile.open(write ? path : path + "-no", write, write && provider.pages == 0);',
  ),
  mutant("nobody asks who owns the file", "writers", LOG, "if (load<u64>(this.head) == this.owner) return OK;", "return OK;"),
  mutant(
    "the owner is asked for in commits only",
    "writers",
    LOG,
    "if (this.checkOwner() != OK) return 0;",
    "if (kind == FRAME_COMMIT && this.checkOwner() != OK) return 0;",
  ),
  mutant(
    "the owner is not asked for once more before the reply",
    "writers",
    MANAGER,
    "let status = log.sync();\n    if (status == OK) status = log.checkOwner();",
    "let status = log.sync();",
  ),
  mutant(
    "a session that was overtaken does not look what the new owner took over",
    "writers",
    MANAGER,
    "if (outcome == OUTCOME_DONE) return OK;",
    "",
  ),
  mutant(
    "the log does not tell of generations before the last",
    "writers",
    LOG,
    "memory.copy(this.history + 4, this.history, HISTORY_SIZE - 4);",
    "",
  ),
  mutant(
    "the header is read before the mark is left",
    "writers",
    MANAGER,
    "if (status == OK) status = log.readHeaders();\n",
    "\n",
  ),
  mutant(
    "page 0 is looked at before the changes are forgotten",
    "crash",
    MANAGER,
    "this.forgetChanges();\n      if (log)",
    "this.page(0);\n      this.forgetChanges();\n      if (log)",
  ),
  mutant(
    "the size is read before the mark is left",
    "writers",
    MANAGER,
    "if (status == OK) status = this.provider.refresh();\n",
    "\n",
  ),
  mutant(
    "pages are not compared with their hashes",
    "foreign",
    RECOVERY,
    "if (xxh3(page + pageOffset, len) == hash) return OK;",
    "return OK;",
  ),
  mutant(
    "sectors are not compared with their hashes",
    "foreign",
    RECOVERY,
    "if (xxh3(now, 1 << BLOCK_SHIFT) == load<u64>(image + i * 8)) continue;",
    "continue;",
  ),
  mutant("a shorter file is taken", "foreign", RECOVERY, "if (manager.provider.pages < log.mainPages) {", "if (false) {"),
  mutant(
    "a failed sync is forgotten",
    "faults",
    MANAGER,
    "if (status == OK) return OK;\n    this.poison();\n    return this.afterFailure(log);",
    "if (status == OK) return OK;\n    return this.afterFailure(log);",
  ),
  mutant("a COMMIT frame whose append failed stays", "faults", LOG, "if (kind == FRAME_COMMIT) this.voidFrame(offset);", ""),
  mutant("a page that is changed does not forget its sectors", "sessions", PAGES, "this.sectors.forget(pageNo);", ""),
  mutant("a page that is changed does not forget its fences", "sessions", PAGES, "this.derived.forget(pageNo);", ""),
  mutant(
    "a rollback does not forget what was read of the spill",
    "sessions",
    PAGES,
    "this.forgetPages(this.changed.spilled());",
    "",
  ),
  mutant(
    "sectors are always read from the page file",
    "sessions",
    CHANGED,
    "if (slot == NO_SLOT) return pageNo < mainPages;\n    const sectors",
    "if (slot == NO_SLOT || pageNo < mainPages) return pageNo < mainPages;\n    const sectors",
  ),
  mutant(
    "sectors that the spill had are forgotten",
    "sessions",
    SPILL,
    "const after = before | sectors;",
    "const after = sectors;",
  ),
  mutant(
    "what lies between two spilled sectors is not written",
    "sessions",
    SPILL,
    "const from = moves ? firstByte(after) : min(firstByte(sectors), endByte(before));\n    const end = moves ? endByte(after) : max(endByte(sectors), firstByte(before));",
    "const from = firstByte(moves ? after : sectors);\n    const end = endByte(moves ? after : sectors);",
  ),
  mutant(
    "a page's sectors in the spill do not count as changed",
    "crash",
    CHANGED,
    "return frame.flags & FLAG_SPILLED ? frame.dirty | this.spilledSectors(frame.pageNo) : frame.dirty;",
    "return frame.dirty;",
  ),
  mutant(
    "a sector that is read does not show the changes that wait for its page",
    "sessions",
    PAGES,
    "this.waiting.show(pageNo, page, from, from + (count << SECTOR_SHIFT));",
    "",
  ),
  mutant(
    "a sector in memory does not show a change that waits for its page",
    "sessions",
    PAGES,
    "if (ptr != 0) copyBytes(at, ptr, len);\n    else clearBytes(at, len);",
    "",
  ),
  mutant(
    "a page that is read does not get the changes that wait for it",
    "sessions",
    PAGES,
    "this.waiting.carryOut(pageNo, frame.data);",
    "",
  ),
  mutant(
    "a checkpoint does not write the changes that wait for their pages",
    "crash",
    CHANGED,
    "return status == OK ? this.writeWaiting(log) : status;",
    "return status;",
  ),
  mutant(
    "the images of a checkpoint are without the changes that wait for their pages",
    "crash",
    CHANGED,
    "if (status == OK) status = this.appendWaiting(log, before, after);",
    "",
  ),
  mutant(
    "what the page file has of a sector is not noted when a change of it waits",
    "foreign",
    PAGES,
    "if (sectors != 0) this.noteBases(pageNo, at - pageOffset, sectors);",
    "",
  ),
  mutant(
    "a rollback does not forget the sectors of pages that changes wait for",
    "sessions",
    PAGES,
    "this.forgetPages(this.waiting.pages());",
    "",
  ),
  mutant(
    "a page of nobody is taken without a look at what is on it",
    "old",
    UNCLAIMED,
    "if (!isZero(page, PAGE_SIZE)) continue;",
    "",
  ),
  mutant("segments' ledgers count as nobody's", "old", SPARE, "!this.own(pages.freeSegments) || ", ""),
  mutant(
    "record pages count as nobody's",
    "old",
    SPARE,
    "for (let i: u32 = 0; i < count; i++) if (!this.own(ledger.pageAt(i))) return false;",
    "",
  ),
  mutant(
    "in an empty table a column that is unique and indexed is not known as such",
    "old",
    TWIN,
    "return isEmptyLeaf(access, pageNo) && load<u32>(access.page(pageNo), PARENT_OFFSET) == NO_PAGE;",
    "return false;",
  ),
  mutant(
    "two entries for one row don't tell that a column is unique and indexed",
    "old",
    TWIN,
    "return cursor.next() && cursor.address() == address;",
    "return false;",
  ),
];

/** How long a fault may live. Milliseconds of this process. */
const LIFETIME_MS = 60_000;

export interface Verdict {
  /** What found it, in its own words; null when nothing did. */
  readonly caught: string | null;
  readonly ms: number;
}

/** Builds the mutant and looks for its fault. */
export async function judge(mutant: Mutant): Promise<Verdict> {
  const module =
    mutant.catcher === "sessions"
      ? await compileModule("library", [...OFTEN, ...mutant.patches], "-O1")
      : await compileModule("workload", [...SMALL_LIMITS, ...mutant.patches], "-O1");
  const started = performance.now();
  let caught: string | null = null;
  try {
    look(module, mutant.catcher, started + LIFETIME_MS);
  } catch (error) {
    caught = error instanceof Error ? error.message : String(error);
  }
  return { caught, ms: performance.now() - started };
}

/** Runs what has to find the fault; throws when it does. */
function look(module: WebAssembly.Module, catcher: Catcher, deadline: number): void {
  if (catcher === "old") {
    const starts = ["unfilled", "twofold", "blog"].map((name) => oldStart(module, name));
    for (let seed = 1; performance.now() < deadline; seed++) {
      for (const start of starts) new CrashTorture({ usual: module, small: module }, seed, start).run(deadline, Infinity);
    }
  } else if (catcher === "crash") {
    const modules = { usual: module, small: module };
    // First the ends of many workloads, then a few points of some.
    for (let seed = 1; seed < 300; seed++) new CrashTorture(modules, seed).run(deadline, Infinity);
    for (let seed = 1; performance.now() < deadline; seed++) new CrashTorture(modules, seed).run(deadline, seed < 60 ? 9 : 1);
  } else if (catcher === "writers") {
    for (let when = 0; when < 4; when++) for (let seed = 1; seed < 4; seed++) takeOver(module, seed, when);
    for (let seed = 1; seed < 4; seed++) for (const growing of [false, true]) firstGoesOn(module, seed, growing);
    secondBetweenCalls(module, 1, true);
    secondBetweenCalls(module, 1, false);
    for (const more of [0, 1, 5]) outcomes(module, 1, more);
  } else if (catcher === "foreign") {
    for (let seed = 1; seed < 5; seed++) {
      for (const big of [0, 70]) {
        foreignFile(module, seed, false, big);
        foreignFile(module, seed, true, big);
      }
    }
  } else if (catcher === "sessions") {
    for (let seed = 1; performance.now() < deadline; seed++)
      new PointSession(module, { seed, rows: 4000, steps: 2000, cache: 0, faults: 0 }).run();
  } else {
    lostSync(module, 1);
    lostWrite(module, 1);
    const done = FAULT_KINDS.filter(({ fault }) => "after" in fault);
    for (const kind of done) {
      let place = 1;
      while (workloadFault(module, 1, kind, place)) place += 1;
    }
  }
}
