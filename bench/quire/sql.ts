/**
 * SQL on the engine, inside the module: what bench/sql.ts asks of every engine, a word each, KIND|NAME|COUNT|VALUES|STATEMENT.
 *
 * sql sql PEER FILE N [WORD…]
 *
 *   do      runs the statement and prints nothing
 *   each    runs it COUNT times (0: once for each of the n rows) with other VALUES for its parameters, and reads what rows it gives
 *   ask     runs it COUNT times, planned once, and reads all rows: the fastest time
 *   change  runs it COUNT times with the number of the run as its parameter: the fastest time
 *   plan    reads and plans it COUNT times: the fastest time
 *
 * VALUES: `i` the number of the run from 0 on, `r1000` a number below 1,000, `rn` one below n, `t` a text.
 */
import "../../assembly/text/packed-text";
import "../../assembly/wasi/abort";
import { DbmsContext } from "../../assembly/store/dbms-context";
import { ByteBuffer } from "../../assembly/encode/byte-buffer";
import { addUnsigned } from "../../assembly/encode/digits";
import { textConstant } from "../../assembly/sql/bind/literals";
import { Relation } from "../../assembly/sql/bind/scope";
import { Constant } from "../../assembly/sql/eval/expression";
import { K_INT, K_TEXT } from "../../assembly/sql/eval/kinds";
import { Statement } from "../../assembly/sql/execute";
import { SqlText } from "../../assembly/sql/sql-text";
import { monotonicNanoseconds } from "../../assembly/wasi/clock";
import { commandArguments } from "../../assembly/wasi/stdio";
import { describeRun, must, openStore, random, reportTime, seedRandom, stop } from "./bench";

const NAME: ArrayBuffer = String.UTF8.encode("name ");
const text: ByteBuffer = new ByteBuffer(64);

/** What was read, in one number, and how many rows that was. */
let sum: i64 = 0;
let rows: i64 = 0;

/** The values of a statement's parameters. */
class Values {
  readonly constants: Array<Constant> = new Array<Constant>();
  private readonly below: Array<u32> = new Array<u32>();

  constructor(words: string, n: u32) {
    const all = words.split(" ");
    for (let w = 0; w < all.length; w++) {
      if (all[w] == "") continue;
      this.constants.push(new Constant(all[w] == "t" ? K_TEXT : K_INT));
      this.below.push(all[w] == "i" ? 0 : all[w] == "t" ? 1 : all[w] == "rn" ? n : <u32>parseInt(all[w].substring(1)));
    }
  }

  set(i: u32): void {
    for (let c = 0; c < this.constants.length; c++) {
      const below = this.below[c];
      if (this.constants[c].kind == K_TEXT) this.constants[c] = someText();
      else this.constants[c].low = below == 0 ? i : random() % below;
    }
  }
}

function someText(): Constant {
  text.reset();
  text.addBytes(changetype<usize>(NAME), 5);
  addUnsigned(random() % 100000, text);
  for (let count = random() % 13; count > 0; count--) text.addU8(0x78);
  return textConstant(text.ptr, text.len);
}

class Asked {
  readonly statement: Statement;

  constructor(
    readonly db: DbmsContext,
    readonly bytes: ArrayBuffer,
  ) {
    this.statement = new Statement(new SqlText(changetype<usize>(bytes), bytes.byteLength));
    must(this.statement.parseOnly());
  }

  run(constants: Array<Constant>): void {
    const statement = this.statement;
    if (!statement.givesRows) return must(statement.run(this.db, constants));
    const relation = statement.open(this.db, constants);
    if (!relation) stop();
    readAll(relation!);
    statement.close();
  }
}

function readAll(relation: Relation): void {
  const operator = relation.operator;
  const batch = operator.batch;
  while (operator.next()) {
    rows += batch.selected;
    for (let c = 0; c < relation.columns.length; c++) {
      const vector = batch.columns.vector(c, batch)!;
      const kind = relation.columns[c].kind;
      if (kind != K_INT && kind != K_TEXT) continue;
      for (let k = 0; k < batch.selected; k++) {
        const i = batch.row(k);
        if (!vector.isNull(i)) sum += kind == K_INT ? vector.int(i) : vector.len(i);
      }
    }
  }
  must(operator.status);
}

function runWord(db: DbmsContext, word: string, n: u32): void {
  const parts = word.split("|");
  const kind = parts[0];
  const asked = new Asked(db, String.UTF8.encode(parts.slice(4).join("|")));
  const count: u32 = kind == "do" ? 1 : parts[2] == "0" ? n : <u32>parseInt(parts[2]);
  const isEach = kind == "each";
  const isPlan = kind == "plan";
  const values = new Values(kind == "change" ? "i" : parts[3], n);
  let fastest = u64.MAX_VALUE;
  sum = 0;
  rows = 0;
  seedRandom(12345);
  const started = monotonicNanoseconds();
  for (let i: u32 = 0; i < count; i++) {
    const before = isEach ? started : monotonicNanoseconds();
    if (isPlan) {
      const planned = new Asked(db, asked.bytes);
      if (!planned.statement.prepare(db)) stop();
      planned.statement.free();
    } else {
      values.set(i);
      asked.run(values.constants);
    }
    if (!isEach) fastest = min(fastest, monotonicNanoseconds() - before);
  }
  if (isEach) fastest = monotonicNanoseconds() - started;
  asked.statement.free();
  if (kind != "do") reportTime(parts[1], fastest, isEach ? count : 1, rows, sum);
}

const args = commandArguments();
if (args.length > 4) {
  const n = <u32>parseInt(args[4]);
  const db = openStore(args[3], 16 << 20, false);
  describeRun(args[2], n);
  for (let w = 5; w < args.length; w++) if (args[w].includes("|")) runWord(db, args[w], n);
  must(db.close());
}
