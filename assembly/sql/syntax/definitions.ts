/** Statements that make tables, views and indexes and take them away. */
import { SQL_UNSUPPORTED } from "../../status";
import { T_WORD } from "./lexer";
import { ChangeReader } from "./changes";
import { CLOSE, COMMA, DOT, OPEN } from "./reader";
import {
  FLAG_AUTO,
  FLAG_CASCADE,
  FLAG_DESCENDING,
  FLAG_DISTINCT,
  FLAG_IF,
  FLAG_TEMPORARY,
  N_CALL,
  N_COLUMN_DEFINITION,
  N_CREATE_INDEX,
  N_CREATE_TABLE,
  N_CREATE_VIEW,
  N_DROP_INDEX,
  N_DROP_TABLE,
  N_DROP_VIEW,
  N_EXISTS,
  N_IN,
  N_PARAMETER,
  N_REFERENCES,
  N_RULE,
  N_SUBQUERY,
  RULE_AUTO,
  RULE_CHECK,
  RULE_DEFAULT,
  RULE_NOT_NULL,
  RULE_NULL,
  RULE_PRIMARY,
  RULE_REFERENCES,
  RULE_UNIQUE,
} from "./tree";

/** The list that is being made of nodes that are linked. */
class NodeList {
  first: u32 = 0;
  last: u32 = 0;
}

export abstract class DefinitionReader extends ChangeReader {
  /** CREATE …, where the word is the token. */
  protected create(): u32 {
    const start = this.lexer.start;
    this.lexer.next();
    const place = this.lexer.start;
    const isTemporary = this.accept("temp") || this.accept("temporary");
    if (this.accept("view")) return this.createView(start, isTemporary);
    if (isTemporary) return this.no("temporary tables are", "a store :memory: is gone when it is closed", place);
    if (this.accept("table")) return this.createTable(start);
    const unique = this.accept("unique");
    if (this.accept("index")) return this.createIndex(start, unique);
    if (this.is("trigger") || this.is("virtual")) return this.no("triggers and virtual tables are", "");
    return this.expected("TABLE, VIEW or INDEX");
  }

  private createView(start: u32, isTemporary: bool): u32 {
    const tree = this.tree;
    const node = tree.add(N_CREATE_VIEW, start);
    if (isTemporary) tree.setFlag(node, FLAG_TEMPORARY);
    const name = this.ifNotExists(node) ? this.table(false) : 0;
    if (name == 0) return 0;
    tree.setA(node, name);
    if (this.acceptSymbol(OPEN)) {
      const columns = this.nameList("a column");
      if (columns == 0) return 0;
      tree.setB(node, columns);
    }
    if (!this.need("as")) return 0;
    if (!this.atQuery) return this.expected("a query");
    const query = this.query();
    if (query == 0) return 0;
    tree.setC(node, query);
    const hint = "give the value in WHERE where it is read";
    if (tree.parameters > 0) return this.refuse(SQL_UNSUPPORTED, "a view has no parameters", start, hint);
    return this.done(node);
  }

  /** DROP …, where the word is the token. */
  protected drop(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    this.lexer.next();
    const isTable = this.accept("table");
    const isView = !isTable && this.accept("view");
    if (!isTable && !isView && !this.accept("index")) return this.expected("TABLE, VIEW or INDEX");
    const node = tree.add(isTable ? N_DROP_TABLE : isView ? N_DROP_VIEW : N_DROP_INDEX, start);
    if (!this.ifExists(node)) return 0;
    const name = isTable || isView ? this.table(false) : this.indexName();
    if (name == 0) return 0;
    tree.setA(node, name);
    if (this.is("cascade")) return this.no("DROP … CASCADE is", "drop what refers to it first");
    this.accept("restrict");
    return this.done(node);
  }

  /** Fails because `what` is refused for good. */
  protected no(what: string, hint: string, start: u32 = this.lexer.start): u32 {
    return this.refuse(SQL_UNSUPPORTED, what + " not there", start, hint);
  }

