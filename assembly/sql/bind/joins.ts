/** From FROM to operators: how things are joined, in the order that costs least. */
import { SQL_LIMIT, SQL_UNSUPPORTED } from "../../status";
import { Comparison } from "../eval/compare";
import { ColumnValue, Constant, DEPENDS_ON_OUTER, EVERY_ROW, Expression, Fixed, READS_ROWS } from "../eval/expression";
import { Case, Logic } from "../eval/logic";
import { HashJoin } from "../run/hash-join";
import { KeyedRows } from "../run/keyed-rows";
import { LoopJoin } from "../run/loop-join";
import { Append, DerivedRows, Filter, Operator } from "../run/operator";
import { TableScan } from "../run/table-scan";
import { AccessPath } from "../../query/access-path";
import { OP_CROSS, OP_INNER, OP_IS_NOT, OP_LEFT, OP_RIGHT } from "../syntax/operators";
import { Access, NULLS_AS_THEY_ARE, NULLS_BEHIND, TableAccess, WantedOrder } from "./access";
import { Condition, decidable, filtered, isEquality, together } from "./conditions";
import { FromBinder, FromNode } from "./from";
import { HASHED, Joined, LOOKED_FOR, Part, bestOrder } from "./join-orders";

/** Equalities that rows are kept by; others are asked of the pairs that these give. */
const MOST_KEYS: i32 = 64;
/** Sources have a bit each. */
const MOST_SOURCES: i32 = 64;

export abstract class JoinBinder extends FromBinder {
  /** Whether the operator that `build` made last gives its rows in the order that was wanted. */
  protected isOrdered: bool = false;

  /** The operator of a part of FROM, with the conditions that it can decide; null with an error. */
  protected build(
    node: FromNode,
    conditions: Array<Condition>,
    used: Array<i32>,
    order: WantedOrder | null = null,
  ): Operator | null {
    if (this.scope.sources.length > MOST_SOURCES) {
      this.context.text.fail(SQL_LIMIT, "more than " + MOST_SOURCES.toString() + " tables in one FROM", 0);
      return null;
    }
    const nodes = new Array<FromNode>();
    const all = conditions.slice();
    flatten(node, nodes, all);
    this.findSources(all);
    const parts = new Array<Part>();
    for (let n = 0; n < nodes.length; n++) {
      const part = this.part(nodes[n], all, used);
      if (!part) return null;
      parts.push(part);
    }
    let there: u64 = 0;
    for (let p = 0; p < parts.length; p++) there |= parts[p].sources;
    for (let p = 0; p < parts.length; p++) if (!this.isThere(parts[p], there)) return null;
    const chosen = bestOrder(parts, all, used, order);
    const sequence = new Array<Joined>();
    for (let joined: Joined | null = chosen; joined; joined = joined.before) sequence.push(joined);
    const first = sequence[sequence.length - 1];
    let operator = this.operatorOf(first.part, all, used, chosen.isOrdered ? order : null);
    for (let s = sequence.length - 2; s >= 0 && operator; s--) {
      const step = sequence[s];
      const known = sequence[s + 1].sources;
      const rows = sequence[s + 1].rows;
      operator = this.join(OP_INNER, operator, known, rows, step.part, all, used, []);
      if (operator && operator instanceof HashJoin) (<HashJoin>operator).keepsOrder = chosen.isOrdered;
      if (operator) operator.estimate = step.rows;
      if (operator) operator = filtered(this.context, operator, decidable(all, step.sources));
    }
    this.isOrdered = chosen.isOrdered;
    // What is to be asked of each pair of an ON that is nobody's alone.
    return operator ? filtered(this.context, operator, decidable(all.slice(conditions.length), u64.MAX_VALUE)) : null;
  }

  /** The bits of the sources from column `first` on and before `end`. */
  private sourcesWithin(first: i32, end: i32): u64 {
    const sources = this.scope.sources;
    let found: u64 = 0;
    for (let s = 0; s < sources.length; s++) if (sources[s].base >= first && sources[s].base < end) found |= (<u64>1) << s;
    return found;
  }

  private findSources(conditions: Array<Condition>): void {
    const sources = this.scope.sources;
    for (let c = 0; c < conditions.length; c++) {
      const condition = conditions[c];
      condition.sources = 0;
      for (let i = 0; i < condition.columns.length; i++) {
        const place = condition.columns[i];
        if (place == EVERY_ROW) condition.sources = u64.MAX_VALUE;
        if (place < 0) continue;
        const bit = (<u64>1) << sources.indexOf(this.scope.sourceOf(place));
        condition.sources |= bit;
      }
    }
  }

