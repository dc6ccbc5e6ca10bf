/** What the host knows of commands (host/cli/commands.ts) is what the module says of them, and what they do: all of it, and of every command. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { COMMANDS, PATH_OPTIONS, VALUE_OPTIONS } from "../host/cli/commands.js";
import { TEXT_FORMATS } from "../host/files/kinds.js";
import { modulePath, packageRoot } from "../host/paths.js";
import { runCommand } from "./torture/command.js";
import { commandStore } from "./torture/commands.js";
import { Disk, Image } from "./torture/disk.js";

let module: WebAssembly.Module;
before(() => {
  module = new WebAssembly.Module(readFileSync(modulePath()));
});

/** What help says of a command: the words of its usage line behind its name, and its options. */
function helpOf(name: string): { form: string[]; options: string[] } {
  const { stdout } = runCommand(module, new Disk(), ["help", name]);
  const form = new RegExp(`^quire (?:FILE )?${name} ?(.*)$`, "m").exec(stdout)?.[1] ?? assert.fail(stdout);
  const options = /^Options: (.*)$/m.exec(stdout)?.[1]?.split(", ") ?? [];
  return { form: form.split(" "), options };
}

/** All options that the module has: those of its commands, and the general ones of the overview, which also has those of `npx quire`. */
function allOptions(): string[] {
  const { stdout } = runCommand(module, new Disk(), ["help"]);
  const general = stdout.slice(stdout.indexOf("Options:"), stdout.indexOf("npx quire also:")).match(/--[a-z-]+/g) ?? [];
  return [...new Set([...COMMANDS.keys()].flatMap((name) => helpOf(name).options).concat(general))];
}

test("the commands are the module's, and what help says is a file is one for the host", () => {
  const { stdout } = runCommand(module, new Disk(), ["help"]);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) +\S/gm)].map((match) => match[1]);
  assert.deepEqual([...COMMANDS.keys()], names);
  const kinds = new Map([
    ["SOURCE", "source"],
    ["OTHER", "other"],
    ["OUT", "made"],
  ]);
  for (const [name, { file }] of COMMANDS) {
    const words = helpOf(name).form.map((word) => word.replace(/[[\]]/g, ""));
    const behind = words.findIndex((word) => kinds.has(word));
    const wanted = behind < 0 ? null : { behind, is: kinds.get(words[behind] as string) };
    assert.deepEqual(file, wanted, name);
  }
});

test("options with a value are the module's, and those whose value the module opens are files for the host", () => {
  const options = allOptions();
  const withValue = options.filter((option) => {
    const { stderr } = runCommand(module, new Disk(), ["data/store.db", "info", option]);
    return stderr.includes(`${option} needs a value`);
  });
  assert.ok(withValue.length > 10 && withValue.length < options.length);
  assert.deepEqual([...VALUE_OPTIONS].sort(), withValue.sort());
  const opened = new Set<string>();
  // A file that is there is read; one that is not is asked for, or made.
  for (const [name, words] of Object.entries(SAMPLE_RUNS)) {
    const missing = diskFor(name);
    const present = Disk.of(new Map([...missing.images(), ["named.x", Image.of(Buffer.from("no definitions"))]]));
    for (const option of withValue) {
      const hook = (_: string, file: string): undefined => {
        if (file.startsWith("named.x")) opened.add(option);
        return undefined;
      };
      for (const disk of [missing, present])
        runCommand(module, disk.clone(), ["data/store.db", ...words, option, "data/named.x"], { hook });
    }
  }
  assert.deepEqual([...PATH_OPTIONS].sort(), [...opened].sort());
});

