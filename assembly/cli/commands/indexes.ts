/** `index list`, `index create` and `index drop`. */
import { Status, OK, USAGE, fail, lastError } from "../../status";
import { addAscii, addString, addStrings } from "../../encode/json-pieces";
import { IndexDefinition } from "../../schema/column";
import { indexName } from "../../schema/index-names";
import { suggestion } from "../../schema/nearest";
import { indexLabel, indexText, quoted, quotedNames } from "../../sql/catalog/definition-text";
import { namedIndexes, namesOf } from "../../sql/catalog/named-indexes";
import { stdout } from "../../wasi/stdio";
import { CommandContext, openStore } from "../command-line/context";
import { runStatements } from "../command-line/made-statements";
import { TableView } from "../output/table-view";

export function runIndex(ctx: CommandContext): Status {
  const work = ctx.word(0);
  const count = ctx.words.length;
  const isList = work == "list";
  if (!isList && work != "create" && work != "drop")
    return fail(USAGE, "index can't " + work, suggestion(work, ["list", "create", "drop"], "words"));
  if (isList ? count > 2 : work == "drop" ? count != 2 : count < 3)
    return fail(USAGE, "these are not the words of index " + work);
  const status = openStore(ctx, !isList, false);
  if (status != OK) return status;
  if (isList) return listIndexes(ctx);
  if (work == "drop") return runStatements(ctx, ["DROP INDEX " + quoted(ctx.word(1))], "dropped " + ctx.word(1));
  const table = ctx.table(ctx.word(1));
  if (!table) return lastError.status;
  const columns = ctx.words.slice(2);
  const unique = ctx.has("unique");
  const name = ctx.invocation.option("name", indexName(table.name, new IndexDefinition(columns, unique)));
  return runStatements(ctx, [indexText(unique, name, table.name, quotedNames(columns))], "created " + name);
}

/** Lists the indexes of all tables, or of one, by the names that SQL knows. */
function listIndexes(ctx: CommandContext): Status {
  const only = ctx.word(1);
  if (only != "" && !ctx.table(only)) return lastError.status;
  const named = namedIndexes(ctx.db.catalog);
  if (!named) return lastError.status;
  const view = new TableView(stdout, 0, ctx.color);
  const out = stdout.buffer;
  view.addColumn("index");
  view.addColumn("table");
  view.addColumn("columns");
  view.addColumn("unique");
  if (ctx.json) addAscii(out, '{"ok":{"indexes":[');
  let count = 0;
  const tables = ctx.db.tables;
  for (let t = 0; t < tables.length; t++) {
    const schema = tables[t].schema;
    if (tables[t].isCatalog || (only != "" && schema.name != only)) continue;
    for (let i = 0; i < schema.indexes.length; i++) {
      const index = schema.indexes[i];
      const own = namesOf(named, schema.name, index.columns);
      for (let n = 0; n < max(own.length, 1); n++) {
        const name = own.length > 0 ? own[n].entry.name : indexLabel(schema, i);
        if (ctx.json) {
          addAscii(out, count > 0 ? ',{"name":' : '{"name":');
          addString(out, name);
          addAscii(out, ',"table":');
          addString(out, schema.name);
          addAscii(out, ',"columns":');
          addStrings(out, index.columns);
          addAscii(out, index.unique ? ',"unique":true}' : ',"unique":false}');
        } else {
          view.addText(name);
          view.addText(schema.name);
          view.addText(index.columns.join(", "));
          view.addText(index.unique ? "yes" : "no");
        }
        count += 1;
      }
    }
  }
  if (ctx.json) stdout.line("]}}");
  else view.finish();
  return OK;
}
