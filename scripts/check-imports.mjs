// Checks the imports and exports of assembly/, host/ and web/ for what neither compiler reports: circles of files that import each other, exports that
// nobody uses, and in assembly/ names that are declared or imported and not used. Prints each offence and exits with 1 when there is one.
//
//   node scripts/check-imports.mjs [FOLDER]     (FOLDER: another project's root, for the test)
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import process from "node:process";
import ts from "typescript";
import { filesBelow, root } from "./lib.mjs";

const project = resolve(process.argv[2] ?? root);

/** Where circles and unused exports are looked for. */
const CHECKED = ["assembly", "host", "web"];
/** Who may use an export besides. */
const USERS = [...CHECKED, "bench", "examples", "tests"];
/** Files whose exports are for others than this project's own files; the compiler itself calls the last one. */
const ENTRIES = [
  "assembly/command.ts",
  "assembly/library.ts",
  "assembly/component.ts",
  "assembly/keyvalue.ts",
  "assembly/index.ts",
  "host/index.ts",
  "host/web/index.ts",
  "host/orm/drizzle.ts",
  "host/orm/knex.ts",
  "host/orm/kysely.ts",
  "assembly/wasi/abort.ts",
];
/** Globals that nobody reads: they keep what they refer to from the garbage collector. */
const KEPT_ALIVE = [
  "assembly/cli/main.ts current",
  "assembly/cli/main.ts currentCommand",
  "assembly/cli/import/import.ts running",
];
/** Diagnostics of TypeScript for what is not used. */
const UNUSED = new Set([6133, 6138, 6192, 6196, 6198, 6199]);

const offences = [];

/** The path of `file` below the project, with slashes. */
const spelled = (file) => relative(project, file).split(sep).join("/");

/** The file that `specifier` means in `file`, or null for what is not a file of this project. */
function resolved(file, specifier) {
  if (!specifier.startsWith(".")) return null;
  const path = resolve(dirname(file), specifier);
  const found = [path.replace(/\.js$/, ".ts"), `${path}.ts`].find((name) => name.endsWith(".ts") && existsSync(name));
  return found ?? null;
}

function hasModifier(node, kind) {
  return ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) === true;
}

/** The names that a declaration at a file's top makes, with the place of each. */
function declared(statement) {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name).filter(ts.isIdentifier);
  return statement.name === undefined ? [] : [statement.name];
}

/** What a file exports, and what it takes from which others. */
function readModule(path) {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const exported = new Map();
  const uses = [];
  const note = (specifier, names) => {
    const target = resolved(path, specifier);
    if (target !== null) uses.push({ target, names });
  };
  const visit = (node) => {
    // A type's import("./x.js").Name, or a dynamic import, of which any export may be used.
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal))
      note(node.argument.literal.text, ["*"]);
    if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      ts.isStringLiteral(node.arguments[0])
    )
      note(node.arguments[0].text, ["*"]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      const bindings = statement.importClause?.namedBindings;
      const named = bindings !== undefined && ts.isNamedImports(bindings);
      const names = named
        ? bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
        : bindings
          ? ["*"]
          : [];
      note(statement.moduleSpecifier.text, names);
    } else if (ts.isExportDeclaration(statement)) {
      const clause = statement.exportClause;
      const elements = clause !== undefined && ts.isNamedExports(clause) ? clause.elements : [];
      for (const { name } of elements) exported.set(name.text, name);
      if (statement.moduleSpecifier === undefined) continue;
      note(
        statement.moduleSpecifier.text,
        clause ? elements.map(({ name, propertyName }) => (propertyName ?? name).text) : ["*"],
      );
    } else if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) {
      for (const name of declared(statement)) exported.set(name.text, name);
    }
  }
  const place = (node) => `${spelled(path)}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
  return { exported, uses, place };
}

const modules = new Map();
for (const folder of USERS) for (const path of filesBelow(join(project, folder), ".ts")) modules.set(path, readModule(path));

const isChecked = (path) => CHECKED.includes(spelled(path).split("/")[0]) && !spelled(path).includes("/__tests__/");

/** The circles among the checked files: each is the sorted list of files that can reach each other (Tarjan's components). */
function circles() {
  const order = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (path) => {
    order.set(path, order.size);
    low.set(path, order.get(path));
    stack.push(path);
    for (const { target } of modules.get(path)?.uses ?? []) {
      if (!isChecked(target)) continue;
      if (!order.has(target)) visit(target);
      if (stack.includes(target)) low.set(path, Math.min(low.get(path), low.get(target)));
    }
    if (low.get(path) !== order.get(path)) return;
    const members = stack.splice(stack.indexOf(path));
    if (members.length > 1) found.push(members.map(spelled).sort());
  };
  for (const path of modules.keys()) if (isChecked(path) && !order.has(path)) visit(path);
  return found;
}

function checkCircles() {
  for (const members of circles()) offences.push(`these files import each other: ${members.join(" ")}`);
}

const isType = ({ parent }) =>
  ts.isInterfaceDeclaration(parent) || ts.isTypeAliasDeclaration(parent) || ts.isExportSpecifier(parent);

function unusedExports() {
  const used = new Map();
  for (const { uses } of modules.values()) {
    for (const { target, names } of uses) {
      if (!used.has(target)) used.set(target, new Set());
      for (const name of names) used.get(target).add(name);
    }
  }
  // Scripts import what was built from host/, by names that are only known when they run.
  const scripts = filesBelow(join(project, "scripts"), ".mjs").map((path) => readFileSync(path, "utf8"));
  const inScripts = (name) => scripts.some((text) => new RegExp(`\\b${name}\\b`).test(text));
  for (const [path, { exported, place }] of modules) {
    if (!isChecked(path) || ENTRIES.includes(spelled(path)) || used.get(path)?.has("*")) continue;
    const inHost = spelled(path).startsWith("host/");
    for (const [name, node] of exported) {
      // A type of host/ may be part of what another export's declaration says.
      if (inHost && (isType(node) || inScripts(name))) continue;
      if (!used.get(path)?.has(name))
        offences.push(`${place(node)}: nobody imports ${name}: it needs no export, or is not needed at all`);
    }
  }
}
function unusedNames() {
  const config = join(project, "assembly", "tsconfig.json");
  if (!existsSync(config)) return;
  const parsed = ts.getParsedCommandLineOfConfigFile(
    config,
    { noUnusedLocals: true, noEmit: true },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  const program = ts.createProgram(parsed.fileNames, parsed.options);
  for (const { code, file, start, messageText } of program.getSemanticDiagnostics()) {
    if (!UNUSED.has(code) || file === undefined) continue;
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    const message = ts.flattenDiagnosticMessageText(messageText, " ");
    if (KEPT_ALIVE.includes(`${spelled(file.fileName)} ${/^'(\w+)'/.exec(message)?.[1]}`)) continue;
    offences.push(`${spelled(file.fileName)}:${line}: ${message}`);
  }
}
checkCircles();
unusedExports();
unusedNames();
for (const offence of offences) console.log(offence);
if (offences.length > 0) process.exit(1);
console.log(`imports: ${[...modules.keys()].filter(isChecked).length} files, no circle, nothing that is not used`);
