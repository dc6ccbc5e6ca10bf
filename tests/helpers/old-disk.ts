/** Page files of layouts without definitions, with those beside them, and the command on a disk in memory. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { compileModule } from "../../host/node/wasi.js";
import { packageRoot } from "../../host/paths.js";
import { runCommand, type CommandRun } from "../torture/command.js";
import { Disk, Image } from "../torture/disk.js";
import {
  golden,
  goldenNames,
  goldenSchema,
  oldLayouts,
  type GoldenTable,
  type Json,
  type OldLayout,
  type Row,
} from "./golden.js";

/** The words that give the definitions of `goldenDisk`. */
export const GIVEN: readonly string[] = ["--schema", "data/schema"];

/** The files of both layouts but the empty one, which is none of theirs alone. */
export const oldFiles: readonly { readonly name: string; readonly layout: OldLayout }[] = oldLayouts.flatMap((layout) =>
  goldenNames(layout)
    .filter((name) => name !== "empty")
    .map((name) => ({ name, layout })),
);

/** Whether a column of the file's table is unique and indexed: the crates list its index twice, and enter each row twice in one tree. */
export function isTwofold(name: string): boolean {
  return name === "twofold" || name === "unfilled";
}

const module = await compileModule(join(packageRoot, "build", "quire.wasm"));

/** A disk with one page file, `data/old.db`, and its definitions. */
export function diskOf(bytes: Uint8Array, schema?: string): Disk {
  const images = new Map([["old.db", Image.of(Buffer.from(bytes))]]);
  if (schema !== undefined) images.set("schema", Image.of(Buffer.from(schema)));
  return Disk.of(images);
}

/** A golden file and its definitions. */
export function goldenDisk(name: string, layout: OldLayout, tables: readonly GoldenTable[] = goldenSchema(name, layout)): Disk {
  return diskOf(golden(name, layout), JSON.stringify(tables));
}

export function run(disk: Disk, words: readonly string[], file = "old.db", stdin = ""): CommandRun {
  const result = runCommand(module, disk, [`data/${file}`, ...words], { stdin });
  assert.equal(result.trap, "", `quire ${words.join(" ")} traps`);
  return result;
}

export function ok(disk: Disk, words: readonly string[], file = "old.db", stdin = ""): string {
  const { status, stdout, stderr } = run(disk, words, file, stdin);
  assert.equal(status, 0, `quire ${words.join(" ")}: ${stderr}${stdout.slice(0, 2000)}`);
  assert.doesNotMatch(stdout, /^\{"error":/m);
  return stdout;
}

export function fails(disk: Disk, code: string, status: number, words: readonly string[]): string {
  const result = run(disk, words);
  assert.match(result.stderr, new RegExp(`^quire: ${code}: .+\n$`), `quire ${words.join(" ")}`);
  assert.equal(result.status, status, result.stderr);
  return result.stderr;
}

/** The rows of an export as NDJSON. */
export function rowsOf(text: string): Row[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Row);
}

/** Rows in an order that does not depend on how they are stored. */
export function sorted(rows: readonly Row[]): string[] {
  return rows.map((row) => JSON.stringify(row, membersInOrder)).sort();
}

function membersInOrder(_: string, value: Json): Json {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
