/** Windows: what is behind OVER and WINDOW. */
import { SQL_SYNTAX } from "../../status";
import { ExpressionReader } from "./expressions";
import { CLOSE, ITEM_WINDOW, OPEN } from "./reader";
import {
  BOUND_CURRENT,
  BOUND_FIRST,
  BOUND_FOLLOWING,
  BOUND_LAST,
  BOUND_PRECEDING,
  EXCLUDE_CURRENT,
  EXCLUDE_GROUP,
  EXCLUDE_NONE,
  EXCLUDE_TIES,
  FRAME_GROUPS,
  FRAME_RANGE,
  FRAME_ROWS,
  N_BOUND,
  N_FRAME,
  N_NAMED_WINDOW,
  N_WINDOW,
} from "./tree";

export abstract class WindowReader extends ExpressionReader {
  protected item(what: i32): u32 {
    return what == ITEM_WINDOW ? this.namedWindow() : super.item(what);
  }

  window(): u32 {
    this.height = 0;
    return this.isSymbol(OPEN) ? this.definition() : this.name("a window, or its name");
  }

  /** name AS (…). */
  private namedWindow(): u32 {
    const start = this.lexer.start;
    const name = this.name("a window's name");
    if (name == 0 || !this.need("as")) return 0;
    const window = this.definition();
    return window == 0 ? 0 : this.done(this.tree.add(N_NAMED_WINDOW, start, name, window));
  }

  private get atFrame(): bool {
    return this.is("rows") || this.is("range") || this.is("groups");
  }

  private definition(): u32 {
    const tree = this.tree;
    const node = tree.add(N_WINDOW, this.lexer.start);
    let height: u32 = 0;
    if (!this.needSymbol(OPEN)) return 0;
    if (this.atName && !this.is("partition") && !this.atFrame) tree.setA(node, this.anyWord());
    if (this.accept("partition")) {
      const list = this.need("by") ? this.expressionList() : 0;
      if (list == 0) return 0;
      tree.setB(node, list);
      height = this.height;
    }
    if (this.accept("order")) {
      const list = this.need("by") ? this.orderList() : 0;
      if (list == 0) return 0;
      tree.setC(node, list);
      height = max(height, this.height);
    }
    if (this.atFrame) {
      const frame = this.frame();
      if (frame == 0) return 0;
      tree.setD(node, frame);
      height = max(height, this.height);
    }
    return !this.failed && this.needSymbol(CLOSE) ? this.raise(this.done(node), height) : 0;
  }

  private frame(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    const unit = this.is("rows") ? FRAME_ROWS : this.is("range") ? FRAME_RANGE : FRAME_GROUPS;
    this.lexer.next();
    const isBetween = this.accept("between");
    const first = this.bound();
    let height = this.height;
    if (first == 0) return 0;
    let last: u32 = 0;
    if (isBetween) {
      last = this.need("and") ? this.bound() : 0;
      if (last == 0) return 0;
      height = max(height, this.height);
    } else {
      last = tree.add(N_BOUND, start);
      tree.setOp(last, BOUND_CURRENT);
    }
    const from = tree.op(first);
    const to = tree.op(last);
    if (from == BOUND_LAST || to == BOUND_FIRST || from > to)
      return this.refuse(SQL_SYNTAX, "the frame ends before it begins", start, "BETWEEN … AND … has both ends");
    const node = this.done(tree.add(N_FRAME, start, first, last));
    const exclude = this.exclusion();
    if (this.failed) return 0;
    tree.setOp(node, unit | (exclude << 2));
    return this.raise(node, height);
  }

  private bound(): u32 {
    const tree = this.tree;
    const node = tree.add(N_BOUND, this.lexer.start);
    this.height = 0;
    let op = BOUND_CURRENT;
    if (this.acceptBoth("unbounded", "preceding")) op = BOUND_FIRST;
    else if (this.acceptBoth("unbounded", "following")) op = BOUND_LAST;
    else if (!this.acceptBoth("current", "row")) {
      const offset = this.expression();
      if (offset == 0) return 0;
      tree.setA(node, offset);
      if (this.accept("preceding")) op = BOUND_PRECEDING;
      else if (this.accept("following")) op = BOUND_FOLLOWING;
      else return this.expected("PRECEDING or FOLLOWING");
    }
    tree.setOp(node, op);
    return this.done(node);
  }

  private exclusion(): u8 {
    if (!this.accept("exclude") || this.acceptBoth("no", "others")) return EXCLUDE_NONE;
    if (this.acceptBoth("current", "row")) return EXCLUDE_CURRENT;
    if (this.accept("group")) return EXCLUDE_GROUP;
    if (this.accept("ties")) return EXCLUDE_TIES;
    this.expected("CURRENT ROW, GROUP, TIES or NO OTHERS");
    return EXCLUDE_NONE;
  }
}
