/// <reference lib="esnext.disposable" preserve="true" />
/** For browsers: `import { open, defineTable, QuireError } from "quire-db/web"`. */
export * from "../api/exports.js";
export { SyncWebSession, WebSession, connect, open, openHere } from "./open.js";
export type { MadeResult, Source, WebOptions } from "./opened.js";