  private ifNotExists(node: u32): bool {
    if (!this.accept("if")) return true;
    this.tree.setFlag(node, FLAG_IF);
    return this.need("not") && this.need("exists");
  }

  protected ifExists(node: u32): bool {
    if (!this.accept("if")) return true;
    this.tree.setFlag(node, FLAG_IF);
    return this.need("exists");
  }

  private indexName(): u32 {
    const name = this.name("an index");
    return name != 0 && this.acceptSymbol(DOT) ? this.name("an index") : name;
  }

  private append(list: NodeList, node: u32): bool {
    if (node == 0) return false;
    if (list.first == 0) list.first = node;
    else this.tree.setNext(list.last, node);
    list.last = node;
    return true;
  }

  // ---- tables ----

  private createTable(start: u32): u32 {
    const tree = this.tree;
    const node = tree.add(N_CREATE_TABLE, start);
    const table = this.ifNotExists(node) ? this.table(false) : 0;
    if (table == 0) return 0;
    tree.setA(node, table);
    if (this.accept("as")) {
      if (!this.atQuery) return this.expected("a query");
      const query = this.query();
      tree.setC(node, query);
      return query == 0 ? 0 : this.done(node);
    }
    if (!this.needSymbol(OPEN)) return 0;
    const list = new NodeList();
    let isRule = false;
    do {
      isRule = isRule || this.atRule;
      if (!this.append(list, isRule ? this.tableRule() : this.columnDefinition())) return 0;
    } while (this.acceptSymbol(COMMA));
    tree.setB(node, list.first);
    if (!this.needSymbol(CLOSE)) return 0;
    do {
      if (this.is("without")) return this.no("WITHOUT ROWID is", "leave it out");
      // All tables are.
      this.accept("strict");
    } while (this.acceptSymbol(COMMA));
    return this.done(node);
  }

  protected get atRule(): bool {
    return this.is("constraint") || this.is("primary") || this.is("unique") || this.is("foreign") || this.is("check");
  }

  /** Whether the token ends a column's definition. */
  protected get atDefinitionEnd(): bool {
    return this.isSymbol(COMMA) || this.isSymbol(CLOSE);
  }

  protected columnDefinition(): u32 {
    const tree = this.tree;
    const start = this.lexer.start;
    const name = this.name("a column");
    if (name == 0) return 0;
    const node = tree.add(N_COLUMN_DEFINITION, start, name);
    if (this.atName && !this.atTypeEnd) {
      const type = this.typeName();
      if (type == 0) return 0;
      tree.setB(node, type);
    }
    const rules = new NodeList();
    while (!this.atDefinitionEnd) {
      if (!this.columnRule(rules)) return 0;
    }
    tree.setC(node, rules.first);
    return this.done(node);
  }

  private rule(op: u8, start: u32, a: u32 = 0, b: u32 = 0, c: u32 = 0): u32 {
    const node = this.tree.add(N_RULE, start, a, b, c);
    this.tree.setOp(node, op);
    return this.done(node);
  }

  /** Reads one rule of a column into the list; false on failure. Some say nothing. */
  private columnRule(rules: NodeList): bool {
    const start = this.lexer.start;
    const name = this.constraintName();
    if (this.failed) return false;
    if (this.accept("check")) return this.append(rules, this.check(start, name));
    if (this.accept("primary")) {
      if (!this.need("key")) return false;
      if (!this.accept("asc")) this.accept("desc");
      return this.append(rules, this.rule(RULE_PRIMARY, start)) && this.conflict();
    }
    if (this.accept("unique")) return this.append(rules, this.rule(RULE_UNIQUE, start, 0, 0, name)) && this.conflict();
    if (this.accept("null")) return this.append(rules, this.rule(RULE_NULL, start));
    if (this.accept("not")) {
      return this.need("null") && this.append(rules, this.rule(RULE_NOT_NULL, start)) && this.conflict();
    }
    if (this.accept("autoincrement") || this.accept("auto_increment")) return this.append(rules, this.rule(RULE_AUTO, start));
    if (this.accept("generated")) return this.generated() && this.append(rules, this.rule(RULE_AUTO, start));
    if (this.accept("default")) {
      return this.append(rules, this.defaultValue(start));
    }
    if (this.accept("references")) return this.append(rules, this.references(start, 0));
    if (this.accept("collate")) return this.onlyBinary();
    if (this.is("as")) this.no("generated columns are", "compute it where it is read");
    else this.expected("a column's constraint, a comma or )");
    return false;
  }

