/**
 * How `import` finds out how CSV is written, what it says of that, and what it refuses: into tables that it makes and into those that are
 * there. Reports of other projects are named where their case is; what is right is what the file says to a reader, not what they do.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { modulePath, packageRoot } from "../host/paths.js";
import { type CommandRun, runCommand } from "./torture/command.js";
import { Disk, Image } from "./torture/disk.js";
import { Random } from "./torture/random.js";

let module: WebAssembly.Module;
before(() => {
  module = new WebAssembly.Module(readFileSync(modulePath()));
});

interface Made {
  readonly run: CommandRun;
  /** What `schema` prints of the table's columns, and its rows as CSV prints them, without their header; "" after a failure. */
  readonly columns: string;
  readonly rows: string;
}

/** Runs `import t` from standard input on a new store, or on one with a table of these columns. */
function run(input: string | Uint8Array, options: readonly string[], table: readonly string[] = []): Made {
  const disk = new Disk();
  const quire = (words: readonly string[], stdin: string | Uint8Array = ""): CommandRun =>
    runCommand(module, disk, ["data/s.db", ...words], { stdin });
  if (table.length > 0) assert.equal(quire(["create", "t", ...table]).status, 0);
  const format = options.includes("--format") ? [] : ["--format", "csv"];
  const made = quire(["import", "t", "-", ...format, ...options, ...(table.length > 0 ? [] : ["--create"])], Buffer.from(input));
  assert.equal(made.trap, "");
  if (made.status !== 0) return { run: made, columns: "", rows: "" };
  const columns = quire(["schema", "t"])
    .stdout.trim()
    .replace(/^create t /, "");
  return { run: made, columns, rows: quire(["export", "t", "--format", "csv", "--no-header"]).stdout };
}

/** Asserts what --create makes of `input`, and what it notes. */
function makes(input: string | Uint8Array, columns: string, rows: string, note: RegExp | null, ...options: string[]): void {
  const made = run(input, options);
  const what = JSON.stringify(input);
  assert.equal(made.run.status, 0, `${what}: ${made.run.stderr}`);
  assert.equal(made.columns, columns, what);
  assert.equal(made.rows, rows, what);
  const notes = made.run.stderr.split("\n").filter((line) => line.startsWith("note: ") && !line.includes("Rust crates"));
  if (note) assert.match(notes.join("\n"), note, what);
  else assert.deepEqual(notes, [], what);
}

function refuses(input: string | Uint8Array, message: RegExp, ...options: string[]): void {
  const { run: refused } = run(input, options);
  assert.notEqual(refused.status, 0, JSON.stringify(input));
  assert.match(refused.stderr, message);
}

test("delimiters: by the rows that all have as many cells, and by what the cells are", () => {
  const noted = (text: string): RegExp =>
    new RegExp(`^note: read with ${text} between cells \\(to choose otherwise: --delimiter\\)$`);
  makes("a,b\n1,x\n", "a:int32:pk b:text", "1,x\n", null);
  makes("a;b\n1;x\n", "a:int32:pk b:text", "1,x\n", noted(";"));
  makes("a\tb\n1\tx\n", "a:int32:pk b:text", "1,x\n", noted("tabs"));
  makes("a|b\n1|x\n", "a:int32:pk b:text", "1,x\n", noted("\\|"));
  makes("sep=;\na;b\n1;x,y\n", "a:int32:pk b:text", '1,"x,y"\n', /left out/);
  // Commas in a header's names, and in all rows, are not what divides them.
  makes(
    "Name, first;Age\nMayer, Ann;5\nBok, Bo;6\n",
    "'Name\\, first:text:pk' Age:int32",
    '"Mayer, Ann",5\n"Bok, Bo",6\n',
    noted(";"),
  );
  // alan-turing-institute/CleverCSV#52 and #35: colons of times, and parentheses, in more places than commas.
  makes(
    "a,2022-03-28 17:24:10,x\nb,2022-01-02 22:43:59,y\n",
    "column1:text:pk column2:datetime column3:text",
    "a,2022-03-28T17:24:10.000000+00:00,x\nb,2022-01-02T22:43:59.000000+00:00,y\n",
    /no header/,
  );
  // addok/addok#677: quotes in the middle of a cell are none.
  makes(
    "idx,address\n1,15 rue 'titi tyty' 60300\n2,7 rue toto\n",
    "idx:int32:pk address:text",
    "1,15 rue 'titi tyty' 60300\n2,7 rue toto\n",
    null,
  );
  // pimcore/pimcore#1644: apostrophes inside of quotes.
  makes('a;b\n"\'%a%\' is";"x"\n"\'y\'";"z"\n', "a:text:pk b:text", `"'%a%' is",x\n"'y'",z\n`, noted(";"));
});

