/**
 * The access control list: identities and what they may do (`docs/format.md`, "ACL"; not in layout 0.11).
 *
 *   page 1  | version u8 = 2 | count u32 | entries sorted by identity |
 *   entry   | id_len u8 | id | flags u8 | all_tables u8 | table_count u16 | { fingerprint u64 | perms u8 } … sorted |
 *
 * Before 0.9 (version 1, `docs/format.md`, "Layouts before 0.9") the list names those who may do everything, and is only read here:
 *
 *   page 1  | count u32 | { id_len u8 | id } … in the order of adding |
 *
 * An all-zero page is an empty list that was never written. The rules are the reference's: an entry that is left without any right is
 * removed, and the last identity that holds manage-acl can't lose it.
 */
import {
  Status,
  OK,
  ACL_LAYOUT_UNSUPPORTED,
  CONSTRAINT_VIOLATION,
  IDENTITY_NOT_FOUND,
  NAME_TOO_LONG,
  PAGE_FULL,
  UNSUPPORTED,
  fail,
  damaged,
  lastError,
} from "../status";
import { MemoryAccess } from "../memory/access/memory-access";
import { isZero, compareBytes } from "../encode/bytes";
import { ACL_PAGE, LAYOUT_0_11, PAGE_SIZE, hasDefinitions, layoutName } from "../memory/base/layout";
import { ByteBuffer } from "../encode/byte-buffer";
import { identitiesOfVersion1 } from "../schema/layout-detection";

export const ACL_VERSION: u32 = 2;

export const ACL_ADMIN: u8 = 1;
export const ACL_MANAGE: u8 = 2;
const ACL_MIGRATE: u8 = 4;
const ALL_FLAGS: u8 = ACL_ADMIN | ACL_MANAGE | ACL_MIGRATE;

export const PERM_READ: u8 = 1;
export const PERM_INSERT: u8 = 2;
const PERM_UPDATE: u8 = 4;
export const PERM_DELETE: u8 = 8;
export const ALL_PERMS: u8 = PERM_READ | PERM_INSERT | PERM_UPDATE | PERM_DELETE;

/** What an identity may do on one table. */
class TableGrant {
  constructor(
    readonly fingerprint: u64,
    public perms: u8,
  ) {}
}

/** An identity and its rights. */
export class Identity {
  flags: u8 = 0;
  allTables: u8 = 0;
  /** Sorted by fingerprint. */
  tables: Array<TableGrant> = new Array<TableGrant>();

  constructor(readonly id: ArrayBuffer) {}

  get isEmpty(): bool {
    return this.flags == 0 && this.allTables == 0 && this.tables.length == 0;
  }

  /** Adds rights on one table. */
  grantTable(fingerprint: u64, perms: u8): void {
    let at = 0;
    while (at < this.tables.length && this.tables[at].fingerprint < fingerprint) at += 1;
    if (at < this.tables.length && this.tables[at].fingerprint == fingerprint) {
      this.tables[at].perms |= perms;
      return;
    }
    this.tables.push(new TableGrant(fingerprint, perms));
    for (let i = this.tables.length - 1; i > at; i--) {
      const moved = this.tables[i];
      this.tables[i] = this.tables[i - 1];
      this.tables[i - 1] = moved;
    }
  }

  /** Takes rights on one table; a grant that is left empty goes. */
  revokeTable(fingerprint: u64, perms: u8): void {
    for (let i = 0; i < this.tables.length; i++) {
      if (this.tables[i].fingerprint != fingerprint) continue;
      this.tables[i].perms &= ~perms;
      if (this.tables[i].perms == 0) this.tables.splice(i, 1);
      return;
    }
  }

  /** Whether all of `perms` on the table are granted: admin passes every check. */
  allows(fingerprint: u64, perms: u8): bool {
    if ((this.flags & ACL_ADMIN) != 0) return true;
    let held = this.allTables;
    for (let i = 0; i < this.tables.length; i++) {
      if (this.tables[i].fingerprint == fingerprint) held |= this.tables[i].perms;
    }
    return (held & perms) == perms;
  }
}

export class AccessControlList {
  constructor(private access: MemoryAccess) {}

  /** `OK` when the list can be changed. */
  changeable(): Status {
    const layout = this.access.manager.layout;
    if (hasDefinitions(layout)) return this.supported();
    const what = "the access control list of layout " + layoutName(layout) + " knows no rights, and is only read";
    return fail(UNSUPPORTED, what, "convert OUT --layout 0.9 makes a file with one that can be changed");
  }

