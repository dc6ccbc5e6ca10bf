/** What a query gives: its columns, and what ORDER BY means by them. */
import { SQL_SYNTAX, SQL_TYPE } from "../../status";
import { asciiLower } from "../../encode/ascii";
import { Collated, isNoCase } from "../eval/collation";
import { ColumnValue, Expression } from "../eval/expression";
import { N_COLLATE, N_COLUMN, N_NUMBER, N_STAR } from "../syntax/tree";
import { isJsonExtract } from "./convert";
import { isElement, opened, unopened } from "./open-values";
import { sameName } from "./scope";
import { SubqueryBinder } from "./subqueries";

/** A column that a query gives. */
class Output {
  constructor(
    readonly name: string,
    readonly value: Expression,
    /** Its expression's node, 0 for a column of `*`. */
    readonly node: u32,
    readonly isAlias: bool,
  ) {}
}

/** Binds the columns of a result. */
export abstract class ResultBinder extends SubqueryBinder {
  protected readonly outputs: Array<Output> = new Array<Output>();
  /** Whether values are worked out of the columns of the result, and not of rows: behind DISTINCT there are no others. */
  private isOfResult: bool = false;

  /** What ORDER BY's term sorts by: a column of the result by its name or number, or any value of the rows. */
  protected orderValue(term: u32, distinct: bool): Expression | null {
    const tree = this.tree;
    const node = tree.a(term);
    let place = this.outputOf(node);
    // An alias or a column of the result may have a collation of its own here.
    const isCollated = place == -1 && tree.kind(node) == N_COLLATE;
    if (isCollated) place = this.outputOf(tree.a(node));
    if (place == -2) return null;
    if (place >= 0) {
      const output = this.outputs[place].value;
      let value = output;
      // One that can't be sorted is told of as it is.
      if (distinct && !isJsonExtract(output)) {
        value = this.resultCell(place);
        value.start = tree.start(node);
      }
      return isCollated || isNoCase(output) ? new Collated(value, isCollated ? this.foldsCase(node) : true) : value;
    }
    if (!distinct) return this.bind(node);
    this.isOfResult = true;
    this.mayWindow = false;
    const value = this.bind(node);
    this.isOfResult = false;
    this.mayWindow = true;
    return value;
  }

  /** The column of the result at `place`, to be sorted by behind DISTINCT. */
  private resultColumn(place: i32): Expression {
    const output = this.outputs[place].value;
    const value = this.resultCell(place);
    if (isElement(output)) return opened(this.context, value);
    return isNoCase(output) ? new Collated(value, true) : value;
  }

  private resultCell(place: i32): Expression {
    return new ColumnValue(place, unopened(this.outputs[place].value).kind);
  }

  private notOfResult(node: u32): Expression | null {
    this.context.fail(
      SQL_TYPE,
      "with DISTINCT, ORDER BY needs columns of the result",
      node,
      "a query in FROM has it as a column",
    );
    return null;
  }

  protected ofGroup(node: u32): Expression | null {
    if (!this.isOfResult) return super.ofGroup(node);
    for (let o = 0; o < this.outputs.length; o++) {
      const output = this.outputs[o];
      if (output.node != 0 && this.isSame(output.node, node)) return isJsonExtract(output.value) ? null : this.resultColumn(o);
    }
    return null;
  }

  columnAt(place: i32, node: u32): Expression | null {
    if (!this.isOfResult) return super.columnAt(place, node);
    for (let o = 0; o < this.outputs.length && !this.isGrouped; o++) {
      const value = this.outputs[o].value;
      if (value instanceof ColumnValue && (<ColumnValue>value).position == place) return this.resultColumn(o);
    }
    return this.notOfResult(node);
  }

  ownAggregate(node: u32, name: string): Expression | null {
    return this.isOfResult ? this.notOfResult(node) : super.ownAggregate(node, name);
  }

  /** The output that a node of ORDER BY or GROUP BY means: by its number, its alias, or as the same expression; -1 none, -2 an error. */
  private outputOf(node: u32): i32 {
    const tree = this.tree;
    if (tree.kind(node) == N_NUMBER) return this.ordinal(node, this.outputs.length);
    const isName = tree.kind(node) == N_COLUMN && tree.b(node) == 0;
    let place = isName ? this.outputCalled(node, true) : -1;
    for (let o = 0; o < this.outputs.length && place < 0; o++) {
      if (this.outputs[o].node != 0 && this.isSame(this.outputs[o].node, node)) place = o;
    }
    return place < 0 && isName ? this.outputCalled(node, false) : place;
  }

  /** The first output, or (`byAlias`) the first with an alias, that is called as N_COLUMN says; -1 for none. */
  private outputCalled(node: u32, byAlias: bool): i32 {
    const name = this.tree.text(this.tree.a(node));
    for (let o = 0; o < this.outputs.length; o++) {
      const output = this.outputs[o];
      if ((byAlias && !output.isAlias) || !sameName(output.name, name)) continue;
      this.context.note(this.tree.a(node), name, output.isAlias ? null : output.value.column);
      return o;
    }
    return -1;
  }

  // ---- results ----

  protected results(list: u32): bool {
    const tree = this.tree;
    for (let item = list; item != 0; item = tree.next(item)) {
      if (tree.kind(item) == N_STAR) {
        if (!this.star(item)) return false;
        continue;
      }
      const value = this.bind(tree.a(item));
      if (!value) return false;
      const alias = tree.b(item);
      let name = "";
      if (alias != 0) name = tree.text(alias);
      else if (tree.kind(tree.a(item)) == N_COLUMN) {
        const subject = value.column;
        name =
          subject && sameName(subject.name, tree.text(tree.a(tree.a(item)))) ? subject.name : tree.text(tree.a(tree.a(item)));
      } else name = this.source(tree.a(item));
      this.outputs.push(new Output(name, value, tree.a(item), alias != 0));
    }
    return true;
  }

  /** The text of an expression, which is what a result without a name is called. */
  private source(node: u32): string {
    const text = this.context.text;
    const start = this.tree.start(node);
    return String.UTF8.decodeUnsafe(text.ptr + start, this.tree.end(node) - start);
  }

  private star(node: u32): bool {
    const tree = this.tree;
    const scope = this.scope;
    const table = tree.b(node) == 0 ? "" : tree.text(tree.b(node));
    if (scope.sources.length == 0) {
      this.context.fail(SQL_SYNTAX, "* needs FROM", node);
      return false;
    }
    if (table.length > 0 && !scope.source(table)) {
      this.noSource(table, node);
      return false;
    }
    for (let s = 0; s < scope.sources.length; s++) {
      const source = scope.sources[s];
      if (table.length > 0 && scope.source(table) !== source) continue;
      for (let c = 0; c < source.columns.length; c++) {
        const isShown = source.columns[c].name != "" && (c > 0 || !source.hidesFirst);
        if (!isShown || (table.length == 0 && source.hidden[c])) continue;
        const place = source.base + c;
        const value = this.columnAt(table.length == 0 ? scope.shownAt(place) : place, node);
        if (!value) return false;
        this.outputs.push(new Output(source.columns[c].name, value, 0, false));
      }
    }
    return true;
  }

  /** What stands before COLLATE, or the node itself. */
  protected collatedNode(node: u32): u32 {
    return this.tree.kind(node) == N_COLLATE ? this.tree.a(node) : node;
  }

  /** Whether a node is something COLLATE NOCASE. */
  protected foldsCase(node: u32): bool {
    const tree = this.tree;
    return tree.kind(node) == N_COLLATE && asciiLower(tree.text(tree.b(node))) == "nocase";
  }
}
