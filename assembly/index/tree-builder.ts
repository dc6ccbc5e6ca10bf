/**
 * Fills a tree that is empty with entries that come in its order: each node is made in memory, and written once, when it is full. Leaves
 * are filled to their end, as they are by keys that are inserted in order.
 */
import { Status, OK, NO_PAGE, lastError } from "../status";
import { copyBytes } from "../encode/bytes";
import { ByteBuffer } from "../encode/byte-buffer";
import { MemoryAccess } from "../memory/access/memory-access";
import { PAGE_SIZE } from "../memory/base/layout";
import { IndexTree } from "./index-tree";
import {
  COUNT_OFFSET,
  INNER_ENTRY,
  INNER_HEADER,
  LEAF_ENTRY,
  LEAF_HEADER,
  MAX_ENTRIES,
  NEXT_OFFSET,
  NODE_INNER,
  NODE_LEAF,
  PARENT_OFFSET,
  PREV_OFFSET,
  RIGHTMOST_OFFSET,
  writeWholeNode,
} from "./node";

/** The node of a level that is being filled. */
class OpenNode {
  readonly data: usize = heap.alloc(PAGE_SIZE);
  count: u32 = 0;
  used: u32 = 0;
  /** Where the last entry starts. */
  last: u32 = 0;

  constructor(
    private readonly kind: u32,
    public pageNo: u32,
  ) {
    this.begin(pageNo);
  }

  /** Begins another node, of page `pageNo`. */
  begin(pageNo: u32): void {
    this.pageNo = pageNo;
    this.count = 0;
    this.used = this.kind == NODE_LEAF ? LEAF_HEADER : INNER_HEADER;
    this.last = this.used;
    store<u8>(this.data, <u8>this.kind);
    store<u32>(this.data, NO_PAGE, PARENT_OFFSET);
    store<u32>(this.data, NO_PAGE, RIGHTMOST_OFFSET);
    if (this.kind == NODE_LEAF) store<u32>(this.data, NO_PAGE, NEXT_OFFSET);
  }

  /** Whether there is room for an entry of `len` bytes. */
  hasRoom(len: u32): bool {
    return this.used + len <= PAGE_SIZE && this.count < MAX_ENTRIES;
  }

  /** Room for an entry of `len` bytes. */
  take(len: u32): usize {
    this.last = this.used;
    this.used += len;
    this.count += 1;
    return this.data + this.last;
  }

  write(access: MemoryAccess): Status {
    store<u16>(this.data, <u16>this.count, COUNT_OFFSET);
    return writeWholeNode(access, this.pageNo, this.data, this.used);
  }
}

export class TreeBuilder {
  private readonly access: MemoryAccess;
  private readonly leaf: OpenNode;
  /** The inner nodes above it, from the lowest to the root. */
  private readonly inner: Array<OpenNode> = new Array<OpenNode>();
  private readonly separator: ByteBuffer = new ByteBuffer(256);

  /** `tree` has a root without entries, and no other page. */
  constructor(private readonly tree: IndexTree) {
    this.access = tree.access;
    this.leaf = new OpenNode(NODE_LEAF, tree.rootPage);
  }

  /** The key of the entry that was added last; 0 when there is none. */
  get lastKey(): usize {
    return this.leaf.count == 0 ? 0 : this.leaf.data + this.leaf.last + 2;
  }

  /** Adds an entry, as it is in a leaf. */
  add(entry: usize): Status {
    const leaf = this.leaf;
    const len = LEAF_ENTRY + <u32>load<u16>(entry);
    if (!leaf.hasRoom(len)) {
      const status = this.nextLeaf(entry);
      if (status != OK) return status;
    }
    copyBytes(leaf.take(len), entry, len);
    return OK;
  }

  /** Writes the leaf, and begins the one behind it, whose first entry is to be `entry`. */
  private nextLeaf(entry: usize): Status {
    const leaf = this.leaf;
    const left = leaf.pageNo;
    const right = this.access.claimPage();
    if (right == NO_PAGE) return lastError.status;
    const separator = this.separator;
    separator.reset();
    separator.addBytes(entry + 2, load<u16>(entry));
    store<u32>(leaf.data, right, NEXT_OFFSET);
    const status = this.close(0, leaf, right);
    if (status != OK) return status;
    leaf.begin(right);
    store<u32>(leaf.data, left, PREV_OFFSET);
    return OK;
  }

  /** Writes `node`, which is below `inner[level]`; `right` comes behind it, and `separator` is between the two. */
  private close(level: i32, node: OpenNode, right: u32): Status {
    if (level == this.inner.length) {
      const pageNo = this.access.claimPage();
      if (pageNo == NO_PAGE) return lastError.status;
      const root = new OpenNode(NODE_INNER, pageNo);
      store<u32>(root.data, node.pageNo, RIGHTMOST_OFFSET);
      this.inner.push(root);
    }
    store<u32>(node.data, this.inner[level].pageNo, PARENT_OFFSET);
    const status = node.write(this.access);
    return status == OK ? this.addChild(level, right) : status;
  }

  /** Adds the child `right` behind `separator` to the open node of a level. */
  private addChild(level: i32, right: u32): Status {
    const node = this.inner[level];
    const separator = this.separator;
    const len = INNER_ENTRY + separator.len;
    if (!node.hasRoom(len)) return this.nextInner(level, right);
    const rightmost = load<u32>(node.data, RIGHTMOST_OFFSET);
    const entry = node.take(len);
    store<u16>(entry, <u16>separator.len);
    copyBytes(entry + 2, separator.ptr, separator.len);
    store<u32>(entry + 2 + separator.len, rightmost);
    store<u32>(node.data, right, RIGHTMOST_OFFSET);
    return OK;
  }

  /**
   * The same where there is no room. The node's last child goes to the next one, too, so that none has one child alone; but not where two
   * are all that a node holds.
   */
  private nextInner(level: i32, right: u32): Status {
    const node = this.inner[level];
    const pageNo = this.access.claimPage();
    if (pageNo == NO_PAGE) return lastError.status;
    const separator = this.separator;
    const key = new ByteBuffer(separator.len);
    const moves = node.count > 1;
    const rightmost = load<u32>(node.data, RIGHTMOST_OFFSET);
    if (moves) {
      key.addBytes(separator.ptr, separator.len);
      const last = node.data + node.last;
      const lastLen = <u32>load<u16>(last);
      separator.reset();
      separator.addBytes(last + 2, lastLen);
      store<u32>(node.data, load<u32>(last + 2 + lastLen), RIGHTMOST_OFFSET);
      node.used = node.last;
      node.count -= 1;
    }
    let status = this.close(level + 1, node, pageNo);
    node.begin(pageNo);
    store<u32>(node.data, moves ? rightmost : right, RIGHTMOST_OFFSET);
    if (moves && status == OK) {
      separator.reset();
      separator.addBytes(key.ptr, key.len);
      status = this.addChild(level, right);
    }
    key.free();
    return status;
  }

  /** Writes the nodes that are not written yet: the tree is there then. */
  finish(): Status {
    const inner = this.inner;
    const tree = this.tree;
    let status = OK;
    let node = this.leaf;
    for (let level = 0; status == OK; level++) {
      if (level < inner.length) store<u32>(node.data, inner[level].pageNo, PARENT_OFFSET);
      status = node.write(this.access);
      if (level == inner.length) break;
      node = inner[level];
    }
    tree.noteChange();
    tree.rootPage = node.pageNo;
    return status;
  }

  free(): void {
    heap.free(this.leaf.data);
    for (let level = 0; level < this.inner.length; level++) heap.free(this.inner[level].data);
    this.separator.free();
  }
}
