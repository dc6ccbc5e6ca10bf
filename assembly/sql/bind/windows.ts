/** Calls over windows, and the operators that work them out: one sort for all windows whose order is one's or the beginning of one's. */
import { SQL_LIMIT, SQL_SYNTAX, SQL_TYPE, SQL_UNSUPPORTED } from "../../status";
import { suggestion } from "../../schema/nearest";
import { Collated, isNoCase } from "../eval/collation";
import { ColumnValue, Expression, Fixed } from "../eval/expression";
import { K_INT } from "../eval/kinds";
import { A_CONCAT, A_MAX, A_MIN } from "../run/aggregate";
import { Operator, Project } from "../run/operator";
import { StepRows } from "../run/recursion";
import { Sort } from "../run/sort";
import { NULLS_FIRST } from "../run/tuples";
import { Windows } from "../run/window";
import { FrameAggregate, SlotAggregate, TextAggregate } from "../run/window-aggregates";
import { FrameValue, Neighbour, Ranking, WINDOW_FUNCTIONS, W_LEAD, W_NTILE, WindowFunction } from "../run/window-functions";
import { WindowKey } from "../run/window-rows";
import { FLAG_DISTINCT, FLAG_STAR, N_NAME } from "../syntax/tree";
import { asNumber, convertTo, unifiedLeft, unifiedRight, unify } from "./convert";
import { isAggregate } from "./functions";
import { FrameBinder, WindowOrder } from "./frames";
import { opened } from "./open-values";
import { sameName } from "./scope";

/** Calls over windows in one query, windows with a name, and terms of one. */
const MOST_WINDOWS: u32 = 1000;
/** Sorts for them. */
const MOST_SORTS: i32 = 64;

/** A call: what works it out, and its window's order. */
class WindowCall {
  constructor(
    readonly node: u32,
    readonly fn: WindowFunction,
    readonly order: WindowOrder,
  ) {}
}

export abstract class WindowBinder extends FrameBinder {
  /** Where calls over windows may stand: what a query gives, and ORDER BY. */
  protected mayWindow: bool = false;
  /** WINDOW's list. */
  protected namedWindows: u32 = 0;
  private readonly windowCalls: Array<WindowCall> = new Array<WindowCall>();
  private readonly windowOrders: Array<WindowOrder> = new Array<WindowOrder>();
  /** Their values, whose places are known when all columns of the rows are. */
  private readonly windowValues: Array<ColumnValue> = new Array<ColumnValue>();
  /** For each sort the order that it is by, the first one first. */
  private stages: Array<WindowOrder> = new Array<WindowOrder>();
  /** How many columns the rows have before what windows make of them. */
  private width: i32 = 0;

  protected windowCall(node: u32, name: string): Expression | null {
    const tree = this.tree;
    const calls = this.windowCalls;
    if (tree.c(tree.c(node)) == 0) {
      this.context.fail(SQL_TYPE, name + " needs a window", node, name + "(…) OVER (ORDER BY …)");
      return null;
    }
    if (!this.mayWindow || this.inAggregate) {
      const what = name + " OVER … can't be used here: a window is for what a query gives, and for ORDER BY";
      this.context.fail(SQL_TYPE, what, node, "a query in FROM has it as a column");
      return null;
    }
    let c = 0;
    while (c < calls.length && !this.isSame(calls[c].node, node)) c += 1;
    if (c == calls.length) {
      this.mayWindow = false;
      const made = <u32>c < MOST_WINDOWS ? this.newCall(node, name) : this.tooMany(node);
      this.mayWindow = true;
      if (!made) return null;
      calls.push(made);
    }
    const value = new ColumnValue(c, calls[c].fn.kind);
    const subject = calls[c].fn.subject;
    if (subject) value.column = subject.column;
    this.windowValues.push(value);
    return calls[c].fn.givesElements ? opened(this.context, value) : value;
  }

