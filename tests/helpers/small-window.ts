/**
 * The command with a window for sources that is so small that it moves and grows in every row, and that knows no more of standard input than
 * its first bytes when `import --create` looks for types.
 */
import { type Patch, compileModule } from "../torture/module.js";

/** Bytes of standard input that --create finds the types from. */
export const SAMPLE_BYTES = 64;

const SOURCE = "assembly/cli/import/byte-source.ts";
const PATCHES: readonly Patch[] = [
  { file: SOURCE, find: "const WINDOW: u32 = 256 << 10;", replace: "const WINDOW: u32 = 8;" },
  { file: SOURCE, find: "const SPOOL_LIMIT: u32 = 16 << 20;", replace: `const SPOOL_LIMIT: u32 = ${SAMPLE_BYTES};` },
  { file: SOURCE, find: "export const HEAD: u32 = 64 << 10;", replace: "export const HEAD: u32 = 32;" },
  { file: "assembly/cli/import/source-kind.ts", find: "const LOOKED_AT: u32 = 1024;", replace: "const LOOKED_AT: u32 = 16;" },
];

export function smallWindowModule(): Promise<WebAssembly.Module> {
  return compileModule("command", PATCHES, "-O0");
}
