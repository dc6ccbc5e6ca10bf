/** `create`, `drop`, `tables` and `schema`. */
import { Status, OK, BAD_SCHEMA, USAGE, fail, lastError } from "../../status";
import { LAYOUT_0_11 } from "../../memory/base/layout";
import { addUnsigned } from "../../encode/digits";
import { shellWord } from "../../encode/shell-words";
import { Column, hasRules } from "../../schema/column";
import { columnSpecs, defineTable, isExpressible, isUsualAlignment } from "../../schema/column-spec";
import { TableSchemaSnapshot } from "../../schema/table-schema-snapshot";
import { Table } from "../../store/table";
import { stdout } from "../../wasi/stdio";
import { CommandContext, openStore } from "../command-line/context";
import {
  addField,
  addTextsField,
  call,
  member,
  nodeText,
  readReply,
  replyMember,
  startRequest,
  counted,
} from "../command-line/command-request";
import { isMissing } from "../../wasi/file";
import { removeStore } from "../command-line/made-store";
import { TableView } from "../output/table-view";

export function runCreate(ctx: CommandContext): Status {
  const name = ctx.word(0);
  const specs = ctx.words.slice(1);
  const alignment = ctx.number("alignment", 0, 65535);
  if (alignment < 0) return USAGE;
  // A definition that can't be leaves no file behind.
  const schema = defineTable(name, specs, <u32>alignment);
  if (!schema) return lastError.status;
  if (refuseRules(schema.columns) != OK) return lastError.status;
  const isNew = isMissing(ctx.invocation.file);
  let status = openStore(ctx, true, true);
  if (status != OK) return status;
  startRequest("create", name);
  addTextsField("columns", specs);
  if (alignment > 0) addUnsigned(alignment, addField("alignment"));
  status = call(ctx);
  if (status != OK && isNew) removeStore(ctx);
  if (status == OK && !ctx.json) {
    stdout.line(
      "created " +
        name +
        ": " +
        counted(schema.columns.length.toString(), "column", "columns") +
        ", " +
        counted(schema.indexes.length.toString(), "index", "indexes"),
    );
  }
  return status;
}

/** `OK` unless columns of a command that defines some have rules. */
export function refuseRules(columns: Array<Column>): Status {
  if (!hasRules(columns)) return OK;
  const hint = "--rules SCHEMA of the commands that write gives them";
  return fail(BAD_SCHEMA, "rules are a session's, and no file keeps them", hint);
}

export function runDrop(ctx: CommandContext): Status {
  startRequest("drop", ctx.word(0));
  const status = call(ctx);
  if (status == OK && !ctx.json) stdout.line("dropped " + ctx.word(0));
  return status;
}

export function runTables(ctx: CommandContext): Status {
  startRequest("tables");
  const status = call(ctx);
  if (status != OK || ctx.json) return status;
  const tape = readReply();
  const view = new TableView(stdout, 0, ctx.color);
  view.addColumn("table");
  view.addColumn("rows", true);
  for (let node = tape.first(replyMember(tape, "tables")); node != 0; node = tape.next(node)) {
    view.addText(nodeText(tape, member(tape, node, "name")));
    view.addText(nodeText(tape, member(tape, node, "rows")));
  }
  view.finish();
  return OK;
}

export function runSchema(ctx: CommandContext): Status {
  if (ctx.json) {
    startRequest("schema", ctx.word(0));
    return call(ctx);
  }
  if (ctx.words.length > 0) {
    const table = ctx.table(ctx.word(0));
    if (!table) return lastError.status;
    printTable(ctx, table.schema);
    return OK;
  }
  // Tables that others refer to come first, so that the lines can be used one after the other.
  const done = new Array<Table>();
  const tables = ctx.db.tables.filter((table) => !table.isCatalog);
  while (done.length < tables.length) {
    const before = done.length;
    for (let i = 0; i < tables.length; i++) {
      if (done.includes(tables[i]) || waitsForOther(ctx, tables[i], done)) continue;
      printTable(ctx, tables[i].schema);
      done.push(tables[i]);
    }
    if (done.length > before) continue;
    // Tables that refer to each other in a circle, which SQL and other programs make.
    for (let i = 0; i < tables.length; i++) {
      if (!done.includes(tables[i])) {
        printTable(ctx, tables[i].schema);
        done.push(tables[i]);
      }
    }
  }
  return OK;
}

/** Whether the table refers to one that is neither in `done` nor itself. */
function waitsForOther(ctx: CommandContext, table: Table, done: Array<Table>): bool {
  const tables = ctx.db.tables;
  for (let i = 0; i < tables.length; i++) {
    if (tables[i] === table || done.includes(tables[i])) continue;
    for (let j = 0; j < tables[i].references.length; j++) {
      if (tables[i].references[j].table === table) return true;
    }
  }
  return false;
}

function printTable(ctx: CommandContext, schema: TableSchemaSnapshot): void {
  if (!isExpressible(schema)) stdout.line("# create can't make quite the same table as this one:");
  const specs = columnSpecs(schema);
  if (schema.name.includes("\0") || specs.join("").includes("\0")) {
    stdout.line("# no command line can hold the character U+0000 of this table; a request to serve can");
  }
  let line = "create " + shellWord(schema.name);
  for (let i = 0; i < specs.length; i++) line += " " + shellWord(specs[i]);
  if (!isUsualAlignment(schema)) line += " --alignment " + schema.alignment.toString();
  if (ctx.db.manager.layout == LAYOUT_0_11) line += " --layout 0.11";
  stdout.line(line);
}
