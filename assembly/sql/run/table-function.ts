/** Functions in FROM that make rows of their arguments: JSON_EACH, JSON_TREE and GENERATE_SERIES. */
import { BAD_VALUE, OK, lastError } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { addUnsigned, isDigit } from "../../encode/digits";
import { JSON_ARRAY, JSON_COLUMN_DEPTH, JSON_NULL, JSON_OBJECT, JsonTape } from "../../encode/json";
import { addCompactJson } from "../../encode/json-compact";
import { addAscii } from "../../encode/json-pieces";
import { addJsonString, scanString } from "../../encode/json-string";
import { Batch, VectorColumns } from "../eval/batch";
import { keep } from "../eval/cast";
import { Expression } from "../eval/expression";
import { typeOfJson } from "../eval/json-functions";
import { NOWHERE, beginPath, nodeAtPath, pathIsBad } from "../eval/json-path";
import { K_INT, K_JSON, K_TEXT } from "../eval/kinds";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { SqlText } from "../sql-text";
import { Operator } from "./operator";

abstract class TableFunction extends Operator {
  /** The arguments' values, which stay until it is opened anew. */
  protected readonly values: Array<Vector> = new Array<Vector>();
  private readonly one: Batch = new Batch(new VectorColumns());

  constructor(
    private readonly args: Array<Expression>,
    kinds: Array<u8>,
    protected readonly columns: VectorColumns = VectorColumns.of(kinds),
  ) {
    super(new Batch(columns));
  }

  open(): bool {
    this.giveValues();
    this.one.begin(1);
    let hasNull = false;
    for (let a = 0; a < this.args.length; a++) {
      const value = this.args[a].evaluate(this.one);
      if (!value) return this.failed(lastError.status);
      this.values.push(value);
      hasNull = hasNull || value.isNull(0);
    }
    return super.open() && (this.begin(!hasNull) || this.failed(lastError.status));
  }

  /** Begins with the arguments' values; there are no rows where one is null (not `isKnown`). False on failure. */
  protected abstract begin(isKnown: bool): bool;

  /** Makes row `i`; false at the end, and on failure with `status`. */
  protected abstract row(i: u32): bool;

  next(): bool {
    this.batch.begin(0);
    let count = 0;
    while (count < BATCH_ROWS && this.row(count)) count += 1;
    this.batch.selectAll(count);
    return this.status == OK && count > 0 && this.give();
  }

  private giveValues(): void {
    while (this.values.length > 0) this.one.pool.give(this.values.pop());
  }

  free(): void {
    this.giveValues();
    super.free();
    this.one.free();
    this.columns.free();
  }
}

/** The whole numbers from the first argument to the second one, by the third one. */
export class SeriesRows extends TableFunction {
  private value: i64 = 0;
  private isOver: bool = true;

  constructor(
    args: Array<Expression>,
    private readonly text: SqlText,
    private readonly start: u32,
  ) {
    super(args, [K_INT]);
    this.estimate = 1000;
  }

  protected begin(isKnown: bool): bool {
    this.isOver = !isKnown;
    if (this.isOver) return true;
    this.value = this.values[0].int(0);
    if (this.step == 0) {
      this.text.fail(BAD_VALUE, "a series that goes on by 0", this.start);
      return false;
    }
    this.isOver = this.isBehind(this.value);
    return true;
  }

  private get step(): i64 {
    return this.values.length > 2 ? this.values[2].int(0) : 1;
  }

  private isBehind(value: i64): bool {
    const last = this.values[1].int(0);
    return this.step > 0 ? value > last : value < last;
  }

  protected row(i: u32): bool {
    if (this.isOver) return false;
    this.columns.vectors[0].setInt(i, this.value);
    this.columns.vectors[0].setNull(i, false);
    const next = this.value + this.step;
    this.isOver = next > this.value != this.step > 0 || this.isBehind(next);
    this.value = next;
    return true;
  }

  describe(): string {
    return "series";
  }
}

/** Columns of JSON_EACH and JSON_TREE. */
export const EACH_COLUMNS: string = "~key,~value,type,~atom,#id,#parent,fullkey,path";

