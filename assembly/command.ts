import { HeapMemoryProvider, WasiMemoryProvider } from "./memory/provider";
import { MemoryManager } from "./memory/memory-manager";
import { JournaledAccess } from "./memory/journaled-access";
import { DirectAccess } from "./memory/direct-access";
import { errorMessage } from "./status";
const p = WasiMemoryProvider.open("data/x.db", false, true);
if (!p) { console.log(errorMessage()); } else {
const m = new MemoryManager(p!);
const a = new JournaledAccess(m);
const d = new DirectAccess(m);
while (m.pageCount < 3) a.growOnePage();
d.claimPage();
const q = a.claimPage();
a.writeU32(q, 8, 5);
a.insertBytes(q, 8, a.page(q)+8, 4, 4);
a.removeBytes(q, 8,  4, 4);
d.insertBytes(q, 8, a.page(q)+8, 4, 4);
d.removeBytes(q, 8,  4, 4);
a.unclaimPage(q);
console.log(m.pageCount.toString()+" "+m.undo.mark.toString());
m.undoTo(0);
m.rollback();
console.log(m.pageCount.toString());
m.commit(); m.close(); }
const h = new HeapMemoryProvider(); h.grow(1);
