/** What became of leaves: places are carried over splits, drops and rollbacks, or it is said that this is not remembered. */
import { NO_PAGE } from "../status";
import { ByteBuffer } from "../encode/byte-buffer";
import { TYPE_UINT32 } from "../encode/data-type";
import { LeafHistory, StateKeeper } from "../index/leaf-history";
import { Column } from "../schema/column";
import { addKeyPart } from "../store/table-index";

const FIRST: u64 = 0;
const LAST: u64 = u64.MAX_VALUE;

class Kept extends StateKeeper {
  readonly states: Array<u32> = new Array<u32>();

  keepState(history: LeafHistory, state: u32): void {
    this.states.push(state);
  }
}

/** The key that a number has in an index; the buffer lives as long as the spec. */
function keyOf(number: u32): ByteBuffer {
  const value = new ByteBuffer(4);
  value.addU32(number);
  const key = new ByteBuffer(32);
  key.addU32(1);
  addKeyPart(new Column("n", TYPE_UINT32), value.ptr, 4, key);
  value.free();
  return key;
}

const one: ByteBuffer = keyOf(1);
const two: ByteBuffer = keyOf(2);
const three: ByteBuffer = keyOf(3);

/** Leaf 10 is split at (2, 500): what is behind goes to leaf 11. */
function splitOnce(): LeafHistory {
  const history = new LeafHistory(new Kept(), 0);
  history.split(10, 11, two.ptr, two.len, 500);
  return history;
}

function expectAt(
  history: LeafHistory,
  state: u32,
  key: ByteBuffer,
  address: u64,
  leaf: u32,
  wantedLeaf: u32,
  wanted: u64,
): void {
  expect(history.follow(state, key.ptr, address, leaf)).toBe(true);
  expect(history.leafPage).toBe(wantedLeaf);
  expect(history.address).toBe(wanted);
}

describe("A place in a leaf", () => {
  test("goes with the half of a split that it is in", () => {
    const history = splitOnce();
    expectAt(history, 0, one, 9999, 10, 10, 9999);
    expectAt(history, 0, two, 499, 10, 10, 499);
    expectAt(history, 0, two, 500, 10, 11, 500);
    expectAt(history, 0, three, 1, 10, 11, 1);
    // Other leaves, and places that were noted later, stay.
    expectAt(history, 0, two, 700, 12, 12, 700);
    expectAt(history, 1, two, 700, 10, 10, 700);
    history.free();
  });

  test("is at the edge of the neighbour when its leaf is dropped", () => {
    const history = splitOnce();
    history.drop(11, 10, 12, 5);
    expectAt(history, 0, two, 600, 10, 12, FIRST);
    history.drop(12, 10, NO_PAGE, 5);
    expectAt(history, 0, two, 600, 10, 10, LAST);
    history.drop(10, NO_PAGE, NO_PAGE, 5);
    expectAt(history, 0, two, 600, 10, 5, FIRST);
    history.free();
  });

  test("is what it was when what happened is taken back, and goes another way from there", () => {
    const kept = new Kept();
    const history = new LeafHistory(kept, 0);
    history.split(10, 11, two.ptr, two.len, 500);
    history.split(11, 12, two.ptr, two.len, 800);
    history.drop(12, 11, NO_PAGE, 5);
    history.split(11, 12, two.ptr, two.len, 600);
    expect(kept.states.join()).toBe("0,1,2,3");
    // A rollback to the state behind the first split: what was noted in the last one is where it was before.
    history.state = 1;
    expectAt(history, 4, two, 650, 12, 11, 650);
    expectAt(history, 0, two, 650, 10, 11, 650);
    history.split(11, 13, two.ptr, two.len, 640);
    expectAt(history, 4, two, 650, 12, 13, 650);
    expectAt(history, 4, two, 630, 12, 11, 630);
    expectAt(history, 2, two, 900, 12, 13, 900);
    // Back to the start.
    history.state = 0;
    expectAt(history, 5, two, 900, 13, 10, 900);
    history.free();
  });

  test("is not known when the state is none, or too much has happened since", () => {
    const history = splitOnce();
    expect(history.follow(7, two.ptr, 1, 10)).toBe(false);
    expect(history.follow(u32.MAX_VALUE, two.ptr, 1, 10)).toBe(false);
    for (let i: u32 = 0; i < 40000; i++) history.split(20, 21, two.ptr, two.len, 500);
    expect(history.follow(0, two.ptr, 600, 10)).toBe(false);
    const late = history.state;
    history.split(10, 11, two.ptr, two.len, 500);
    expectAt(history, late, two, 600, 10, 11, 600);
    history.free();
  });
});
