// Quire's component in JavaScript, by jco.
//
//   npm install @bytecodealliance/jco-transpile @bytecodealliance/preview2-shim
//   node quire-component.mjs build/quire-component.wasm data
//
// keeps a table of cities in data/cities.db. What the calls take and give is in wit/, and in the declarations that jco makes.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { instantiate, transpileInto } from "./instantiate.mjs";

const text = (val) => ({ tag: "text", val });

/** A row's values as text. */
const shown = (row) => (row === undefined ? "none" : row.map(({ tag, val }) => (tag === "null" ? "none" : `${val}`)).join(" "));

/** A `range`; a bound is a list of values that are included. */
function span({ index = [], lower, upper, reverse = false, columns = [], limit }) {
  const bound = (values) => (values === undefined ? { tag: "unbounded" } : { tag: "included", val: values });
  return { index, lower: bound(lower), upper: bound(upper), reverse, columns, offset: 0n, limit };
}

/** All rows of a cursor. */
function* rowsOf(cursor) {
  for (let page = cursor.next(1000); page.length > 0; page = cursor.next(1000)) yield* page;
}

/** Ends a handle: closes a connection, rolls a transaction back. Newer Nodes do it at the end of `using`. */
const drop = (handle) => handle[Symbol.dispose]();

const [componentPath, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const made = mkdtempSync(join(tmpdir(), "quire-component-"));
await transpileInto(made, componentPath);
const { Connection } = await instantiate(made, folder);
rmSync(made, { recursive: true });
const db = Connection.open("data/cities.db", { create: true, readOnly: false, durability: "commit" });
if (!db.tables().includes("cities")) {
  const columns = ["name:text:pk", "people:uint32:index", "height:int16:null"];
  db.request(JSON.stringify({ op: "create", table: "cities", columns }));
  const cities = [
    ["Zürich", 447082, 408],
    ["La Paz", 755732, 3640],
    ["Amsterdam", 931298, -2],
    ["東京", 14178000, null],
  ];
  const rows = cities.map(([name, people, height]) => [
    text(name),
    { tag: "uint32", val: people },
    height === null ? { tag: "null" } : { tag: "int16", val: height },
  ]);
  db.table("cities").insert(["name", "people", "height"], rows);
}
const cities = db.table("cities");
console.log("get:", shown(cities.get(text("東京"))));
console.log("get, none:", shown(cities.get(text("Atlantis"))));
for (const row of rowsOf(cities.scan(span({ index: ["people"], limit: 3n })))) console.log("scan:", shown(row));
const low = cities.scan(span({ upper: [text("La Paz")], columns: ["name", "height"] }));
console.log("range:", [...rowsOf(low)].map(shown).join(", "));
try {
  const one = (name) => [text(name), { tag: "uint8", val: 1 }];
  cities.insert(["name", "people"], [one("Oslo"), one("La Paz")]);
} catch (error) {
  const { kind, code, message } = error.payload;
  console.log(`error: ${kind} ${code}: ${message}`);
}
const transaction = db.beginTransaction();
cities.delete(text("La Paz"), "by-schema");
drop(transaction);
console.log("dropped:", shown(cities.get(text("La Paz"))));
console.log("check:", db.request('{"op": "check"}'));
drop(db);
// The shim's worker would keep the process alive.
process.exit(0);
