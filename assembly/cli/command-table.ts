/** The commands: how each is called, what help says about it, what it needs, and the function that does it. */
import { TYPE_NAMES } from "../encode/data-type";
import { Status } from "../status";
import { CommandContext } from "./command-line/context";
import { runCreate, runDrop, runTables, runSchema } from "./commands/tables";
import { runAlter } from "./commands/alter";
import { runIndex } from "./commands/indexes";
import { runMigrate } from "./commands/migrate";
import { runInsert, runUpdate, runDelete, runGet } from "./commands/rows";
import { runScan } from "./commands/scan";
import { runSql } from "./commands/sql";
import { runAcl } from "./commands/acl";
import { runServe } from "./commands/serve";
import { runImport } from "./import/import";
import { runExport } from "./export/export";
import { runDump } from "./export/dump";
import { runLoad } from "./import/load";
import { runInfo } from "./inspect/info";
import { runStats } from "./inspect/stats";
import { runMap } from "./inspect/map";
import { runPage } from "./inspect/page";
import { runCheck } from "./inspect/check";
import { runBackup, runHash } from "./commands/hash";
import { runDiff } from "./commands/diff";
import { runCompact, runConvert } from "./commands/compact";
import { runRecover } from "./commands/recover";
import { runRepair } from "./commands/repair";

/** What the frame opens for a command. */
const OPENS_NOTHING: u8 = 0;
/** The store, for reading: a missing file is an error. */
export const OPENS_READ: u8 = 1;
/** The store, for reading and writing: a missing file is an error. */
export const OPENS_WRITE: u8 = 2;
/** Nothing: the command calls `openStore`, once it knows that it has something to do. */
const OPENS_ITSELF: u8 = 3;

/** What `--where` and `--order` are. */
const ROW_TERMS: string =
  "--where CONDITION takes the rows for which it is true in SQL, and words behind TABLE as the values of its parameters; --order LIST\n" +
  "sorts by what SQL has behind ORDER BY: --where 'price < ? AND name LIKE ?' --order 'price DESC, id' 10 'b%'";

/** What `--rules` is. */
const RULES: string =
  "--rules SCHEMA: values are sanitized and validated by the rules that columns have in that file, in lines as schema prints them, like\n" +
  "create users id:uint32:pk email:text:trim:lowercase:email (update, import, load, sql and serve take it, too).";

/** As many words as one likes. */
const MANY: i32 = 1 << 30;

export class Command {
  /** Fewest and most words behind the command. */
  least: i32 = 0;
  most: i32 = 0;
  opens: u8 = OPENS_READ;
  /** The options it takes besides the general ones, with commas between them. */
  options: string = "";
  /** What help says beyond the summary: lines. */
  details: string = "";

  constructor(
    readonly name: string,
    /** Null: the frame does it, which knows all commands. */
    readonly run: ((ctx: CommandContext) => Status) | null,
    /** What comes behind the command's name. */
    readonly form: string,
    readonly summary: string,
  ) {}

  takes(least: i32, most: i32, options: string = ""): Command {
    this.least = least;
    this.most = most;
    this.options = options;
    return this;
  }

  needs(opens: u8): Command {
    this.opens = opens;
    return this;
  }

  tells(details: string): Command {
    this.details = details;
    return this;
  }

  /** The usage line. */
  get usage(): string {
    if (this.name == "help") return "quire help [COMMAND]";
    return "quire FILE " + this.name + (this.form == "" ? "" : " " + this.form);
  }
}

