import { HeapMemoryProvider, WasiMemoryProvider } from "./memory/provider";
import { MemoryManager } from "./memory/memory-manager";
import { JournaledAccess } from "./memory/journaled-access";
import { IndexTree } from "./index/index-tree";
import { IndexLedger } from "./index/index-ledger";
import { TableRegistry } from "./table/table-registry";
import { TableReader } from "./table/table-reader";
import { PageLedger } from "./table/page-ledger";
import { FreeSegmentsLedger } from "./table/free-segments-ledger";
import { AutoincrementLedger } from "./table/autoincrement-ledger";
import { detectLayout } from "./schema/layout-detection";
import { readRegistry, writeRegistry, computeSchemaHash, checkTablePages, fingerprintOf } from "./schema/schema-registry";
import { TableSchemaSnapshot } from "./schema/table-schema-snapshot";
import { errorMessage } from "./status";
const h = new HeapMemoryProvider();
const m = new MemoryManager(h);
const a = new JournaledAccess(m);
while (m.pageCount < 3) a.growOnePage();
const t = new IndexTree(a, IndexTree.create(a));
const k = heap.alloc(64);
store<u32>(k, 1); store<u32>(k, 5, 4); store<u8>(k, 14, 8);
let x: u32 = 1; let t0 = Date.now();
const N = 300000;
for (let i = 0; i < N; i++) { x = x * 1664525 + 1013904223; store<u32>(k, x >> 8, 9); const st = t.insert(k, 13, i); m.undo.clear(); if (st) { console.log(errorMessage()); break; } }
console.log(m.pageCount.toString()); console.log("insert " + (Date.now()-t0).toString());
x = 1; let bad = 0;
for (let i = 0; i < N; i++) { x = x * 1664525 + 1013904223; store<u32>(k, x >> 8, 9); if (t.find(k) == -1) bad++; }
console.log("bad " + bad.toString());
console.log("find " + (Date.now()-t0).toString());const r0 = t.rootPage; m.commit();
t.rootPage = r0; x = 1; bad = 0;
for (let i = 0; i < N; i++) { x = x * 1664525 + 1013904223; store<u32>(k, x >> 8, 9); const st = t.remove(k, i);  m.undo.clear(); if (st) { console.log(errorMessage()); break; } }
console.log("remove " + (Date.now()-t0).toString()); const root = t.rootPage; m.rollback();
t.rootPage = r0; x = 1; bad = 0;
for (let i = 0; i < N; i++) { x = x * 1664525 + 1013904223; store<u32>(k, x >> 8, 9); if (t.find(k) == -1) bad++; }
console.log("bad " + bad.toString());
