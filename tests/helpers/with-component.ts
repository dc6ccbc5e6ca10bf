/**
 * `node --import build/tests/helpers/with-component.js …`: the program's sessions in this process are those of Quire's component, by
 * `component-engine.ts`.
 */
import { register } from "node:module";

const REPLACED = "/host/node/in-process.js";
const BY = new URL("component-engine.js", import.meta.url).href;

/** What the loader runs, in a thread of its own. */
const HOOKS = `
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const isReplaced = found.url.endsWith(${JSON.stringify(REPLACED)}) && context.parentURL !== ${JSON.stringify(BY)};
  return isReplaced ? { ...found, url: ${JSON.stringify(BY)} } : found;
}`;
register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);
