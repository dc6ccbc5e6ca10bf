import { OK, BAD_SCHEMA, NAME_TOO_LONG, PAGE_FULL, DAMAGED, lastError } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { HeapMemoryProvider, WasiMemoryProvider } from "../memory/file/provider";
import { MemoryManager } from "../memory/manager/memory-manager";
import { LAYOUT_0_9, LAYOUT_0_11 } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { bytesEqual, isZero } from "../encode/bytes";
import { TYPE_UINT32, TYPE_TEXT, TYPE_FLOAT64, TYPE_CUSTOM, VALUE_TEXT } from "../encode/data-type";
import { Column, ForeignKey, IndexDefinition, FLAG_PRIMARY_KEY, FLAG_UNIQUE, FLAG_NULLABLE, FLAG_AUTO } from "../schema/column";
import { columnSpecs, defineTable, isExpressible } from "../schema/column-spec";
import { indexName, isIndexName } from "../schema/index-names";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import {
  TablePages,
  appendToRegistry,
  readRegistry,
  removeFromRegistry,
  storedSchemaHash,
  fingerprintOf,
} from "../schema/schema-registry";
import { detectLayout } from "../schema/layout-detection";
import { DbmsContext } from "../store/dbms-context";
import { OpenOptions } from "../store/store";

const NAMES: StaticArray<string> = ["empty", "blog", "types", "log", "tree", "acl", "migrated", "tall", "deep", "churn"];

function users(): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("users", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  schema.columns.push(new Column("name", TYPE_TEXT));
  schema.indexes.push(new IndexDefinition(["id"], true));
  return schema;
}

describe("golden files", () => {
  test("every snapshot decodes and encodes to the same bytes, and the schema hash is the stored one", () => {
    for (let layout = 0; layout < 2; layout++) {
      for (let i = 0; i < NAMES.length; i++) {
        const path = "/golden/layout-" + (layout == 0 ? "0.9/" : "0.11/") + NAMES[i] + ".db";
        const options = new OpenOptions();
        options.readOnly = true;
        const context = DbmsContext.openFile(path, options);
        if (!context) {
          expect(path).toBe("opened");
          continue;
        }
        expect(context.manager.layout).toBe(layout == 0 ? LAYOUT_0_9 : LAYOUT_0_11, path);
        for (let t = 0; t < context.tables.length; t++) {
          const table = context.tables[t];
          const out = new ByteBuffer();
          expect(table.schema.encode(out)).toBe(OK);
          const page = context.access.page(table.pages.snapshot);
          expect(bytesEqual(out.ptr, out.len, page, out.len)).toBe(true, path + " " + table.name);
          out.free();
        }
        if (context.tables.length > 0) expect(context.store.schemaHash()).toBe(storedSchemaHash(context.access), path);
        context.close();
      }
    }
  });
});