/** For each command words with which it works on the store of `diskFor`. */
const SAMPLE_RUNS: Readonly<Record<string, readonly string[]>> = {
  create: ["create", "u", "id:uint32:pk"],
  drop: ["drop", "t"],
  tables: ["tables"],
  schema: ["schema"],
  alter: ["alter", "t", "add", "added:text:null"],
  index: ["index", "create", "t", "n"],
  migrate: ["migrate", "data/in.schema"],
  import: ["import", "t", "data/in.csv"],
  export: ["export", "t"],
  dump: ["dump"],
  load: ["load", "data/in.ndjson"],
  insert: ["insert", "t", '{"id":2}'],
  update: ["update", "t", "1", '{"n":2}'],
  delete: ["delete", "t", "1"],
  get: ["get", "t", "1"],
  scan: ["scan", "t"],
  sql: ["sql", "update t set n = 2"],
  info: ["info"],
  stats: ["stats"],
  map: ["map"],
  page: ["page", "0"],
  check: ["check"],
  hash: ["hash"],
  diff: ["diff", "data/other.db"],
  backup: ["backup", "data/made.db"],
  compact: ["compact"],
  convert: ["convert", "data/made.db", "--layout", "0.11"],
  recover: ["recover"],
  repair: ["repair", "data/made.db"],
  acl: ["acl", "grant", "text:a", "read"],
  serve: ["serve"],
  help: ["help"],
};

/** A store with a row, an equal one beside it, and sources; for `load` the sources alone. */
function diskFor(name: string): Disk {
  // What is to be recovered is in the log of a session that was killed.
  if (name === "recover") return Disk.of(commandStore(module, true));
  const made = new Disk();
  const run = (...words: string[]): string => runCommand(module, made, ["data/store.db", ...words]).stdout;
  run("create", "t", "id:uint32:pk", "n:uint8:null");
  run("insert", "t", '{"id":1}');
  const dump = run("dump");
  const store = made.images();
  const beside: [string, Image][] = [
    ["other.db", store.get("store.db") as Image],
    ["in.csv", Image.of(Buffer.from("id,n\n5,6\n"))],
    ["in.schema", Image.of(Buffer.from("create t id:uint32:pk n:uint16:null\n"))],
    ["in.ndjson", Image.of(Buffer.from(dump))],
  ];
  return Disk.of(new Map(name === "load" ? beside : [...store, ...beside]));
}

test("which commands write to FILE, and which make a file, is what they do", () => {
  assert.deepEqual(Object.keys(SAMPLE_RUNS), [...COMMANDS.keys()]);
  for (const [name, { writes, file }] of COMMANDS) {
    const disk = diskFor(name);
    const { status, stderr } = runCommand(module, disk, ["data/store.db", ...(SAMPLE_RUNS[name] ?? [])]);
    assert.equal(status, 0, `${name}: ${stderr}`);
    assert.equal(
      disk.changes.some((change) => change.file.startsWith("store.db")),
      writes,
      name,
    );
    if (file?.is === "made" && name !== "compact") assert.ok(disk.files.has("made.db"), name);
    else assert.ok(!disk.files.has("made.db"), name);
    assert.ok(file?.is !== "made" || COMMANDS.get(name)?.long, `${name} makes a file, which takes long`);
  }
  const disk = diskFor("compact");
  assert.equal(runCommand(module, disk, ["data/store.db", "compact", "data/made.db"]).status, 0);
  assert.ok(disk.files.has("made.db") && !disk.changes.some((change) => change.file.startsWith("store.db")));
});

test("a file's extension stands for the format that import takes it for, and no others do", () => {
  const text: Record<string, string> = {
    csv: "id,n\n7,8\n",
    tsv: "id\tn\n7\t8\n",
    ndjson: '{"id":7}\n{"id":8}\n',
    json: '[{"id":7}]',
  };
  const source = readFileSync(join(packageRoot, "assembly", "cli", "import", "import-source.ts"), "utf8");
  const known = [...source.matchAll(/lower\.endsWith\("(\.[a-z]+)"\)/g)].map((match) => match[1]);
  assert.deepEqual([...TEXT_FORMATS.keys()], known);
  for (const [extension, format] of TEXT_FORMATS) {
    const files = new Map([[`in${extension}`, Image.of(Buffer.from(text[format] ?? assert.fail(format)))]]);
    const run = runCommand(module, Disk.of(files), [
      "data/new.db",
      "import",
      "t",
      `data/in${extension}`,
      "--create",
      "--key",
      "id",
    ]);
    assert.equal(run.status, 0, `${extension}: ${run.stderr}`);
  }
});