test("quotes: apostrophes where all rows have them so, blanks before a quote, and none", () => {
  makes(
    "id,s\n1,'a, b'\n2,'it''s'\n",
    "id:int32:pk s:text",
    `1,"a, b"\n2,it's\n`,
    /read with ' as quotes \(to choose otherwise: --quote\)/,
  );
  makes("id,s\n1,'tis\n2,x\n", "id:int32:pk s:text", `1,"'tis"\n2,x\n`, null);
  makes('id,s\n1,5" disk\n2,x\n', "id:int32:pk s:text", '1,"5"" disk"\n2,x\n', null);
  // CLARIAH/COW#59: a blank between the delimiter and the quote.
  makes('column1,column2\n0, "a, b"\n', "column1:int32:pk column2:text", '0,"a, b"\n', null);
  makes('id,s\n1,"a"\n', "id:int32:pk s:text", '1,"""a"""\n', null, "--quote", "");
  makes("id,s\n1,$a,b$\n", "id:int32:pk s:text", '1,"a,b"\n', null, "--quote", "$");
});

test("TSV: quotes and backslashes are what all of the file says, and a note tells which", () => {
  const tsv = ["--format", "tsv"];
  const asEscapes = /^note: read with backslashes as escapes \(to choose otherwise: --escape\)$/;
  const asTheyStand = /^note: read with backslashes as they stand \(to choose otherwise: --escape\)$/;
  makes("a\tb\n1\tx\\ty\\\\\\n\n", "a:int32:pk b:text", '1,"x\ty\\\n"\n', asEscapes, ...tsv);
  makes("a\tb\n1\tC:\\new\\temp\n", "a:int32:pk b:text", "1,C:\\new\\temp\n", asTheyStand, ...tsv);
  makes("a\tb\n1\tx\\ty\n2\t\\d+\n", "a:int32:pk b:text", "1,x\\ty\n2,\\d+\n", asTheyStand, ...tsv);
  makes("a\tb\n1\tx\\ty\n2\t\\d+\n", "a:int32:pk b:text", "1,x\ty\n2,\\d+\n", null, ...tsv, "--escape", "\\");
  makes("a\tb\n1\tx\\ty\n", "a:int32:pk b:text", "1,x\\ty\n", null, ...tsv, "--escape", "");
  makes("a\tb\n1\tC:\\\\new\n2\t\\N\n", "a:int32:pk b:text:null", "1,C:\\new\n2,\n", asEscapes, ...tsv);
  // What comes behind the rows that are looked at first may say otherwise.
  const many = Array.from({ length: 600 }, (_, at) => `${at}\tx\n`).join("");
  refuses(`a\tb\n${many}600\t\\t\n601\t\\d\n`, /line 603: a backslash begins no escape, and others do; --escape ''/, ...tsv);
  makes(`a\tb\n${many}600\t\\t\n`, "a:int32:pk b:text", `${many.replaceAll("\t", ",")}600,\t\n`, asEscapes, ...tsv);
  // Spreadsheets and pandas write quotes; databases, which write \N, do not.
  const asQuotes = /^note: read with " as quotes \(to choose otherwise: --quote\)$/;
  makes('a\tb\n1\t"x\ty\nz"\n2\t"say ""hi"""\n', "a:int32:pk b:text", '1,"x\ty\nz"\n2,"say ""hi"""\n', asQuotes, ...tsv);
  makes('a\tb\n1\t"x"\n2\t"y" and z\n', "a:int32:pk b:text", '1,"""x"""\n2,"""y"" and z"\n', null, ...tsv);
  makes('a\tb\n1\t"Giliap"\n2\t\\N\n', "a:int32:pk b:text:null", '1,"""Giliap"""\n2,\n', null, ...tsv);
  makes('a\tb\n1\t"x"\n', "a:int32:pk b:text", '1,"""x"""\n', null, ...tsv, "--quote", "");
  makes('a\tb\n1\t"x"\n2\t\\N\n', "a:int32:pk b:text:null", "1,x\n2,\n", null, ...tsv, "--quote", '"');
});

test("CSV with a backslash before quotes inside of quotes, as some programs write it", () => {
  const asEscapes = /^note: read with backslashes as escapes \(to choose otherwise: --escape\)$/;
  makes('a,b\n1,"say \\"hi\\", he"\n2,"x\\\\"\n', "a:int32:pk b:text", '1,"say ""hi"", he"\n2,x\\\n', asEscapes);
  // A backslash at the end of a cell is one.
  makes('a,b\n1,"C:\\"\n2,"D:\\"\n', "a:int32:pk b:text", "1,C:\\\n2,D:\\\n", null);
  makes("a,b\n1,C:\\new\n", "a:int32:pk b:text", "1,C:\\new\n", null);
  makes('a,b\n1,"C:\\new"\n', "a:int32:pk b:text", "1,C:\\new\n", null);
});

