/** Texts of the catalog in which a table, or columns of it, are called otherwise than before. */
import { OK } from "../../status";
import { ByteBuffer } from "../../encode/byte-buffer";
import { CatalogEntry, DEFAULT, INDEX } from "../../store/catalog";
import { sameName } from "../bind/scope";
import { StoredText } from "../sql-text";
import { readStatement, sqlRoot } from "../syntax/statements";
import { N_COLUMN, N_CREATE_INDEX, SqlTree } from "../syntax/tree";
import { quoted } from "./definition-text";
import { readExpression } from "./stored-expressions";

/** The text of an entry in which names become others, in the order in which they stand there. */
export class NewNames {
  private readonly text: StoredText;
  private readonly out: ByteBuffer = new ByteBuffer(256);
  /** Where what is left of the text begins. */
  at: u32 = 0;

  constructor(private readonly entry: CatalogEntry) {
    this.text = new StoredText(entry.sql, "", -1);
  }

  /** Has `name` in the place of what is between `start` and `end`. */
  put(name: string, start: u32, end: u32): void {
    this.out.addBytes(this.text.ptr + this.at, start - this.at);
    this.out.addText(quoted(name));
    this.at = end;
  }

  /** The same entry with the text as it is now, called `name` and of `table`. To be asked once. */
  finish(name: string, table: string): CatalogEntry {
    const entry = this.entry;
    this.out.addBytes(this.text.ptr + this.at, this.text.len - this.at);
    const renamed = new CatalogEntry(entry.kind, name, table, this.out.toText(), entry.key);
    renamed.address = entry.address;
    this.out.free();
    return renamed;
  }
}

/** What a table and its columns are called, before and now. */
export class Renaming {
  /** N_NAME nodes of a text, in the order in which they stand there, and whether each is a table's. */
  private readonly names: Array<u32> = new Array<u32>();
  private readonly areTables: Array<bool> = new Array<bool>();

  /** What the entry that `of` had last names and is not there any more; "" for nothing. */
  gone: string = "";

  constructor(
    readonly table: string,
    readonly newTable: string,
    readonly columns: Array<string>,
    /** "" for one that goes. */
    readonly newColumns: Array<string>,
  ) {}

  /**
   * The same entry, of a constraint, a default or an index, with the new names; a text that can't be read stays as it is. A default whose
   * column goes is called "".
   */
  of(entry: CatalogEntry): CatalogEntry {
    const text = new StoredText(entry.sql, entry.kind, -1);
    const tree = new SqlTree();
    this.names.length = 0;
    this.areTables.length = 0;
    this.gone = "";
    if (entry.kind == INDEX) this.addOfIndex(text, tree);
    else if (readExpression(text, tree) != 0) this.addOfColumns(tree);
    const changed = new NewNames(entry);
    for (let n = 0; n < this.names.length; n++) {
      const node = this.names[n];
      const now = this.newName(tree.text(node), this.areTables[n]);
      if (now != "") changed.put(now, tree.start(node), tree.end(node));
    }
    tree.free();
    const own = entry.kind == DEFAULT ? this.columns.indexOf(entry.name) : -1;
    return changed.finish(own < 0 ? entry.name : this.newColumns[own], this.newTable);
  }

  /** What `name` is called now; "" where it is called so still. */
  private newName(name: string, isTable: bool): string {
    if (isTable) return sameName(name, this.table) && this.newTable != this.table ? this.newTable : "";
    let at = this.columns.indexOf(name);
    for (let c = 0; c < this.columns.length && at < 0; c++) if (sameName(name, this.columns[c])) at = c;
    if (at < 0) return "";
    if (this.newColumns[at] == "") this.gone = this.columns[at];
    return this.newColumns[at] == this.columns[at] ? "" : this.newColumns[at];
  }

  private add(node: u32, isTable: bool): void {
    this.names.push(node);
    this.areTables.push(isTable);
  }

  private addOfIndex(text: StoredText, tree: SqlTree): void {
    const root = readStatement(text, tree, 0) == OK ? sqlRoot : 0;
    if (root == 0 || tree.kind(root) != N_CREATE_INDEX) return;
    this.add(tree.a(tree.b(root)), true);
    for (let name = tree.c(root); name != 0; name = tree.next(name)) this.add(name, false);
  }

  /** A node stands behind those that it is made of, and a column's name behind its table's. */
  private addOfColumns(tree: SqlTree): void {
    for (let node: u32 = 1; node < tree.count; node++) {
      if (tree.kind(node) != N_COLUMN) continue;
      if (tree.b(node) != 0) this.add(tree.b(node), true);
      this.add(tree.a(node), false);
    }
  }
}