/** All commands, in the order in which help lists them. */
export function allCommands(): Array<Command> {
  return [
    new Command("create", runCreate, "TABLE COLUMN:TYPE[:FLAG]… [--alignment N] [--layout 0.9|0.11]", "make a table (and FILE)")
      .takes(2, MANY, "alignment,layout")
      .needs(OPENS_ITSELF)
      .tells(
        "Types: " +
          TYPE_NAMES.slice(0, -1).join(" ") +
          "\n  custom(TAG) custom(TAG,N).\n" +
          "Flags: pk (one column), unique, null, auto (integers), index, index=GROUP (the columns of one group make one index,\n" +
          "  in their order, or by numbers: index=GROUP.2), unique=GROUP (the same, no two rows with the same in all of them),\n" +
          "  references=TABLE.COLUMN with cascade or restrict, and last default=VALUE. A backslash takes the meaning of a : away.\n" +
          "Example: quire data/shop.db create items id:uint32:pk:auto name:text:unique price:decimal:null:index",
      ),
    new Command("drop", runDrop, "TABLE", "remove a table with its rows and give its pages back").takes(1, 1).needs(OPENS_WRITE),
    new Command("tables", runTables, "", "list the tables and their rows"),
    new Command("schema", runSchema, "[TABLE]", "print the tables in the form that create takes")
      .takes(0, 1)
      .tells(
        "Words are quoted as for a shell. Characters that a terminal acts upon or hides are in $'…', by their bytes in octal, which\n" +
          "sh (since POSIX 2024), bash, zsh, ksh and repair --schema read back.",
      ),
    new Command(
      "alter",
      runAlter,
      "TABLE add COLUMN:TYPE[:FLAG]… | drop COLUMN | rename [COLUMN] NAME | set COLUMN:TYPE[:FLAG]… …",
      "change a table's columns, or its name",
    )
      .takes(3, 4, "after,first,using,timeout")
      .needs(OPENS_WRITE)
      .tells(
        "add takes a column as create does, and puts it behind the others, or --after COLUMN, or --first; rows get its default or null,\n" +
          "or what --using EXPRESSION of SQL comes to. set makes a column what the word says: its type, whether it may be null, its\n" +
          "default, whether it is unique and what it refers to; values stay where the type holds them, or are those of --using. Other\n" +
          "definitions and views follow names. Rows are written anew once, or not at all; one that does not fit is named.\n" +
          "migrate changes more at once; so does ALTER TABLE in SQL, which has constraints, too.\n" +
          "Example: quire data/shop.db alter items add stock:uint32:default=0 --after name",
      ),
    new Command(
      "index",
      runIndex,
      "list [TABLE] | create TABLE COLUMN… [--unique] [--name NAME] | drop NAME",
      "list, make and remove indexes",
    )
      .takes(1, MANY, "unique,name,timeout")
      .needs(OPENS_ITSELF)
      .tells(
        "create fills the index from the rows there are; with --unique it fails where two rows have the same. Without --name an index\n" +
          "goes by a name made of its table and columns, as list has it.\n" +
          "Example: quire data/shop.db index create items name price",
      ),
    new Command(
      "migrate",
      runMigrate,
      "SOURCE [NEW=OLD | TABLE.COLUMN:=EXPRESSION]… [--dry-run] [--allow-destructive]",
      "make the tables those that a file defines",
    )
      .takes(1, MANY, "dry-run,allow-destructive,timeout")
      .needs(OPENS_ITSELF)
      .tells(
        "SOURCE has lines as schema prints them, or JSON; - is standard input. Tables and columns go by their names; people=users and\n" +
          "people.name=full_name say what was called otherwise, and people.age:='2026 - born' what rows get as a column's value.\n" +
          "All is done in one transaction, or nothing; rows are written anew once, where they have to be. Where values would go with\n" +
          "their column or table --allow-destructive has to be given. --dry-run says what would be done, does it, and takes it\n" +
          "back, so that a row that does not fit and an expression that is wrong are told.\n" +
          "Example: quire data/app.db schema > app.schema; $EDITOR app.schema; quire data/app.db migrate app.schema --dry-run",
      ),
    new Command(
      "import",
      runImport,
      "TABLE [SOURCE] [--format csv|tsv|ndjson|json] [--create] [--key COLUMN] [--types A=TYPE]",
      "insert rows from a file or standard input",
    )
      .takes(
        1,
        2,
        "format,create,key,types,batch,skip-bad,null,delimiter,quote,escape,comment,skip,header,no-header,ragged,decimal,thousands,dates," +
          "encoding,rows,key-as,flatten,on-conflict,ignore-extra,dry-run,print,layout,rules",
      )
      .needs(OPENS_ITSELF)
      .tells(
        "SOURCE is a file in a preopened folder, or - for standard input. Nothing remains of an import that fails, unless --batch N\n" +
          "commits every N rows, or --skip-bad lists bad rows and goes on. --create makes the table with types found from the data;\n" +
          "without --key, its key is a column id or the first one, if that has no value twice, or else a new one that counts.\n" +
          "--types A=text,B=uint8 gives columns these types instead. From standard input the types are those of the first 16 MiB.\n" +
          "A header names the columns, in any order; with --no-header they come as they are declared. A column that the source\n" +
          "does not have gets its number, its default, or null. How CSV and TSV are written is found out from their first 64 KiB, and\n" +
          "said where it is not the usual: --delimiter C, --quote C, --escape C, --header, --skip N (lines before it), --comment C,\n" +
          "--decimal C, --thousands C, --dates dmy|mdy|ymd and --encoding NAME choose; --ragged takes rows that are too short.\n" +
          "In CSV an empty cell is null, and one in quotes is text; NA, N/A, NULL, - and the like are null among numbers, dates and\n" +
          "booleans; --null TEXT, several times if need be, says what is null instead. Rows may refer to each other in any order:\n" +
          "in all of the import, with --batch in each batch; with --skip-bad a row has to come behind what it refers to.\n" +
          "Rows of JSON are objects in an array or one after the other. Inside of an object --rows data.items names the array of them,\n" +
          "or an object whose members are rows, each with its name in the column key, or that of --key-as; it is found if there is one\n" +
          "array of objects, or if the outermost object has nothing but objects. --rows '' takes the outermost objects, --rows . their\n" +
          "members. GeoJSON features have their properties as columns. Objects in a row are json; --flatten makes columns a_b of them.\n" +
          "A row whose key is there already is an error; --on-conflict update gives that one its values, and skip leaves it as it is.\n" +
          "Rows are told by the primary key, or by the unique columns --key A,B.\n" +
          "--ignore-extra leaves out what the table has no column for.\n" +
          "--dry-run says what would be new, changed, the same and refused, and changes nothing.\n" +
          "--print writes the rows to standard output as NDJSON, instead of into the table.\n" +
          "npx quire also imports Parquet and Arrow files, and with an SQLite file in the place of TABLE all of it: docs/files.md.\n" +
          "Example: quire data/geo.db import airports airports.csv --create --key iata",
      ),
    new Command(
      "export",
      runExport,
      "TABLE [--format table|csv|tsv|ndjson|json|markdown|line] [--where CONDITION] [--order LIST]",
      "print all rows of a table or view",
    )
      .takes(1, 1, "format,columns,null,delimiter,no-header,numbers,where,order,timeout")
      .tells(
        "Rows come as they are stored, unless --order sorts them. --columns A,B chooses columns.\n" +
          "In table, markdown and line null is NULL, the text NULL is 'NULL', and what a terminal acts upon or hides is an escape\n" +
          "like \\x1b or \\u{202e}; CSV, TSV and JSON have it as it is. In CSV null is an empty cell and empty text has\n" +
          "quotes; in TSV null is \\N, and tabs, line breaks and backslashes\n" +
          "are escaped. --null TEXT writes null so instead (in TSV choose one that no value has), --delimiter C sets what is between\n" +
          "the cells of CSV. In JSON and NDJSON 64-bit integers and decimals are strings; with --numbers they are numbers with\n" +
          "all their digits, of which readers that keep numbers in 64-bit floats (JSON.parse of JavaScript, jq) lose those beyond 2^53.\n" +
          "npx quire also writes Parquet and Arrow files: export TABLE OUT.parquet.\n" +
          ROW_TERMS,
      ),
    new Command("dump", runDump, "", "write all tables and rows as NDJSON, for load").tells(
      "Each table has a line with its columns, in the words that create takes, and behind it a line for each row. migrate and\n" +
        "ALTER TABLE change columns where they are; or edit the dump and load it into a new file:\n" +
        "  quire data/app.db dump > app.ndjson\n" +
        "  in the first line, remove schemaHash; in the table's line, edit columns, and remove alignment and snapshot;\n" +
        "  if a column goes or gets another name, edit the rows, too (a new one is null there, or has its number or default)\n" +
        "  if rows come or go, change rows in the table's line and in the last one; if tables do, tables in the first line\n" +
        "  quire data/new.db load app.ndjson\n" +
        "npx quire also writes a script for another engine: dump --format sql --dialect sqlite|postgres|duckdb",
    ),
    new Command("load", runLoad, "[SOURCE] [--layout 0.9|0.11]", "make an equal database of a dump")
      .takes(0, 1, "layout,rules")
      .needs(OPENS_ITSELF)
      .tells(
        "Nothing remains of a load that fails. Of a file all tables' lines are looked at before the first row comes in; of standard\n" +
          "input those in its first 16 MiB. What is wrong in a table's line behind that, or in a row, fails where it stands, with its\n" +
          "line; whether the tables have the schema hash of the first line is known at the last table's line.",
      ),
    new Command("insert", runInsert, "TABLE JSON…|-", "insert rows: all of them or none")
      .takes(2, MANY, "rules")
      .needs(OPENS_WRITE)
      .tells(
        'JSON is an object like {"id": 1, "name": "pen"}; columns left out get their number, their default, or null.\n' +
          "With - rows are read from standard input: objects one after the other, or a JSON array of them.\n" +
          RULES,
      ),
    new Command("update", runUpdate, "TABLE KEY JSON", "change columns of a row")
      .takes(3, 3, "where,timeout,rules")
      .needs(OPENS_WRITE)
      .tells(
        "With --where CONDITION in the place of KEY the columns of all rows are changed for which it is true in SQL; words behind JSON\n" +
          "are the values of its parameters: quire data/shop.db update items '{\"price\": 9}' --where 'price > ?' 9",
      ),
    new Command("delete", runDelete, "TABLE KEY… [--cascade]", "delete rows: all of them or none")
      .takes(2, MANY, "cascade,restrict,where,timeout")
      .needs(OPENS_WRITE)
      .tells(
        "Rows that refer to a deleted one stop it or go with it as the schema says; --cascade or --restrict decides for all.\n" +
          "With --where CONDITION in the place of KEY… those go for which it is true in SQL; words behind TABLE are the values of its\n" +
          "parameters.",
      ),
    new Command("get", runGet, "TABLE KEY… [--index COLUMN] [--columns A,B]", "print rows by their primary or another unique key")
      .takes(2, MANY, "columns,index,format,null,delimiter,no-header,numbers")
      .tells(
        "With --index each KEY is a value of that column, which has to be unique; --columns chooses what is printed, and --format the\n" +
          "format, as for export.\n" +
          "Null is shown as NULL, and the text NULL as 'NULL'.",
      ),
    new Command(
      "scan",
      runScan,
      "TABLE [--index COLUMNS] [--eq V] [--from V] [--to V] [--reverse] [--limit N] …",
      "print a range of rows",
    )
      .takes(
        1,
        1,
        "index,eq,from,to,reverse,offset,limit,columns,count,where,order,format,null,delimiter,no-header,numbers,timeout",
      )
      .tells(
        "Without --eq, --from, --to and --reverse rows come as they are stored. Those four use the index on the columns of --index A,B,\n" +
          "or that of the primary key. Bounds are inclusive. A value for several columns is a JSON array, like '[\"SEA\", 12]'; for one\n" +
          "column a JSON array of one value, or plain text. Also: --offset N, --columns A,B, --count, and --format, as for export.\n" +
          ROW_TERMS +
          "\n" +
          "Null is shown as NULL, and the text NULL as 'NULL'.",
      ),
    new Command(
      "sql",
      runSql,
      "[STATEMENT [PARAMETER…]] [--file SCRIPT] [--explain] [--format table|csv|tsv|ndjson|json|markdown|line] [--layout 0.9|0.11]",
      "run statements of SQL",
    )
      .takes(0, MANY, "format,null,delimiter,no-header,numbers,file,layout,timeout,explain,rules")
      .needs(OPENS_ITSELF)
      .tells(
        "SELECT, VALUES, WITH and RETURNING print rows, in the formats of export; INSERT, UPDATE and DELETE change them, all or none.\n" +
          "PARAMETERs are the values of ?, ?2, :name in it, in their order: text, which is read as the type of what it meets.\n" +
          "CREATE and DROP make and remove tables and indexes, and CREATE TABLE the file if it is missing, which --layout is for.\n" +
          "Several statements, with semicolons between them, run one after the other until one fails; BEGIN and COMMIT make them\n" +
          "one. They are read from the file SCRIPT, or without STATEMENT from standard input; all of the words are PARAMETERs then.\n" +
          "--explain prints how a query would be run, and runs it not; EXPLAIN ANALYZE before it runs it and tells more.\n" +
          "--timeout MS ends what takes longer than so many milliseconds: SQL_TIMEOUT, and the statement that ran is undone.\n" +
          "A statement alone will do where COMMAND would be: quire data/shop.db 'SELECT count(*) FROM items'\n" +
          "Example: quire data/shop.db sql 'SELECT name, price FROM items WHERE price > ? ORDER BY price DESC LIMIT 10' 9.99",
      ),
    new Command("info", runInfo, "", "tell about the file: layout, pages, tables").needs(OPENS_ITSELF),
    new Command("stats", runStats, "[TABLE]", "tell how pages, records and indexes are filled").takes(0, 1).needs(OPENS_ITSELF),
    new Command("map", runMap, "", "draw the page file, one cell a page").needs(OPENS_ITSELF),
    new Command("page", runPage, "N [--hex]", "show one page, decoded and in hexadecimal").takes(1, 1, "hex").needs(OPENS_ITSELF),
    new Command("check", runCheck, "[--quick] [--all] [--rules SCHEMA]", "walk everything and list every fault")
      .takes(0, 0, "all,quick,rules")
      .needs(OPENS_ITSELF)
      .tells(
        "Exit status 3 when there are errors; warnings and notes are no damage. --all lists more than 50 faults of a kind.\n" +
          "--quick looks at definitions, ledgers and nodes, but not at single rows and index entries.\n" +
          "--rules SCHEMA lists also the values that are not as the rules want them which columns have in that file of definitions.",
      ),
    new Command("hash", runHash, "[TABLE]", "print a hash of the content, however it is stored").takes(0, 1),
    new Command("diff", runDiff, "OTHER [--count | --limit N] | --schema OTHER", "show in what two databases differ")
      .takes(0, 1, "count,limit")
      .needs(OPENS_ITSELF)
      .tells(
        "- is what only FILE has, + what only OTHER has, ~ a row with the same primary key and other values.\n" +
          "Exit status 0: equal, 1: different. --count only counts the rows; --limit lists so many of each table.\n" +
          "--schema OTHER compares definitions alone with those of a page file, or of a text as migrate takes it: what it lists is what\n" +
          "migrate would change in FILE.",
      ),
    new Command("backup", runBackup, "OUT", "copy the pages into a new file")
      .takes(1, 1)
      .needs(OPENS_ITSELF)
      .tells(
        "While it is made the new file is OUT-unfinished; what a kill leaves of that is refused, and made anew by the next run:\n" +
          "a file OUT is whole. The same holds for compact, convert and repair.",
      ),
    new Command("compact", runCompact, "[OUT]", "write the database anew without unused pages")
      .takes(0, 1)
      .needs(OPENS_ITSELF)
      .tells(
        "Without OUT the new file is made beside FILE and takes its name: nobody else may have FILE open,\n" +
          "and a hard link to it keeps the old one.",
      ),
    new Command(
      "convert",
      runConvert,
      "OUT --layout 0.9|0.11 [--for-reference] [--acl LIST|--drop-acl]",
      "write the database in the other layout",
    )
      .takes(1, 1, "layout,for-reference,acl,drop-acl")
      .needs(OPENS_ITSELF)
      .tells(
        "Layout 0.11 has no access control list: --acl LIST writes it to the file LIST, in lines that acl grant takes; --drop-acl\n" +
          "leaves it out. Without either, a list with identities is an error.\n" +
          "--for-reference leaves out what only SQL knows, views, CHECK constraints and names of indexes, and tells what that was: with\n" +
          "these the reference refuses a file. It needs no --layout where the file keeps its own.\n" +
          "A file of crates 0.6 to 0.8 is converted with --schema FILE; who is on its list gets all rights in layout 0.9.",
      ),
    new Command("recover", runRecover, "[--force]", "bring what a killed session left in the log into the file")
      .takes(0, 0, "force")
      .needs(OPENS_ITSELF)
      .tells(
        "Every opening for writing does the same. A log that does not belong to the file is refused, and the message says why:\n" +
          "with --force it gets the name FILE-log.refused, nothing of it is replayed, and FILE opens again.",
      ),
    new Command("repair", runRepair, "OUT [--schema DEFINITIONS] [--all]", "save what can be read of a damaged file in a new one")
      .takes(1, 1, "schema,layout,all")
      .needs(OPENS_ITSELF)
      .tells(
        "What could not be saved is listed by page and byte, and what may be missing though nothing tells is a doubt; with either the\n" +
          "exit status is 3. --all lists more than 50 losses of a kind.\n" +
          "DEFINITIONS is a file with what schema prints for an intact copy: needed when a table's own definition is damaged.\n" +
          "--layout tells the layout of a file that is too damaged to show it. One of 0.6 or 0.8 needs DEFINITIONS, and OUT is of 0.9.",
      ),
    new Command("acl", runAcl, "list|grant|revoke|remove [IDENTITY] [RIGHT…]", "show and change the access control list")
      .takes(1, MANY)
      .needs(OPENS_ITSELF)
      .tells(
        "IDENTITY is hexadecimal, or text: and its text. Rights: admin, manage-acl, migrate; read, insert, update, delete or all for\n" +
          "  all tables; or TABLE:read, TABLE:all and so on for one.\n" +
          "Example: quire data/app.db acl grant text:alice manage-acl users:read users:insert",
      ),
    new Command("serve", runServe, "[--layout 0.9|0.11]", "answer requests, NDJSON on standard input and output")
      .takes(0, 0, "layout,rules")
      .needs(OPENS_ITSELF),
    new Command("help", null, "[COMMAND]", "show this, or how to use one command").takes(0, 1).needs(OPENS_NOTHING),
  ];
}
