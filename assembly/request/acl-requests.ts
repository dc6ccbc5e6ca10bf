/**
 * `aclList`, `aclGrant`, `aclRevoke` and `aclRemove`.
 *
 * An identity is written in hexadecimal, or as `text:` and its text. A right is `admin`, `manage-acl` or `migrate`; `read`, `insert`,
 * `update`, `delete` or `all` for all tables; or the same behind `TABLE:` for one. A table that is not in the file goes by its
 * fingerprint: `#` and 16 hexadecimal digits.
 */
import { Status, OK, BAD_VALUE, IDENTITY_NOT_FOUND, fail, lastError } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { isUtf8 } from "../encode/utf8";
import { addHex, parseHex } from "../encode/uuid";
import { suggestion } from "../schema/nearest";
import { ALL_PERMS, Identity } from "../acl/access-control-list";
import { fingerprintText } from "../schema/schema-registry";
import { DbmsContext } from "../store/dbms-context";
import { unknownTable } from "../store/names";
import { findTable } from "../store/table-list";
import { Session } from "./session";
import { FIELD_IDENTITY, FIELD_RIGHTS } from "./request";
import { addAscii, addString, addStrings } from "../encode/json-pieces";

const FLAGS: StaticArray<string> = ["admin", "manage-acl", "migrate"];
const PERMS: StaticArray<string> = ["read", "insert", "update", "delete"];

/** Rights as they are written, taken apart. */
class Rights {
  flags: u8 = 0;
  allTables: u8 = 0;
  fingerprints: Array<u64> = new Array<u64>();
  perms: Array<u8> = new Array<u8>();

  constructor(private readonly db: DbmsContext) {}

  add(right: string): Status {
    const colon = right.lastIndexOf(":");
    const word = right.substring(colon + 1);
    const flag = FLAGS.indexOf(word);
    const perm = PERMS.indexOf(word);
    const bits: u8 = word == "all" ? ALL_PERMS : perm < 0 ? 0 : <u8>((<u32>1) << perm);
    if (colon < 0 && flag >= 0) this.flags |= <u8>((<u32>1) << flag);
    else if (bits == 0) return this.unknown(word, colon >= 0);
    else if (colon < 0) this.allTables |= bits;
    else return this.addTable(right.substring(0, colon), bits);
    return OK;
  }

  private unknown(word: string, forTable: bool): Status {
    const names: Array<string> = ["read", "insert", "update", "delete", "all"];
    if (!forTable) (names.push("admin"), names.push("manage-acl"), names.push("migrate"));
    return fail(BAD_VALUE, "there is no right " + word, suggestion(word, names, "rights"));
  }

  private addTable(name: string, bits: u8): Status {
    let fingerprint: u64 = 0;
    if (name.startsWith("#") && name.length == 17) {
      const text = String.UTF8.encode(name.substring(1));
      const bytes = memory.data(8, 8);
      if (!parseHex(changetype<usize>(text), text.byteLength, bytes)) return unknownTable(this.db.tables, name);
      fingerprint = bswap<u64>(load<u64>(bytes));
    } else {
      const table = findTable(this.db.tables, name);
      if (!table) return unknownTable(this.db.tables, name);
      fingerprint = table.pages.fingerprint;
    }
    this.fingerprints.push(fingerprint);
    this.perms.push(bits);
    return OK;
  }
}

/** Reads an identity as it is written; null with `BAD_VALUE`. */
function readIdentity(text: string): ArrayBuffer | null {
  if (text.startsWith("text:")) return String.UTF8.encode(text.substring(5));
  const digits = String.UTF8.encode(text);
  const id = new ArrayBuffer(digits.byteLength >> 1);
  if (parseHex(changetype<usize>(digits), digits.byteLength, changetype<usize>(id))) return id;
  fail(BAD_VALUE, "the identity " + text + " is not hexadecimal", "write text:" + text + " for the identity with that text");
  return null;
}