  private part(node: FromNode, all: Array<Condition>, used: Array<i32>): Part | null {
    const part = new Part(node, this.sourcesWithin(node.first, node.end));
    const source = node.source;
    const table = source ? source.table : null;
    if (table) {
      const access = new TableAccess(table, node.first, all, part.sources);
      const best = access.best(0, part.wanted(used), null);
      part.access = access;
      part.rows = min<f64>(access.left, best.rows);
      part.cost = best.cost;
      return part;
    }
    const operator = source ? this.derived(source.relation!.operator, source.base, part, all) : this.outerJoin(node, all, used);
    if (!operator) return null;
    part.become(operator);
    if (source) part.needs = this.needsOf(node);
    return part;
  }

  /** The sources of what a function in FROM was given. */
  private needsOf(node: FromNode): u64 {
    const given = new Array<Condition>();
    for (let g = 0; g < node.given.length; g++) given.push(new Condition(node.given[g]));
    this.findSources(given);
    let needs: u64 = 0;
    for (let g = 0; g < given.length; g++) needs |= given[g].sources;
    return needs;
  }

  /** Whether all that a part is made of is among `there`; an error where not. */
  private isThere(part: Part, there: u64): bool {
    if ((part.needs & ~there) == 0) return true;
    const what = "a function of columns from outside of its join is not there";
    this.context.text.fail(SQL_UNSUPPORTED, what, part.node.given[0].start, "write FROM what has them, then the function");
    return false;
  }

  private derived(rows: Operator, base: i32, part: Part, all: Array<Condition>): Operator {
    const operator = this.context.own(new DerivedRows(rows, base));
    operator.estimate = rows.estimate;
    return filtered(this.context, operator, decidable(all, part.sources));
  }

  /** A part as an operator, with the conditions on it alone. */
  private operatorOf(part: Part, all: Array<Condition>, used: Array<i32>, order: WantedOrder | null): Operator | null {
    const access = part.access;
    return access ? this.scan(part, access.best(0, part.wanted(used), order), all, used) : part.operator;
  }

  private scan(part: Part, access: Access, all: Array<Condition>, used: Array<i32>): Operator {
    const context = this.context;
    let operator = this.rowsOf(access, part.node.first, part.wanted(used));
    for (let c = 0; c < access.settled.length; c++) access.settled[c].isApplied = true;
    const conditions = decidable(all, part.sources);
    if (this.outer && !access.isJoined && !access.dependsOnOuter) operator = this.keyed(operator, conditions, part, used);
    const rest = filtered(context, operator, decidable(conditions, u64.MAX_VALUE));
    rest.estimate = min<f64>(part.rows, access.rows);
    return rest;
  }

  /** The rows of a way, with the columns of the table at the positions `wanted`. */
  private rowsOf(access: Access, base: i32, wanted: Array<i32>): Operator {
    const context = this.context;
    const parts = new Array<Operator>();
    const either = access.either;
    for (let b = 0; b < access.branches.length; b++) {
      let rows = this.rowsOf(access.branches[b], base, wanted);
      if (b > 0) {
        // What one of the parts before it is true for was there already.
        const before = new Logic(true, either!.parts.slice(0, b));
        rows = context.own(new Filter(rows, [new Comparison(OP_IS_NOT, before, Constant.true())]));
      }
      parts.push(rows);
    }
    if (access.nulls != NULLS_AS_THEY_ARE) {
      const bounds = access.nullBounds;
      if (access.nulls == NULLS_BEHIND) bounds.reverse();
      for (let b = 0; b < bounds.length; b++) {
        const path = new AccessPath(access.path.table, access.path.index, access.path.reverse);
        parts.push(context.own(new TableScan(path, bounds[b], base, wanted)));
      }
    }
    const rows = context.own(parts.length > 0 ? new Append(parts) : new TableScan(access.path, access.bounds, base, wanted));
    rows.estimate = access.rows;
    return rows;
  }

