/** Expressions that the catalog keeps: conditions of CHECK, and defaults. */
import { BAD_SCHEMA, fail, lastError } from "../../status";
import { Catalog, CatalogEntry } from "../../store/catalog";
import { CATALOG } from "../../store/catalog-table";
import { StatementMemory } from "../../store/statement-memory";
import { StatementContext } from "../bind/statement";
import { MemoryBudget } from "../../store/memory-budget";
import { SqlText, StoredText } from "../sql-text";
import { QueryReader } from "../syntax/queries";
import { T_END } from "../syntax/lexer";
import { SqlTree } from "../syntax/tree";

/** What working one out may keep. */
const KEPT: u64 = 1 << 20;

class ExpressionReader extends QueryReader {
  whole(): u32 {
    const node = this.expression();
    return node == 0 || this.lexer.kind == T_END ? node : this.expected("the end of the expression");
  }
}

/** Reads all of a text as one expression into `tree`: its node, 0 with an error. */
export function readExpression(text: SqlText, tree: SqlTree): u32 {
  return new ExpressionReader(text, tree, 0).whole();
}

/** What the text of `entry`, called `label`, is bound with; its tree is to be read, and freed by the caller. */
export function storedContext(catalog: Catalog, entry: CatalogEntry, label: string): StatementContext {
  const text = new StoredText(entry.sql, label + " of " + entry.table, -1);
  return new StatementContext(text, new SqlTree(), catalog, [], new MemoryBudget(new StatementMemory(KEPT)));
}

/** Makes the last error one of `entry`, which can't be bound any more: it says how to be rid of it. Returns false. */
export function isOfNoUse(entry: CatalogEntry): bool {
  fail(BAD_SCHEMA, lastError.what, "DELETE FROM " + CATALOG + " WHERE id = " + entry.key.toString() + " takes it away");
  return false;
}
