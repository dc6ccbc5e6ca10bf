/**
 * One test for each kind of fault: it is planted into a golden file, at a place found by the format alone, and `check` has to report it,
 * at that place, and nothing that does not follow from it.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { checkReply, faultsOf } from "./helpers/faults.js";
import { layouts, type Layout } from "./helpers/golden.js";
import { NO_PAGE, PAGE_SIZE, PageFile, type Entry } from "./helpers/page-file.js";
import { Sandbox } from "./helpers/sandbox.js";

const sandbox = new Sandbox();
after(() => sandbox.close());

/** Damages a file; returns the faults that are expected. */
type Plant = (file: PageFile) => string[];

/** What is expected to be an error, by the format; all else is a warning or a note. */
const harmless =
  /^(PAGE_LEAKED|SPACE_LOST|LEAF_|INDEX_UNCHECKED|REFERENCE_|SCHEMA_ODD|FOREIGN_KEY_ODD|ACL_ODD|\w+_ODD|JSON_INVALID|PADDING|AUTOINCREMENT_(MISSING|BEHIND)|UNIQUE_NULLS|FILE_SHORT)/;

async function expectFaults(bytes: Uint8Array, expected: readonly string[]): Promise<void> {
  const { status, trap, stdout, stderr } = await sandbox.on(bytes, ["check", "--json"]);
  assert.equal(trap, null, stderr);
  assert.deepEqual(faultsOf(stdout).sort(), [...expected].sort(), stdout);
  assert.equal(status, expected.every((fault) => harmless.test(fault)) ? 0 : 3);
  for (const fault of checkReply(stdout).faults) {
    assert.notEqual(fault.message, "", fault.code);
    assert.notEqual(fault.hint, "", fault.code);
    assert.equal(fault.severity === "error", !harmless.test(fault.code), fault.code);
  }
}

function planted(name: string, golden: string, plant: Plant, layout: Layout = "0.9"): void {
  test(`planted: ${name}`, async () => {
    const file = PageFile.golden(golden, layout);
    const expected = plant(file);
    await expectFaults(file.bytes, expected);
  });
}

/** The columns of the second index of `events`. */
const COMPOSITE = ["kind", "day"];

/** Swaps two runs of bytes of a page. */
function swap(file: PageFile, page: number, a: number, b: number, len: number): void {
  const bytes = file.page(page);
  const kept = Buffer.from(bytes.subarray(a, a + len));
  bytes.copy(bytes, a, b, b + len);
  kept.copy(bytes, b);
}

// ---- the file ----

planted("a registry that counts too many tables is read as far as it makes sense", "blog", (file) => {
  file.set32(0, 8, 0xffffffff);
  return ["REGISTRY_DAMAGED the file 0:8"];
});

planted("a mark of the autoincrement page that is neither 0 nor 1", "blog", (file) => {
  file.set8(0, 16 + 24, 7);
  return ["REGISTRY_DAMAGED the file 0:40"];
});

planted("a snapshot outside of the file", "log", (file) => {
  file.set32(0, 16 + 8, 9999);
  return ["PAGE_NUMBER_WRONG the file 0:24", "PAGE_LEAKED the file 3:-"];
});

planted("a reserved page named as a ledger", "deep", (file) => {
  const { at, freeSegments } = file.table("points");
  file.set32(0, at + 16, 1);
  return [`PAGE_NUMBER_WRONG the file 0:${at + 16}`, `PAGE_LEAKED the file ${freeSegments}:-`];
});

planted("a fingerprint of another name", "blog", (file) => {
  file.set8(0, 16, file.u8(0, 16) ^ 1);
  return [`FINGERPRINT_WRONG users ${file.table("users").snapshot}:0`];
});

planted("a schema hash of other definitions", "blog", (file) => {
  file.set8(0, 0, file.u8(0, 0) ^ 1);
  return ["SCHEMA_HASH_WRONG the file 0:0"];
});

planted("a page of nobody", "blog", (file) => {
  const page = file.addPage();
  file.set8(page, 100, 1);
  return [`PAGE_LEAKED the file ${page}:-`];
});

planted("an unclaimed-pages ledger that counts more than fit", "blog", (file) => {
  file.set32(2, 0, 16383);
  return ["UNCLAIMED_DAMAGED the file 2:0"];
});

