/**
 * What makes rows of a table of JSON objects that are none as they stand: the name of the member that a row is becomes a column, GeoJSON
 * features have their properties as columns, and objects inside of a row are taken apart.
 *
 * Such a row is written anew as JSON, and read again.
 */
import { BAD_VALUE, fail } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { bytesEqual } from "../../encode/bytes";
import { JSON_NULL, JSON_OBJECT, JSON_REQUEST_DEPTH, JSON_STRING, JsonTape } from "../../encode/json";
import { addJsonString } from "../../encode/json-string";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";

const TYPE: ArrayBuffer = String.UTF8.encode("type");
const FEATURE: ArrayBuffer = String.UTF8.encode("Feature");
const PROPERTIES: ArrayBuffer = String.UTF8.encode("properties");
const GEOMETRY: ArrayBuffer = String.UTF8.encode("geometry");
/** Stands before the names of features' members that properties have, too. */
const FEATURE_PREFIX: string = "feature_";

export class JsonShape {
  /** The first row was a GeoJSON feature. */
  hasFeatures: bool = false;
  private isFirst: bool = true;
  /** A feature behind the first one showed that a member's name is a property's, too: rows before it have another column for it. */
  isRenamed: bool = false;
  /** Members of features, as their names stand in the text, that some have a property of the same name as. */
  private readonly prefixed: Array<ArrayBuffer> = new Array<ArrayBuffer>();
  private readonly keyName: ArrayBuffer;
  private readonly out: ByteBuffer = new ByteBuffer(256);
  /** Names that lead to the object which is taken apart, as they stand in the text, with a `_` behind each. */
  private readonly prefix: ByteBuffer = new ByteBuffer(64);

  constructor(
    /** The column for the names of members that are rows. */
    readonly keyColumn: string,
    private readonly flattens: bool,
  ) {
    this.keyName = String.UTF8.encode(keyColumn);
  }

  /**
   * Makes the object that `tape` holds a row, with the name of `nameLen` bytes at `name` if it has one (else 0). False when it can't be:
   * the last error says why.
   */
  apply(tape: JsonTape, name: usize, nameLen: u32): bool {
    const properties = this.propertiesOf(tape);
    const isFirst = this.isFirst;
    if (isFirst) {
      this.isFirst = false;
      this.hasFeatures = properties != 0;
    }
    for (let key = tape.first(0); key != 0 && properties != 0; key = tape.next(key)) {
      if (!hasMember(tape, properties, key) || this.isPrefixed(tape, key)) continue;
      this.prefixed.push(rawBytes(tape, key));
      this.isRenamed = !isFirst;
    }
    const isFeature = this.hasFeatures && properties != 0;
    if (!isFeature && !this.flattens && name == 0) return true;
    const out = this.out;
    out.reset();
    out.addU8(0x7b);
    if (name != 0) {
      if (memberOf(tape, 0, this.keyName) != 0) {
        fail(
          BAD_VALUE,
          "the row has a member " + this.keyColumn + " itself",
          "--key-as NAME makes another column of the rows' names",
        );
        return false;
      }
      addJsonString(changetype<usize>(this.keyName), this.keyName.byteLength, out);
      out.addU8(0x3a);
      addJsonString(name, nameLen, out);
    }
    if (isFeature) this.addFeature(tape, properties);
    else this.addMembers(tape, 0);
    out.addU8(0x7d);
    if (tape.parse(out.ptr, out.len, JSON_REQUEST_DEPTH)) return true;
    fail(BAD_VALUE, tape.errorText());
    return false;
  }

  /** The value of a feature's properties; 0 when the object is no feature. */
  private propertiesOf(tape: JsonTape): u32 {
    if (!this.isFirst && !this.hasFeatures) return 0;
    const type = memberOf(tape, 0, TYPE);
    const isFeature =
      type != 0 &&
      tape.kind(type) == JSON_STRING &&
      bytesEqual(tape.stringPtr(type), tape.stringLen(type), changetype<usize>(FEATURE), FEATURE.byteLength);
    if (!isFeature || memberOf(tape, 0, GEOMETRY) == 0) return 0;
    const properties = memberOf(tape, 0, PROPERTIES);
    const kind = properties != 0 ? tape.kind(properties) : JSON_STRING;
    return kind == JSON_OBJECT || kind == JSON_NULL ? properties : 0;
  }

  /** Takes columns of a table that is there for those of members whose names properties have, too. */
  takeColumns(schema: TableSchemaSnapshot): void {
    for (let i = 0; i < schema.columns.length; i++) {
      const name = schema.columns[i].name;
      if (name.startsWith(FEATURE_PREFIX))
        this.prefixed.push(String.UTF8.encode('"' + name.substring(FEATURE_PREFIX.length) + '"'));
    }
  }

  private isPrefixed(tape: JsonTape, key: u32): bool {
    for (let p = 0; p < this.prefixed.length; p++) {
      const name = this.prefixed[p];
      if (bytesEqual(changetype<usize>(name), name.byteLength, tape.rawPtr(key), tape.rawLen(key))) return true;
    }
    return false;
  }

  /** A feature's members, but for its type, and its properties in the place of theirs. */
  private addFeature(tape: JsonTape, properties: u32): void {
    const type = memberOf(tape, 0, TYPE);
    for (let key = tape.first(0); key != 0; key = tape.next(key)) {
      if (key + 1 == type) continue;
      if (key + 1 == properties) {
        if (tape.kind(properties) == JSON_OBJECT) this.addMembers(tape, properties);
        continue;
      }
      if (this.isPrefixed(tape, key)) this.prefix.addText(FEATURE_PREFIX);
      this.addMember(tape, key);
      this.prefix.reset();
    }
  }

  private addMembers(tape: JsonTape, object: u32): void {
    for (let key = tape.first(object); key != 0; key = tape.next(key)) {
      // An object without members has no other column to be seen in.
      if (!this.flattens || tape.kind(key + 1) != JSON_OBJECT || tape.count(key + 1) == 0) {
        this.addMember(tape, key);
        continue;
      }
      const prefix = this.prefix;
      const len = prefix.len;
      prefix.addBytes(tape.rawPtr(key) + 1, tape.rawLen(key) - 2);
      prefix.addU8(0x5f);
      this.addMembers(tape, key + 1);
      prefix.len = len;
    }
  }

  private addMember(tape: JsonTape, key: u32): void {
    const out = this.out;
    if (out.len > 1) out.addU8(0x2c);
    out.addU8(0x22);
    out.addBytes(this.prefix.ptr, this.prefix.len);
    out.addBytes(tape.rawPtr(key) + 1, tape.rawLen(key) - 1);
    out.addU8(0x3a);
    out.addBytes(tape.rawPtr(key + 1), tape.rawLen(key + 1));
  }
}

function memberOf(tape: JsonTape, object: u32, name: ArrayBuffer): u32 {
  return tape.member(object, changetype<usize>(name), name.byteLength);
}

/** Whether `object`, if it is one, has a member whose name is written as that of `key`. */
function hasMember(tape: JsonTape, object: u32, key: u32): bool {
  if (tape.kind(object) != JSON_OBJECT) return false;
  for (let other = tape.first(object); other != 0; other = tape.next(other)) {
    if (bytesEqual(tape.rawPtr(other), tape.rawLen(other), tape.rawPtr(key), tape.rawLen(key))) return true;
  }
  return false;
}

function rawBytes(tape: JsonTape, node: u32): ArrayBuffer {
  const bytes = new ArrayBuffer(tape.rawLen(node));
  memory.copy(changetype<usize>(bytes), tape.rawPtr(node), bytes.byteLength);
  return bytes;
}