describe("snapshots", () => {
  test("every kind of column survives", () => {
    const schema = users();
    const custom = new Column("colour", TYPE_CUSTOM, FLAG_NULLABLE);
    custom.customTag = "rgb";
    custom.customSize = 3;
    schema.columns.push(custom);
    const loose = new Column("shape", TYPE_CUSTOM);
    loose.customTag = "svg";
    schema.columns.push(loose);
    const owner = new Column("owner", TYPE_UINT32);
    owner.foreignKey = new ForeignKey("users", "id", 2);
    schema.columns.push(owner);
    const text = new Column("città", TYPE_TEXT);
    const value = new ArrayBuffer(5);
    store<u8>(changetype<usize>(value), VALUE_TEXT);
    store<u16>(changetype<usize>(value), 2, 1);
    store<u16>(changetype<usize>(value), 0x6968, 3);
    text.defaultValue = value;
    schema.columns.push(text);
    schema.indexes.push(new IndexDefinition(["owner", "name"], false));
    const out = new ByteBuffer();
    expect(schema.encode(out)).toBe(OK);
    const back = TableSchemaSnapshot.decode(out.ptr, out.len)!;
    const again = new ByteBuffer();
    expect(back.encode(again)).toBe(OK);
    expect(bytesEqual(out.ptr, out.len, again.ptr, again.len)).toBe(true);
    expect(back.columns[2].typeText).toBe("custom(rgb,3)");
    expect(back.columns[3].typeText).toBe("custom(svg)");
    expect(back.columns[4].foreignKey!.onDelete).toBe(2);
    expect(back.columns[5].name).toBe("città");
    expect(back.columns[5].defaultOffset()).toBe(1);
    // Cut off anywhere, or with any byte changed to a wild one, it is refused or decodes to something that encodes.
    for (let len: u32 = 0; len < out.len; len++) expect(TableSchemaSnapshot.decode(out.ptr, len) == null).toBe(true);
    for (let at: u32 = 0; at < out.len; at++) {
      const byte = load<u8>(out.ptr + at);
      store<u8>(out.ptr + at, 0xff);
      const odd = TableSchemaSnapshot.decode(out.ptr, out.len);
      if (odd) {
        again.reset();
        odd.encode(again);
      }
      store<u8>(out.ptr + at, byte);
    }
  });

  test("names of 255 bytes fit, longer ones are refused; so is a definition larger than a page", () => {
    const out = new ByteBuffer();
    const fits = new TableSchemaSnapshot("é".repeat(127) + "x", "id");
    fits.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
    expect(fits.encode(out)).toBe(OK);
    const long = new TableSchemaSnapshot("é".repeat(128), "id");
    expect(long.encode(out)).toBe(NAME_TOO_LONG);
    const many = users();
    for (let i = 0; i < 300; i++) many.columns.push(new Column("c".repeat(240) + i.toString(), TYPE_UINT32));
    expect(many.encode(out)).toBe(PAGE_FULL);
  });

  test("definitions that contradict themselves are refused", () => {
    let schema = users();
    schema.columns.push(new Column("name", TYPE_TEXT));
    expect(schema.validate()).toBe(BAD_SCHEMA, "two columns of one name");
    schema = users();
    schema.columns.push(new Column("x", TYPE_FLOAT64));
    expect(schema.validate()).toBe(BAD_SCHEMA, "a type without values");
    schema = users();
    schema.columns.push(new Column("x", TYPE_UINT32, FLAG_PRIMARY_KEY));
    expect(schema.validate()).toBe(BAD_SCHEMA, "two primary keys");
    schema = users();
    schema.columns.push(new Column("x", TYPE_TEXT, FLAG_AUTO));
    expect(schema.validate()).toBe(BAD_SCHEMA, "text can't count");
    schema = users();
    schema.indexes.push(new IndexDefinition(["nobody"], false));
    expect(schema.validate()).toBe(BAD_SCHEMA, "an index on a column that is not there");
    schema = users();
    schema.alignment = 4;
    expect(schema.validate()).toBe(BAD_SCHEMA, "alignment below 8");
    schema = users();
    schema.indexes = [];
    expect(schema.validate()).toBe(BAD_SCHEMA, "no index on the primary key");
    expect(users().validate()).toBe(OK);
  });
});

const words: string[] = ["id:uint32:pk", "a:text:unique=pair", "b:int8:null:index", "c:uint8:unique:unique=pair", "d:int8:index"];

/** The indexes of a definition, a unique one with `!`. */
function indexesOf(schema: TableSchemaSnapshot): string {
  let text = "";
  for (let i = 0; i < schema.indexes.length; i++)
    text += (i > 0 ? " " : "") + schema.indexes[i].columnsText + (schema.indexes[i].unique ? "!" : "");
  return text;
}

describe("indexes that come and go", () => {
  test("a group is unique if one of its words says so; a definition makes the same words again", () => {
    const schema = defineTable("t", words, 0)!;
    expect(indexesOf(schema)).toBe("id! c! b d a,c!");
    expect(columnSpecs(schema).join(" ")).toBe(
      "id:uint32:pk a:text:unique=g1 b:int8:null:index c:uint8:unique:unique=g1 d:int8:index",
    );
    expect(isExpressible(schema)).toBe(true);
    expect(indexesOf(defineTable("t", ["id:uint32:pk", "a:text:unique=one", "b:text:index=two", "c:text:unique=two"], 0)!)).toBe(
      "id! a! b,c!",
    );
    expect(defineTable("t", ["id:uint32:pk", "a:text:unique="], 0) == null).toBe(true);
  });

  test("each has the place that it would have had from the start, and the first definition stays as it was", () => {
    const schema = defineTable("t", words, 0)!;
    const more = schema.withIndex(["b"], true).withIndex(["a"], false).withIndex(["d", "b"], false).withIndex(["b", "a"], true);
    expect(indexesOf(more)).toBe("id! b! c! a d a,c! d,b b,a!");
    expect(more.columns[2].unique).toBe(true);
    expect(more.columns[2].nullable).toBe(true);
    expect(indexesOf(schema)).toBe("id! c! b d a,c!");
    expect(schema.columns[2].unique).toBe(false);
    expect(more.withIndex(["b"], false) === more && more.withIndex(["a", "c"], true) === more).toBe(true);
    expect(indexesOf(more.withoutIndex(["b"]).withoutIndex(["a", "c"]))).toBe("id! c! a d d,b b,a!");
    expect(more.withoutIndex(["c"]).columns[3].unique).toBe(false);
    expect(more.withoutIndex(["c"]).validate()).toBe(OK);
  });

  test("a hidden key is the first column, called rowid, and not the only one", () => {
    expect(defineTable("t", ["rowid:int64:pk:auto", "a:text"], 0)!.hasHiddenKey).toBe(true);
    expect(defineTable("t", ["rowid:int64:pk:auto"], 0)!.hasHiddenKey).toBe(false);
    expect(defineTable("t", ["rowid:int64:pk", "a:text"], 0)!.hasHiddenKey).toBe(false);
    expect(defineTable("t", ["rowid:uint64:pk:auto", "a:text"], 0)!.hasHiddenKey).toBe(false);
    expect(defineTable("t", ["a:text", "rowid:int64:pk:auto"], 0)!.hasHiddenKey).toBe(false);
  });

  test("names of indexes", () => {
    expect(indexName("users", new IndexDefinition(["a", "b"], true))).toBe("users_a_b_unique");
    expect(isIndexName("USERS_A_B_IDX", "users", ["a", "b"])).toBe(true);
    expect(isIndexName("uq_a_b", "users", ["a", "b"])).toBe(true);
    expect(isIndexName("users_a", "users", ["a", "b"])).toBe(false);
    expect(isIndexName("users_a_b_", "users", ["a", "b"])).toBe(false);
    expect(isIndexName("_users_a_b", "users", ["a", "b"])).toBe(false);
    expect(isIndexName("users_a_b_idx,_key", "users", ["a", "b"])).toBe(false);
  });
});