  private tooMany(node: u32): WindowCall | null {
    this.context.fail(SQL_LIMIT, "more than " + MOST_WINDOWS.toString() + " windows, or terms of one", node);
    return null;
  }

  private newCall(node: u32, name: string): WindowCall | null {
    const tree = this.tree;
    // PARTITION BY, ORDER BY and the frame come from the window, and from those that it begins with.
    let window = tree.c(tree.c(node));
    let partition: u32 = 0;
    let order: u32 = 0;
    let frame: u32 = 0;
    let end: u32 = 0;
    let isDerived = false;
    for (let steps: u32 = 0; window != 0; steps++) {
      if (steps > MOST_WINDOWS) return this.tooMany(node);
      if (tree.kind(window) == N_NAME) {
        end = this.windowNamed(window, end);
        if (end == 0) return null;
        window = tree.b(end);
        if (isDerived && tree.d(window) != 0) return this.cantDerive("has a frame", tree.d(window));
        if (isDerived && tree.c(window) != 0 && order != 0) return this.cantDerive("has ORDER BY already", order);
      }
      const base = tree.a(window);
      if (base != 0 && tree.b(window) != 0) return this.cantDerive("decides PARTITION BY", tree.b(window));
      if (tree.b(window) != 0) partition = tree.b(window);
      if (order == 0) order = tree.c(window);
      if (!isDerived) frame = tree.d(window);
      isDerived = true;
      window = base;
    }
    const sorted = this.windowOrder(partition, order, node);
    const made = sorted ? this.newFunction(node, name, frame, sorted) : null;
    return made ? new WindowCall(node, made, sorted!) : null;
  }

  private cantDerive(what: string, node: u32): WindowCall | null {
    this.context.fail(SQL_SYNTAX, "the window that this one begins with " + what, node);
    return null;
  }

  /** The N_NAMED_WINDOW that a name means, of those before `end` (0: all); 0 with an error. */
  private windowNamed(name: u32, end: u32): u32 {
    const tree = this.tree;
    const wanted = tree.text(name);
    const names = new Array<string>();
    for (let named = this.namedWindows; named != end; named = tree.next(named)) {
      const text = tree.text(tree.a(named));
      if (sameName(text, wanted)) return named;
      names.push(text);
    }
    this.context.fail(
      SQL_SYNTAX,
      "there is no window " + wanted,
      name,
      names.length > 0 ? suggestion(wanted, names, "windows") : "",
    );
    return 0;
  }

  /** Takes WINDOW's list; false with an error. */
  protected takeWindows(list: u32): bool {
    const tree = this.tree;
    this.namedWindows = list;
    if (tree.length(list) > MOST_WINDOWS) return this.tooMany(list) !== null;
    for (let named = list; named != 0; named = tree.next(named)) {
      const name = tree.text(tree.a(named));
      for (let other = list; other != named; other = tree.next(other)) {
        if (!sameName(tree.text(tree.a(other)), name)) continue;
        this.context.fail(SQL_SYNTAX, "there are two windows " + name, named);
        return false;
      }
    }
    return true;
  }

  /** The order of a window, bound once for all that have it; null with an error. */
  private windowOrder(partition: u32, order: u32, node: u32): WindowOrder | null {
    const tree = this.tree;
    for (let o = 0; o < this.windowOrders.length; o++) {
      const known = this.windowOrders[o];
      if (this.isSameList(known.partition, partition) && this.isSameList(known.order, order)) return known;
    }
    if (tree.length(partition) + tree.length(order) > MOST_WINDOWS) {
      this.tooMany(node);
      return null;
    }
    const made = new WindowOrder(partition, order);
    for (let term = partition; term != 0; term = tree.next(term))
      if (!this.addTerm(this.bind(term), term, NULLS_FIRST, made.by, made.orders)) return null;
    made.partitions = made.by.length;
    for (let term = order; term != 0; term = tree.next(term))
      if (!this.addTerm(this.bind(tree.a(term)), term, this.orderOf(term), made.by, made.orders)) return null;
    this.windowOrders.push(made);
    return made;
  }