  /** `OK` when the file's layout has a list. */
  supported(): Status {
    if (this.access.manager.layout != LAYOUT_0_11) return OK;
    return fail(UNSUPPORTED, "a file of layout 0.11 has no access control list");
  }

  /** All identities, sorted; null on failure: `ACL_LAYOUT_UNSUPPORTED`, `DAMAGED`, or `UNSUPPORTED` (layout 0.11). */
  read(): Array<Identity> | null {
    if (this.supported() != OK) return null;
    const page = this.access.page(ACL_PAGE);
    if (page == 0) return null;
    const list = new Array<Identity>();
    if (!hasDefinitions(this.access.manager.layout)) return readVersion1(page);
    const version = <u32>load<u8>(page);
    if (version == 0 && isZero(page, PAGE_SIZE)) return list;
    if (isVersion1(page)) {
      fail(ACL_LAYOUT_UNSUPPORTED, version1Text(page), "repair OUT makes a file in which they have all rights");
      lastError.pageNo = ACL_PAGE;
      return null;
    }
    if (version != ACL_VERSION) {
      fail(
        ACL_LAYOUT_UNSUPPORTED,
        "the access control list has version " + version.toString() + ", this program reads version 2",
      );
      lastError.pageNo = ACL_PAGE;
      return null;
    }
    const count = load<u32>(page, 1);
    let at: u32 = 5;
    for (let i: u32 = 0; i < count; i++) {
      const next = readIdentity(page, at, list);
      if (next == 0) {
        damaged(ACL_PAGE, at, "an entry of the access control list runs over the page");
        return null;
      }
      at = next;
    }
    return list;
  }

  /** The identity's position in `list`, or where it would go, as -1 - position. */
  static find(list: Array<Identity>, id: ArrayBuffer): i32 {
    for (let i = 0; i < list.length; i++) {
      const order = compareBytes(changetype<usize>(list[i].id), list[i].id.byteLength, changetype<usize>(id), id.byteLength);
      if (order == 0) return i;
      if (order > 0) return -1 - i;
    }
    return -1 - list.length;
  }

  /** Adds rights; an identity that is not listed is added. `fingerprint` is looked at when `tablePerms` is not 0. */
  grant(id: ArrayBuffer, flags: u8, allTables: u8, fingerprint: u64, tablePerms: u8): Status {
    const list = this.read();
    if (!list) return lastError.status;
    if (id.byteLength > 255)
      return fail(NAME_TOO_LONG, "an identity is at most 255 bytes long, this one " + id.byteLength.toString());
    let at = AccessControlList.find(list, id);
    if (at < 0) {
      at = -1 - at;
      list.push(new Identity(id));
      for (let i = list.length - 1; i > at; i--) {
        const moved = list[i];
        list[i] = list[i - 1];
        list[i - 1] = moved;
      }
    }
    const identity = list[at];
    identity.flags |= flags & ALL_FLAGS;
    identity.allTables |= allTables & ALL_PERMS;
    if (tablePerms != 0) identity.grantTable(fingerprint, tablePerms & ALL_PERMS);
    return this.write(list);
  }

  /** Takes rights; an identity that is left without any is removed. */
  revoke(id: ArrayBuffer, flags: u8, allTables: u8, fingerprint: u64, tablePerms: u8): Status {
    const list = this.read();
    if (!list) return lastError.status;
    const at = AccessControlList.find(list, id);
    if (at < 0) return unknownIdentity();
    const identity = list[at];
    if ((flags & ACL_MANAGE) != 0 && isLastManager(list, at)) return lastManager();
    identity.flags &= ~flags;
    identity.allTables &= ~allTables;
    if (tablePerms != 0) identity.revokeTable(fingerprint, tablePerms);
    if (identity.isEmpty) list.splice(at, 1);
    return this.write(list);
  }

  /** Removes an identity. */
  remove(id: ArrayBuffer): Status {
    const list = this.read();
    if (!list) return lastError.status;
    const at = AccessControlList.find(list, id);
    if (at < 0) return unknownIdentity();
    if (isLastManager(list, at)) return lastManager();
    list.splice(at, 1);
    return this.write(list);
  }

  /** The same, and the identities of a list of version 1 that 0.9 has left in its file. */
  readAny(): Array<Identity> | null {
    const page = hasDefinitions(this.access.manager.layout) ? this.access.page(ACL_PAGE) : 0;
    return page != 0 && isVersion1(page) ? readVersion1(page) : this.read();
  }