export function handleAclList(session: Session, out: ByteBuffer): Status {
  const list = session.db.acl.read();
  if (!list) return lastError.status;
  addAscii(out, '{"identities":[');
  for (let i = 0; i < list.length; i++) {
    addAscii(out, i > 0 ? ',{"identity":"' : '{"identity":"');
    const id = changetype<usize>(list[i].id);
    addHex(id, list[i].id.byteLength, out);
    out.addU8(0x22);
    if (isReadable(id, list[i].id.byteLength)) {
      addAscii(out, ',"text":');
      addString(out, String.UTF8.decode(list[i].id));
    }
    addAscii(out, ',"rights":');
    addStrings(out, rightsOf(session.db, list[i]));
    out.addU8(0x7d);
  }
  addAscii(out, "]}");
  return OK;
}

/** Whether the bytes are text without control characters. */
function isReadable(ptr: usize, len: u32): bool {
  for (let i: u32 = 0; i < len; i++) {
    const byte = load<u8>(ptr + i);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  return len > 0 && isUtf8(ptr, len);
}

/** What an identity may do, as rights are written. */
export function rightsOf(db: DbmsContext, identity: Identity): Array<string> {
  const rights = new Array<string>();
  for (let i = 0; i < FLAGS.length; i++) {
    if (((<u32>identity.flags) & (1 << i)) != 0) rights.push(FLAGS[i]);
  }
  addPerms(rights, "", identity.allTables);
  for (let i = 0; i < identity.tables.length; i++) {
    const grant = identity.tables[i];
    const table = db.store.tableOfFingerprint(grant.fingerprint);
    addPerms(rights, (table ? table.name : fingerprintText(grant.fingerprint)) + ":", grant.perms);
  }
  return rights;
}

function addPerms(rights: Array<string>, prefix: string, perms: u8): void {
  if (perms == ALL_PERMS) {
    rights.push(prefix + "all");
    return;
  }
  for (let i = 0; i < PERMS.length; i++) {
    if (((<u32>perms) & (1 << i)) != 0) rights.push(prefix + PERMS[i]);
  }
}

/** The identity that a request names; null on failure. */
function identityOf(session: Session): ArrayBuffer | null {
  const request = session.request;
  let status = request.needText(FIELD_IDENTITY);
  if (status == OK) status = session.db.acl.changeable();
  return status == OK ? readIdentity(request.text(FIELD_IDENTITY)) : null;
}

export function handleAclGrant(session: Session, out: ByteBuffer): Status {
  return changeRights(session, true, out);
}

export function handleAclRevoke(session: Session, out: ByteBuffer): Status {
  return changeRights(session, false, out);
}

function changeRights(session: Session, grant: bool, out: ByteBuffer): Status {
  const db = session.db;
  const id = identityOf(session);
  const words = id ? session.request.texts(FIELD_RIGHTS) : null;
  if (!id || !words) return lastError.status;
  const rights = new Rights(db);
  let status = OK;
  for (let i = 0; i < words.length && status == OK; i++) status = rights.add(words[i]);
  if (status == OK) status = db.beginChange();
  if (status != OK) return status;
  addAscii(out, "{}");
  return db.endChange(change(db, grant, id, rights));
}

export function handleAclRemove(session: Session, out: ByteBuffer): Status {
  const db = session.db;
  const id = identityOf(session);
  const status = id ? db.beginChange() : lastError.status;
  if (!id || status != OK) return status;
  addAscii(out, "{}");
  return db.endChange(db.acl.remove(id));
}

function change(db: DbmsContext, grant: bool, id: ArrayBuffer, rights: Rights): Status {
  const acl = db.acl;
  let status = grant ? acl.grant(id, rights.flags, rights.allTables, 0, 0) : acl.revoke(id, rights.flags, rights.allTables, 0, 0);
  for (let i = 0; i < rights.perms.length && status == OK; i++) {
    const fingerprint = rights.fingerprints[i];
    const perms = rights.perms[i];
    status = grant ? acl.grant(id, 0, 0, fingerprint, perms) : acl.revoke(id, 0, 0, fingerprint, perms);
    // An identity that had nothing else is gone with the right before this one.
    if (!grant && status == IDENTITY_NOT_FOUND) return OK;
  }
  return status;
}