  // ---- functions ----

  private newFunction(node: u32, name: string, frame: u32, order: WindowOrder): WindowFunction | null {
    const tree = this.tree;
    const context = this.context;
    const tail = tree.c(node);
    const count = tree.length(tree.b(node));
    const isOfAll = isAggregate(name, count);
    let refused = "";
    if (tree.has(node, FLAG_DISTINCT)) refused = "DISTINCT";
    else if (tree.a(tail) != 0) refused = "ORDER BY in the call";
    else if (!isOfAll && tree.b(tail) != 0) refused = "FILTER without an aggregate";
    if (refused != "") {
      context.fail(SQL_UNSUPPORTED, refused + " is not there with OVER", node);
      return null;
    }
    const made = isOfAll ? this.windowAggregate(node, name) : this.rowFunction(node, name, count);
    if (!made) return null;
    // A frame says nothing to functions that have none, but has to be one.
    const bound = this.frameOf(frame, order);
    if (!bound) return null;
    if (isOfAll || made instanceof FrameValue) made.frame = bound;
    return made;
  }

  private windowAggregate(node: u32, name: string): WindowFunction | null {
    const context = this.context;
    const subject = this.newAggregate(node, name);
    if (!subject) return null;
    const start = this.tree.start(node);
    const fn = subject.fn;
    const made: FrameAggregate =
      fn >= A_CONCAT
        ? new TextAggregate(fn, name, subject.kind, context.text, start, context.budget)
        : new SlotAggregate(fn, name, subject.kind, context.text, start, context.budget, subject.foldsCase);
    made.givesElements = subject.givesElements;
    const value = subject.subject;
    const second = subject.second;
    const where = subject.where;
    if (value) made.value = made.args.push(value) - 1;
    if (second) made.second = made.args.push(second) - 1;
    if (where) made.where = made.args.push(where) - 1;
    if (fn == A_MIN || fn == A_MAX) made.subject = value;
    subject.free();
    return made;
  }

  private rowFunction(node: u32, name: string, count: u32): WindowFunction | null {
    const tree = this.tree;
    const context = this.context;
    let fn = WINDOW_FUNCTIONS.length - 1;
    while (fn >= 0 && WINDOW_FUNCTIONS[fn].slice(0, -2) != name) fn -= 1;
    if (fn < 0) {
      context.fail(SQL_TYPE, name + " is no function of windows, and no aggregate", node);
      return null;
    }
    const least = WINDOW_FUNCTIONS[fn].charCodeAt(name.length) - 0x30;
    const most = WINDOW_FUNCTIONS[fn].charCodeAt(name.length + 1) - 0x30;
    if (tree.has(node, FLAG_STAR) || <i32>count < least || <i32>count > most) {
      context.fail(SQL_TYPE, name + " does not take " + (count == 0 ? "*" : count.toString() + " values"), node);
      return null;
    }
    const args = new Array<Expression>();
    for (let arg = tree.b(node); arg != 0; arg = tree.next(arg)) {
      let bound = this.bind(arg);
      // How far, or which one: a whole number.
      if (bound && args.length == (fn == W_NTILE ? 0 : 1)) bound = this.wholeNumber(bound, name, arg);
      if (!bound) return null;
      args.push(bound);
    }
    if (args.length == 3) {
      if (!unify(context, args[0], args[2])) return null;
      args[0] = unifiedLeft!;
      args[2] = unifiedRight!;
    }
    const start = tree.start(node);
    let made: WindowFunction;
    if (fn <= <i32>W_NTILE) made = new Ranking(<u8>fn, name, context.text, start);
    else if (fn <= <i32>W_LEAD) made = new Neighbour(fn == W_LEAD, name, args[0].kind, context.text, start);
    else made = new FrameValue(<u8>fn, name, args[0].kind, context.text, start);
    for (let a = 0; a < args.length; a++) made.args.push(args[a]);
    if (fn > <i32>W_NTILE) made.subject = args[0];
    return made;
  }