planted("an unclaimed page outside of the file", "blog", (file) => {
  file.set32(2, 0, 1);
  file.set32(2, 4, 500);
  return ["PAGE_NUMBER_WRONG the file 2:4"];
});

planted("an unclaimed page that is a table's", "blog", (file) => {
  file.set32(2, 0, 1);
  file.set32(2, 4, file.recordPage("users"));
  return ["PAGE_OWNED_TWICE the file 2:4"];
});

planted("an unclaimed page that is listed twice", "blog", (file) => {
  const page = file.addPage();
  file.set32(2, 0, 2);
  file.set32(2, 4, page);
  file.set32(2, 8, page);
  return ["PAGE_OWNED_TWICE the file 2:8"];
});

planted("an unclaimed page that is not empty", "blog", (file) => {
  const page = file.addPage();
  file.set32(2, 0, 1);
  file.set32(2, 4, page);
  file.set8(page, 4321, 1);
  return [`UNCLAIMED_NOT_EMPTY the file ${page}:4321`];
});

test("planted: a file of one page, and an empty one", async () => {
  await expectFaults(Buffer.alloc(PAGE_SIZE), ["FILE_SHORT the file -:-"]);
  await expectFaults(Buffer.alloc(0), ["FILE_SHORT the file -:-"]);
});

// ---- the access control list: 02 · count u32 · "root" · "writer" · ff0010 ----

planted("an access control list of another version", "acl", (file) => {
  file.set8(1, 0, 3);
  return ["ACL_DAMAGED the file 1:0"];
});

planted("an access control list that runs over its page", "acl", (file) => {
  file.set32(1, 1, 60000);
  return ["ACL_DAMAGED the file 1:1"];
});

planted("identities out of order", "acl", (file) => {
  file.page(1).write("zoot", 6, "latin1");
  return ["ACL_ORDER the file 1:14"];
});

planted("an identity that is listed twice", "acl", (file) => {
  file.set32(1, 1, 4);
  const bytes = file.page(1);
  bytes.copy(bytes, 54, 43, 51);
  const last = 43 + 1 + 3 + 4;
  bytes.copy(bytes, last, 43, last);
  return [`ACL_ORDER the file 1:${last}`];
});

planted("a right that does not exist", "acl", (file) => {
  file.set8(1, 10, 0x83);
  return ["ACL_ODD the file 1:10"];
});

planted("grants out of order, and one of unknown rights", "acl", (file) => {
  swap(file, 1, 25, 34, 9);
  file.set8(1, 33, 0x18);
  return ["ACL_ORDER the file 1:34", "ACL_ODD the file 1:33"];
});

// ---- definitions and ledgers ----

planted("a page that is no snapshot", "log", (file) => {
  file.set8(3, 0, 9);
  return ["SNAPSHOT_DAMAGED #1 3:0"];
});

planted("a definition that contradicts itself", "log", (file) => {
  const at = file.page(3).indexOf("id", 8);
  file.page(3).write("ix", at, "latin1");
  return ["SNAPSHOT_DAMAGED events 3:-"];
});

planted("a definition longer than what it holds", "log", (file) => {
  // The first column's length takes in one byte of the next: what follows is nonsense.
  const at = 1 + 7 + 3 + 4 + 2;
  file.set16(3, at, file.u16(3, at) + 1);
  return ["SNAPSHOT_DAMAGED #1 3:0"];
});

planted("a primary key that is not marked as unique", "log", (file) => {
  const column = 1 + 7 + 3 + 4 + 2 + 2;
  file.set8(3, column + 4, 8 | 2);
  return ["SCHEMA_ODD events 3:-", "SCHEMA_HASH_WRONG the file 0:0"];
});

planted("a unique column without a unique index", "blog", (file) => {
  const page = file.table("users").snapshot;
  const at = file.page(page).lastIndexOf("email") + 5;
  file.set8(page, at, 0);
  return [`SCHEMA_ODD users ${page}:-`, "SCHEMA_HASH_WRONG the file 0:0"];
});

planted("an auto-increment column without a ledger", "log", (file) => {
  file.set8(0, 16 + 24, 0);
  return ["SCHEMA_ODD events 3:-", "PAGE_LEAKED the file 7:-"];
});

