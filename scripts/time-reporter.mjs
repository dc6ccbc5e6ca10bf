// A reporter for node:test that says only how long each file's tests took, as JSON: npm test -- --record keeps that.
import { relative } from "node:path";
import { root } from "./lib.mjs";

export default async function* (events) {
  const seconds = new Map();
  for await (const { type, data } of events) {
    const isTest = (type === "test:pass" || type === "test:fail") && data.nesting === 0 && data.file !== undefined;
    if (!isTest) continue;
    const file = relative(root, data.file)
      .replace(/^build\//, "")
      .replace(/\.js$/, ".ts");
    seconds.set(file, (seconds.get(file) ?? 0) + data.details.duration_ms / 1000);
  }
  yield JSON.stringify(Object.fromEntries(seconds));
}