  /** A value, `what` at `node`, as a whole number; null with an error. */
  protected wholeNumber(subject: Expression, what: string, node: u32): Expression | null {
    const number = asNumber(this.context, subject, what);
    const whole = number ? convertTo(this.context, number, K_INT, null) : null;
    if (number && !whole) this.context.fail(SQL_TYPE, what + " needs a whole number", node);
    return whole;
  }

  // ---- stages ----

  get hasWindows(): bool {
    return this.windowCalls.length > 0;
  }

  /**
   * Decides what is sorted, now that all calls are known and that rows have `width` columns besides theirs; the last sort is by what begins
   * with `by` if one is. False with an error.
   */
  protected planWindows(width: i32, by: Array<Expression>, orders: Array<u32>): bool {
    this.width = width;
    if (!this.context.hasRoom(this.windowCalls.length, this.windowCalls[0].node)) return false;
    for (let v = 0; v < this.windowValues.length; v++) this.windowValues[v].position += width;
    const sources = this.scope.sources;
    for (let s = 0; s < sources.length && this.hasWindows; s++) {
      const relation = sources[s].relation;
      if (!relation || !(relation.operator instanceof StepRows)) continue;
      this.unsupported("OVER in the second query of a recursion is", this.windowCalls[0].node);
      return false;
    }
    const all = this.windowOrders;
    const stages = this.stages;
    // Longer orders first: shorter ones may be their beginnings.
    all.sort((a, b) => b.by.length - a.by.length);
    for (let o = 0; o < all.length; o++) {
      let s = 0;
      while (s < stages.length && !this.isBeginning(all[o], stages[s])) s += 1;
      if (s == stages.length) stages.push(all[o]);
      all[o].stage = s;
    }
    if (stages.length > MOST_SORTS) {
      this.context.fail(SQL_LIMIT, "more than " + MOST_SORTS.toString() + " orders of windows", this.windowCalls[0].node);
      return false;
    }
    const last = stages.length - 1;
    for (let s = 0; s < last && by.length > 0; s++) {
      if (!beginsWith(stages[s], by, orders)) continue;
      for (let o = 0; o < all.length; o++) {
        if (all[o].stage == s) all[o].stage = last;
        else if (all[o].stage == last) all[o].stage = s;
      }
      const order = stages[s];
      stages[s] = stages[last];
      stages[last] = order;
      break;
    }
    return true;
  }

  /** Whether rows come out in the order of `by`. */
  protected endsOrdered(by: Array<Expression>, orders: Array<u32>): bool {
    return beginsWith(this.stages[this.stages.length - 1], by, orders);
  }

  /** What the first sort is by. */
  protected get firstOrder(): WindowOrder {
    return this.stages[0];
  }

  /** Whether rows in the order of `longer` are in this one, too. */
  private isBeginning(order: WindowOrder, longer: WindowOrder): bool {
    const tree = this.tree;
    if (!this.isSameList(order.partition, longer.partition)) return false;
    let other = longer.order;
    for (let term = order.order; term != 0; term = tree.next(term)) {
      if (other == 0 || !this.isSame(term, other)) return false;
      other = tree.next(other);
    }
    return true;
  }

  /** Adds the columns that windows from stage `from` on read. */
  protected addWindowColumns(from: i32, columns: Array<i32>): void {
    for (let c = 0; c < this.windowCalls.length; c++) {
      const call = this.windowCalls[c];
      if (call.order.stage < from) continue;
      for (let a = 0; a < call.fn.args.length; a++) call.fn.args[a].addColumns(columns);
    }
    for (let s = from; s < this.stages.length; s++)
      for (let b = 0; b < this.stages[s].by.length; b++) this.stages[s].by[b].addColumns(columns);
  }