planted("a page ledger that counts too many pages", "log", (file) => {
  const { pageLedger } = file.table("events");
  file.set32(pageLedger, 0, 70000);
  return [`LEDGER_DAMAGED events ${pageLedger}:0`];
});

planted("a record page that is listed twice", "log", (file) => {
  const { pageLedger } = file.table("events");
  file.set32(pageLedger, 0, 2);
  file.set32(pageLedger, 16, file.recordPage("events"));
  return [`PAGE_OWNED_TWICE events ${pageLedger}:16`];
});

planted("a ledger page as a record page", "log", (file) => {
  const { pageLedger } = file.table("events");
  file.set32(pageLedger, 0, 2);
  file.set32(pageLedger, 16, pageLedger);
  return [`PAGE_OWNED_TWICE events ${pageLedger}:16`];
});

planted("more unused bytes than a page has", "deep", (file) => {
  const { pageLedger } = file.table("points");
  const last = file.u32(pageLedger, 0) - 1;
  const free = file.u32(pageLedger, 8 + last * 12);
  file.set32(pageLedger, 12 + last * 12, 1);
  assert.ok(free > 14);
  return [`PAGE_FREE_WRONG points ${pageLedger}:${8 + last * 12}`, "SPACE_LOST points -:-"];
});

planted("records in what is said to be unused", "deep", (file) => {
  const { pageLedger } = file.table("points");
  file.set32(pageLedger, 8, file.u32(pageLedger, 8) + 14);
  return [`PAGE_FREE_WRONG points ${pageLedger}:8`];
});

planted("a free-segments ledger that counts too many pages", "log", (file) => {
  const { freeSegments } = file.table("events");
  file.set16(freeSegments, 0, 0xffff);
  return [`LEDGER_DAMAGED events ${freeSegments}:0`];
});

planted("a segments page that counts too many segments", "log", (file) => {
  const { page } = file.segments("events");
  file.set16(page, 0, 8192);
  return [`LEDGER_DAMAGED events ${page}:0`, "SPACE_LOST events -:-"];
});

planted("an index ledger that makes no sense", "log", (file) => {
  const { indexLedger } = file.table("events");
  file.set32(indexLedger, 0, 3);
  return [`LEDGER_DAMAGED events ${indexLedger}:${endOfIndexes(file, indexLedger)}`];
});

/** Where the entries of an index ledger end. */
function endOfIndexes(file: PageFile, ledger: number): number {
  let at = 8;
  for (let i = 0; i < 2; i++) {
    const count = file.u32(ledger, at);
    at += 8;
    for (let j = 0; j < count; j++) at += 1 + file.u8(ledger, at);
    at += 4;
  }
  return at;
}

planted("an index that the definition does not have", "blog", (file) => {
  const ledger = file.table("users").indexLedger;
  const at = file.rootAt("users", ["age"]);
  file.page(ledger).write("agf", at - 3, "latin1");
  return [`INDEX_LEDGER_WRONG users ${ledger}:${at}`, `INDEX_LEDGER_WRONG users ${ledger}:-`];
});

planted("an index whose root is outside of the file", "blog", (file) => {
  const at = file.rootAt("users", ["age"]);
  const root = file.root("users", ["age"]);
  const ledger = file.table("users").indexLedger;
  file.set32(ledger, at, NO_PAGE);
  return [`PAGE_NUMBER_WRONG users ${ledger}:${at}`, "INDEX_UNCHECKED users -:-", `PAGE_LEAKED the file ${root}:-`];
});

// ---- autoincrement: 02 · 2 "id" 0f u64 · 5 "small" 06 u16 ----

planted("an autoincrement ledger that makes no sense", "log", (file) => {
  file.set8(7, 4, 0xff);
  return ["AUTOINCREMENT_DAMAGED events 7:1"];
});

planted("a counter of another type", "log", (file) => {
  file.set8(7, 19, 13);
  return ["AUTOINCREMENT_DAMAGED events 7:19", "AUTOINCREMENT_MISSING events 7:-"];
});

planted("a counter that is missing", "log", (file) => {
  file.set8(7, 0, 1);
  return ["AUTOINCREMENT_MISSING events 7:-"];
});