  /** What is behind DEFAULT: a value that is to be kept, or what it is worked out of for each row. */
  protected defaultValue(start: u32): u32 {
    const before = this.tree.count;
    const isInside = this.isSymbol(OPEN);
    const from = this.lexer.start;
    const value = this.operand();
    const to = this.lexer.lastEnd;
    if (value == 0) return 0;
    if (this.hasOther(before, false)) return this.no("a default that is found by a query or parameter is", "", start);
    const inner: u32 = isInside ? 1 : 0;
    const isWorkedOut = this.hasOther(before, true);
    const node = this.rule(RULE_DEFAULT, start, isWorkedOut ? from + inner : 0, value);
    if (isWorkedOut) this.tree.setD(node, to - inner);
    return node;
  }

  /** The name behind CONSTRAINT; 0 where there is none, and with an error. */
  private constraintName(): u32 {
    return this.accept("constraint") ? this.name("a constraint") : 0;
  }

  /** What is behind CHECK, of a constraint with a name or 0. */
  private check(start: u32, name: u32): u32 {
    if (!this.needSymbol(OPEN)) return 0;
    const before = this.tree.count;
    const from = this.lexer.start;
    const condition = this.expression();
    const to = this.lexer.lastEnd;
    if (condition == 0 || !this.needSymbol(CLOSE)) return 0;
    if (this.hasOther(before, false))
      return this.no("CHECK of more than a row's own values is", "a query or parameter is asked where rows are changed", start);
    const node = this.rule(RULE_CHECK, start, from, condition, name);
    this.tree.setD(node, to);
    return this.conflict() ? node : 0;
  }

  /** Whether among the nodes from `before` on are queries or parameters, or `calls`. */
  protected hasOther(before: u32, calls: bool): bool {
    const tree = this.tree;
    for (let node = before; node < tree.count; node++) {
      const kind = tree.kind(node);
      if (kind == N_SUBQUERY || kind == N_EXISTS || kind == N_PARAMETER || (calls && kind == N_CALL)) return true;
      if (kind == N_IN && (tree.c(node) != 0 || tree.d(node) != 0)) return true;
    }
    return false;
  }

  private onlyBinary(): bool {
    if (this.accept("binary")) return true;
    this.no("collations other than BINARY are", "compare lower(…)");
    return false;
  }

  /** What is behind GENERATED: ALWAYS or BY DEFAULT AS IDENTITY, with options that say nothing here. */
  private generated(): bool {
    if (!this.accept("always") && !(this.accept("by") && this.need("default"))) {
      this.expected("ALWAYS or BY DEFAULT");
      return false;
    }
    if (!this.need("as")) return false;
    if (this.isSymbol(OPEN)) {
      this.no("generated columns are", "compute it where it is read");
      return false;
    }
    return this.need("identity");
  }

  /** ON CONFLICT of a constraint: what always happens, or a refusal. */
  private conflict(): bool {
    if (!this.acceptBoth("on", "conflict")) return true;
    if (this.accept("abort")) return true;
    this.no("ON CONFLICT of a constraint is", "INSERT OR … says it for a statement");
    return false;
  }