test("headers: names above columns of numbers; years; none; what the table is called by", () => {
  makes(
    "1,2.5\n3,4.5\n",
    "column1:int32:pk column2:decimal",
    "1,2.5\n3,4.5\n",
    /read with no header \(to choose otherwise: --header\)/,
  );
  makes("1,2.5\n3,4.5\n", "1:int32:pk '2\\.5:decimal'", "3,4.5\n", null, "--header");
  makes("a,b\nx,y\n", "a:text:pk b:text", "x,y\n", null);
  makes("a,b\nx,y\n", "column1:text:pk column2:text", "a,b\nx,y\n", null, "--no-header");
  makes("country,1960,1961\nA,54211,55438\n", "country:text:pk 1960:int32 1961:int32", "A,54211,55438\n", null);
  makes("country,1960,1961\nA,1960,1970\n", "country:text:pk 1960:int32 1961:int32", "A,1960,1970\n", null);
  makes("ann,1960\nbob,1970\n", "column1:text:pk column2:int32", "ann,1960\nbob,1970\n", /no header/);
  makes(",0,1\n0,5.1,3.5\n1,4.9,3\n", "column1:int32:pk 0:decimal 1:decimal", "0,5.1,3.5\n1,4.9,3\n", /called column1/);
  // duckdb/duckdb#6192: a header and nothing but text, in one column and in several.
  makes("continent\nAfrica\nAsia\n", "continent:text:pk", "Africa\nAsia\n", null);
  // duckdb/duckdb#21653: into a table, a first row that could be its own is a row, and one that names its columns is none.
  assert.equal(run("1\n2\n", [], ["id:int32:pk"]).rows, "1\n2\n");
  assert.equal(run("id\n1\n2\n", [], ["id:int32:pk"]).rows, "1\n2\n");
  assert.equal(run(" ID ; n\n1;x\n", [], ["id:int32:pk", "n:text"]).run.status, 1);
  assert.equal(run(" n ; id\nx;1\n", [], ["id:int32:pk", "n:text"]).rows, "1,x\n");
  assert.match(run("nam,age\nx,1\n", [], ["name:text:pk", "age:int8"]).run.stderr, /no column nam; did you mean name/);
  // duckdb/duckdb#17431: nothing but a header, with types.
  makes('"bar","baz"\n', "id:uint32:pk:auto bar:int32 baz:text", "", null, "--types", "bar=int32");
});

test("names that are there twice or not at all are made unique, and that is said", () => {
  makes(
    "a,b,a,A,\n1,2,3,4,5\n",
    "a:int32:pk b:int32 a_2:int32 A_3:int32 column5:int32",
    "1,2,3,4,5\n",
    /called a_2, A_3, column5/,
  );
  makes("a,a,a_2\n1,2,3\n", "a:int32:pk a_3:int32 a_2:int32", "1,2,3\n", /called a_3/);
  assert.equal(run("a,b,a\n1,2,3\n", [], ["a:int32:pk", "b:int32", "a_2:int32"]).rows, "1,2,3\n");
  assert.match(run("a,b,a\n1,2,3\n", [], ["a:int32:pk", "b:int32"]).run.stderr, /line 1: the header names a twice/);
  assert.equal(run("a,A\n1,2\n", [], ["a:int32:pk", "A:int32"]).rows, "1,2\n");
});