planted("a page of counters that is empty", "log", (file) => {
  const { autoincrement } = file.table("events");
  file.page(autoincrement).fill(0);
  return [`AUTOINCREMENT_DAMAGED events ${autoincrement}:-`];
});

planted("a counter behind its rows", "log", (file) => {
  file.set8(7, 5, 7);
  return ["AUTOINCREMENT_BEHIND events 7:5"];
});

/** The entry of the first post, `id u32 · title · author u32 · published`: where its record is. */
function firstPost(file: PageFile): Entry {
  return file.entries(file.root("posts", ["id"]))[0]!;
}

// ---- records: users is `id u32 · name · email · age u32`, the first record at byte 0 ----

planted("a record that leaves its page", "blog", (file) => {
  const { page, offset } = firstPost(file);
  file.set16(page, offset, 65535);
  return [`RECORD_MALFORMED posts ${page}:${offset}`];
});

planted("a record whose bytes are no row", "blog", (file) => {
  const { page, offset } = firstPost(file);
  file.set16(page, offset, file.u16(page, offset) - 1);
  return [`RECORD_MALFORMED posts ${page}:${offset}`];
});

planted("a record of another length than all others have", "deep", (file) => {
  const page = file.recordPage("points");
  file.set16(page, 14, 11);
  return [`RECORD_MALFORMED points ${page}:14`];
});

planted("a text that is not UTF-8", "blog", (file) => {
  const page = file.recordPage("users");
  file.set8(page, 8, 0xff);
  return [`TEXT_NOT_UTF8 users ${page}:6`];
});

planted("a document that is no JSON", "types", (file) => {
  const page = file.recordPage("mixed");
  const at = file.page(page).indexOf('{"');
  file.set8(page, at, 0x5b);
  return [`JSON_INVALID mixed ${page}:${at - 2}`];
});

planted("a boolean of 2, a date and a time that are none", "types", (file) => {
  const page = file.recordPage("numbers");
  file.set8(page, 2 + 30, 2);
  file.set8(page, 2 + 31 + 2, 13);
  file.set8(page, 2 + 35 + 4, 24);
  return [`BOOLEAN_ODD numbers ${page}:32`, `DATE_ODD numbers ${page}:33`, `DATE_ODD numbers ${page}:37`];
});

planted("a decimal with a scale of 29", "types", (file) => {
  const page = file.recordPage("prices");
  const at = 2 + 2 + file.u16(page, 2);
  file.set8(page, at + 2, 29);
  return [`DECIMAL_ODD prices ${page}:${at}`];
});

planted("padding that is not zero", "blog", (file) => {
  const page = file.recordPage("users");
  const end = 2 + file.u16(page, 0);
  assert.ok(end % 32 !== 0);
  file.set8(page, end, 1);
  return [`PADDING_NOT_ZERO users ${page}:${end}`];
});

planted("a slot of length 0 that is not empty", "blog", (file) => {
  const { page, list } = file.segments("users");
  const segment = list[0]!;
  file.set16(page, 0, 0);
  file.set8(segment.page, segment.offset + 9, 1);
  return [`SLOT_NOT_EMPTY users ${segment.page}:${segment.offset + 9}`, "SPACE_LOST users -:-"];
});

planted("bytes in the unused end of a page", "blog", (file) => {
  const page = file.recordPage("users");
  const used = PAGE_SIZE - file.u32(file.table("users").pageLedger, 8);
  file.set8(page, used + 77, 1);
  return [`TAIL_NOT_EMPTY users ${page}:${used + 77}`];
});

planted("a free segment that is not empty", "blog", (file) => {
  const segment = file.segments("users").list[0]!;
  file.set8(segment.page, segment.offset + 7, 1);
  return [`SEGMENT_NOT_EMPTY users ${segment.page}:${segment.offset + 7}`];
});

planted("a free segment that starts with a length", "blog", (file) => {
  const segment = file.segments("users").list[0]!;
  file.set8(segment.page, segment.offset, 40);
  return [`SEGMENT_NOT_EMPTY users ${segment.page}:${segment.offset}`];
});

planted("a free segment over a record", "blog", (file) => {
  const { page, list } = file.segments("users");
  file.set16(page, list[0]!.at + 4, 0);
  return [`SEGMENT_OVERLAP users ${page}:${list[0]!.at}`];
});

