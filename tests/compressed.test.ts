/** Compressed files in and out, by `npx quire`: whole or not at all, wherever an archive is cut or damaged; and what the bare module says of one. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { type Compression, requireCompression } from "../host/node/compression.js";
import { OutFile, unpackInto } from "../host/node/packed-streams.js";
import { packageRoot } from "../host/paths.js";
import { quire, tempFolder } from "./helpers/store.js";

const HAS_ZSTD = "createZstdDecompress" in zlib;
const CSV = "id,name\n1,one\n2,two\n3,three\n";

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `quire` in `cwd`; with `signalAfter` it gets a SIGINT so many milliseconds later. */
function cli(cwd: string, words: readonly string[], signalAfter?: number): Promise<Run> {
  const child = spawn(process.execPath, [join(packageRoot, "build", "host", "cli.js"), ...words], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, FORCE_COLOR: "1", COLUMNS: "20" },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  if (signalAfter !== undefined) setTimeout(() => child.kill("SIGINT"), signalAfter);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

async function ok(cwd: string, ...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await cli(cwd, words);
  assert.equal(status, 0, `${words.join(" ")}: ${stderr}`);
  return stdout;
}

const PACK: Readonly<Record<string, (bytes: Buffer) => Buffer>> = { gz: zlib.gzipSync, br: zlib.brotliCompressSync };
const KIND: Readonly<Record<string, Compression>> = { gz: "gzip", br: "Brotli" };

test("a file goes out compressed, by its ending, and comes in again, by its ending or its first bytes", async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, "in.csv"), CSV);
  await ok(folder, "a.db", "import", "t", "in.csv", "--create");
  const made: [string, (bytes: Buffer) => Buffer][] = [
    ["out.csv", (bytes) => bytes],
    ["out.csv.gz", zlib.gunzipSync],
    ["OUT.CSV.BR", zlib.brotliDecompressSync],
  ];
  for (const [name, unpack] of made) {
    assert.equal(await ok(folder, "a.db", "export", "t", "--out", name), "");
    assert.equal(unpack(readFileSync(join(folder, name))).toString(), CSV, name);
  }
  await ok(folder, "a.db", "sql", "SELECT id FROM t WHERE id > 1", "--out=ids.json.gz");
  assert.equal(zlib.gunzipSync(readFileSync(join(folder, "ids.json.gz"))).toString(), '[\n{"id":2},\n{"id":3}\n]\n');
  // Colours and the terminal's width are for terminals.
  await ok(folder, "a.db", "scan", "t", "--limit", "1", "--out", "table.txt");
  assert.equal(readFileSync(join(folder, "table.txt"), "utf8"), "id  name\n──  ────\n 1  one\n");
  await ok(folder, "a.db", "dump", "--out", "all.ndjson.gz");
  await ok(folder, "b.db", "load", "all.ndjson.gz");
  assert.equal(await ok(folder, "b.db", "hash"), await ok(folder, "a.db", "hash"));
  // An ending of its own says nothing, the bytes do.
  writeFileSync(join(folder, "plain.csv"), zlib.gzipSync(CSV));
  for (const name of ["out.csv.gz", "OUT.CSV.BR", "plain.csv"]) {
    await ok(folder, "c.db", "import", "t", name, "--create");
    assert.equal(await ok(folder, "c.db", "export", "t", "--format", "csv"), CSV, name);
    await ok(folder, "c.db", "drop", "t");
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("unfinished")),
    [],
  );
});

