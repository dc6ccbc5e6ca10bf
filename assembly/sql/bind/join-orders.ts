/**
 * In which order the parts of FROM are joined. Whatever is joined by INNER and CROSS joins may come in any: the order is found by dynamic
 * programming over what is joined already, one part more at a time (as in System R), with the cheapest few of each size where there are
 * many parts. Outer joins are one part each.
 */
import { Operator } from "../run/operator";
import { OTHER_PART, TableAccess, WantedOrder } from "./access";
import { Condition, isEquality } from "./conditions";
import { FromNode } from "./from";

/** Rows that are kept or looked for by their keys, and pairs of rows, in rows that are read one after the other. */
export const HASHED: f64 = 3;
export const LOOKED_FOR: f64 = 1.5;
const PAIR: f64 = 0.5;
/** A row of something that is no table. */
const OPERATED: f64 = 2;
/** Parts of which all orders are tried; of more only so many of each size are kept. */
const MOST_EXACT: i32 = 8;
const BEAM: i32 = 12;

/** Something that is joined as a whole. */
export class Part {
  /** For a table that has not become an operator yet. */
  access: TableAccess | null = null;
  operator: Operator | null = null;
  /** Sources that it makes its rows of, for each of their rows anew. */
  needs: u64 = 0;
  /** About how many rows it has, and what it costs to read them. */
  rows: f64 = 1;
  cost: f64 = 1;

  constructor(
    readonly node: FromNode,
    readonly sources: u64,
  ) {}

  /** Its rows are those of an operator. */
  become(operator: Operator): void {
    this.operator = operator;
    this.rows = max<f64>(operator.estimate, 1);
    this.cost = this.rows * OPERATED;
  }

  /** Of the columns that are used its own, counted from its first one. */
  wanted(used: Array<i32>): Array<i32> {
    const node = this.node;
    const found = new Array<i32>();
    for (let c = node.first; c < node.end; c++) if (used.includes(c)) found.push(c - node.first);
    return found;
  }
}

/** Some parts, joined in an order. */
export class Joined {
  constructor(
    readonly before: Joined | null,
    readonly part: Part,
    readonly sources: u64,
    readonly rows: f64,
    readonly cost: f64,
    readonly isOrdered: bool,
  ) {}
}

/** The order that costs least, to rows in `order` if one is wanted: what was joined last, and before that. */
export function bestOrder(parts: Array<Part>, all: Array<Condition>, used: Array<i32>, order: WantedOrder | null): Joined {
  let states = new Array<Joined>();
  for (let p = 0; p < parts.length; p++) {
    const part = parts[p];
    if (part.needs != 0) continue;
    states.push(new Joined(null, part, part.sources, part.rows, part.cost, false));
    const access = part.access;
    if (!access || !order) continue;
    const ordered = access.best(0, part.wanted(used), order);
    if (ordered.isOrdered) states.push(new Joined(null, part, part.sources, part.rows, ordered.cost, true));
  }
  for (let size = 1; size < parts.length; size++) {
    const next = new Array<Joined>();
    for (let s = 0; s < states.length; s++) {
      // Parts that nothing connects wait until there is no other.
      let isConnected = false;
      for (let p = 0; p < parts.length; p++) isConnected = extend(states[s], parts[p], all, true, next) || isConnected;
      for (let p = 0; p < parts.length && !isConnected; p++) extend(states[s], parts[p], all, false, next);
    }
    if (parts.length > MOST_EXACT && next.length > BEAM) {
      next.sort((a, b) => (a.cost < b.cost ? -1 : a.cost > b.cost ? 1 : 0));
      next.length = BEAM;
    }
    states = next;
  }
  let best = states[0];
  for (let s = 1; s < states.length; s++) if (finalCost(states[s], order) < finalCost(best, order)) best = states[s];
  return best;
}

/** Adds a state with one part more to `next`, unless one with the same parts costs less; false where the part does not fit. */
function extend(state: Joined, part: Part, all: Array<Condition>, connected: bool, next: Array<Joined>): bool {
  if ((state.sources & part.sources) != 0 || (part.needs & ~state.sources) != 0) return false;
  const sources = state.sources | part.sources;
  let isConnected = part.needs != 0;
  let hasKeys = false;
  let left: f64 = 1;
  for (let c = 0; c < all.length; c++) {
    const touched = all[c].sources;
    if ((touched & state.sources) == 0 || (touched & part.sources) == 0 || (touched & ~sources) != 0) continue;
    isConnected = true;
    if (isEquality(all[c])) hasKeys = true;
    else left *= OTHER_PART;
  }
  if (isConnected != connected) return false;
  const access = part.access;
  const probe = access ? access.probe(state.sources) : -1;
  let rows = state.rows * part.rows * left;
  let cost = part.cost + part.rows * HASHED + state.rows * LOOKED_FOR;
  if (access && probe >= 0) {
    rows = state.rows * access.probeRows * (access.left / access.all) * left;
    cost = min<f64>(cost, state.rows * probe);
  } else if (part.needs != 0) cost = state.rows * part.cost;
  else if (hasKeys) rows = max<f64>(state.rows, part.rows) * left;
  else cost += state.rows * part.rows * PAIR;
  rows = max<f64>(rows, 1);
  cost += state.cost + rows * PAIR;
  for (let n = 0; n < next.length; n++) {
    if (next[n].sources != sources || next[n].isOrdered != state.isOrdered) continue;
    if (next[n].cost > cost) next[n] = new Joined(state, part, sources, rows, cost, state.isOrdered);
    return true;
  }
  next.push(new Joined(state, part, sources, rows, cost, state.isOrdered));
  return true;
}

/** What a whole join costs, with sorting where its rows are not in the order that is wanted. */
function finalCost(joined: Joined, order: WantedOrder | null): f64 {
  if (!order) return joined.cost;
  return joined.isOrdered ? joined.cost * order.partOf(joined.rows) : joined.cost + order.costOf(joined.rows);
}
