/** Frames of windows: which rows around a row a call over a window is of. */
import { SQL_TYPE, SQL_UNSUPPORTED } from "../../status";
import { Expression } from "../eval/expression";
import { K_DATE, K_DATETIME, K_DECIMAL, K_INT, isNumber, kindName } from "../eval/kinds";
import { DESCENDING, NULLS_FIRST } from "../run/tuples";
import { Bound, Frame } from "../run/window-frame";
import { FRAME_RANGE } from "../syntax/tree";
import { asNumber, convertTo } from "./convert";
import { GroupBinder } from "./groups";

/** What rows are sorted by for a window. */
export class WindowOrder {
  readonly by: Array<Expression> = new Array<Expression>();
  readonly orders: Array<u32> = new Array<u32>();

  constructor(
    /** Lists of the tree: PARTITION BY's and ORDER BY's. */
    readonly partition: u32,
    readonly order: u32,
  ) {}

  /** How many of its values are PARTITION BY's. */
  partitions: i32 = 0;
  /** Which of the stages works its calls out. */
  stage: i32 = 0;
}

export abstract class FrameBinder extends GroupBinder {
  /** What an N_FRAME (0: none) says; null with an error. */
  protected frameOf(node: u32, order: WindowOrder): Frame | null {
    if (node == 0) return Frame.usual();
    const tree = this.tree;
    const unit: u8 = tree.op(node) & 3;
    const first = new Bound(tree.op(tree.a(node)), false);
    const last = new Bound(tree.op(tree.b(node)), true);
    const made = new Frame(unit, first, last, tree.op(node) >> 2);
    if (!this.takeOffset(first, tree.a(node)) || !this.takeOffset(last, tree.b(node))) return null;
    if (unit == FRAME_RANGE) return this.takeRange(made, node, order) ? made : null;
    return this.countsRows(first) && this.countsRows(last) ? made : null;
  }

  /** Binds an N_BOUND's offset, if it has one: a number that is the same for all rows; false with an error. */
  private takeOffset(bound: Bound, node: u32): bool {
    const offset = this.tree.a(node);
    if (offset == 0) return true;
    const value = this.bind(offset);
    const number = value ? asNumber(this.context, value, "a frame's offset") : null;
    if (!number) return false;
    const columns = new Array<i32>();
    number.addColumns(columns);
    for (let c = 0; c < columns.length; c++) {
      if (columns[c] < 0) continue;
      this.context.fail(SQL_TYPE, "a frame's offset is the same for all rows", offset);
      return false;
    }
    number.start = this.tree.start(offset);
    bound.offset = number;
    return true;
  }

  /** Makes an offset a whole number; false with an error. */
  private countsRows(bound: Bound): bool {
    const offset = bound.offset;
    if (offset) bound.offset = convertTo(this.context, offset, K_INT, null);
    if (!offset || bound.offset) return true;
    this.context.text.fail(SQL_TYPE, "a frame's offset needs a whole number", offset.start);
    return false;
  }

  /** RANGE: how far the key of ORDER BY may be from the row's. */
  private takeRange(made: Frame, node: u32, order: WindowOrder): bool {
    const context = this.context;
    const first = made.first.offset;
    const last = made.last.offset;
    if (!first && !last) return true;
    const kind: u8 = order.by.length == order.partitions + 1 ? order.by[order.partitions].kind : 0;
    if (!isNumber(kind)) {
      const isTime = kind == K_DATE || kind == K_DATETIME;
      const what =
        "RANGE with an offset " + (isTime ? "is not there for " + kindName(kind) + "s" : "needs ORDER BY of one number");
      context.fail(isTime ? SQL_UNSUPPORTED : SQL_TYPE, what, node, isTime ? "ORDER BY unixepoch(…), in seconds" : "");
      return false;
    }
    const isWhole = kind == K_INT && (!first || first.kind == K_INT) && (!last || last.kind == K_INT);
    const unit: u8 = isWhole ? K_INT : K_DECIMAL;
    if (first) made.first.offset = convertTo(context, first, unit, null);
    if (last) made.last.offset = convertTo(context, last, unit, null);
    made.keyValue = convertTo(context, order.by[order.partitions], unit, null);
    const direction = order.orders[order.partitions];
    made.isDown = (direction & DESCENDING) != 0;
    made.nullsFirst = (direction & NULLS_FIRST) != 0;
    return true;
  }
}