planted("two free segments over each other", "blog", (file) => {
  const { page, list } = file.segments("posts");
  file.set16(page, 0, list.length + 1);
  file.page(page).copy(file.page(page), 2 + list.length * 8, 2, 10);
  return [`SEGMENT_OVERLAP posts ${page}:${2 + list.length * 8}`];
});

for (const [what, field, value] of [
  ["on another table's page", 0, 3],
  ["where no slot starts", 4, 17],
  ["of no bytes", 6, 0],
  ["that leaves its page", 6, 65500],
  ["of half a slot", 6, 16],
] as const) {
  planted(`a free segment ${what}`, "blog", (file) => {
    const { page, list } = file.segments("users");
    if (field === 0) file.set32(page, list[0]!.at, value);
    else file.set16(page, list[0]!.at + field, value);
    const byte = list[0]!.at + (value === 16 ? 6 : 0);
    return [`SEGMENT_WRONG users ${page}:${byte}`, ...(value === 16 ? ["SPACE_LOST users -:-"] : [])];
  });
}

planted("a free segment in the unused end of a page", "blog", (file) => {
  const { page, list } = file.segments("users");
  file.set16(page, list[0]!.at + 4, 65504);
  return [`SEGMENT_WRONG users ${page}:${list[0]!.at}`];
});

for (const layout of layouts) {
  planted(
    `a page of records that is empty, and should not be: layout ${layout}`,
    "log",
    (file) => {
      // Its indexes have no rows either, as after damage to several pages: the page ledger alone tells.
      const page = file.recordPage("events");
      file.page(page).fill(0);
      for (const columns of [["id"], COMPOSITE]) file.set16(file.root("events", columns), 5, 0);
      return [`PAGE_EMPTIED events ${page}:-`, "SPACE_LOST events -:-"];
    },
    layout,
  );
}

planted("a page of records whose rows were all deleted", "log", (file) => {
  const page = file.recordPage("events");
  file.page(page).fill(0);
  for (const columns of [["id"], COMPOSITE]) file.set16(file.root("events", columns), 5, 0);
  const { page: segments } = file.segments("events");
  file.set16(segments, 0, 1);
  file.set16(segments, 6, 0);
  file.set16(segments, 8, PAGE_SIZE - file.u32(file.table("events").pageLedger, 8));
  return [];
});

planted("space that nobody has", "blog", (file) => {
  file.set16(file.segments("users").page, 0, 0);
  return ["SPACE_LOST users -:-"];
});

// ---- indexes ----

planted("an entry whose key leaves its node", "blog", (file) => {
  const root = file.root("users", ["age"]);
  file.set16(root, file.entries(root)[3]!.at, 60000);
  return [`NODE_DAMAGED users ${root}:${file.entries(root).at(3)!.at}`, "INDEX_UNCHECKED users -:-"];
});

planted("a page that is no node", "blog", (file) => {
  const root = file.root("users", ["age"]);
  file.set8(root, 0, 7);
  return [`NODE_DAMAGED users ${root}:0`, "INDEX_UNCHECKED users -:-"];
});

planted("two entries that changed places", "blog", (file) => {
  const root = file.root("users", ["id"]);
  const [, second, third] = file.entries(root);
  swap(file, root, second!.at, third!.at, third!.at - second!.at);
  // The foreign key of posts can't be looked up in an index that has errors.
  return [`KEY_ORDER users ${root}:${third!.at}`, "INDEX_UNCHECKED posts -:-"];
});

planted("equal keys whose records are out of order", "deep", (file) => {
  const leaf = file.leaves(file.root("points", ["x"]))[0]!;
  const [first, second] = file.entries(leaf);
  assert.ok(file.page(leaf).subarray(first!.key, first!.pointer).equals(file.page(leaf).subarray(second!.key, second!.pointer)));
  swap(file, leaf, first!.pointer, second!.pointer, 6);
  return [`ADDRESS_ORDER points ${leaf}:${second!.at}`];
});

