/** What operations and peers are called in docs/benchmarks.md, and what they are. */

export interface Operation {
  readonly group: string;
  readonly op: string;
  readonly title: string;
  readonly note?: string;
  /** Part of the short table. */
  readonly short?: boolean;
  /** Part of the table of growth. */
  readonly grows?: boolean;
  /** No figure to win or lose by. */
  readonly unmatched?: boolean;
}

export interface PeerWords {
  readonly title: string;
  readonly node?: boolean;
  /** Who it is compared with, unless that is Quire as it is, or Quire on Node. */
  readonly base?: string;
}

export const PEERS: ReadonlyMap<string, PeerWords> = new Map<string, PeerWords>([
  ["quire", { title: "Quire" }],
  ["quire-2m", { title: "Quire, 2 MiB of cache" }],
  ["quire-512m", { title: "Quire, 512 MiB of cache" }],
  ["sqlite-wasi", { title: "SQLite, WASI" }],
  ["sqlite-wasi-16m", { title: "SQLite, WASI, 16 MiB" }],
  ["sqlite-wasi-wal", { title: "SQLite, WASI, 16 MiB, WAL" }],
  ["sqlite-wasi-512m", { title: "SQLite, WASI, 512 MiB", base: "quire-512m" }],
  ["reference-0.9.0", { title: "reference 0.9.0" }],
  ["reference-0.11.0", { title: "reference 0.11.0" }],
  ["sqlite-native", { title: "SQLite, native" }],
  ["sqlite-native-wal", { title: "SQLite, native, 16 MiB, WAL" }],
  ["quire-node", { title: "Quire on Node", node: true }],
  ["better-sqlite3", { title: "better-sqlite3", node: true }],
  ["node-sqlite3-wasm", { title: "node-sqlite3-wasm", node: true }],
  ["lmdb", { title: "lmdb", node: true }],
]);

export const GROUP_TITLES: ReadonlyMap<string, { readonly title: string; readonly about: string }> = new Map([
  [
    "full",
    {
      title: "One table",
      about:
        "users(id uint32 primary key, name 'user 123', email 'u123@example.org' unique, age indexed), filled in the order of ids. µs per operation. " +
        "SQLite runs with EXCLUSIVE locking and synchronous=FULL; journal DELETE unless it says WAL, a cache of 2 MB (its default) unless it says otherwise; Quire's cache is 16 MiB. 512 MiB hold all of the largest file; " +
        "SQLite with so much is compared with Quire with as much. " +
        "The reference has no transaction that could take this many rows, so each of its calls is one of its oneshot calls, and it never syncs.",
    },
  ],
  ["random", { title: "The same table, filled in random order", about: "µs per operation." }],
  [
    "wide1k",
    {
      title: "Rows of 1 KB",
      about: "docs(id uint32 primary key, age uint32 indexed, body text of 1,024 bytes). µs per operation.",
    },
  ],
  [
    "wide20k",
    {
      title: "Rows of 20 KB",
      about:
        "The same with 20,480 bytes. SQLite keeps long text on pages of its own, which it need not read for the columns before it; here a scan reads the sectors of 4 KiB that the records start in.",
    },
  ],
  [
    "posts",
    {
      title: "Two tables",
      about:
        "posts(id uint32 primary key, owner uint32 indexed, a foreign key to users.id that cascades, title), ten for each user. SQLite joins by SQL, Quire by hand through the index on owner.",
    },
  ],
]);

const full = (op: string, title: string, more: Partial<Operation> = {}): Operation => ({ group: "full", op, title, ...more });
const wide = (group: string): readonly Operation[] => [
  { group, op: "wide_insert", title: "insert a row, one transaction", short: group === "wide1k" },
  { group, op: "wide_get", title: "get by primary key", short: group === "wide1k" },
  { group, op: "wide_scan", title: "full scan with a filter on another column, per row" },
  { group, op: "wide_update", title: "update another, indexed column, one transaction" },
];

export const OPERATIONS: readonly Operation[] = [
  full("insert", "insert a row, one transaction with its commit", { short: true, grows: true }),
  full("insert_bulk", "the same in bulk, index entries in batches", {
    short: true,
    grows: true,
    note: "What `import`, `load` and requests with many rows do. The others have no such way: theirs is the line above.",
  }),
  full("insert_before_commit", "insert a row, before the commit", { unmatched: true }),
  full("get", "get by primary key, at random", { short: true, grows: true }),
  full("get_in_order", "get by primary key, in order"),
  full("get_unique", "get by unique e-mail", { short: true, grows: true }),
  full("scan_eq", "full scan, name = x, per row", { short: true }),
  full("scan_like", "full scan, name with '99' in it, per row", { short: true }),
  full("range", "range by index, per row", {
    short: true,
    note: "age > 80, through the index on age: a tenth of the rows, each one fetched. SQLite's planner takes the index, too.",
  }),
  full("update", "update an indexed column by key, one transaction", { short: true, grows: true }),
  full("update_before_commit", "the same before the commit", { unmatched: true }),
  full("delete", "delete by key, one transaction", { short: true, grows: true }),
  full("delete_before_commit", "the same before the commit", { unmatched: true }),
  full("each_insert", "insert, a transaction each, no sync", {
    short: true,
    grows: true,
    note: "Quire with its log but without the sync; SQLite with synchronous=OFF and its journal in memory (WAL: with its log); the reference as it is.",
  }),
  full("each_update", "update, a transaction each, no sync", { grows: true }),
  full("each_delete", "delete, a transaction each, no sync", { grows: true }),
  full("sync_unit", "the unit: write 4 KiB and sync", {
    note: "Just before the next one, in the same process.",
    unmatched: true,
  }),
  full("durable_insert", "durable insert, a transaction each"),
  full("durable_in_syncs", "durable insert, in units of one write and sync", {
    short: true,
    note: "A number, not µs: the two above over each other, round by round.",
  }),
  full("close", "close", {
    note: "Quire writes what is in its log to the main file then, SQLite what is in its WAL.",
    unmatched: true,
  }),
  { group: "random", op: "insert_random", title: "insert a row, ids at random, one transaction", short: true, grows: true },
  { group: "random", op: "get_after_random", title: "get by primary key, after that", grows: true },
  { group: "random", op: "delete_random", title: "delete by key, at random, one transaction" },
  ...wide("wide1k"),
  ...wide("wide20k"),
  { group: "posts", op: "fk_insert", title: "insert a row with a foreign key, one transaction", short: true },
  { group: "posts", op: "join", title: "join, per row", short: true, note: "Users with age > 80 and their posts." },
  { group: "posts", op: "cascade", title: "delete a user with ten posts, one transaction" },
];
