/** `alter TABLE CHANGE …`: changes of a table's columns in the words of `create`, done as ALTER TABLE does them. */
import { Status, OK, BAD_SCHEMA, COLUMN_NOT_FOUND, USAGE, fail, lastError } from "../../status";
import { TYPE_CUSTOM } from "../../encode/data-type";
import { Column } from "../../schema/column";
import { TableDefinition } from "../../schema/column-spec";
import { allPositions, columnNames } from "../../schema/column-names";
import { indexName } from "../../schema/index-names";
import { suggestion } from "../../schema/nearest";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { columnText, columnTypeText, defaultText, indexText, quoted, referenceText } from "../../sql/catalog/definition-text";
import { CommandContext } from "../command-line/context";
import { runStatements } from "../command-line/made-statements";
import { refuseRules } from "./tables";

export function runAlter(ctx: CommandContext): Status {
  const table = ctx.table(ctx.word(0));
  if (!table) return lastError.status;
  const change = ctx.word(1);
  const count = ctx.words.length;
  const work = new AlterWork(ctx, table.schema);
  let status: Status = OK;
  const hasPlace = ctx.has("after") || ctx.has("first");
  if (hasPlace && change != "add") status = fail(USAGE, "only alter add has --after and --first", "migrate moves columns");
  else if (ctx.has("after") && ctx.has("first")) status = fail(USAGE, "--after and --first are two places for one column");
  else if (ctx.has("using") && change != "add" && change != "set") status = fail(USAGE, "alter " + change + " has no --using");
  else if (change != "rename" && count > 3) status = fail(USAGE, "alter " + change + " takes one word");
  else if (change == "add") status = work.add(ctx.word(2));
  else if (change == "set") status = work.set(ctx.word(2));
  else if (change == "drop") work.parts.push("DROP COLUMN " + quoted(ctx.word(2)));
  else if (change == "rename" && count == 3) work.parts.push("RENAME TO " + quoted(ctx.word(2)));
  else if (change == "rename") work.parts.push("RENAME COLUMN " + quoted(ctx.word(2)) + " TO " + quoted(ctx.word(3)));
  else status = fail(USAGE, "there is no change " + change, suggestion(change, ["add", "drop", "rename", "set"], "changes"));
  return status == OK ? work.run() : status;
}

/** The parts of an ALTER TABLE in the making. */
class AlterWork {
  readonly parts: Array<string> = new Array<string>();
  private readonly statements: Array<string> = new Array<string>();
  /** What a word says of a column, with the indexes of that. */
  private wanted: TableSchemaSnapshot | null = null;

  constructor(
    private readonly ctx: CommandContext,
    private readonly schema: TableSchemaSnapshot,
  ) {}

  run(): Status {
    const table = quoted(this.schema.name);
    if (this.parts.length > 0) this.statements.unshift("ALTER TABLE " + table + " " + this.parts.join(", "));
    const status = runStatements(this.ctx, this.statements, "altered " + this.schema.name);
    // What this command, which makes one change, can't do.
    const hint = lastError.hint;
    const parts = this.parts.join(", ");
    if (status != OK && hint.endsWith(", in the same statement"))
      lastError.hint = hint + " of SQL: ALTER TABLE " + table + " …, " + parts;
    return status;
  }

  /** Reads a word of `create`; null with an error. */
  private column(word: string): Column | null {
    const definition = new TableDefinition(this.schema.name);
    if (definition.add(word) != OK || refuseRules(definition.added) != OK) return null;
    const wanted = definition.build(0);
    this.wanted = wanted;
    const column = wanted.columns[0];
    if (column.type == TYPE_CUSTOM || (column.auto && !this.isAuto(column.name))) {
      const what = column.auto ? "column that counts" : "column of type " + column.typeText;
      fail(BAD_SCHEMA, "alter makes no " + what, "migrate does");
      return null;
    }
    return column;
  }

  private known(name: string): Column | null {
    const at = this.schema.columnIndex(name);
    return at < 0 ? null : this.schema.columns[at];
  }

  private isAuto(name: string): bool {
    const known = this.known(name);
    return known !== null && known.auto;
  }

  add(word: string): Status {
    const column = this.column(word);
    if (!column) return lastError.status;
    if (column.primaryKey) return fail(BAD_SCHEMA, "a table has one primary key", "migrate moves it");
    const after = this.ctx.invocation.option("after", "");
    const place = this.ctx.has("first") ? " FIRST" : after == "" ? "" : " AFTER " + quoted(after);
    this.parts.push("ADD COLUMN " + columnText(this.schema.name, column, []) + place);
    if (this.ctx.has("using")) this.parts.push(this.typeOf(column));
    this.addIndexes(column);
    return OK;
  }

  /** ALTER COLUMN … TYPE, with the values of --using. */
  private typeOf(column: Column): string {
    const using = this.ctx.has("using") ? " USING (" + this.ctx.invocation.option("using", "") + ")" : "";
    return "ALTER COLUMN " + quoted(column.name) + " TYPE " + columnTypeText(column) + using;
  }

  /** Has plain indexes made that a word asks for. */
  private addIndexes(column: Column): void {
    const indexes = this.wanted!.indexes;
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i];
      if (index.unique || index.columns[0] != column.name || this.schema.indexOn(index.columns) >= 0) continue;
      const table = this.schema.name;
      this.statements.push(indexText(false, indexName(table, index), table, quoted(column.name)));
    }
  }

  set(word: string): Status {
    const column = this.column(word);
    if (!column) return lastError.status;
    const name = column.name;
    const known = this.known(name);
    const schema = this.schema;
    if (!known) {
      const names = columnNames(schema, allPositions(schema));
      return fail(COLUMN_NOT_FOUND, "table " + schema.name + " has no column " + name, suggestion(name, names, "columns"));
    }
    if (known.primaryKey != column.primaryKey) return fail(BAD_SCHEMA, "alter does not move a primary key", "migrate does");
    const subject = "ALTER COLUMN " + quoted(name);
    const constraint = schema.name + "_" + name;
    const value = defaultText(schema.name, column, []);
    const before = defaultText(schema.name, known, []);
    if (before != "" && value != before) this.parts.push(subject + " DROP DEFAULT");
    if (column.typeText != known.typeText || this.ctx.has("using")) this.parts.push(this.typeOf(column));
    if (value != "" && value != before) this.parts.push(subject + " SET DEFAULT " + value);
    if (column.nullable != known.nullable) this.parts.push(subject + (column.nullable ? " DROP NOT NULL" : " SET NOT NULL"));
    if (known.unique && !column.unique) this.parts.push("DROP CONSTRAINT " + quoted(constraint + "_unique"));
    if (column.unique && !known.unique) this.parts.push("ADD UNIQUE (" + quoted(name) + ")");
    const reference = referenceText(column);
    if (reference != referenceText(known)) {
      if (known.foreignKey) this.parts.push("DROP CONSTRAINT " + quoted(constraint + "_fkey"));
      if (reference != "") this.parts.push("ADD FOREIGN KEY (" + quoted(name) + ")" + reference);
    }
    this.addIndexes(column);
    return OK;
  }
}