test("an archive that is cut anywhere, damaged, or followed by something is refused, and its reader is not told an end", async (t) => {
  const folder = tempFolder(t);
  /** How the unpacking failed, "" if it did not; standard input must have ended just then. */
  const failure = async (ending: string, bytes: Buffer): Promise<string> => {
    const path = join(folder, `x.csv.${ending}`);
    writeFileSync(path, bytes);
    const stdin = new PassThrough();
    let text = "";
    stdin.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const source = { path, named: "x", compression: KIND[ending] as Compression };
    const message = await unpackInto(source, stdin).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    assert.equal(stdin.writableEnded, message === "", message);
    if (message === "") assert.equal(text.replaceAll(CSV, ""), "");
    return message;
  };
  for (const [ending, pack] of Object.entries(PACK)) {
    const whole = pack(Buffer.from(CSV));
    assert.equal(await failure(ending, whole), "");
    for (let length = 0; length < whole.length; length++)
      assert.match(
        await failure(ending, whole.subarray(0, length)),
        /can't be unpacked as (gzip|Brotli): unexpected end of file/,
      );
    assert.match(await failure(ending, Buffer.concat([whole, Buffer.from("more")])), /can't be unpacked/);
  }
  const gzip = zlib.gzipSync(CSV);
  // Several members are one file (as pigz, bgzip and cat write them), zeros behind them are padding; all else is no gzip.
  assert.equal(await failure("gz", Buffer.concat([gzip, gzip])), "");
  assert.equal(await failure("gz", Buffer.concat([gzip, Buffer.alloc(512)])), "");
  assert.match(await failure("gz", Buffer.concat([gzip, gzip.subarray(0, 1)])), /unexpected end of file/);
  let unnoticed = 0;
  for (let at = 10; at < gzip.length; at++) {
    const damaged = Buffer.from(gzip);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    // Some bits are of no use, like those that fill the last byte: then the text is what it was.
    if ((await failure("gz", damaged)) === "") unnoticed++;
  }
  assert.ok(unnoticed <= 1, `${unnoticed} bytes`);
  assert.match(await failure("gz", Buffer.from("no archive")), /incorrect header check/);
});

test("of a damaged archive nothing is imported or loaded, and of a failed or interrupted export no file is left", async (t) => {
  const folder = tempFolder(t);
  // The damage is behind many rows that are fine.
  const rows = Array.from({ length: 200_000 }, (_, id) => `${id},${(id * 7919) % 100_003}\n`).join("");
  const packed = zlib.gzipSync(`id,n\n${rows}`, { level: 1 });
  writeFileSync(join(folder, "cut.csv.gz"), packed.subarray(0, -4));
  const made = await cli(folder, ["a.db", "import", "t", "cut.csv.gz", "--create"]);
  assert.equal(made.status, 1);
  assert.match(
    made.stderr,
    /^quire: BAD_VALUE: cut\.csv\.gz can't be unpacked as gzip: unexpected end of file; nothing was kept: a\.db was not made\n$/,
  );
  assert.deepEqual(readdirSync(folder), ["cut.csv.gz"]);
  await ok(folder, "a.db", "create", "t", "id:int32:pk", "n:int32");
  const before = readFileSync(join(folder, "a.db"));
  const added = await cli(folder, ["a.db", "import", "t", "cut.csv.gz"]);
  assert.match(added.stderr, /unexpected end of file; nothing was imported/);
  assert.deepEqual(readFileSync(join(folder, "a.db")), before);
  // Batches before it stay, as told.
  const batches = await cli(folder, ["a.db", "import", "t", "cut.csv.gz", "--batch", "1000"]);
  assert.match(batches.stderr, /unexpected end of file; what was committed is kept: t has \d+000 rows now/);
  assert.equal((await cli(folder, ["a.db", "check"])).status, 0);
  await ok(folder, "a.db", "dump", "--out", "all.ndjson.br");
  writeFileSync(join(folder, "cut.ndjson.br"), readFileSync(join(folder, "all.ndjson.br")).subarray(0, -1));
  assert.match((await cli(folder, ["b.db", "load", "cut.ndjson.br"])).stderr, /nothing was kept: b\.db was not made/);
  assert.ok(!existsSync(join(folder, "b.db")));

  // A bad row ends it before the archive does.
  writeFileSync(join(folder, "bad.csv.gz"), zlib.gzipSync(`id,n\nx,1\n${rows}`));
  const bad = await cli(folder, ["a.db", "import", "t", "bad.csv.gz"]);
  assert.match(bad.stderr, /^quire: BAD_VALUE: line 2, column id: "x" is not an int32 .*; nothing was imported\n$/);

  writeFileSync(join(folder, "kept.csv.gz"), "as it was");
  const failed = await cli(folder, ["a.db", "export", "t", "--where", "1 / 0 = 1", "--out", "kept.csv.gz"]);
  assert.notEqual(failed.status, 0);
  const ended = await cli(folder, ["a.db", "sql", "SELECT a.id FROM t a, t b", "--out", "kept.csv.gz"], 700);
  assert.equal(ended.stdout, "");
  assert.equal(readFileSync(join(folder, "kept.csv.gz"), "utf8"), "as it was");
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("unfinished")),
    [],
  );
});

