/** GROUP BY and DISTINCT of rows that come in an order of their keys: nothing is kept but the group that is not over yet. */
import { OK, lastError } from "../../status";
import { Batch, VectorColumns, keepBytes, keepValue } from "../eval/batch";
import { compareSlots } from "../eval/compare";
import { Expression } from "../eval/expression";
import { BATCH_ROWS, Vector } from "../eval/vector";
import { Aggregate } from "./aggregate";
import { evaluateAll, giveBack } from "./kept-rows";
import { Keeper, Operator } from "./operator";

/** Groups as those of `Group`, each as soon as a row behind it comes. */
export class OrderedGroup extends Operator {
  private readonly columns: VectorColumns;
  private readonly keeper: Keeper = new Keeper();
  private readonly keys: Array<Vector | null> = new Array<Vector | null>();
  /** Of each row of the input's batch its group's number in it, and of each group the row that it begins with. */
  private readonly groupOf: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS);
  private readonly startOf: StaticArray<u32> = new StaticArray<u32>(BATCH_ROWS + 1);
  /** The keys of the group that is not over, in row 0. */
  private readonly current: VectorColumns;
  private readonly currentKeys: Array<Vector | null> = new Array<Vector | null>();
  private readonly currentBatch: Batch;
  private hasGroup: bool = false;
  private isOver: bool = false;

  /** Rows with equal values of `by`, of which there are some, follow each other. */
  constructor(
    private readonly input: Operator,
    private readonly by: Array<Expression>,
    private readonly aggregates: Array<Aggregate>,
    kinds: Array<u8>,
  ) {
    const columns = VectorColumns.of(kinds);
    super(new Batch(columns));
    this.columns = columns;
    const current = new VectorColumns();
    this.current = current;
    this.currentBatch = new Batch(current);
    this.inputs.push(input);
    for (let b = 0; b < by.length; b++) {
      this.keeper.add(by[b]);
      this.currentKeys.push(current.add(by[b].kind));
    }
    for (let a = 0; a < aggregates.length; a++) aggregates[a].addColumns(this.keeper.columns);
  }

  open(): bool {
    this.close();
    return super.open();
  }

  next(): bool {
    while (!this.isOver) {
      this.batch.begin(0);
      const count = this.step();
      giveBack(this.keys, this.input.batch);
      if (count < 0) return this.failed(lastError.status);
      this.batch.selectAll(count);
      if (count > 0) return this.give();
    }
    return false;
  }

  /** Takes a batch of the input, and makes rows of the groups that are over by that: how many; -1 on failure. */
  private step(): i32 {
    const batch = this.input.batch;
    const keys = this.keys;
    if (!this.input.next()) {
      lastError.status = this.input.status;
      this.isOver = true;
      if (lastError.status != OK) return -1;
      return this.hasGroup ? this.end(1) : 0;
    }
    if (!this.keeper.keep(batch) || !evaluateAll(this.by, batch, keys)) return -1;
    const count = batch.selected;
    let group = this.hasGroup ? 0 : -1;
    let last = 0;
    for (let k = 0; k < count; k++) {
      const i = batch.row(k);
      const isSame = k > 0 ? this.isSame(keys, batch.row(k - 1), i) : this.hasGroup && this.isSame(this.currentKeys, 0, i);
      if (!isSame) {
        group += 1;
        unchecked((this.startOf[group] = i));
        last = k;
      }
      unchecked((this.groupOf[i] = group));
    }
    if (group > 0) {
      // The rows of groups that are over; then those of the last one, which begins anew.
      const selection = batch.selection;
      batch.selected = last;
      if (!this.take(group) || this.end(group) < 0) return -1;
      memory.copy(selection, selection + ((<usize>last) << 1), (<usize>(count - last)) << 1);
      batch.selected = count - last;
      for (let k = 0; k < batch.selected; k++) unchecked((this.groupOf[batch.row(k)] = 0));
    }
    if (!this.hasGroup || group > 0) {
      this.currentBatch.begin(1);
      for (let b = 0; b < keys.length; b++) {
        const vector = this.current.vectors[b];
        vector.copy(0, keys[b]!, unchecked(this.startOf[group]));
        if (!keepBytes(vector, this.currentBatch)) return -1;
      }
    }
    this.hasGroup = true;
    return this.take(1) ? max(group, 0) : -1;
  }

  private isSame(before: Array<Vector | null>, row: u32, i: u32): bool {
    const keys = this.keys;
    for (let b = 0; b < keys.length; b++) {
      const a = unchecked(before[b])!;
      const key = unchecked(keys[b])!;
      if (a.isNull(row) != key.isNull(i)) return false;
      if (!key.isNull(i) && compareSlots(key.kind, a.at(row), key.at(i)) != 0) return false;
    }
    return true;
  }

  /** Gives the selected rows to the aggregates, of so many groups. */
  private take(groups: u32): bool {
    const batch = this.input.batch;
    for (let a = 0; a < this.aggregates.length; a++) {
      const aggregate = unchecked(this.aggregates[a]);
      aggregate.grow(groups);
      if (batch.selected > 0 && !aggregate.take(batch, this.groupOf)) return false;
    }
    return true;
  }

  /** Makes rows of the first `groups` groups, and forgets them: how many; -1 on failure. */
  private end(groups: i32): i32 {
    for (let b = 0; b < this.by.length; b++) {
      for (let g = 0; g < groups; g++) {
        const vector = this.columns.vectors[b];
        if (g == 0 && this.hasGroup) vector.copy(0, this.current.vectors[b], 0);
        else vector.copy(g, this.keys[b]!, unchecked(this.startOf[g]));
        if (!keepValue(vector, g, this.batch)) return -1;
      }
    }
    for (let a = 0; a < this.aggregates.length; a++) {
      const aggregate = this.aggregates[a];
      const vector = this.columns.vectors[this.by.length + a];
      if (!aggregate.finish()) return -1;
      for (let g = 0; g < groups; g++) if (!aggregate.result(g, vector, g) || !keepValue(vector, g, this.batch)) return -1;
      aggregate.close();
    }
    return groups;
  }

  close(): void {
    this.hasGroup = false;
    this.isOver = false;
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].close();
  }

  free(): void {
    super.free();
    this.columns.free();
    this.currentBatch.free();
    this.current.free();
    for (let a = 0; a < this.aggregates.length; a++) this.aggregates[a].free();
  }

  describe(): string {
    return this.aggregates.length == 0 ? "distinct, in order" : "group, in order";
  }
}