test("lines before the header: titles and comments, and never rows", () => {
  const lines = (count: string): RegExp => new RegExp(`read with .*its first ${count} left out.*--skip`);
  makes("Sales 2026\n\nid;v\n1;2\n", "id:int32:pk v:int32", "1,2\n", lines("2 lines"));
  makes("Sales, by day, 2026\nid,v\n1,2\n", "id:int32:pk v:int32", "1,2\n", lines("line"));
  makes("# c, d\n# e\nid,v\n1,2\n", "id:int32:pk v:int32", "1,2\n", lines("2 lines"));
  makes("# made by x\n#id,v\n1,2\n", "'#id:int32:pk' v:int32", "1,2\n", lines("line"));
  makes("#ff0000,red\n#00ff00,green\nnone,x\n", "'#ff0000:text:pk' red:text", '"#00ff00",green\nnone,x\n', null);
  makes("x\ny\nid,v\n1,2\n", "id:int32:pk v:int32", "1,2\n", null, "--skip", "2");
  makes("id,v\n# no\n1,2\n#3,4\n", "id:int32:pk v:int32", "1,2\n", null, "--comment", "#");
  // Spreadsheets write delimiters for cells that are empty, in titles and in blank lines, too.
  makes("Report 2026;;\n;;\nid;v;w\n1;2;x\n", "id:int32:pk v:int32 w:text", "1,2,x\n", lines("2 lines"));
  makes(
    "Report 2026,,,\nName,City,Land,Note\nAnn,Rome,IT,x\n",
    "Name:text:pk City:text Land:text Note:text",
    "Ann,Rome,IT,x\n",
    lines("line"),
  );
  makes(
    "From:,2026-01-01,,\nTo:,2026-02-01,,\nid,v,w,x\n1,2,3,y\n",
    "id:int32:pk v:int32 w:int32 x:text",
    "1,2,3,y\n",
    lines("2 lines"),
  );
  makes("id,,\n1,2,3\n", "id:int32:pk column2:int32 column3:int32", "1,2,3\n", /are called column2, column3/);
  makes("a,b,c\n,,\n1,2,x\n", "id:uint32:pk:auto a:int32:null b:int32:null c:text:null", "1,,,\n2,1,2,x\n", null);
  refuses("id,v\n1,2\n# no\n", /line 3: the row has 1 cell, the header names 2/);
  // duckdb/duckdb#25827: rows before those that have more cells are rows, and the header is one.
  refuses("c0\nv0\na;b\n", /line 3: the row has 2 cells, the header names 1/, "--delimiter", ";");
  makes("c0\nv0\na;b\n", "c0:text:pk", "v0\na;b\n", null);
  makes("c0\nv0\na;b\nc;d\n", "c0:text:pk", "v0\na;b\nc;d\n", null);
  makes("name\nSmith; John\nDoe; Jane\n", "name:text:pk", "Smith; John\nDoe; Jane\n", null);
  makes("Names\n\na;b;c\nd;e;f\n", "a:text:pk b:text c:text", "d,e,f\n", lines("2 lines"));
  refuses(`a,b\n${"1,2\n".repeat(5)}${"1,2,3\n".repeat(20)}`, /line 7: the row has 3 cells, the header names 2/);
  refuses("a,b\nx,2,3,4\n5,6,7,8\n", /line 2: the row has 4 cells, the header names 2/);
  // duckdb/duckdb#9343: rows of several lengths are no reason to read all of them as one column.
  refuses("\none,two,three\n1,2,3,4\n1,2,3\n\n1,2,3,4,5\n1,2,3,4,5\n", /line 3: the row has 4 cells, the header names 3/);
  // duckdb/duckdb#15576: a title, and semicolons.
  makes(
    "Estrazione del 2025-01-06\nid;nome;lat\n1;x|y;45.5\n",
    "id:int32:pk nome:text lat:decimal",
    "1,x|y,45.5\n",
    lines("line"),
  );
});

test("rows that are shorter, or longer by cells of nothing, by --ragged", () => {
  refuses("a,b,c\n1,2\n", /line 2: the row has 2 cells, the header names 3; --ragged takes/);
  makes("a,b,c\n1,2\n3,4,5,\n6\n", "a:int32:pk b:int32:null c:int32:null", "1,2,\n3,4,5\n6,,\n", null, "--ragged");
  refuses("a,b\n1,2,3\n4,5\n", /line 2: the row has 3 cells, the header names 2/, "--ragged");
  // duckdb/duckdb#18403: one cell more than names in each row: the first of them names the rows, as R writes it, and that is said.
  makes("a,b\n1,2,3\n4,5,6\n", "column1:int32:pk a:int32 b:int32", "1,2,3\n4,5,6\n", /called column1/);
});

