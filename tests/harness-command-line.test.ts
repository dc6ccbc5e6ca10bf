/** What the host makes of a command line before any runtime sees it. */
import assert from "node:assert/strict";
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { filePosition, prepareCommand, takeRuntime, takeWait } from "../host/cli/command-line.js";
import { QuireError } from "../host/api/errors.js";
import { tempFolder } from "./helpers/store.js";

function codeOf(body: () => unknown): [string, number] {
  try {
    body();
  } catch (error) {
    assert.ok(error instanceof QuireError, String(error));
    return [error.code, error.exitStatus];
  }
  return assert.fail("nothing was thrown");
}

test("--runtime is taken out wherever it stands, and nothing else", () => {
  assert.deepEqual(takeRuntime(["a.db", "schema"]), { runtime: "node", rest: ["a.db", "schema"] });
  assert.deepEqual(takeRuntime(["--runtime", "wasmtime", "a.db", "schema"]), { runtime: "wasmtime", rest: ["a.db", "schema"] });
  assert.deepEqual(takeRuntime(["a.db", "get", "t", "1", "--runtime=wazero"]), {
    runtime: "wazero",
    rest: ["a.db", "get", "t", "1"],
  });
  assert.deepEqual(takeRuntime(["a.db", "--", "--runtime", "wasmtime"]).rest, ["a.db", "--", "--runtime", "wasmtime"]);
  assert.deepEqual(
    codeOf(() => takeRuntime(["--runtime", "jvm", "a.db"])),
    ["USAGE", 2],
  );
  assert.deepEqual(
    codeOf(() => takeRuntime(["a.db", "--runtime"])),
    ["USAGE", 2],
  );
});

test("--wait is a number of seconds, 5 unless told", () => {
  assert.deepEqual(takeWait(["a.db", "tables"]), { waitSeconds: 5, rest: ["a.db", "tables"] });
  assert.deepEqual(takeWait(["--wait", "0", "a.db", "--wait=2.5", "--", "--wait"]), {
    waitSeconds: 2.5,
    rest: ["a.db", "--", "--wait"],
  });
  for (const value of ["", "-1", "1e3", "Infinity", "soon"]) {
    assert.deepEqual(
      codeOf(() => takeWait(["a.db", `--wait=${value}`])),
      ["USAGE", 2],
      value,
    );
  }
});

test("a command that writes locks what it writes, wherever options stand", (t) => {
  const folder = realpathSync(tempFolder(t));
  const locked = (...words: string[]) => prepareCommand(words, folder).lock?.file.slice(folder.length + 1);
  const inserts = [
    ["a.db", "insert", "t", "{}"],
    ["--json", "a.db", "--cache", "65536", "insert", "t", "{}"],
    ["a.db", "--", "insert", "t", "{}"],
  ];
  for (const words of inserts) assert.equal(locked(...words), "a.db");
  for (const words of [
    "serve",
    "compact",
    "recover",
    "load",
    "create t id:uint8:pk",
    "import t -",
    "drop t",
    "acl grant text:a all",
  ]) {
    assert.equal(locked("a.db", ...words.split(" ")), "a.db", words);
  }
  for (const words of [
    "backup b.db",
    "compact b.db",
    "convert b.db --layout 0.11",
    "convert --layout 0.11 b.db",
    "repair --schema a.db b.db",
  ]) {
    assert.equal(locked("a.db", ...words.split(" ")), "b.db", words);
  }
  for (const words of [
    "tables",
    "serve --readonly",
    "acl list",
    "diff b.db",
    "export t",
    "check",
    "scan insert",
    "--wait 3 get t 1",
  ]) {
    assert.equal(locked("a.db", ...words.split(" ")), undefined, words);
  }
});

test("FILE is the first word that is neither an option nor an option's value", () => {
  assert.equal(filePosition(["a.db", "schema"]), 0);
  assert.equal(filePosition(["--json", "a.db", "schema"]), 1);
  assert.equal(filePosition(["--cache", "65536", "a.db", "schema"]), 2);
  assert.equal(filePosition(["--cache=65536", "a.db", "schema"]), 1);
  assert.equal(filePosition(["help", "create"]), -1);
  assert.equal(filePosition(["--version"]), -1);
  assert.equal(filePosition([]), -1);
});

