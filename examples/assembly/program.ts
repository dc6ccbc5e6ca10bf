/**
 * A WASI program with its own tables, and Quire's core compiled into it. It keeps a list of notes:
 *
 *   wasmtime run --dir data notes.wasm data/notes.db add work "water the plants"
 *   wasmtime run --dir data notes.wasm data/notes.db list work
 *   wasmtime run --dir data notes.wasm data/notes.db find plants
 *   wasmtime run --dir data notes.wasm data/notes.db done 1
 *
 * The file is an ordinary page file: `quire data/notes.db scan notes` shows it as well.
 */
import {
  ByteBuffer,
  Column,
  DELETE_BY_SCHEMA,
  DbmsContext,
  NO_ADDRESS,
  OK,
  OpenOptions,
  Row,
  RowScan,
  Session,
  Statement,
  Status,
  Table,
  TableDefinition,
  addKeyPart,
  commandArguments,
  errorMessage,
  exitStatus,
  lastError,
  parseValue,
  statusName,
  stderr,
  stdout,
  writeTextValue,
} from "quire-db/assembly";

/** The columns of `notes`, by their places in its definition. */
const ID = 0;
const TOPIC = 1;
const TEXT = 2;

const FAILED: Status = -1;

/** The definition of `notes`, with the rules for its values: topics are written in one way, and no note is empty. */
const NOTES: Array<string> = ["id:uint32:pk:auto", "topic:text:index:trim:lowercase", "text:text:trim:minstrlen=1"];

/** Makes the table when it is not there yet. The file keeps no rules, so they are declared for one that is. */
function openNotes(db: DbmsContext): Table | null {
  for (let i = 0; i < db.tables.length; i++) {
    if (db.tables[i].name == "notes") return db.declareRules("notes", NOTES) == OK ? db.table("notes") : null;
  }
  const definition = new TableDefinition("notes");
  for (let i = 0; i < NOTES.length; i++) {
    if (definition.add(NOTES[i]) != OK) return null;
  }
  return db.createTable(definition.build(0)) == OK ? db.table("notes") : null;
}

/** Gives `row` the value that `text` spells. */
function setValue(table: Table, row: Row, position: i32, text: string): Status {
  const bytes = String.UTF8.encode(text);
  const column = table.schema.columns[position];
  const start = row.values.len;
  const status = parseValue(column.type, column.customSize, changetype<usize>(bytes), bytes.byteLength, row.values);
  if (status == OK) row.setFromArena(position, start);
  return status;
}

/** The key of one value in an index on the column at `position`; null when `text` spells none. */
function keyOf(table: Table, position: i32, text: string): ByteBuffer | null {
  const row = new Row(table.layout);
  const key = new ByteBuffer();
  const status = setValue(table, row, position, text);
  key.addU32(1);
  if (status == OK) addKeyPart(table.schema.columns[position], row.ptr(position), row.len(position), key);
  row.free();
  return status == OK ? key : null;
}

function add(db: DbmsContext, table: Table, topic: string, text: string): Status {
  const row = new Row(table.layout);
  let status = setValue(table, row, TOPIC, topic);
  if (status == OK) status = setValue(table, row, TEXT, text);
  if (status == OK) status = db.insert(table, row);
  if (status == OK) printRow(table, row);
  row.free();
  return status;
}

function list(table: Table, topic: string): Status {
  const key = keyOf(table, TOPIC, topic);
  if (!key) return lastError.status;
  const scan = new RowScan(table, table.indexOn(["topic"]));
  scan.setBounds(key, key);
  while (scan.next()) printRow(table, scan.row);
  const status = scan.status;
  scan.free();
  key.free();
  return status;
}

/** The notes that have `word` in their text, by a statement of SQL. */
function find(db: DbmsContext, word: string): Status {
  const statement = Statement.prepare(
    new Session(db),
    "SELECT id, topic, text FROM notes WHERE text LIKE '%' || ? || '%' ORDER BY id",
  );
  if (!statement) return lastError.status;
  let status = statement.bind([word]);
  if (status == OK) {
    while (statement.next()) printValues(statement.columns, statement.row);
    status = statement.status;
  }
  statement.free();
  return status;
}

function done(db: DbmsContext, table: Table, id: string): Status {
  const key = keyOf(table, ID, id);
  if (!key) return lastError.status;
  const address = table.primary.tree.find(key.ptr);
  key.free();
  if (address != NO_ADDRESS) return db.delete(table, address, DELETE_BY_SCHEMA);
  if (lastError.status != OK) return lastError.status;
  stderr.line("notes: there is no note " + id);
  return FAILED;
}

function printRow(table: Table, row: Row): void {
  printValues(table.schema.columns, row);
}

/** Prints the values of the columns of a note. */
function printValues(columns: Array<Column>, row: Row): void {
  const cell = new ByteBuffer();
  for (let i = ID; i <= TEXT; i++) {
    const column = columns[i];
    if (i > ID) stdout.raw("\t");
    // By way of text(), which shows a terminal no control characters of the note.
    cell.reset();
    writeTextValue(column.type, column.customSize, row.ptr(i), cell);
    stdout.text(cell.toText());
  }
  stdout.line("");
  cell.free();
}

function run(words: Array<string>): Status {
  if (words.length < 3) {
    stderr.line("usage: notes FILE add TOPIC TEXT | FILE list TOPIC | FILE find WORD | FILE done ID");
    return FAILED;
  }
  const options = new OpenOptions();
  options.create = true;
  const db = DbmsContext.openFile(words[0], options);
  if (!db) return lastError.status;
  const table = openNotes(db);
  let status = table ? OK : lastError.status;
  if (table) {
    if (words[1] == "add" && words.length == 4) status = add(db, table, words[2], words[3]);
    else if (words[1] == "list") status = list(table, words[2]);
    else if (words[1] == "find" && words.length == 3) status = find(db, words[2]);
    else if (words[1] == "done") status = done(db, table, words[2]);
    else {
      stderr.line("notes: there is no command " + words[1]);
      status = FAILED;
    }
  }
  const closed = db.close();
  return status == OK ? closed : status;
}

// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "proc_exit")
declare function exit(status: i32): void;

const status = run(commandArguments().slice(1));
if (status > OK) stderr.line("notes: " + statusName(status) + ": " + errorMessage());
stdout.flush();
stderr.flush();
if (status != OK) exit(status == FAILED ? 1 : exitStatus(status));