const scratch: ByteBuffer = new ByteBuffer(64);

/** What is in an array or object, with `isDeep` also what is in that, and itself. */
export class JsonRows extends TableFunction {
  private readonly tape: JsonTape = new JsonTape();
  /** Where the rows come from: the path of what comes next, and the arrays and objects that it is in. */
  private readonly path: ByteBuffer = new ByteBuffer(64);
  private readonly inside: StaticArray<u32> = new StaticArray<u32>(JSON_COLUMN_DEPTH + 2);
  private readonly places: StaticArray<u32> = new StaticArray<u32>(JSON_COLUMN_DEPTH + 2);
  private readonly pathLens: StaticArray<u32> = new StaticArray<u32>(JSON_COLUMN_DEPTH + 2);
  private depth: i32 = 0;
  /** The next one: of an object its key. */
  private coming: u32 = NOWHERE;
  private isRoot: bool = false;

  constructor(
    args: Array<Expression>,
    private readonly isDeep: bool,
    private readonly text: SqlText,
    private readonly start: u32,
  ) {
    super(args, [K_JSON, K_JSON, K_TEXT, K_JSON, K_INT, K_INT, K_TEXT, K_TEXT]);
    this.estimate = 10;
  }

  protected begin(isKnown: bool): bool {
    this.coming = NOWHERE;
    this.depth = 0;
    if (!isKnown) return true;
    const document = this.values[0];
    const tape = this.tape;
    if (!tape.parse(document.ptr(0), document.len(0))) {
      this.text.fail(BAD_VALUE, "a text that is no JSON: " + tape.errorText(), this.start);
      return false;
    }
    let node: u32 = 0;
    this.path.reset();
    if (this.values.length > 1) {
      const path = this.values[1];
      beginPath(path, 0, false);
      node = nodeAtPath(tape);
      if (pathIsBad) {
        const shown = String.UTF8.decodeUnsafe(path.ptr(0), min(path.len(0), 40));
        this.text.fail(BAD_VALUE, "no JSON path: " + shown, this.start, 'like $.name, $."any name", $[0], $[#-1]');
        return false;
      }
      this.path.addBytes(path.ptr(0), path.len(0));
    } else this.path.addU8(0x24);
    if (node == NOWHERE) return true;
    const kind = tape.kind(node);
    this.isRoot = this.isDeep || (kind != JSON_ARRAY && kind != JSON_OBJECT);
    this.coming = node;
    if (!this.isRoot) this.enter(node);
    return true;
  }

  /** Goes into the array or object at `node`, whose path is `path`. */
  private enter(node: u32): void {
    this.depth += 1;
    this.inside[this.depth] = node;
    this.places[this.depth] = 0;
    this.pathLens[this.depth] = this.path.len;
    this.coming = this.tape.first(node);
    if (this.coming == 0) this.leave();
  }

  /** Goes out of what is over, to what is behind it. */
  private leave(): void {
    while (this.depth > 0) {
      const node = this.inside[this.depth];
      this.depth -= 1;
      if (this.depth == 0) break;
      const owner = this.inside[this.depth];
      // A member's value is behind its key.
      const child = this.tape.kind(owner) == JSON_OBJECT ? node - 1 : node;
      this.coming = this.tape.next(child);
      this.places[this.depth] += 1;
      if (this.coming != 0) return;
    }
    this.coming = NOWHERE;
  }

