/** Where a tree begins, and what whoever walks it or changes it has to know of it. */
import { MemoryAccess } from "../memory/access/memory-access";
import { LeafHistory } from "./leaf-history";
import { BufferedChanges } from "./buffered-changes";

export class TreeRoot {
  /** Changes that whoever is above is to carry out before the tree is looked into (but by `find` and `seekEqual`); or null. */
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

  /** Called by whatever changes the tree. */
  @inline noteChange(): void {
    this.version += 1;
  }
}
