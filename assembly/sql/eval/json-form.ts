/**
 * Values as JSON has them: in the protocol's form (docs/protocol.md), but integers and decimals, which are numbers as far as doubles have
 * them (2^53 - 1, and 15 digits), and text from there on.
 */
import { ByteBuffer } from "../../encode/byte-buffer";
import { JSON_COLUMN_DEPTH, JsonTape } from "../../encode/json";
import { addCompactJson } from "../../encode/json-compact";
import { addAscii } from "../../encode/json-pieces";
import { addJsonString } from "../../encode/json-string";
import { addText } from "./cast";
import { K_BOOLEAN, K_DECIMAL, K_INT, K_JSON, K_TEXT, K_UINT } from "./kinds";

const LARGEST: i64 = 9007199254740991;
/** Of a decimal without its point: more digits than all doubles have. */
const TOO_LONG: u64 = 1000000000000000;

const tape: JsonTape = new JsonTape();

/** Appends the value in `slot`; false where it is a document that is too deep to be inside another one. */
export function addJsonForm(kind: u8, slot: usize, isNull: bool, out: ByteBuffer): bool {
  if (isNull) {
    addAscii(out, "null");
    return true;
  }
  const ptr = <usize>load<u32>(slot);
  const len = load<u32>(slot, 4);
  if (kind == K_TEXT) {
    addJsonString(ptr, len, out);
    return true;
  }
  if (kind == K_JSON) {
    // A file may hold anything where a document should be.
    if (!tape.parse(ptr, len)) addJsonString(ptr, len, out);
    else if (tape.height(0) >= JSON_COLUMN_DEPTH) return false;
    else addCompactJson(ptr, len, out);
    return true;
  }
  const value = load<i64>(slot);
  const isBare =
    kind == K_BOOLEAN ||
    (kind == K_DECIMAL && load<u64>(slot, 4) < TOO_LONG && load<u32>(slot, 12) == 0) ||
    (kind == K_INT && value <= LARGEST && value >= -LARGEST) ||
    (kind == K_UINT && <u64>value <= <u64>LARGEST);
  if (!isBare) out.addU8(0x22);
  addText(kind, slot, out);
  if (!isBare) out.addU8(0x22);
  return true;
}