test("numbers: a decimal comma, thousands, and what may be either", () => {
  makes(
    "k;v\na;1,5\nb;-2\n",
    "k:text:pk v:decimal",
    "a,1.5\nb,-2\n",
    /a decimal comma in v \(to choose otherwise: --delimiter, --decimal\)/,
  );
  makes("k;v\na;1.234,50\nb;12.345.678,9\n", "k:text:pk v:decimal", "a,1234.50\nb,12345678.9\n", /a decimal comma in v/);
  makes('k,v\na,"1,234"\nb,"-12,345,678"\n', "k:text:pk v:int32", "a,1234\nb,-12345678\n", /commas between thousands in v/);
  makes('k,v\na,"1,234.50"\nb,7\n', "k:text:pk v:decimal", "a,1234.50\nb,7\n", /commas between thousands in v/);
  makes('k,v\na,"1,5"\n', "k:text:pk v:decimal", "a,1.5\n", /decimal comma/);
  // Which one it is, another column tells; without one it stays as it is.
  makes("k;v;w\na;1,234;0,5\n", "k:text:pk v:decimal w:decimal", "a,1.234,0.5\n", /a decimal comma in v and w/);
  makes("k;v;w\na;1.234;0,5\n", "k:text:pk v:int32 w:decimal", "a,1234,0.5\n", /a decimal comma in v and w/);
  makes("k;v;w\na;1,234;0.5\n", "k:text:pk v:int32 w:decimal", "a,1234,0.5\n", /commas between thousands in v/);
  makes("k;v\na;1,234\n", "k:text:pk v:text", 'a,"1,234"\n', /column v is text: 1,234 may have .*--decimal/);
  makes("k;v\na;1,234\n", "k:text:pk v:decimal", "a,1.234\n", /a decimal comma/, "--decimal", ",");
  makes("k;v\na;1,234\n", "k:text:pk v:int32", "a,1234\n", /commas/, "--thousands", ",");
  makes("k;v\na;1.234\n", "k:text:pk v:decimal", "a,1.234\n", /; between cells \(/);
  makes("k;v\na;1 234,5\n", "k:text:pk v:decimal", "a,1234.5\n", /decimal comma/, "--thousands", " ");
  makes("k;v\na;1'234.5\n", "k:text:pk v:decimal", "a,1234.5\n", /thousands/, "--thousands", "'");
  // No number in any form: groups of other lengths, a zero in front, two commas, a point behind it.
  for (const text of ["1,23,456", "0,123,456", "1,5,5", "1,234.5.6", "1.5,5.5", "12,34"].slice(0, 5)) {
    makes(`k;v\na;${text}\n`, "k:text:pk v:text", `a,"${text}"\n`, /; between cells \(/);
  }
  // dathere/qsv#618.
  makes("a;b\n1,2;x\n", "id:uint32:pk:auto a:decimal b:text", "1,1.2,x\n", /decimal comma in a/);
  refuses("k;v\na;1,234\n", /column v: 1,234 is a number in two forms.*add --decimal , or --decimal \./, "--types", "v=decimal");
  const late = run("k;v\na;1,5\nb;2.5\n", [], ["k:text:pk", "v:decimal"]);
  assert.match(late.run.stderr, /line 2, column v: "1,5" is not a decimal.*; add --decimal , if/);
  assert.equal(run("k;v\na;1,5\nb;2\n", [], ["k:text:pk", "v:decimal"]).rows, "a,1.5\nb,2\n");
});

test("zero has no sign, which is said", () => {
  makes("id,v\n1,-0\n2,5\n", "id:int32:pk v:int32", "1,0\n2,5\n", /^note: -0 is 0 in v$/);
  makes("id,v\n1,-0.00\n2,5\n", "id:int32:pk v:decimal", "1,0.00\n2,5\n", /^note: -0 is 0 in v$/);
  makes("id,v\n1,-0\n2,x\n", "id:int32:pk v:text", "1,-0\n2,x\n", null);
});

test("codes that look like numbers stay text, and numbers that programs write are numbers", () => {
  // tilo/smarter_csv#345, FlatFilers/csvjson-app#13, Quartz/bad-data-guide#33.
  makes("id,code\n1,9535e6\n2,5743e5\n", "id:int32:pk code:text", "1,9535e6\n2,5743e5\n", null);
  makes("id\n12E12\n100E10\n", "id:text:pk", "12E12\n100E10\n", null);
  // proompteng/bilig#28: zeros in front, in quotes and not.
  makes('a,zip\n1,01234\n2,"20000"\n', "a:int32:pk zip:text", "1,01234\n2,20000\n", null);
  // JuliaData/CSV.jl#245, tidyverse/readr#890, danielaparker/jsoncons#365.
  makes("k,v\na,4\nb,4e+05\nc,1.0e-03\n", "k:text:pk v:decimal", "a,4\nb,400000\nc,0.0010\n", /exponents are written out in v/);
  // wireservice/csvkit#685 and #1265: zeros and ones are numbers; #231: T and digits are no date.
  makes("a,b\n0,60000011\n1,5\n", "a:int32:pk b:int32", "0,60000011\n1,5\n", null);
  makes("ref\nT00370201\n", "ref:text:pk", "T00370201\n", null);
  makes("k,v\na, 5\nb,6 \n", "k:text:pk v:int32", "a,5\nb,6\n", null);
  makes("k,v\na, x\nb,y\n", "k:text:pk v:text", "a, x\nb,y\n", null);
});

test("dates: the order that all of them have, or an option; two that fit are refused", () => {
  makes("k,d\na,31.12.2026\nb,1.2.2026\n", "k:text:pk d:date", "a,2026-12-31\nb,2026-02-01\n", /day, month, year in d.*--dates/);
  makes("k,d\na,01.02.2026\n", "k:text:pk d:date", "a,2026-02-01\n", /day, month, year in d/);
  makes("k,d\na,12/31/2026\nb,1/2/2026\n", "k:text:pk d:date", "a,2026-12-31\nb,2026-01-02\n", /month, day, year in d/);
  // magda-io/magda#2831.
  makes("k,d\na,2020/03/01\nb,2020/05/12\n", "k:text:pk d:date", "a,2020-03-01\nb,2020-05-12\n", /year, month, day in d/);
  // wireservice/csvkit#280: one order for all of a column, and of a file.
  makes("k,d\na,02/01/2014\nb,31/12/2012\n", "k:text:pk d:date", "a,2014-01-02\nb,2012-12-31\n", /day, month, year in d/);
  makes(
    "k,d,e\na,02/01/2014,31/12/2012\n",
    "k:text:pk d:date e:date",
    "a,2014-01-02,2012-12-31\n",
    /day, month, year in d and e/,
  );
  // wireservice/csvkit#935, etalab/csvapi#62, duckdb/duckdb#816.
  const both = "k,d\na,03/02/2018 10:21:42\nb,05/02/2018 20:11:20\n";
  refuses(both, /BAD_VALUE: column d: 03\/02\/2018 10:21:42 is a date in two orders.*add --dates dmy or mdy, or --types d=text/);
  makes(
    both,
    "k:text:pk d:datetime",
    "a,2018-02-03T10:21:42.000000+00:00\nb,2018-02-05T20:11:20.000000+00:00\n",
    /day, month/,
    "--dates",
    "dmy",
  );
  makes(both, "k:text:pk d:text", "a,03/02/2018 10:21:42\nb,05/02/2018 20:11:20\n", null, "--types", "d=text");
  makes(
    "k,d\na,1/31/2026 12:05 AM\nb,1/2/2026 1:59:58.25 pm\n",
    "k:text:pk d:datetime",
    "a,2026-01-31T00:05:00.000000+00:00\nb,2026-01-02T13:59:58.250000+00:00\n",
    /month, day, year/,
  );
  for (const text of [
    "30.2.2026",
    "1.13.26",
    "1/2-2026",
    "31.12.2026 24:00",
    "31.12.2026 13:00 PM",
    "31.12.2026x",
    "001.1.2026",
  ]) {
    makes(`k,d\na,${text}\n`, "k:text:pk d:text", `a,${text}\n`, null);
  }
  makes("k,d\na,31.12.2026\nb,2026-12-31\n", "k:text:pk d:text", "a,31.12.2026\nb,2026-12-31\n", null);
  const table = ["k:text:pk", "d:date"];
  assert.equal(run("k,d\na,13/2/2026\nb,1/2/2026\n", [], table).rows, "a,2026-02-13\nb,2026-02-01\n");
  assert.match(run("k,d\na,1/2/2026\n", [], table).run.stderr, /column d: 1\/2\/2026 is a date in two orders/);
  assert.equal(run("k,d\na,1/2/2026\n", ["--dates", "mdy"], table).rows, "a,2026-01-02\n");
  assert.match(
    run("k,d\na,13/2/2026\nb,2/13/2026\n", ["--dates", "dmy"], table).run.stderr,
    /line 3, column d.*--dates dmy, mdy or ymd/,
  );
});

test("words for a missing value are null among numbers, dates and booleans, and values among texts", () => {
  makes(
    "k,n,b,d\nNA,NA,true,2026-01-01\nx,5,N/A,-\ny,-,false,n/a\n",
    "k:text:pk n:int32:null b:boolean:null d:date:null",
    "NA,,true,2026-01-01\nx,5,,\ny,,false,\n",
    /null for a missing value: 2 NA or - in n, 1 N\/A in b, 2 n\/a or - in d \(to choose otherwise: --null\)/,
  );
  makes('k,n\na,""\nb,5\n', "k:text:pk n:int32:null", "a,\nb,5\n", /1 empty in n/);
  makes("k,n\na,NA\nb,NA\n", "k:text:pk n:text", "a,NA\nb,NA\n", null);
  makes("k,n\na,NA\nb,5\n", "k:text:pk n:text", "a,NA\nb,5\n", null, "--null", "");
  makes(
    "k,n,s\na,.,x\nb,?,.\nc,5,\n",
    "k:text:pk n:int32:null s:text:null",
    'a,,x\nb,,\nc,5,""\n',
    null,
    "--null",
    ".",
    "--null",
    "?",
  );
  // tidyverse/readr#84, #128 and #839: values that come behind a thousand words for none.
  makes(
    `k,n\n${Array.from({ length: 1200 }, (_, at) => `k${at},NA\n`).join("")}z,TEST\n`,
    "k:text:pk n:text",
    `${Array.from({ length: 1200 }, (_, at) => `k${at},NA\n`).join("")}z,TEST\n`,
    null,
  );
  const late = run(`k,n\n${Array.from({ length: 1200 }, (_, at) => `k${at},NA\n`).join("")}z,7\n`, []);
  assert.equal(late.columns, "k:text:pk n:int32:null");
  assert.match(late.run.stderr, /1200 NA in n/);
  const table = ["k:text:pk", "n:int32:null", "m:int32"];
  assert.equal(run("k,n,m\na,NA,1\n", [], table).rows, "a,,1\n");
  assert.match(run("k,n,m\na,1,NA\n", [], table).run.stderr, /line 2, column m: "NA" is not an int32/);
});

test("encodings: UTF-8 with and without a mark, UTF-16, Windows-1252, and what is none of them", () => {
  const latin = Buffer.from("id,n\xe4me\n1,\xfc\x80\n", "latin1");
  makes(latin, "id:int32:pk 'näme:text'", "1,ü€\n", /read with the encoding windows-1252 \(to choose otherwise: --encoding\)/);
  makes(latin, "id:int32:pk 'näme:text'", "1,ü\x80\n", null, "--encoding", "latin1");
  makes("\ufeffid,näme\n1,ü\n", "id:int32:pk 'näme:text'", "1,ü\n", null);
  makes(Buffer.from("id,n\n1,😀\n", "utf16le"), "id:int32:pk n:text", "1,😀\n", null, "--encoding", "utf-16le");
  refuses(latin, /line 1: the header's name 2 is not valid UTF-8/, "--encoding", "utf-8");
  // UTF-8 with one byte that is none of it is no other encoding.
  refuses(Buffer.concat([Buffer.from("id,n\n1,é\n2,"), Buffer.from([0xe9, 10])]), /line 3, column n.*--encoding windows-1252/);
  refuses(Buffer.from("\ufeffid\n1\n\ud800", "utf16le"), /byte 13 is no character of utf-16le; --encoding/);
  refuses(Buffer.concat([Buffer.from("\ufeffid\n1\n", "utf16le"), Buffer.from([0x31])]), /byte 13 is no character of utf-16le/);
  refuses("id\n1\n", /USAGE: --encoding knows no cp437; encodings: utf-8, utf-16le/, "--encoding", "cp437");
});

test("options that don't go together, or with the format, are refused by name", () => {
  for (const [words, message] of [
    [["--quote", "ab"], /--quote needs one character/],
    [["--quote", ","], /--quote and --delimiter need different characters/],
    [["--comment", ""], /--comment needs one character/],
    [["--skip", "-1"], /--skip/],
    [["--header", "--no-header"], /--header and --no-header exclude each other/],
    [["--decimal", ";"], /--decimal needs , or \./],
    [["--thousands", "7"], /--thousands needs one character/],
    [["--thousands", ",", "--decimal", ","], /need different characters/],
    [["--dates", "dd.mm.yyyy"], /--dates needs dmy, mdy or ymd/],
    [["--escape", "^"], /--escape needs \\, or '' for none/],
    [["--format", "json", "--escape", ""], /--escape goes with --format csv or tsv/],
    [["--format", "json", "--skip", "1"], /--skip goes with --format csv or tsv/],
    [["--format", "ndjson", "--dates", "dmy"], /--dates goes with --format csv or tsv/],
  ] as const) {
    refuses("a\n1\n", message, ...words);
  }
});

test("what was decided is in the JSON of --json, and nothing is said of it elsewhere", () => {
  const { run: made } = run("a;b\n1;NA\n2;0,5\n", ["--json"]);
  assert.equal(made.stderr, "");
  const reply = JSON.parse(made.stdout) as { notes: string[] };
  assert.deepEqual(reply.notes, [
    "read with ; between cells, a decimal comma in b (to choose otherwise: --delimiter, --decimal)",
    "null for a missing value: 1 NA in b (to choose otherwise: --null)",
  ]);
});

test("a file in the order of its keys comes out by --order as it went in, also after deletions", () => {
  // Sizes of every kind, so that pages end where a row does not fit any more, and a later, shorter one does.
  const lines = Array.from({ length: 600 }, (_, at) => `${at},${"x".repeat((at * 7919) % (at % 50 === 0 ? 40_000 : 3000))}\n`);
  const disk = new Disk();
  const quire = (words: readonly string[], stdin = ""): CommandRun =>
    runCommand(module, disk, ["data/s.db", ...words], { stdin });
  const importAll = (some: readonly string[], ...create: string[]): void => {
    assert.equal(quire(["import", "t", "-", "--format", "csv", ...create], `id,s\n${some.join("")}`).status, 0);
    const { stdout } = quire(["export", "t", "--format", "csv", "--order", "id"]);
    assert.ok(stdout.replaceAll('""', "") === `id,s\n${lines.join("")}`);
  };
  importAll(lines, "--create");
  assert.equal(quire(["delete", "t", "--where", "id >= 100 AND id < 300"]).status, 0);
  importAll(lines.slice(100, 300));
});

test("whatever the bytes are, an import ends, with a table or an error", () => {
  const random = new Random(24);
  const seeds = [
    "sep=;\nid;v;d\n1;1.234,5;31.12.2026\n2;NA;1.2.2026 10:00\n",
    "# x\n\n'a', \"b\"\r\n'1',\" 2\"\r\n",
    "\ufeffa\tb\n1e+5\t12/31/2026 11:59 PM\n-\t\n",
  ].map((text) => [Buffer.from(text), Buffer.from(text, "utf16le"), Buffer.from(text, "latin1")]);
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(seeds[round % 3]?.[random.below(3)] ?? "");
    for (let change = 1 + random.below(4); change > 0; change--) {
      bytes[random.below(bytes.length)] =
        random.below(2) === 0 ? random.below(256) : ",;|\t\"'\n\r.-/ 09#\\".charCodeAt(random.below(16));
    }
    const input = bytes.subarray(0, 1 + random.below(bytes.length));
    for (const options of [[], ["--ragged"], ["--skip-bad"]]) {
      const { run: made } = run(input, options);
      assert.ok(made.status === 0 || made.status === 1, `${made.status}: ${input.toString("hex")}`);
    }
  }
});

test("the example of docs/csv.md prints what it says", () => {
  const page = readFileSync(join(packageRoot, "docs/csv.md"), "utf8");
  const blocks = [...page.matchAll(/^```(?:sh)?\n([^`]*)```/gm)].map((match) => match[1] ?? "");
  const [shell = "", said = ""] = blocks;
  const text = /^printf '(.*)' > data\/umsatz\.csv\n/.exec(shell)?.[1] ?? "";
  const disk = Disk.of(new Map([["umsatz.csv", Image.of(Buffer.from(text.replaceAll("\\n", "\n")))]]));
  const words = ["data/shop.db", "import", "umsatz", "data/umsatz.csv", "--create"];
  assert.ok(shell.includes(`quire ${words.join(" ")}\n`));
  assert.equal(runCommand(module, disk, words).stderr, said);
  const [print = "", printed = ""] = blocks.slice(2);
  const [command, ...more] = print.trim().split(" ");
  assert.equal(command, "quire");
  assert.equal(runCommand(module, disk, more).stdout, printed);
});

test("--print writes rows as they would be imported, and imports nothing", () => {
  const disk = new Disk();
  const quire = (words: readonly string[], stdin: string): CommandRun =>
    runCommand(module, disk, ["data/s.db", ...words], { stdin });
  const csv = (...words: string[]): string[] => ["import", "t", "-", "--format", "csv", "--print", ...words];
  const made = quire(csv("--create"), "name;n;big\na;1,5;9007199254740993\n;NA;1\n");
  assert.deepEqual(made.stdout.split("\n"), [
    '{"name":"a","n":"1.5","big":"9007199254740993"}',
    '{"name":null,"n":null,"big":"1"}',
    "",
  ]);
  assert.match(made.stderr, /^would create t .*\nnote: .*printed 2 rows\n$/s);
  assert.match(quire(["tables"], "").stderr, /FILE_NOT_FOUND/);
  // What a source does not have is left out, so that who takes the rows gives it its default.
  assert.equal(quire(["create", "t", "id:uint32:pk:auto", "a:text:default=x", "d:json:null"], "").status, 0);
  const words = ["import", "t", "-", "--format", "ndjson", "--print"];
  assert.equal(quire(words, '{"a":"y","d":{"x":1.10}}\n{}\n{"d":null}\n').stdout, '{"a":"y","d":{"x":1.10}}\n{}\n{"d":null}\n');
  const json = quire([...words, "--json"], '{"d":{"x":1.10}}\n').stdout.split("\n");
  assert.equal(json[0], '{"d":"{\\"x\\":1.10}"}');
  assert.match(json[1] ?? "", /^{"table":"t","imported":1,"skipped":0,"memoryBytes":/);
  assert.equal(quire([...words, "--skip-bad"], '{"a":"y"}\n{"b":1}\n{"a":"z"}\n').stdout, '{"a":"y"}\n{"a":"z"}\n');
  assert.match(quire(words, '{"a":"y"}\n{"b":1}\n').stderr, /COLUMN_NOT_FOUND: line 2: /);
  assert.match(quire([...words, "--on-conflict", "skip"], "").stderr, /USAGE: --print goes without/);
  assert.equal(quire(["export", "t", "--format", "csv"], "").stdout, "id,a,d\n");
});