  /**
   * The rows, of columns of `kinds`, with what windows make of them behind their columns; `used` are the columns that are wanted then.
   * `isSorted`: they come in the order of the first stage. Null with an error.
   */
  protected windowed(rows: Operator, kinds: Array<u8>, used: Array<i32>, isSorted: bool): Operator | null {
    const context = this.context;
    const calls = this.windowCalls;
    const width = this.width;
    let operator = rows;
    for (let s = 0; s < this.stages.length; s++) {
      const order = this.stages[s];
      const after = used.slice();
      this.addWindowColumns(s + 1, after);
      const values = new Array<Expression>();
      const places = new StaticArray<i32>(width + calls.length);
      for (let a = 0; a < after.length; a++) {
        const column = after[a];
        if (column < 0 || (column >= width && calls[column - width].order.stage >= s)) continue;
        const kind = column < width ? kinds[column] : calls[column - width].fn.kind;
        places[column] = values.push(new ColumnValue(column, kind)) - 1;
      }
      const keys = new Array<WindowKey>();
      for (let b = 0; b < order.by.length; b++) keys.push(new WindowKey(placeOf(order.by[b], values), isNoCase(order.by[b])));
      const functions = new Array<WindowFunction>();
      const peerKeys = new Array<i32>();
      for (let c = 0; c < calls.length; c++) {
        if (calls[c].order.stage != s) continue;
        const fn = calls[c].fn;
        for (let a = 0; a < fn.args.length; a++) fn.places.push(fn.args[a] instanceof Fixed ? -1 : placeOf(fn.args[a], values));
        const frame = fn.frame;
        const key = frame ? frame.keyValue : null;
        if (frame && key) frame.key = placeOf(key, values);
        functions.push(fn);
        peerKeys.push(calls[c].order.by.length);
      }
      if (!context.hasRoom(values.length, calls[0].node)) return null;
      const valueKinds = new Array<u8>();
      for (let v = 0; v < values.length; v++) valueKinds.push(values[v].kind);
      let f = 0;
      for (let c = 0; c < calls.length; c++) if (calls[c].order.stage == s) places[width + c] = values.length + f++;
      const isInOrder = order.by.length == 0 || (s == 0 && isSorted);
      const input: Operator = isInOrder
        ? new Project(operator, values)
        : new Sort(operator, values, order.by, StaticArray.fromArray(order.orders), null, context.budget);
      context.own(input);
      const made = new Windows(input, valueKinds, places, keys, order.partitions, functions, peerKeys, context.budget);
      operator = context.own(made);
    }
    return operator;
  }
}

/** Whether rows in an order are in that of `by`, which is one of columns. */
function beginsWith(order: WindowOrder, by: Array<Expression>, orders: Array<u32>): bool {
  if (by.length > order.by.length) return false;
  for (let b = 0; b < by.length; b++) {
    const a = plain(order.by[b]);
    const other = plain(by[b]);
    if (orders[b] != order.orders[b] || !(a instanceof ColumnValue) || !(other instanceof ColumnValue)) return false;
    if ((<ColumnValue>a).position != (<ColumnValue>other).position) return false;
  }
  return true;
}

/** A value without its collation. */
function plain(subject: Expression): Expression {
  return subject instanceof Collated ? (<Collated>subject).subject : subject;
}

/** Where an expression is among `values`, to which it is added unless it is there. */
function placeOf(subject: Expression, values: Array<Expression>): i32 {
  const value = plain(subject);
  for (let v = 0; v < values.length; v++) {
    const known = values[v];
    if (known === value) return v;
    if (!(known instanceof ColumnValue) || !(value instanceof ColumnValue)) continue;
    if ((<ColumnValue>known).position == (<ColumnValue>value).position) return v;
  }
  return values.push(value) - 1;
}
