/// <reference lib="esnext.disposable" preserve="true" />
/** The package: `import { open, openSync, defineTable, QuireError } from "quire-db"`. */
export * from "./api/exports.js";
export { open, openSync } from "./node/open.js";