describe("schema registry", () => {
  test("entries go and come back; a shorter list leaves no bytes behind", () => {
    const manager = new MemoryManager(new HeapMemoryProvider());
    const access = new MemoryAccess(manager);
    while (manager.pageCount < 40) access.growOnePage();
    const entries = new Array<TablePages>();
    for (let i: u32 = 0; i < 3; i++) {
      const entry = new TablePages();
      entry.fingerprint = fingerprintOf("t" + i.toString());
      entry.snapshot = 3 + i * 5;
      entry.pageLedger = 4 + i * 5;
      entry.freeSegments = 5 + i * 5;
      entry.indexLedger = 6 + i * 5;
      if (i == 1) entry.autoincrement = 7 + i * 5;
      entries.push(entry);
      expect(appendToRegistry(access, entries, 0x1234)).toBe(OK);
    }
    const back = readRegistry(access)!;
    expect(back.length).toBe(3);
    expect(back[1].autoincrement).toBe(12);
    expect(back[2].autoincrement).toBe(0xffffffff);
    expect(back[2].fingerprint).toBe(fingerprintOf("t2"));
    expect(removeFromRegistry(access, entries, 1, 0x5678)).toBe(OK);
    expect(entries.length).toBe(2);
    const fewer = readRegistry(access)!;
    expect(fewer.length).toBe(2);
    expect(fewer[1].fingerprint).toBe(fingerprintOf("t2"));
    expect(storedSchemaHash(access)).toBe(0x5678);
    removeFromRegistry(access, entries, 1, 0);
    expect(isZero(access.page(0) + 16 + 25, 65536 - 16 - 25)).toBe(true, "nothing is left behind the entries");
    access.writeU64(0, 8, 4000);
    expect(readRegistry(access) == null).toBe(true);
    expect(lastError.status).toBe(DAMAGED);
    access.writeU64(0, 8, 1);
    access.writeU32(0, 16 + 8, 40);
    expect(readRegistry(access) == null).toBe(true, "a page outside of the file");
    manager.close();
  });
});

describe("layout detection", () => {
  test("an empty file of two pages is 0.11, of three 0.9", () => {
    const provider = new HeapMemoryProvider();
    provider.grow(2);
    expect(detectLayout(new MemoryAccess(new MemoryManager(provider)))).toBe(LAYOUT_0_11);
    provider.grow(1);
    expect(detectLayout(new MemoryAccess(new MemoryManager(provider)))).toBe(LAYOUT_0_9);
  });

  test("golden files of layout 0.11 whose page 1 begins like an ACL are told by their registry", () => {
    const provider = WasiMemoryProvider.open("/golden/layout-0.11/blog.db", true, false)!;
    const copy = new HeapMemoryProvider();
    copy.grow(provider.pages);
    const page = heap.alloc(65536);
    for (let i: u32 = 0; i < provider.pages; i++) {
      provider.read((<u64>i) << 16, page, 65536);
      copy.write((<u64>i) << 16, page, 65536);
    }
    store<u32>(page, 2);
    copy.write(65536, page, 1);
    expect(detectLayout(new MemoryAccess(new MemoryManager(copy)))).toBe(LAYOUT_0_11);
  });
});