test("FILE's folder is preopened under its own name, and nothing else is", (t) => {
  const folder = tempFolder(t);
  mkdirSync(join(folder, "db"));
  const { args, preopens, stdinFile } = prepareCommand(["--json", "db/app.db", "get", "t", "db/app.db"], folder);
  assert.deepEqual(args, ["--json", "db/app.db", "get", "t", "db/app.db"]);
  assert.deepEqual(preopens, [{ guest: "db", host: join(folder, "db") }]);
  assert.equal(stdinFile, null);
  for (const words of [["help"], ["scan", "--help"], ["--help", "scan"], ["none/a.db", "import", "t", "none.csv", "--help"]]) {
    assert.deepEqual(prepareCommand(words, folder), {
      runtime: "node",
      args: words,
      preopens: [],
      stdinFile: null,
      packed: null,
      out: null,
      lock: null,
    });
  }
  assert.equal(prepareCommand(["a.db", "insert", "t", "--", "--help"], folder).preopens.length, 1);
});

test("the module calls files by names that lead to them from the working folder, or from the root", (t) => {
  const folder = realpathSync(tempFolder(t));
  for (const name of ["db/below", "my data", "a:b"]) mkdirSync(join(folder, name), { recursive: true });
  const prepare = (cwd: string, ...words: string[]) => {
    const { args, preopens } = prepareCommand(words, join(folder, cwd));
    return [args, preopens];
  };
  const root = folder.slice(1);
  const here = { guest: "", host: folder };
  assert.deepEqual(prepare("", "a.db", "tables"), [["a.db", "tables"], [here]]);
  assert.deepEqual(prepare("", "./a.db", "tables"), [["a.db", "tables"], [here]]);
  assert.deepEqual(prepare("", "db/below/a.db", "tables"), [
    ["db/below/a.db", "tables"],
    [{ guest: "db/below", host: join(folder, "db", "below") }],
  ]);
  assert.deepEqual(prepare("db", "../a.db", "tables"), [[join(folder, "a.db"), "tables"], [{ guest: root, host: folder }]]);
  assert.deepEqual(prepare("db", join(folder, "my data", "a.db"), "tables"), [
    [join(folder, "my data", "a.db"), "tables"],
    [{ guest: join(root, "my data"), host: join(folder, "my data") }],
  ]);
  // One file elsewhere, and all names are from the root: `data/x` is never the /data/x of another folder.
  assert.deepEqual(prepare("db", "a.db", "diff", "../a.db"), [
    [join(folder, "db", "a.db"), "diff", join(folder, "a.db")],
    [
      { guest: join(root, "db"), host: join(folder, "db") },
      { guest: root, host: folder },
    ],
  ]);
  // A folder is the file's to be opened, not the file.
  for (const name of [".", "../db", "below/"])
    assert.match(codeOf(() => prepare("db", name, "tables")).join(" "), /^(USAGE 2|IO_ERROR 4)$/, name);
  // What the module would take for an option or a command is told otherwise.
  assert.deepEqual(prepare("", "./--json", "tables")[0], ["./--json", "tables"]);
  assert.deepEqual(prepare("", "./help", "diff", "./-")[0], ["./help", "diff", "./-"]);
  // Wasmer has a root of its own.
  assert.deepEqual(prepare("", "--runtime", "wasmer", "a.db", "tables"), [
    [join(folder, "a.db"), "tables"],
    [{ guest: root, host: folder }],
  ]);
  // Runtimes take a colon for the end of a name.
  assert.deepEqual(prepare("", "a:b/x.db", "diff", "db/a:b.db"), [
    ["a_b/x.db", "diff", "db/a:b.db"],
    [
      { guest: "a_b", host: join(folder, "a:b") },
      { guest: "db", host: join(folder, "db") },
    ],
  ]);
  assert.deepEqual(prepare("a:b", "x.db", "tables"), [["x.db", "tables"], [{ guest: "", host: join(folder, "a:b") }]]);
});

test("a missing folder and a FILE that is none are refused before a runtime starts", (t) => {
  const folder = tempFolder(t);
  assert.deepEqual(
    codeOf(() => prepareCommand(["missing/app.db", "schema"], folder)),
    ["FOLDER_NOT_FOUND", 4],
  );
  assert.deepEqual(
    codeOf(() => prepareCommand(["/", "schema"], folder)),
    ["USAGE", 2],
  );
});

test("a link to a file is the file, there or not: log and lock are beside it", (t) => {
  const folder = realpathSync(tempFolder(t));
  mkdirSync(join(folder, "db"));
  mkdirSync(join(folder, "links"));
  writeFileSync(join(folder, "db", "a.db"), "");
  symlinkSync(join("..", "db", "a.db"), join(folder, "links", "l.db"));
  symlinkSync("nothing.db", join(folder, "links", "n.db"));
  const prepared = prepareCommand(["links/l.db", "tables"], folder);
  assert.deepEqual(prepared.args, ["db/a.db", "tables"]);
  assert.deepEqual(prepared.preopens, [{ guest: "db", host: join(folder, "db") }]);
  assert.deepEqual(prepareCommand(["links/n.db", "diff", "links/l.db"], folder).args, ["links/nothing.db", "diff", "db/a.db"]);
  symlinkSync("loop.db", join(folder, "links", "loop.db"));
  assert.deepEqual(prepareCommand(["links/loop.db", "tables"], folder).args, ["links/loop.db", "tables"]);
});