planted("a separator above the first key behind it", "deep", (file) => {
  const root = file.root("points", ["id"]);
  const separator = file.entries(root)[0]!;
  // A key is `count u32 · size u32 · discriminant · u32`.
  file.set32(root, separator.key + 9, file.u32(root, separator.key + 9) + 1);
  return [`SEPARATOR_WRONG points ${root}:${separator.at}`];
});

planted("a separator below the last key in front of it", "deep", (file) => {
  const root = file.root("points", ["id"]);
  const separator = file.entries(root)[0]!;
  const last = file.entries(separator.page).at(-1)!;
  file.set32(root, separator.key + 9, file.u32(separator.page, last.key + 9) - 1);
  return [`SEPARATOR_WRONG points ${root}:${separator.at}`];
});

planted("a unique key that is there twice", "blog", (file) => {
  const root = file.root("users", ["email"]);
  const [, , third, fourth] = file.entries(root);
  assert.equal(third!.keyLen, fourth!.keyLen);
  const key = file.page(root).subarray(third!.key, third!.pointer);
  const text = fourth!.key + 11;
  const old = Buffer.from(file.page(root).subarray(text, fourth!.pointer));
  key.copy(file.page(root), fourth!.key);
  const record = file.page(fourth!.page);
  key.copy(record, record.indexOf(old, fourth!.offset), 11);
  return [`UNIQUE_TWICE users ${root}:${fourth!.at}`];
});

planted("a leaf that names a page that is no leaf as its next", "tall", (file) => {
  const leaf = file.leaves(file.root("wide", ["key"]))[1]!;
  file.set32(leaf, 11, file.recordPage("wide"));
  const next = file.leaves(file.root("wide", ["key"]))[2]!;
  assert.equal(file.u32(next, 7), leaf);
  return [`CHAIN_BROKEN wide ${leaf}:11`];
});

planted("a chain that ends too early", "tall", (file) => {
  const leaves = file.leaves(file.root("wide", ["key"]));
  file.set32(leaves[1]!, 11, NO_PAGE);
  return [`CHAIN_BROKEN wide ${leaves[2]!}:7`];
});

planted("a chain that goes back", "tall", (file) => {
  const leaves = file.leaves(file.root("wide", ["key"]));
  file.set32(leaves[2]!, 7, leaves[0]!);
  return [`CHAIN_BROKEN wide ${leaves[1]!}:11`];
});

planted("a leaf with entries outside of the chain", "tall", (file) => {
  const [first, second, third] = file.leaves(file.root("wide", ["key"])) as [number, number, number];
  file.set32(first, 11, third);
  file.set32(third, 7, first);
  return [`LEAF_UNCHAINED wide ${second}:-`];
});

/** Adds an empty leaf in front of all others. */
function addEmptyLeaf(file: PageFile, root: number, next: number): number {
  const page = file.addPage();
  file.set8(page, 0, 1);
  file.set32(page, 1, root);
  file.set32(page, 7, NO_PAGE);
  file.set32(page, 11, next);
  const first = file.entries(file.leaves(root)[0]!)[0]!;
  const leaf = file.leaves(root)[0]!;
  const entry = Buffer.alloc(2 + first.keyLen + 4);
  entry.writeUInt16LE(first.keyLen, 0);
  file.page(leaf).copy(entry, 2, first.key, first.key + first.keyLen);
  entry.writeUInt32LE(page, 2 + first.keyLen);
  const bytes = file.page(root);
  bytes.copy(bytes, 11 + entry.length, 11, 20000);
  entry.copy(bytes, 11);
  file.set16(root, 5, file.u16(root, 5) + 1);
  return page;
}

planted("an empty leaf that the reference left in the tree", "deep", (file) => {
  const root = file.root("points", ["id"]);
  addEmptyLeaf(file, root, file.leaves(root)[0]!);
  return ["LEAF_EMPTY points -:-"];
});

planted("an empty leaf in the chain", "deep", (file) => {
  const root = file.root("points", ["id"]);
  const first = file.leaves(root)[0]!;
  const page = addEmptyLeaf(file, root, first);
  file.set32(first, 7, page);
  return [`REFERENCE_EMPTY_LEAF points ${page}:-`];
});

planted("an entry that points to nothing", "blog", (file) => {
  const root = file.root("users", ["age"]);
  const entry = file.entries(root)[5]!;
  file.set16(root, entry.pointer + 4, 65504);
  return [`ENTRY_WITHOUT_ROW users ${root}:${entry.at}`, `ROW_WITHOUT_ENTRY users ${entry.page}:${entry.offset}`];
});

