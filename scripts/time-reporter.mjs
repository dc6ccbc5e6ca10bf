// A reporter for node:test that says only how long each file took, as JSON: npm test -- --record keeps that.
import { relative, resolve } from "node:path";
import { root } from "./lib.mjs";

export default async function* (events) {
  const seconds = {};
  for await (const { type, data } of events) {
    // A test's file is where it was registered, which for those of all runtimes is a helper; a file's process is told of by its path as name.
    if (type !== "test:complete" || data.file === undefined || resolve(data.name) !== data.file) continue;
    const file = relative(root, data.file)
      .replace(/^build\//, "")
      .replace(/\.js$/, ".ts");
    seconds[file] = data.details.duration_ms / 1000;
  }
  yield JSON.stringify(seconds);
}
