/**
 * Two tables: posts(id uint32 primary key, owner uint32 indexed and a foreign key to users.id, title), joined by hand through an index.
 */
import { RowScan } from "../../assembly/store/row-scan";
import { DELETE_CASCADE } from "../../assembly/store/deletes";
import { Row } from "../../assembly/encode/row";
import { ByteBuffer } from "../../assembly/encode/byte-buffer";
import { compareKeyToProbe } from "../../assembly/encode/key";
import { TYPE_UINT32, TYPE_TEXT } from "../../assembly/encode/data-type";
import {
  Column,
  ForeignKey,
  IndexDefinition,
  FLAG_PRIMARY_KEY,
  FLAG_UNIQUE,
  ON_DELETE_CASCADE,
} from "../../assembly/schema/column";
import { TableSchemaSnapshot } from "../../assembly/schema/table-schema-snapshot";
import { TreeCursor } from "../../assembly/index/tree-cursor";
import { Users } from "./users";
import {
  Reader,
  addName,
  find,
  indexAt,
  keyOf,
  must,
  numberKey,
  openStore,
  report,
  setNumber,
  spread,
  startClock,
} from "./bench";

function postsSchema(): TableSchemaSnapshot {
  const schema = new TableSchemaSnapshot("posts", "id");
  schema.columns.push(new Column("id", TYPE_UINT32, FLAG_PRIMARY_KEY | FLAG_UNIQUE));
  const owner = new Column("owner", TYPE_UINT32);
  owner.foreignKey = new ForeignKey("users", "id", ON_DELETE_CASCADE);
  schema.columns.push(owner);
  schema.columns.push(new Column("title", TYPE_TEXT));
  schema.indexes.push(new IndexDefinition(["id"], true));
  schema.indexes.push(new IndexDefinition(["owner"], false));
  return schema;
}

/** `n` posts of n / 10 users. */
export function runPosts(path: string, n: u32, cacheBytes: u64): void {
  const context = openStore(path, cacheBytes, false);
  const users = new Users(context);
  const owners = n / 10;
  users.fill(owners, "owners", false);
  must(context.createTable(postsSchema()));
  const posts = context.table("posts")!;
  const people = context.table("users")!;
  const row = new Row(posts.layout);

  startClock();
  must(context.begin());
  for (let i: u32 = 1; i <= n; i++) {
    row.reset();
    setNumber(row, 0, i);
    setNumber(row, 1, 1 + spread(i, owners));
    const at = row.values.len;
    addName(i, row.values);
    row.setFromArena(2, at);
    must(context.insert(posts, row));
  }
  must(context.commit());
  report("fk_insert", n);

  // Users older than 80, through the index on age; of each the posts, through the index on owner.
  const from = new ByteBuffer();
  numberKey(people, 3, 81, from);
  const reader = new Reader(context, posts);
  const cursor = new TreeCursor(indexAt(posts, 1).tree);
  const probe = new ByteBuffer();
  const rounds = n < 10000 ? 50 : 5;
  let rows: u32 = 0;
  startClock();
  for (let i = 0; i < rounds; i++) {
    rows = 0;
    const scan = new RowScan(people, indexAt(people, 2));
    scan.setBounds(from, null);
    while (scan.next()) {
      reader.sum += load<u32>(scan.row.ptr(0)) + scan.row.len(1);
      const key = keyOf(posts, 1, scan.row.ptr(0), 4, probe);
      for (let found = cursor.seek(key, false); found && compareKeyToProbe(cursor.key(), key) == 0; found = cursor.next()) {
        must(context.read(posts, cursor.address(), reader.row, reader.body));
        reader.sum += load<u32>(reader.row.ptr(0)) + reader.row.len(2);
        rows += 1;
      }
    }
    must(scan.status);
    scan.free();
  }
  report("join", rows * rounds, rows);

  const deleted = max<u32>(owners / 10, 1);
  startClock();
  must(context.begin());
  for (let i: u32 = 1; i <= deleted; i++) must(context.delete(people, find(people, i), DELETE_CASCADE));
  must(context.commit());
  report("cascade", deleted);
  must(context.close());
}