  /**
   * Rows that a query around this one asks for by values of its own: kept by these once, if there are such among the conditions, which have
   * to be looked at no more then.
   */
  private keyed(rows: Operator, conditions: Array<Condition>, part: Part, used: Array<i32>): Operator {
    const keys = new Array<Expression>();
    const probes = new Array<Expression>();
    const own = new Array<Condition>();
    const equal = new Array<Condition>();
    const fixed = new Array<Expression>();
    for (let c = 0; c < conditions.length; c++) {
      const condition = conditions[c];
      if (!condition.columns.includes(DEPENDS_ON_OUTER)) {
        if (!condition.columns.includes(READS_ROWS)) own.push(condition);
        continue;
      }
      if (condition.isFixed && !condition.columns.includes(READS_ROWS)) fixed.push(condition.expression);
      if (!isEquality(condition) || keys.length == MOST_KEYS) continue;
      const comparison = <Comparison>condition.expression;
      const a = new Condition(comparison.a);
      const b = new Condition(comparison.b);
      if (!isKey(a, b) && !isKey(b, a)) continue;
      keys.push(isKey(a, b) ? comparison.a : comparison.b);
      probes.push(isKey(a, b) ? comparison.b : comparison.a);
      equal.push(condition);
    }
    if (keys.length == 0) return rows;
    const context = this.context;
    for (let e = 0; e < equal.length; e++) equal[e].isApplied = true;
    const guard = fixed.length > 0 ? new Logic(false, fixed) : null;
    for (let p = 0; p < probes.length; p++) probes[p] = guarded(probes[p], guard);
    const input = filtered(context, rows, own);
    const wanted = this.columnsOf(part.sources, used);
    return context.own(new KeyedRows(input, keys, probes, this.scope.kinds, wanted, context.run));
  }

  // ---- joins ----

  /**
   * Joins the rows of `left`, about `rows`, of the sources `known`, with a part: by an index for each row where that is cheaper, else by
   * the kept rows of the part. `on` are conditions of ON that decide who is whose partner; `all` those that may be asked of pairs later.
   */
  private join(
    op: u8,
    left: Operator,
    known: u64,
    rows: f64,
    part: Part,
    all: Array<Condition>,
    used: Array<i32>,
    on: Array<Condition>,
  ): Operator | null {
    const context = this.context;
    const kinds = this.scope.kinds;
    const lefts = this.columnsOf(known, used);
    const rights = this.columnsOf(part.sources, used);
    // A row that ON leaves without a partner by itself has no values to look for one.
    const own = op == OP_INNER ? new Array<Condition>() : on;
    const guard = guardOf(own, known);
    const table = part.access;
    const probe = table ? table.probe(known) : -1;
    if (table && probe >= 0 && rows * probe < part.cost + part.rows * HASHED + rows * LOOKED_FOR) {
      const access = table.best(known, part.wanted(used), null);
      if (access.isJoined) {
        for (let s = 0; s < access.slots.length; s++) {
          context.ownValue(access.slots[s]);
          access.joined[s] = guarded(access.joined[s], guard);
        }
        const right = this.scan(part, access, all, used);
        const condition = together(decidable(on, u64.MAX_VALUE));
        return context.own(
          new LoopJoin(op, left, right, access.joined, access.slots, condition, kinds, lefts, rights, context.run),
        );
      }
    }
    const right = this.operatorOf(part, all, used, null);
    if (!right) return null;
    if (part.needs != 0) {
      const node = part.node;
      const condition = together(decidable(on, u64.MAX_VALUE));
      return context.own(new LoopJoin(op, left, right, node.given, node.slots, condition, kinds, lefts, rights, context.run));
    }
    const leftKeys = new Array<Expression>();
    const rightKeys = new Array<Expression>();
    const joining = op == OP_INNER ? decidable(all, known | part.sources) : decidable(on, u64.MAX_VALUE);
    const others = new Array<Condition>();
    for (let c = 0; c < joining.length; c++) {
      if (!this.addKeys(joining[c], known, part.sources, leftKeys, rightKeys)) others.push(joining[c]);
      else joining[c].isApplied = true;
    }
    if (op == OP_INNER) others.length = 0;
    const rightGuard = guardOf(own, part.sources);
    for (let k = 0; k < leftKeys.length; k++) {
      leftKeys[k] = guarded(leftKeys[k], guard);
      rightKeys[k] = guarded(rightKeys[k], rightGuard);
    }
    const condition = together(others);
    return context.own(new HashJoin(op, left, right, leftKeys, rightKeys, condition, kinds, lefts, rights, context.run));
  }

