/** Windows: rows that are sorted by partitions and by their order in them, with what functions make of them behind their columns. */
import { lastError } from "../../status";
import { MemoryBudget } from "../../store/memory-budget";
import { Batch, Columns } from "../eval/batch";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Operator } from "./operator";
import { Lookahead } from "./window-frame";
import { WindowFunction } from "./window-functions";
import { Peers, RowUser, WindowKey, WindowRows, placeOf } from "./window-rows";

/** So many bytes that functions made for one batch are enough. */
const MOST_MADE: u32 = 1 << 20;

/** Columns of the kept rows, and behind them the functions' results, each at its place among those of the query. */
class WindowColumns extends Columns {
  vectors: Array<Vector> = new Array<Vector>();

  /** `places` has for each column of the query which of all of these it is, -1 for one that nobody reads. */
  constructor(
    private readonly places: StaticArray<i32>,
    private readonly functions: Array<WindowFunction>,
  ) {
    super();
  }

  vector(column: i32, batch: Batch): Vector | null {
    const place = unchecked(this.places[column]);
    const vectors = this.vectors;
    return place < vectors.length ? unchecked(vectors[place]) : unchecked(this.functions[place - vectors.length]).result;
  }

  /** They are no page's. */
  keep(batch: Batch): bool {
    return true;
  }
}

export class Windows extends Operator {
  private readonly kept: WindowRows;
  private readonly peers: Array<Peers> = new Array<Peers>();
  private readonly columns: WindowColumns;
  private readonly look: Lookahead = new Lookahead();
  /** Rows before this one can be worked out. */
  private ready: i64 = 0;

  /**
   * The input's columns, of these kinds, are at `places` of the query's columns (WindowColumns); it is sorted by `keys`, of which the first
   * `partitions` are those of partitions. `peerKeys` has for each function in how many keys its peers are alike.
   */
  constructor(
    input: Operator,
    kinds: Array<u8>,
    places: StaticArray<i32>,
    keys: Array<WindowKey>,
    partitions: i32,
    private readonly functions: Array<WindowFunction>,
    peerKeys: Array<i32>,
    budget: MemoryBudget,
  ) {
    const columns = new WindowColumns(places, functions);
    const kept = new WindowRows(input, kinds, keys, partitions, budget);
    super(new Batch(columns));
    this.columns = columns;
    this.kept = kept;
    this.inputs.push(input);
    this.estimate = input.estimate;
    const users = new Array<RowUser>();
    kept.users = users;
    for (let f = 0; f < functions.length; f++) {
      users.push(functions[f]);
      if (functions[f].needsRows) kept.users = null;
      let peers: Peers | null = null;
      for (let p = 0; p < this.peers.length; p++) if (this.peers[p].keys == peerKeys[f]) peers = this.peers[p];
      if (!peers) {
        peers = new Peers(kept, peerKeys[f]);
        this.peers.push(peers);
      }
      const fn = functions[f];
      fn.kept = kept;
      fn.peers = peers;
      fn.batch = this.batch;
      const frame = fn.frame;
      if (frame) {
        frame.kept = kept;
        frame.peers = peers;
      }
    }
  }

  open(): bool {
    this.close();
    this.ready = 0;
    const look = this.look;
    look.rows = 0;
    look.peers = false;
    look.partition = false;
    const kept = this.kept;
    kept.peerKeys = i32.MAX_VALUE;
    for (let f = 0; f < this.functions.length; f++) {
      const fn = this.functions[f];
      if (!fn.open(look)) return this.failed(lastError.status);
      kept.peerKeys = min(kept.peerKeys, fn.peers.keys);
    }
    if (!super.open()) return false;
    kept.open();
    return true;
  }

  next(): bool {
    const kept = this.kept;
    const functions = this.functions;
    const batch = this.batch;
    this.release();
    while (kept.row >= this.ready) {
      if (kept.isOver) return false;
      if (!kept.read()) return this.failed(lastError.status);
      this.ready = this.findReady();
    }
    const first = kept.row;
    const place = placeOf(first);
    const count = <i32>min<i64>(this.ready - first, BATCH_ROWS - place);
    batch.begin(place + count);
    this.columns.vectors = kept.vectors(first);
    kept.batchStart = first;
    kept.madeBytes = 0;
    let i = place;
    for (; i < place + count && kept.madeBytes < MOST_MADE; i++) {
      const isNew = kept.begin();
      for (let p = 0; p < this.peers.length; p++) unchecked(this.peers[p]).begin(isNew);
      for (let f = 0; f < functions.length; f++) {
        const fn = unchecked(functions[f]);
        if (isNew) fn.begin();
        if (!fn.find(i)) return this.failed(lastError.status);
      }
      kept.row += 1;
    }
    if (kept.hasFailed) return this.failed(lastError.status);
    batch.slice(place, i - place);
    return this.give();
  }

  /** Lets rows go that nobody looks back to. */
  private release(): void {
    const kept = this.kept;
    let needed = kept.row;
    for (let f = 0; f < this.functions.length; f++) {
      const fn = this.functions[f];
      needed = min(needed, fn.needs);
      fn.settle();
    }
    kept.release(needed);
  }

  private findReady(): i64 {
    const kept = this.kept;
    const look = this.look;
    if (kept.isOver) return kept.known;
    if (look.partition) return kept.lastPartition;
    const ready = min(look.peers ? kept.lastPeers : kept.known, kept.known - look.rows);
    return max(kept.lastPartition, ready);
  }

  close(): void {
    this.kept.close();
    for (let f = 0; f < this.functions.length; f++) this.functions[f].close();
  }

  free(): void {
    super.free();
    for (let f = 0; f < this.functions.length; f++) this.functions[f].free();
  }

  get spilled(): u64 {
    return this.kept.spilled.bytes;
  }

  describe(): string {
    const names = new Array<string>();
    for (let f = 0; f < this.functions.length; f++) names.push(this.functions[f].name);
    return "windows: " + names.join(", ");
  }
}
