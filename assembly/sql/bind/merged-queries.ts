/** Queries in FROM that become the table that they read: under other names, and with their conditions among those around them. */
import { OK, lastError } from "../../status";
import { FLAG_DISTINCT, N_COLUMN, N_DERIVED, N_SELECT, N_STAR, N_TABLE } from "../syntax/tree";
import { CatalogEntry } from "../../store/catalog";
import { EVERY_ROW } from "../eval/expression";
import { Condition, addConditions } from "./conditions";
import { catalogNumber } from "../catalog/relation-names";
import { Outer } from "./names";
import { CommonTable, Scope, Source, sameName } from "./scope";
import { StatementContext } from "./statement";
import { WindowBinder } from "./windows";

export abstract class MergeBinder extends WindowBinder {
  constructor(
    context: StatementContext,
    outer: Outer | null,
    protected readonly commonTables: Array<CommonTable>,
  ) {
    super(context, new Scope(), outer);
  }

  /** The query that WITH has called `name`, of several the last one; null for none. */
  protected commonTable(name: string): CommonTable | null {
    const common = this.commonTables;
    for (let c = common.length - 1; c >= 0; c--) if (sameName(common[c].name, name)) return common[c];
    return null;
  }

  /** `tableOf` of a view, which the node names. */
  protected abstract viewTable(view: CatalogEntry, node: u32, alias: string, base: i32, on: Array<Condition>): Source | null;

  /** `tableOf` of an N_DERIVED. */
  protected abstract queryTable(node: u32, alias: string, base: i32, on: Array<Condition>): Source | null;

  /**
   * The table that the N_QUERY reads as a source called `alias`, its columns called as the list `names` or the query says, and the query's
   * conditions among `on`. Null with an error, or, where `lastError.status` is `OK`, because it is more than columns of one table in their
   * order, and conditions.
   */
  tableOf(query: u32, names: u32, alias: string, base: i32, on: Array<Condition>): Source | null {
    const tree = this.tree;
    const select = tree.a(query);
    lastError.status = OK;
    if (tree.kind(select) != N_SELECT || (tree.b(query) | tree.c(query) | tree.d(query) | tree.d(select)) != 0) return null;
    const from = tree.b(select);
    if (from == 0 || tree.has(select, FLAG_DISTINCT) || (tree.kind(from) != N_TABLE && tree.kind(from) != N_DERIVED)) return null;
    for (let item = tree.a(select); item != 0; item = tree.next(item)) {
      if (tree.kind(item) != N_STAR && tree.kind(tree.a(item)) != N_COLUMN) return null;
    }
    const inside = new Array<Condition>();
    const source = this.oneTable(from, base, inside);
    if (!source) return null;
    for (let place = 0; place < base; place++) this.scope.kinds.push(0);
    this.scope.add(source);
    const labels = new Array<string>(source.columns.length).fill("");
    let next = 0;
    let name = names;
    for (let item = tree.a(select); item != 0; item = tree.next(item)) {
      const isStar = tree.kind(item) == N_STAR;
      const column = isStar ? item : tree.a(item);
      const table = tree.b(column) == 0 ? "" : tree.text(tree.b(column));
      if (table.length > 0 && !sameName(table, source.name)) return null;
      const written = isStar ? "" : tree.text(tree.a(column));
      const first = isStar ? 0 : this.scope.find(written, table) - base;
      const end = isStar ? labels.length : first + 1;
      if (first < next && !isStar) return null;
      for (let c = first; c < end; c++) {
        const known = source.columns[c];
        if (isStar && (known.name == "" || (c == 0 && source.hidesFirst))) continue;
        if (c < next) return null;
        const own = known.column!.name;
        if (!isStar) this.context.note(tree.a(column), known.name, known.column);
        let label = isStar ? known.name : sameName(own, written) ? own : written;
        if (!isStar && tree.b(item) != 0) label = tree.text(tree.b(item));
        if (names != 0) {
          if (name == 0) return null;
          label = tree.text(name);
          name = tree.next(name);
        }
        labels[c] = label;
        next = c + 1;
      }
    }
    if (name != 0) return null;
    if (tree.c(select) != 0) {
      const where = this.condition(tree.c(select));
      if (!where) return null;
      addConditions(where, inside);
    }
    // What is to be asked of each of its rows once would be asked of those that they are joined to.
    for (let c = 0; c < inside.length; c++) if (inside[c].columns.includes(EVERY_ROW)) return null;
    for (let c = 0; c < inside.length; c++) on.push(inside[c]);
    return source.renamed(alias, labels);
  }

  /** The one table that is in FROM of such a query; null as of `tableOf`. */
  private oneTable(node: u32, base: i32, on: Array<Condition>): Source | null {
    const tree = this.tree;
    if (tree.kind(node) == N_DERIVED) return this.queryTable(node, tree.b(node) == 0 ? "" : tree.text(tree.b(node)), base, on);
    const name = tree.text(tree.a(node));
    if (tree.c(node) != 0 || tree.d(node) != 0 || catalogNumber(name) >= 0) return null;
    if (this.commonTable(name)) return null;
    const alias = tree.b(node) == 0 ? name : tree.text(tree.b(node));
    const view = this.context.view(name);
    if (view) return this.viewTable(view, node, alias, base, on);
    const table = lastError.status == OK ? this.context.table(node) : null;
    return table ? new Source(alias, base, table, null) : null;
  }
}