planted("a row that was removed from its page only", "blog", (file) => {
  const root = file.root("posts", ["id"]);
  const entry = file.entries(root)[2]!;
  const slot = Math.ceil((2 + file.u16(entry.page, entry.offset)) / 32) * 32;
  file.page(entry.page).fill(0, entry.offset, entry.offset + slot);
  const { page, list } = file.segments("posts");
  const at = 2 + list.length * 8;
  file.set16(page, 0, list.length + 1);
  file.set32(page, at, entry.page);
  file.set16(page, at + 4, entry.offset);
  file.set16(page, at + 6, slot);
  return [`ENTRY_WITHOUT_ROW posts ${root}:${entry.at}`];
});

planted("a row whose value changed without its index", "blog", (file) => {
  const root = file.root("users", ["age"]);
  const entry = file.entries(root)[5]!;
  const age = entry.offset + 2 + file.u16(entry.page, entry.offset) - 4;
  file.set32(entry.page, age, file.u32(entry.page, age) + 1);
  return [`ENTRY_WRONG_KEY users ${root}:${entry.at}`];
});

planted("an entry that points to its neighbour's row", "blog", (file) => {
  const root = file.root("users", ["age"]);
  const [, , third, fourth] = file.entries(root);
  file.set16(root, fourth!.pointer + 4, third!.offset);
  return [`ENTRY_TWICE users ${root}:${fourth!.at}`, `ROW_WITHOUT_ENTRY users ${fourth!.page}:${fourth!.offset}`];
});

planted("an entry that is there twice", "blog", (file) => {
  const root = file.root("users", ["age"]);
  const entries = file.entries(root);
  const [last] = entries.slice(-1);
  const len = last!.pointer + 6 - last!.at;
  file.page(root).copy(file.page(root), last!.at + len, last!.at, last!.at + len);
  file.set16(root, 5, entries.length + 1);
  return [`ENTRY_TWICE users ${root}:${last!.at + len}`];
});

planted("a row that an index lacks", "blog", (file) => {
  const root = file.root("users", ["age"]);
  const entries = file.entries(root);
  const last = entries.at(-1)!;
  file.set16(root, 5, entries.length - 1);
  return [`ROW_WITHOUT_ENTRY users ${last.page}:${last.offset}`];
});

planted("a child that leads back to the root", "deep", (file) => {
  const root = file.root("points", ["id"]);
  const child = file.entries(root)[0]!;
  file.set32(root, child.pointer, root);
  return [
    `PAGE_OWNED_TWICE points ${root}:${child.pointer}`,
    "INDEX_UNCHECKED points -:-",
    `PAGE_LEAKED the file ${child.page}:-`,
  ];
});

planted("a tree of more levels than can be", "blog", (file) => {
  // Inner nodes without keys, each with the next as its only child.
  const at = file.rootAt("users", ["age"]);
  const ledger = file.table("users").indexLedger;
  const old = file.root("users", ["age"]);
  const pages = Array.from({ length: 60 }, () => file.addPage());
  pages.forEach((page, i) => file.set32(page, 7, pages[i + 1] ?? old));
  file.set32(ledger, at, pages[0]!);
  return [
    `TREE_TOO_DEEP users ${pages[39]!}:7`,
    "INDEX_UNCHECKED users -:-",
    ...[old, ...pages.slice(40)].map((page) => `PAGE_LEAKED the file ${page}:-`),
  ];
});

// ---- between tables ----

planted("a foreign key whose row is missing", "blog", (file) => {
  const { page, offset } = firstPost(file);
  const author = offset + 2 + 4 + 2 + file.u16(page, offset + 6);
  file.set32(page, author, 4_000_000_000);
  return [`FOREIGN_KEY_BROKEN posts ${page}:${offset}`];
});

planted("a foreign key to a table that is missing", "blog", (file) => {
  const page = file.table("posts").snapshot;
  file.page(page).write("usirs", file.page(page).indexOf("users"), "latin1");
  return [`FOREIGN_KEY_ODD posts ${page}:-`, "SCHEMA_HASH_WRONG the file 0:0"];
});

