/** The WIT package is ready for registries: wkg builds it, publishes it into one that is a folder, and gets it back. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../host/paths.js";
import { tempFolder } from "./helpers/store.js";

const wkg = process.env["QUIRE_WKG"] || "wkg";
const { stdout: said, error } = spawnSync(wkg, ["--version"], { encoding: "utf8" });
const noWkg = error === undefined ? false : "SKIPPED: wkg is not here; cargo install wkg gets it, or QUIRE_WKG names it";

test("wkg builds the WIT package, and another one gets it from where it is published", { skip: noWkg }, (t) => {
  const folder = tempFolder(t);
  cpSync(join(packageRoot, "wit"), join(folder, "wit"), { recursive: true });
  cpSync(join(packageRoot, "wkg.toml"), join(folder, "wkg.toml"));
  const [place, registry] = [join(folder, "registry"), '"quire.invalid"'];
  const config = `[namespace_registries]\nquire = ${registry}\n[registry.${registry}]\ndefault = "local"\n`;
  writeFileSync(join(folder, "config.toml"), `${config}[registry.${registry}.local]\nroot = ${JSON.stringify(place)}\n`);
  const ok = (...words: string[]): string => {
    const env = { ...process.env, WKG_CONFIG_FILE: join(folder, "config.toml"), WKG_CACHE_DIR: join(folder, "cache") };
    const { status, stdout, stderr } = spawnSync(wkg, words, { cwd: folder, env, encoding: "utf8" });
    assert.equal(status, 0, `wkg ${words.join(" ")}: ${stdout}${stderr}`);
    return stdout + stderr;
  };
  t.diagnostic(said.trim());
  ok("build", "--wit-dir", "wit", "--output", "quire-db.wasm");
  assert.match(ok("publish", "--dry-run", "quire-db.wasm"), /dry run: quire:db@0\.1\.0/);
  const published = join(place, "quire", "db", "0.1.0.wasm");
  assert.ok(!existsSync(published));
  ok("publish", "quire-db.wasm");
  ok("get", "quire:db@0.1.0", "--output", "./again.wasm");
  assert.ok(readFileSync(join(folder, "again.wasm")).equals(readFileSync(join(folder, "quire-db.wasm"))));
  // As text it has what the package's files have, with their comments.
  ok("get", "quire:db@0.1.0", "--format", "wit", "--output", "./again.wit");
  const again = readFileSync(join(folder, "again.wit"), "utf8");
  assert.match(again, /^package quire:db@0\.1\.0;$/m);
  const own = readdirSync(join(packageRoot, "wit")).map((name) => readFileSync(join(packageRoot, "wit", name), "utf8"));
  const names = (text: string) =>
    new Set(text.match(/^ *(?:interface|world|resource|record|variant|enum) [\w-]+|^ *[\w-]+: (?:static )?func/gm));
  assert.deepEqual([...names(again)].sort(), [...names(own.join("\n"))].sort());
  // The description goes into what is published.
  const description = /^description = "(.*)"$/m.exec(readFileSync(join(packageRoot, "wkg.toml"), "utf8"))?.[1] ?? "none";
  assert.ok(readFileSync(published).includes(description));
});
