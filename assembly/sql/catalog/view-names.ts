/** The names of tables and columns in a view's text: they follow when these are called otherwise, and mean what they meant. */
import { Column } from "../../schema/column";
import { Alteration } from "../../store/alteration";
import { CatalogEntry } from "../../store/catalog";
import { DbmsContext } from "../../store/dbms-context";
import { Table } from "../../store/table";
import { NameUses } from "../bind/name-uses";
import { QueryBinder } from "../bind/query";
import { sameName } from "../bind/scope";
import { StatementContext } from "../bind/statement";
import { StoredText } from "../sql-text";
import { N_COLUMN, N_CTE, N_DERIVED, N_JOIN, N_STAR, N_TABLE, SqlTree } from "../syntax/tree";
import { NewNames } from "./renamed-text";

/** What a name means whose column goes: nothing that another one could. */
const GONE: string = "\0";

/** A name in the text. */
class ViewName {
  constructor(
    readonly node: u32,
    /** Its bytes in the text; none where NATURAL names columns without writing them. */
    readonly start: u32,
    readonly end: u32,
    readonly written: string,
    /** What it means; a column of "" is the table itself. Both are "" for a name that the text gives. */
    public table: string,
    public column: string,
  ) {}

  /** What it is to be called; "" where it stays as it is written. */
  get now(): string {
    const name = this.column == "" ? this.table : this.column;
    return this.end == 0 || name == GONE || sameName(name, this.written) ? "" : name;
  }

  isLike(other: ViewName): bool {
    return this.node == other.node && this.table == other.table && this.column == other.column;
  }
}

export class ViewNames {
  private readonly names: Array<ViewName> = new Array<ViewName>();
  private isOther: bool = false;

  private constructor(readonly view: CatalogEntry) {}

  /** Those of a view; null, with an error, where it can't be read. */
  static of(db: DbmsContext, view: CatalogEntry): ViewNames | null {
    const tree = new SqlTree();
    const context = StatementContext.of(db, new StoredText(view.sql, "view " + view.name, -1), tree, []);
    const uses = new NameUses();
    context.nameUses = uses;
    const relation = new QueryBinder(context, null, []).viewQuery();
    let made: ViewNames | null = null;
    if (relation) {
      made = new ViewNames(view);
      made.takeBound(db.tables, uses, tree);
      made.takeOthers(uses, tree);
    }
    context.free();
    tree.free();
    return made;
  }

  /** Takes the names that were bound. */
  private takeBound(tables: Array<Table>, uses: NameUses, tree: SqlTree): void {
    for (let u = 0; u < uses.nodes.length; u++) {
      const node = uses.nodes[u];
      const table = uses.tables[u];
      const column = uses.columns[u];
      const owner: Table | null = table ? <Table>table : column ? ownerOf(tables, column) : null;
      this.add(tree, node, owner ? owner.name : "", owner && column ? column.name : "");
    }
  }

  /** Takes names of columns that mean what others do, and those of tables before names of columns. */
  private takeOthers(uses: NameUses, tree: SqlTree): void {
    for (let p = 0; p < uses.pairs.length; p += 2) {
      const a = tree.a(uses.pairs[p]);
      const b = tree.a(uses.pairs[p + 1]);
      const left = this.nameAt(a);
      const right = this.nameAt(b);
      if (left && !right) this.add(tree, b, left.table, left.column);
      if (right && !left) this.add(tree, a, right.table, right.column);
    }
    const aliases = new Array<string>();
    for (let node: u32 = 1; node < tree.count; node++) {
      const kind = tree.kind(node);
      const alias = kind == N_CTE ? tree.a(node) : kind == N_TABLE || kind == N_DERIVED ? tree.b(node) : 0;
      if (alias != 0) aliases.push(tree.text(alias));
    }
    const count = this.names.length;
    for (let node: u32 = 1; node < tree.count; node++) {
      if (tree.kind(node) != N_COLUMN && tree.kind(node) != N_STAR) continue;
      const before = tree.b(node);
      if (before == 0) continue;
      const written = tree.text(before);
      let isAlias = false;
      for (let a = 0; a < aliases.length; a++) isAlias = isAlias || sameName(aliases[a], written);
      for (let n = 0; n < count && !isAlias; n++) {
        const name = this.names[n];
        if (name.column != "" || name.table == "" || !sameName(name.written, written)) continue;
        this.add(tree, before, name.table, "");
        break;
      }
    }
  }

  private nameAt(node: u32): ViewName | null {
    for (let n = 0; n < this.names.length; n++) if (this.names[n].node == node) return this.names[n];
    return null;
  }

  private add(tree: SqlTree, node: u32, table: string, column: string): void {
    const isWritten = tree.kind(node) != N_JOIN;
    const start = isWritten ? tree.start(node) : 0;
    const name = new ViewName(node, start, isWritten ? tree.end(node) : 0, isWritten ? tree.text(node) : "", table, column);
    // What is bound twice is noted twice.
    if (!this.has(name)) this.names.push(name);
  }

  /** Has them mean what is so behind an alteration that was carried out. */
  follow(alteration: Alteration): void {
    const before = alteration.table.schema;
    const schema = alteration.schema;
    for (let n = 0; n < this.names.length; n++) {
      const name = this.names[n];
      if (name.table != before.name) continue;
      let column = name.column;
      if (column != "") {
        const at = alteration.from.indexOf(before.columnIndex(column));
        column = at < 0 ? GONE : schema.columns[at].name;
      }
      this.isOther = this.isOther || column != name.column || schema.name != name.table;
      name.table = schema.name;
      name.column = column;
    }
  }

  /** The view with the names as they are now. */
  get renamed(): CatalogEntry {
    const view = this.view;
    if (!this.isOther) return view;
    const changed = new NewNames(view);
    const names = this.names.slice();
    names.sort((a, b) => <i32>a.start - <i32>b.start);
    for (let n = 0; n < names.length; n++) {
      const name = names[n];
      const now = name.now;
      if (now != "" && name.start >= changed.at) changed.put(now, name.start, name.end);
    }
    return changed.finish(view.name, view.table);
  }

  /** Whether the names in `other`, of a text that has these with other spellings, mean the same. */
  isLike(other: ViewNames): bool {
    if (this.names.length != other.names.length) return false;
    for (let n = 0; n < this.names.length; n++) if (!other.has(this.names[n])) return false;
    return true;
  }

  private has(name: ViewName): bool {
    for (let n = 0; n < this.names.length; n++) if (this.names[n].isLike(name)) return true;
    return false;
  }
}

/** The table that has `column`; null for none, as where the values are of something else. */
function ownerOf(tables: Array<Table>, column: Column): Table | null {
  for (let t = 0; t < tables.length; t++) if (tables[t].schema.columns.includes(column)) return tables[t];
  return null;
}