  protected row(i: u32): bool {
    const at = this.coming;
    if (at == NOWHERE) return false;
    const tape = this.tape;
    const depth = this.depth;
    const isMember = !this.isRoot && tape.kind(this.inside[depth]) == JSON_OBJECT;
    const node = isMember ? at + 1 : at;
    const kind = tape.kind(node);
    const isContainer = kind == JSON_ARRAY || kind == JSON_OBJECT;
    const vectors = this.columns.vectors;
    const path = this.path;
    if (!this.isRoot) path.len = this.pathLens[depth];
    // Where it is.
    if (!this.set(vectors[7], path, i)) return this.fails();
    scratch.reset();
    vectors[0].setNull(i, true);
    if (this.isRoot) {
      // A tree's root is called as the last step of its path.
      if (this.isDeep && path.len > 1 && !this.setStep(i)) return this.fails();
    } else {
      if (isMember) this.addMember(at);
      else {
        addUnsigned(this.places[depth], scratch);
        path.addU8(0x5b);
        path.addBytes(scratch.ptr, scratch.len);
        path.addU8(0x5d);
      }
      if (!this.set(vectors[0], scratch, i)) return this.fails();
    }
    if (!this.set(vectors[6], path, i)) return this.fails();
    // What it is.
    scratch.reset();
    addAscii(scratch, typeOfJson(tape, node));
    if (!this.set(vectors[2], scratch, i)) return this.fails();
    scratch.reset();
    addCompactJson(tape.rawPtr(node), tape.rawLen(node), scratch);
    if (!this.set(vectors[1], scratch, i)) return this.fails();
    vectors[3].copy(i, vectors[1], i);
    vectors[1].setNull(i, kind == JSON_NULL);
    vectors[3].setNull(i, kind == JSON_NULL || isContainer);
    vectors[4].setInt(i, node);
    vectors[4].setNull(i, false);
    vectors[5].setNull(i, this.isRoot || !this.isDeep);
    if (!this.isRoot) vectors[5].setInt(i, this.inside[depth]);
    // What is next.
    const wasRoot = this.isRoot;
    this.isRoot = false;
    if (this.isDeep && isContainer) this.enter(node);
    else if (wasRoot) this.coming = NOWHERE;
    else {
      this.coming = tape.next(at);
      this.places[depth] += 1;
      if (this.coming == 0) this.leave();
    }
    return true;
  }

  /** Row `i` is at the end of `path`: its key is the last step, and its path what is before that. */
  private setStep(i: u32): bool {
    const path = this.path;
    const end = path.ptr + path.len;
    let step = path.ptr + 1;
    for (let at = step; at < end;) {
      step = at;
      const isPlace = load<u8>(at++) == 0x5b;
      const isQuoted = load<u8>(at) == 0x22;
      if (isQuoted) at = scanString(at + 1, end) + 1;
      else while (at < end && load<u8>(at) != 0x2e && load<u8>(at) != 0x5b) at += 1;
      const len = <u32>(at - step) - 1 - u32(isPlace);
      scratch.reset();
      if (isQuoted || (isPlace && isDigit(load<u8>(step + 1)))) scratch.addBytes(step + 1, len);
      else addJsonString(step + 1, len, scratch);
    }
    const vectors = this.columns.vectors;
    if (!this.set(vectors[0], scratch, i)) return false;
    scratch.reset();
    scratch.addBytes(path.ptr, <u32>(step - path.ptr));
    return this.set(vectors[7], scratch, i);
  }

  /** Adds the name of the member whose key is at `key` to the path, and puts it into `scratch`. */
  private addMember(key: u32): void {
    const tape = this.tape;
    const len = tape.stringLen(key);
    const ptr = tape.stringPtr(key);
    scratch.addBytes(tape.rawPtr(key), tape.rawLen(key));
    let isPlain = len > 0 && isLetter(load<u8>(ptr));
    for (let b: u32 = 0; b < len && isPlain; b++) isPlain = isLetter(load<u8>(ptr + b)) || isDigit(load<u8>(ptr + b));
    this.path.addU8(0x2e);
    if (isPlain) this.path.addBytes(ptr, len);
    else this.path.addBytes(tape.rawPtr(key), tape.rawLen(key));
  }

  /** Makes a copy of the bytes row `i`'s value. */
  private set(vector: Vector, bytes: ByteBuffer, i: u32): bool {
    vector.setNull(i, false);
    return keep(this.batch, bytes, vector, i);
  }

  private fails(): bool {
    return this.failed(lastError.status);
  }

  describe(): string {
    return this.isDeep ? "JSON tree" : "JSON elements";
  }
}

function isLetter(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26;
}
