/**
 * Tables whose definitions come from outside. Where their layout has no indexes, those of the definition are made in memory, each when it
 * is first looked into: whatever goes by an index then works on such a file, too. An entry takes its key and some ten bytes.
 */
import { OK, NO_PAGE, Status, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { Row } from "../encode/row";
import { BufferedChanges } from "../index/buffered-changes";
import { IndexTree } from "../index/index-tree";
import { LAYOUT_0_8, hasIndexes } from "../memory/base/layout";
import { MemoryAccess } from "../memory/access/memory-access";
import { MemoryManager } from "../memory/manager/memory-manager";
import { HeapMemoryProvider } from "../memory/file/provider";
import { TablePages } from "../schema/schema-registry";
import { TableSchemaSnapshot } from "../schema/table-schema-snapshot";
import { Table } from "./table";
import { EntryKeeper, TableIndex } from "./table-index";
import { damagedRecord } from "./record-prefix";

/** Makes the tree of one index when something is about to look into it. */
class MadeIndex extends EntryKeeper {
  constructor(
    private readonly table: Table,
    private readonly index: TableIndex,
  ) {
    super();
  }

  flushChanges(): Status {
    const tree = this.index.tree;
    const waiting = tree.waiting;
    // What is put into it would wait for itself.
    tree.waiting = null;
    const status = this.make(tree);
    if (status != OK) tree.waiting = waiting;
    return status;
  }

  private make(tree: IndexTree): Status {
    const table = this.table;
    tree.rootPage = IndexTree.create(tree.access);
    let status = tree.rootPage == NO_PAGE ? lastError.status : OK;
    const reader = table.reader();
    const row = new Row(table.layout);
    const key = new ByteBuffer(256);
    while (status == OK && reader.next()) {
      if (!row.decode(reader.body, reader.bodyLen)) {
        status = damagedRecord(reader.address);
        break;
      }
      key.reset();
      this.index.addKey(table.schema, row, key);
      status = tree.insert(key.ptr, key.len, reader.address);
    }
    key.free();
    row.free();
    return status == OK ? reader.status : status;
  }
}

/** Where indexes are kept that the file does not have. */
function madeAccess(): MemoryAccess {
  const manager = new MemoryManager(new HeapMemoryProvider());
  // One without a list of unclaimed pages.
  manager.layout = LAYOUT_0_8;
  return new MemoryAccess(manager, false);
}

/** Opens the table with these pages by a definition from outside; its roots are still to be read. */
export function openGiven(access: MemoryAccess, pages: TablePages, schema: TableSchemaSnapshot): Table {
  if (hasIndexes(access.manager.layout)) return new Table(access, pages, schema, 0);
  const table = new Table(access, pages, schema, 0, madeAccess());
  for (let i = 0; i < table.indexes.length; i++) {
    const index = table.indexes[i];
    index.tree.waiting = new BufferedChanges(false);
    index.keeper = new MadeIndex(table, index);
  }
  return table;
}