  /** A LEFT, RIGHT or FULL join; null with an error. */
  private outerJoin(node: FromNode, all: Array<Condition>, used: Array<i32>): Operator | null {
    const left = node.left!;
    const right = node.right!;
    const op = node.op;
    const known = this.sourcesWithin(left.first, left.end);
    const sources = this.sourcesWithin(right.first, right.end);
    const none = new Array<Condition>();
    this.findSources(node.on);
    // A condition on a side whose rows may be made up of nulls is for after the join.
    const lefts = this.build(left, op == OP_LEFT ? all : op == OP_RIGHT ? decidable(node.on, known) : none, used);
    if (!lefts) return null;
    const rightConditions = op == OP_RIGHT ? decidable(all, sources) : op == OP_LEFT ? node.on : none;
    const part = this.partOf(right, rightConditions, used);
    if (!part || !this.isThere(part, op == OP_LEFT ? known : 0)) return null;
    const join = this.join(op, lefts, known, lefts.estimate, part, decidable(rightConditions, sources), used, node.on);
    if (!join) return null;
    join.estimate = max<f64>(lefts.estimate, part.rows);
    return filtered(this.context, join, decidable(all, known | sources));
  }

  /** The right side of an outer join as a part. A table that is joined by RIGHT or FULL is kept as a whole. */
  private partOf(node: FromNode, conditions: Array<Condition>, used: Array<i32>): Part | null {
    const source = node.source;
    if (source && (source.table !== null || node.given.length > 0)) return this.part(node, conditions, used);
    const operator = this.build(node, conditions, used);
    if (!operator) return null;
    const part = new Part(node, this.sourcesWithin(node.first, node.end));
    part.become(operator);
    return part;
  }

  /** Of the columns that are used those of some sources. */
  private columnsOf(sources: u64, used: Array<i32>): Array<i32> {
    const found = new Array<i32>();
    for (let s = 0; s < this.scope.sources.length; s++) {
      const source = this.scope.sources[s];
      if (((sources >> s) & 1) == 0) continue;
      for (let u = 0; u < used.length; u++)
        if (used[u] >= source.base && used[u] < source.base + source.columns.length) found.push(used[u]);
    }
    return found;
  }

  /** Adds the sides of an equality of something of the left side with something of the right one; false when a condition is no such. */
  private addKeys(condition: Condition, left: u64, right: u64, leftKeys: Array<Expression>, rightKeys: Array<Expression>): bool {
    if (!isEquality(condition) || leftKeys.length == MOST_KEYS) return false;
    const comparison = <Comparison>condition.expression;
    const sides = [new Condition(comparison.a), new Condition(comparison.b)];
    this.findSources(sides);
    const a = sides[0].sources;
    const b = sides[1].sources;
    if (a == 0 || b == 0) return false;
    const straight = (a & ~left) == 0 && (b & ~right) == 0;
    if (!straight && ((a & ~right) != 0 || (b & ~left) != 0)) return false;
    leftKeys.push(straight ? comparison.a : comparison.b);
    rightKeys.push(straight ? comparison.b : comparison.a);
    return true;
  }
}

/** What is joined by INNER and CROSS joins, as parts, with the conditions of their ON. */
function flatten(node: FromNode, parts: Array<FromNode>, conditions: Array<Condition>): void {
  const left = node.left;
  const right = node.right;
  if (!left || !right || (node.op != OP_INNER && node.op != OP_CROSS)) {
    parts.push(node);
    // What a function was given: an outer join decides by its ON itself.
    for (let c = 0; node.source && c < node.on.length; c++) conditions.push(node.on[c]);
    return;
  }
  for (let c = 0; c < node.on.length; c++) conditions.push(node.on[c]);
  flatten(left, parts, conditions);
  flatten(right, parts, conditions);
}

/** Those of the conditions that are about some sources alone, as one; null for none. */
function guardOf(conditions: Array<Condition>, sources: u64): Expression | null {
  const parts = new Array<Expression>();
  for (let c = 0; c < conditions.length; c++) {
    if ((conditions[c].sources & ~sources) == 0) parts.push(conditions[c].expression);
  }
  return parts.length == 0 ? null : new Logic(false, parts);
}

/** A value that is worked out only for rows for which `guard` is true, and null for others. */
function guarded(value: Expression, guard: Expression | null): Expression {
  if (!guard || value instanceof ColumnValue || value instanceof Fixed) return value;
  const none = Constant.null();
  none.kind = value.kind;
  return new Case([guard], [value], none, value.kind);
}

/** Whether the one side of an equality is of a row, and the other one of a row around it. */
function isKey(side: Condition, other: Condition): bool {
  return !side.isFixed && !side.columns.includes(DEPENDS_ON_OUTER) && !side.columns.includes(READS_ROWS) && other.isFixed;
}