test("SOURCE's folder is opened like FILE's; only what is no file becomes standard input", (t) => {
  const folder = realpathSync(tempFolder(t));
  mkdirSync(join(folder, "db", "in"), { recursive: true });
  mkdirSync(join(folder, "away"));
  for (const name of ["db/in.csv", "db/in/deep.csv", "away/out.tsv"]) writeFileSync(join(folder, name), "a\n1\n");
  symlinkSync(join(folder, "away", "out.tsv"), join(folder, "db", "link.tsv"));
  const prepare = (...words: string[]) => prepareCommand(["db/a.db", ...words], folder);
  const home = { guest: "db", host: join(folder, "db") };
  const away = { guest: "away", host: join(folder, "away") };

  const inside = prepare("import", "t", "db/in.csv", "--create");
  assert.deepEqual(inside.args, ["db/a.db", "import", "t", "db/in.csv", "--create"]);
  assert.deepEqual([inside.stdinFile, inside.preopens], [null, [home]]);
  assert.deepEqual(prepare("import", "--key", "id", "t", "db/in/deep.csv").args.slice(-1), ["db/in/deep.csv"]);

  const outside = prepare("import", "t", "away/out.tsv", "--batch", "10");
  assert.deepEqual(outside.args, ["db/a.db", "import", "t", "away/out.tsv", "--batch", "10"]);
  assert.deepEqual([outside.stdinFile, outside.preopens], [null, [home, away]]);
  assert.deepEqual(prepare("load", "away/out.tsv").preopens, [home, away]);
  // The value of an option is no SOURCE.
  const options = ["--delimiter", ";", "--null", "-", "--cache", "65536", "--durability", "checkpoint"];
  assert.deepEqual(prepare("import", "t", ...options, "away/out.tsv").preopens, [home, away]);
  // A link that leads out of the folder, which the module could not follow, is the file.
  const linked = prepare("import", "t", "db/link.tsv");
  assert.deepEqual([linked.args.at(-1), linked.preopens], ["away/out.tsv", [home, away]]);

  const device = prepare("import", "t", "/dev/null");
  assert.deepEqual([device.args.at(-1), device.stdinFile, device.preopens], ["-", "/dev/null", [home]]);
  for (const words of [
    ["load", "-"],
    ["import", "t", "-"],
    ["import", "t"],
  ]) {
    const { stdinFile, preopens } = prepare(...words);
    assert.deepEqual([stdinFile, preopens], [null, [home]]);
  }
  assert.deepEqual(
    codeOf(() => prepare("import", "t", "missing.csv")),
    ["FILE_NOT_FOUND", 1],
  );
});

test("the folders of other files that a command names are opened, too, and those of no other words", (t) => {
  const folder = tempFolder(t);
  for (const name of ["db/below", "other/db", "third"]) mkdirSync(join(folder, name), { recursive: true });
  const prepare = (...words: string[]) => prepareCommand(["db/a.db", ...words], folder);
  const home = { guest: "db", host: join(folder, "db") };

  assert.deepEqual(prepare("diff", "db/b.db").args, ["db/a.db", "diff", "db/b.db"]);
  assert.deepEqual(prepare("backup", "db/below/b.db").args, ["db/a.db", "backup", "db/below/b.db"]);
  assert.deepEqual(prepare("backup", "db/b.db").preopens, [home]);
  const outside = prepare("convert", "--layout", "0.11", "third/b.db", "--acl", "other/db/rights", "--json");
  assert.deepEqual(outside.args.slice(1), ["convert", "--layout", "0.11", "third/b.db", "--acl", "other/db/rights", "--json"]);
  assert.deepEqual(outside.preopens, [
    home,
    { guest: "third", host: join(folder, "third") },
    { guest: "other/db", host: join(folder, "other", "db") },
  ]);
  assert.deepEqual(prepare("repair", "x.db", "--schema=third/s").args.slice(2), [
    "x.db",
    // The folder of x.db is open by then, and third/ lies in it.
    "--schema=third/s",
  ]);
  assert.deepEqual(
    codeOf(() => prepare("compact", "missing/b.db")),
    ["FOLDER_NOT_FOUND", 4],
  );
  assert.deepEqual(prepare("compact").preopens, [home]);
  assert.deepEqual(prepare("get", "t", "third/b.db").preopens, [home]);
});
