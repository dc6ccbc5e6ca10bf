// Composes two components, as `wac plug` does, where the plug's imports are enough for both: one component around both, which imports what the plug
// does, and exports what the socket does.
import { componentWit } from "@bytecodealliance/jco-transpile/wasm-tools";
import { number, sectionsOf } from "./pack-text.mjs";

// Sections and sorts of a component's binary format.
const CORE_MODULE = 1;
const COMPONENT = 4;
const INSTANCES = 5;
const ALIASES = 6;
const EXPORTS = 11;
const FUNCTION = 1;
const INSTANCE = 5;

const name = (text) => Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]);
const section = (id, bytes) => Buffer.concat([Buffer.from([id]), number(bytes.length), bytes]);
const one = (...parts) => Buffer.concat([number(1), ...parts]);

/** An instance of the component `at`, with instances by name. */
function instantiated(at, given) {
  const words = given.map(([what, instance]) => Buffer.concat([name(what), Buffer.from([INSTANCE]), number(instance)]));
  return section(INSTANCES, one(Buffer.from([0]), number(at), number(given.length), ...words));
}

/** The export `what` of the instance `at`, by a number of its own. */
const alias = (sort, at, what) => section(ALIASES, one(Buffer.from([sort, 0]), number(at), name(what)));

/** The export of what has the number `at` among those of its sort, which becomes one more of them. */
const exported = (sort, at, what) =>
  section(EXPORTS, one(Buffer.from([0]), name(what), Buffer.from([sort]), number(at), Buffer.from([0])));

/** What the component of this WIT imports or exports, by name; functions are told by their types. */
function names(wit, kind) {
  const lines = wit.matchAll(new RegExp(`^ {2}${kind} ([^\\s;]+?)(: func.*)?;$`, "gm"));
  return [...lines].map(([, what, type]) => ({ what, sort: type === undefined ? INSTANCE : FUNCTION }));
}

/** `plug` with `socket` around it, whose imports are exports and imports of `plug`. */
export async function compose(socket, plug) {
  const [plugWit, socketWit] = [await componentWit(plug), await componentWit(socket)];
  const imports = names(plugWit, "import").map(({ what }) => what);
  const given = names(plugWit, "export").map(({ what }) => what);
  const asked = names(socketWit, "import").map(({ what }) => what);
  const strange = asked.find((what) => !imports.includes(what) && !given.includes(what));
  if (strange !== undefined) throw new Error(`compose: ${strange} is no export and no import of the plug`);
  const sections = sectionsOf(plug);
  // Its types and imports stand before what it is made of, and are taken as they are: they are instances from 0 on.
  const head = sections.slice(
    0,
    sections.findIndex(({ id }) => id === CORE_MODULE || id === COMPONENT),
  );
  const ofPlug = imports.length;
  const plugged = asked.filter((what) => given.includes(what));
  const instance = (what) => (given.includes(what) ? ofPlug + 1 + plugged.indexOf(what) : imports.indexOf(what));
  const ofSocket = ofPlug + 1 + plugged.length;
  // Each alias and each export has the next number of its sort.
  const next = { [FUNCTION]: 0, [INSTANCE]: ofSocket + 1 };
  const exports = names(socketWit, "export").flatMap(({ what, sort }) => {
    const at = next[sort];
    next[sort] += 2;
    return [alias(sort, ofSocket, what), exported(sort, at, what)];
  });
  return Buffer.concat([
    plug.subarray(0, 8),
    ...head.map(({ id, bytes }) => section(id, bytes)),
    section(COMPONENT, plug),
    section(COMPONENT, socket),
    instantiated(
      0,
      imports.map((what, at) => [what, at]),
    ),
    ...plugged.map((what) => alias(INSTANCE, ofPlug, what)),
    instantiated(
      1,
      asked.map((what) => [what, instance(what)]),
    ),
    ...exports,
  ]);
}