test("what can't be is refused by name", async (t) => {
  const folder = tempFolder(t);
  writeFileSync(join(folder, "in.csv"), CSV);
  await ok(folder, "a.db", "import", "t", "in.csv", "--create");
  const refuses = async (message: RegExp, ...words: string[]): Promise<void> => {
    const { status, stderr } = await cli(folder, ["a.db", ...words]);
    assert.notEqual(status, 0, words.join(" "));
    assert.match(stderr, message);
  };
  await refuses(/USAGE: --out goes with export, scan, get, sql, dump/, "tables", "--out", "x");
  const asJson = await cli(folder, ["a.db", "export", "t", "--json", "--out", "x.json"]);
  assert.match(asJson.stdout, /^\{"error":\{"code":"USAGE","message":"--out goes without --json/);
  await refuses(/USAGE: --out can't be a\.db, which has the tables/, "export", "t", "--out", "a.db");
  await refuses(/USAGE: --out needs the name of a file, not "\."/, "export", "t", "--out", ".");
  await refuses(/IO_ERROR: can't write none\/x\.csv/, "export", "t", "--out", "none/x.csv");
  if (!HAS_ZSTD) {
    writeFileSync(join(folder, "in.csv.zst"), Buffer.from("28b52ffd", "hex"));
    await refuses(
      /UNSUPPORTED: Node \S+ has no zstd, which 22\.15 has: use that, or zstd -dc in\.csv\.zst \|/,
      "import",
      "t",
      "in.csv.zst",
    );
    await refuses(/UNSUPPORTED: Node \S+ has no zstd.* \| zstd > x\.csv\.zst/, "export", "t", "--out", "x.csv.zst");
  }
});

test("zstd goes out and in where Node has it", { skip: HAS_ZSTD ? false : `Node ${process.version} has no zstd` }, async (t) => {
  const folder = tempFolder(t);
  requireCompression("zstd", "");
  const out = new OutFile(join(folder, "x.zst"), "x.zst", "zstd");
  const stdout = new PassThrough();
  stdout.end(CSV);
  await out.take(stdout);
  out.finish();
  const packed = readFileSync(join(folder, "x.zst"));
  assert.equal(packed.readUInt32BE(), 0x28b52ffd);
  for (let length = 0; length <= packed.length; length++) {
    writeFileSync(join(folder, "y.zst"), packed.subarray(0, length));
    const stdin = new PassThrough();
    let text = "";
    stdin.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const unpacked = unpackInto({ path: join(folder, "y.zst"), named: "y", compression: "zstd" }, stdin);
    if (length < packed.length) await assert.rejects(unpacked, /can't be unpacked as zstd/);
    else {
      await unpacked;
      assert.equal(text, CSV);
    }
  }
});

test("the module by itself says of a compressed file what it is, and what to do", async (t) => {
  const folder = tempFolder(t);
  const cases: [string, Buffer, RegExp][] = [
    [
      "in.csv.gz",
      zlib.gzipSync(CSV),
      /BAD_VALUE: data\/in\.csv\.gz is compressed with gzip; npx quire reads it; or unpack it first/,
    ],
    ["in.csv", zlib.gzipSync(CSV), /BAD_VALUE: data\/in\.csv is compressed with gzip/],
    ["in.json.br", zlib.brotliCompressSync(CSV), /BAD_VALUE: data\/in\.json\.br is compressed with Brotli; npx quire reads it/],
    ["in.zst", Buffer.from("28b52ffd2004", "hex"), /BAD_VALUE: data\/in\.zst is compressed with zstd; npx quire reads it/],
  ];
  for (const [name, bytes, message] of cases) {
    writeFileSync(join(folder, name), bytes);
    const { status, stderr } = await quire(["data/a.db", "import", "t", `data/${name}`, "--create"], { folder });
    assert.equal(status, 1);
    assert.match(stderr, message);
    assert.ok(!existsSync(join(folder, "a.db")));
  }
  const load = await quire(["data/a.db", "load", "data/in.csv.gz"], { folder });
  assert.match(load.stderr, /BAD_VALUE: data\/in\.csv\.gz is compressed with gzip/);
});