  /** Behind REFERENCES: a table, perhaps its column, and what happens to rows that refer to one that goes. */
  private references(start: u32, columns: u32): u32 {
    const tree = this.tree;
    const target = this.name("a table");
    if (target == 0) return 0;
    const node = tree.add(N_REFERENCES, start, target);
    if (this.acceptSymbol(OPEN)) {
      const names = this.nameList("a column");
      if (names == 0) return 0;
      if (tree.next(names) != 0) return this.noComposite();
      tree.setB(node, names);
    }
    while (true) {
      if (this.accept("on")) {
        const isDelete = this.accept("delete");
        if (!isDelete && !this.need("update")) return 0;
        if (this.is("set")) return this.no("SET NULL and SET DEFAULT are", "the file knows CASCADE and RESTRICT");
        if (this.accept("cascade")) {
          if (isDelete) tree.setFlag(node, FLAG_CASCADE);
        } else if (this.accept("no")) {
          if (!this.need("action")) return 0;
        } else if (!isDelete && this.is("restrict"))
          return this.no("ON UPDATE RESTRICT is", "rows that refer to a key follow it when it changes: CASCADE");
        else if (!this.need("restrict")) return 0;
      } else if (this.accept("match")) {
        if (!this.accept("simple")) return this.no("MATCH other than SIMPLE is", "");
      } else if (this.acceptBoth("not", "deferrable")) continue;
      else if (this.accept("initially")) {
        if (!this.accept("immediate")) return this.noDeferrable();
      } else if (this.is("deferrable")) return this.noDeferrable();
      else break;
    }
    return this.rule(RULE_REFERENCES, start, columns, this.done(node));
  }

  private noDeferrable(): u32 {
    return this.no("deferrable constraints are", "each statement is checked by itself");
  }

  private noComposite(): u32 {
    return this.no("foreign keys of several columns are", "refer to a key of one column");
  }

  protected tableRule(): u32 {
    const start = this.lexer.start;
    const name = this.constraintName();
    if (this.failed) return 0;
    if (this.accept("check")) return this.check(start, name);
    if (this.accept("foreign")) {
      if (!this.need("key") || !this.needSymbol(OPEN)) return 0;
      const columns = this.nameList("a column");
      if (columns == 0) return 0;
      if (this.tree.next(columns) != 0) return this.noComposite();
      return this.need("references") ? this.references(start, columns) : 0;
    }
    const isKey = this.accept("primary");
    if (isKey ? !this.need("key") : !this.need("unique")) return 0;
    if (!this.needSymbol(OPEN)) return 0;
    const columns = this.indexColumns();
    if (columns == 0) return 0;
    return this.conflict() ? this.rule(isKey ? RULE_PRIMARY : RULE_UNIQUE, start, columns, 0, name) : 0;
  }

  // ---- indexes ----

  private createIndex(start: u32, unique: bool): u32 {
    const tree = this.tree;
    const node = tree.add(N_CREATE_INDEX, start);
    if (unique) tree.setFlag(node, FLAG_DISTINCT);
    if (!this.ifNotExists(node)) return 0;
    const name = this.indexName();
    if (name == 0 || !this.need("on")) return 0;
    const table = this.table(false);
    if (table == 0 || !this.needSymbol(OPEN)) return 0;
    const columns = this.indexColumns();
    if (columns == 0) return 0;
    tree.setA(node, name);
    tree.setB(node, table);
    tree.setC(node, columns);
    if (this.is("where")) return this.no("indexes of some of the rows are", "leave WHERE out");
    return this.done(node);
  }

  /** Columns of an index up to a parenthesis that is passed as well; an index is read both ways, so that their direction says nothing. */
  private indexColumns(): u32 {
    const list = new NodeList();
    do {
      const isName = this.atName && this.lexer.following != OPEN;
      if (!isName && (this.lexer.kind == T_WORD || this.isSymbol(OPEN)))
        return this.no("indexes of expressions are", "name columns");
      const name = this.name("a column");
      if (!this.append(list, name)) return 0;
      if (this.accept("collate") && !this.onlyBinary()) return 0;
      if (!this.accept("asc") && this.accept("desc")) this.tree.setFlag(name, FLAG_DESCENDING);
      if (this.accept("autoincrement")) this.tree.setFlag(name, FLAG_AUTO);
    } while (this.acceptSymbol(COMMA));
    return this.needSymbol(CLOSE) ? list.first : 0;
  }
}
