// How as-pect runs the AssemblyScript specs: `npx asp` runs all of them, `npx asp assembly/__tests__/name.spec.ts` only that one.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { WASI } from "node:wasi";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const root = dirname(fileURLToPath(import.meta.url));
const named = process.argv.slice(2).some((word) => word.endsWith(".spec.ts"));
const temporary = mkdtempSync(join(tmpdir(), "quire-spec-"));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));

let specs = 0;

/** The golden page files, unpacked once a run: `layout-0.9/blog.db` and so on. */
function unpackGolden() {
  const target = join(temporary, "golden");
  for (const layout of ["layout-0.9", "layout-0.11"]) {
    mkdirSync(join(target, layout), { recursive: true });
    for (const name of readdirSync(join(root, "tests", "golden", layout))) {
      if (!name.endsWith(".db.gz")) continue;
      const packed = readFileSync(join(root, "tests", "golden", layout, name));
      writeFileSync(join(target, layout, name.slice(0, -3)), gunzipSync(packed));
    }
  }
  return target;
}

const golden = unpackGolden();

export default {
  entries: named ? [] : ["assembly/__tests__/**/*.spec.ts"],
  include: ["assembly/__tests__/**/*.include.ts"],
  disclude: [/node_modules/],

  /**
   * Each spec gets the WASI calls of Node with two preopened folders: `/data`, empty and its own, and `/golden`, the unpacked
   * golden files (to be read only; all specs share them).
   */
  async instantiate(memory, createImports, instantiate, binary) {
    const data = join(temporary, `data-${specs++}`);
    mkdirSync(data);
    const preopens = { "/data": data, "/golden": golden };
    const wasi = new WASI({ version: "preview1", args: ["spec"], env: {}, preopens });
    const imports = createImports({ env: { memory }, wasi_snapshot_preview1: wasi.wasiImport });
    const module = await instantiate(binary, imports);
    // as-pect calls the spec's own `_start`; this one only tells Node's WASI which memory is meant.
    wasi.start({ exports: { memory: module.exports.memory, _start() {} } });
    return module;
  },
};