// ---- what the reference would misread ----

planted("record pages out of order", "tall", (file) => {
  const { pageLedger } = file.table("wide");
  swap(file, pageLedger, 4, 16, 12);
  return [`REFERENCE_LEDGER_ORDER wide ${pageLedger}:16`];
});

planted(
  "record pages out of order, where the order does not matter",
  "tall",
  (file) => {
    swap(file, file.table("wide").pageLedger, 4, 16, 12);
    return [];
  },
  "0.11",
);

/** A file made by commands. */
async function made(...commands: readonly (readonly string[])[]): Promise<PageFile> {
  let bytes: Uint8Array | undefined;
  for (const words of commands) {
    const request = { args: ["data/store.db", ...words], keep: true };
    const result = await sandbox.run(
      bytes === undefined ? { ...request, bytes: Buffer.alloc(3 * PAGE_SIZE) } : { ...request, bytes },
    );
    assert.equal(result.status, 0, `${words.join(" ")}: ${result.stderr}`);
    bytes = result.bytes!;
  }
  return new PageFile(Buffer.from(bytes!));
}

test("reported: a hole among records of fixed size", async () => {
  const rows = [1, 2, 3].map((id) => `{"id":${id},"n":7}`);
  const file = await made(["create", "t", "id:uint32:pk", "n:uint32"], ["insert", "t", ...rows], ["delete", "t", "2"]);
  await expectFaults(file.bytes, [`REFERENCE_HOLES t ${file.recordPage("t")}:-`]);
});

test("reported: a record that ends where its page does", async () => {
  // Slots of 16 bytes: the last one of a page stays unused, and here a row is put there by hand.
  const file = await made(["create", "t", "id:uint32:pk", "a:uint64", "b:uint16"], ["insert", "t", '{"id":1,"a":2,"b":3}']);
  const page = file.recordPage("t");
  file.page(page).copyWithin(PAGE_SIZE - 16, 0, 16);
  file.page(page).fill(0, 0, 16);
  const entry = file.entries(file.root("t", ["id"]))[0]!;
  file.set16(file.root("t", ["id"]), entry.pointer + 4, PAGE_SIZE - 16);
  file.page(file.table("t").pageLedger).fill(0, 8, 16);
  await expectFaults(file.bytes, [
    `REFERENCE_PAGE_END t ${page}:${PAGE_SIZE - 16}`,
    `REFERENCE_HOLES t ${page}:-`,
    "SPACE_LOST t -:-",
  ]);
});

test("reported: definitions that the reference can't have or read", async () => {
  const file = await made(
    ["create", "p", "id:uint32:pk", "code:text:unique"],
    ["create", "my-table", "id:uint32:pk", "worth:decimal", "key:uuid", "type:text", "p:text:references=p.code:null:cascade"],
    ["create", "odd", "id:text:pk", "--alignment", "24"],
    ["insert", "my-table", '{"id":1,"worth":"1.5","key":"00112233-4455-6677-8899-aabbccddeeff","type":"x","p":null}'],
  );
  const { snapshot } = file.table("my-table");
  await expectFaults(file.bytes, [
    `REFERENCE_NAME my-table ${snapshot}:-`,
    `REFERENCE_NAME my-table ${snapshot}:-`,
    `REFERENCE_COLUMN my-table ${snapshot}:-`,
    `REFERENCE_COLUMN my-table ${snapshot}:-`,
    `REFERENCE_DRIFT my-table ${snapshot}:-`,
    `REFERENCE_FOREIGN_KEY my-table ${snapshot}:-`,
    "REFERENCE_NULL_KEY my-table -:-",
    `REFERENCE_PADDING odd ${file.table("odd").snapshot}:-`,
  ]);
});

test("reported: several rows with null in a unique index", async () => {
  const rows = ['{"id":1}', '{"id":2,"n":"b"}', '{"id":3}', '{"id":4}'];
  const file = await made(["create", "t", "id:uint32:pk", "n:text:null:unique"], ["insert", "t", ...rows]);
  // Once for all of them, at the second entry: each takes 17 bytes.
  await expectFaults(file.bytes, [`UNIQUE_NULLS t ${file.root("t", ["n"])}:${15 + 17}`]);
});