  /** Writes the list, which has to be sorted. */
  write(list: Array<Identity>): Status {
    const out = new ByteBuffer(1024);
    out.addU8(ACL_VERSION);
    out.addU32(list.length);
    for (let i = 0; i < list.length; i++) {
      const identity = list[i];
      out.addU8(identity.id.byteLength);
      out.addBytes(changetype<usize>(identity.id), identity.id.byteLength);
      out.addU8(identity.flags);
      out.addU8(identity.allTables);
      out.addU16(identity.tables.length);
      for (let j = 0; j < identity.tables.length; j++) {
        out.addU64(identity.tables[j].fingerprint);
        out.addU8(identity.tables[j].perms);
      }
    }
    let status = OK;
    if (out.len > PAGE_SIZE)
      status = fail(PAGE_FULL, "the access control list would need " + out.len.toString() + " bytes, its page holds 65536");
    if (status == OK) status = this.access.writeAtRaw(ACL_PAGE, 0, out.ptr, out.len);
    if (status == OK) status = this.access.zeroRaw(ACL_PAGE, out.len, PAGE_SIZE - out.len);
    out.free();
    return status;
  }
}

/** Whether the page of layout 0.9 holds a list of version 1 with identities, and none of version 2. */
export function isVersion1(page: usize): bool {
  return !isVersion2(page) && identitiesOfVersion1(page) > 0;
}

function isVersion2(page: usize): bool {
  if (load<u8>(page) != ACL_VERSION) return false;
  const list = new Array<Identity>();
  let at: u32 = 5;
  for (let left = load<u32>(page, 1); left > 0 && at != 0; left--) at = readIdentity(page, at, list);
  return at != 0;
}

/** What a list of version 1 in a file of layout 0.9 is. */
export function version1Text(page: usize): string {
  const count = identitiesOfVersion1(page).toString();
  return "the access control list is one of version 1, from before 0.9, with identities: " + count + "; 0.9 takes it for empty";
}

/** The identities of a list of version 1, sorted, with all rights; null with `DAMAGED`. */
function readVersion1(page: usize): Array<Identity> | null {
  const count = identitiesOfVersion1(page);
  if (count < 0) {
    damaged(ACL_PAGE, 0, "an entry of the access control list runs over the page");
    return null;
  }
  const list = new Array<Identity>();
  let at = page + 4;
  for (let i = 0; i < count; i++) {
    const len = <u32>load<u8>(at);
    const id = new ArrayBuffer(len);
    memory.copy(changetype<usize>(id), at + 1, len);
    const identity = new Identity(id);
    identity.flags = ALL_FLAGS;
    identity.allTables = ALL_PERMS;
    list.push(identity);
    at += 1 + len;
  }
  list.sort((a, b) => compareBytes(changetype<usize>(a.id), a.id.byteLength, changetype<usize>(b.id), b.id.byteLength));
  return list;
}

/** Reads the entry at byte `at` into `list`: where the next one starts, or 0 when this one leaves the page. */
function readIdentity(page: usize, at: u32, list: Array<Identity>): u32 {
  if (at + 1 > PAGE_SIZE) return 0;
  const idLen = <u32>load<u8>(page + at);
  const rights = at + 1 + idLen;
  if (rights + 4 > PAGE_SIZE) return 0;
  const id = new ArrayBuffer(idLen);
  memory.copy(changetype<usize>(id), page + at + 1, idLen);
  const identity = new Identity(id);
  identity.flags = load<u8>(page + rights) & ALL_FLAGS;
  identity.allTables = load<u8>(page + rights, 1) & ALL_PERMS;
  const tables = <u32>load<u16>(page + rights, 2);
  const end = rights + 4 + tables * 9;
  if (end > PAGE_SIZE) return 0;
  for (let grant = rights + 4; grant < end; grant += 9) {
    identity.tables.push(new TableGrant(load<u64>(page + grant), load<u8>(page + grant, 8) & ALL_PERMS));
  }
  list.push(identity);
  return end;
}

function isLastManager(list: Array<Identity>, at: i32): bool {
  if ((list[at].flags & ACL_MANAGE) == 0) return false;
  for (let i = 0; i < list.length; i++) {
    if (i != at && (list[i].flags & ACL_MANAGE) != 0) return false;
  }
  return true;
}

function lastManager(): Status {
  return fail(
    CONSTRAINT_VIOLATION,
    "this is the last identity that may manage the access control list",
    "grant manage-acl to another one first",
  );
}

function unknownIdentity(): Status {
  return fail(IDENTITY_NOT_FOUND, "the access control list has no such identity", "acl list shows those it has");
}
