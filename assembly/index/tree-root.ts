/** Where a tree begins, and what whoever walks it or changes it has to know of it. */
import { Status, OK } from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { LeafHistory } from "./leaf-history";
import { BufferedChanges } from "./buffered-changes";

export class TreeRoot {
  /** Changes that are to be carried out before the tree is looked into; or null. */
  waiting: BufferedChanges | null = null;
  /** Grows with each change of the tree. */
  private version: u32 = 0;
  /** Is told what becomes of leaves; null where nobody wants to know. */
  history: LeafHistory | null = null;
  /** Whether this session has made sure that no leaf but the root is empty; what a rollback may undo. */
  purgedEpoch: u32 = 0xffffffff;

  constructor(
    readonly access: MemoryAccess,
    public rootPage: u32,
  ) {}

  /** Changes with every change of the tree, and with every rollback. */
  @inline get currentVersion(): u32 {
    return this.version + this.access.manager.epoch;
  }

  /** Makes sure that no changes wait. To be called before the tree is looked into. */
  @inline flush(): Status {
    const waiting = this.waiting;
    return waiting ? waiting.flush() : OK;
  }

  /** Called by whatever changes the tree. */
  @inline noteChange(): void {
    this.version += 1;
  }
}
