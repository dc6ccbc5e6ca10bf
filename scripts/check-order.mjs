// Checks assembly/ for assignments whose right side may move what their left side has read. `x.start += f()` reads x.start before it calls f:
// what f does to x.start is lost. The same goes for `x.start = x.start + f()`, and for `store<u8>(x.start, f())`. Calls of what assembly/
// itself declares are forbidden there (built-in functions change nothing of ours): take the value into a constant first.
// Prints each offence as file:line and exits with 1 when there is one.
//
//   node scripts/check-order.mjs [FOLDER]     (FOLDER: assembly)
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import ts from "typescript";
import { filesBelow, root } from "./lib.mjs";

const { SyntaxKind } = ts;
const ARITHMETIC = /^(?:[-+*/%&|^]|<<|>>>?)$/;
const BUILT_IN = /^(?:heap|memory|String\.UTF8)\./;
const MEMORY_WRITES = /^(?:store|memory\.(?:copy|fill))$/;

const folder = process.argv[2] ?? "assembly";
const files = filesBelow(folder, ".ts").map((path) => {
  const text = readFileSync(resolve(root, path), "utf8");
  // What of AssemblyScript is not TypeScript (decorators of functions) is parsed nevertheless.
  return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
});

function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

function contains(node, test) {
  let found = false;
  walk(node, (part) => {
    found ||= test(part);
  });
  return found;
}

/** What the folder declares, by name. */
const functions = new Set();
const methods = new Set();
const getters = new Set();
for (const { tree } of files) {
  walk(tree, (node) => {
    if (ts.isFunctionDeclaration(node) && node.name) functions.add(node.name.getText());
    if (ts.isMethodDeclaration(node)) methods.add(node.name.getText());
    if (ts.isGetAccessorDeclaration(node)) getters.add(node.name.getText());
  });
}

/** Whether `this.name`, as it stands in a class, is a plain field of it. */
function isOwnField(access) {
  if (access.expression.kind !== SyntaxKind.ThisKeyword) return false;
  const owner = ts.findAncestor(access, ts.isClassDeclaration);
  const declares = (member) =>
    ts.isConstructorDeclaration(member)
      ? member.parameters.some((parameter) => parameter.name.getText() === access.name.text)
      : ts.isPropertyDeclaration(member) && member.name.getText() === access.name.text;
  return owner?.members.some(declares) ?? false;
}

function callsOurs(node) {
  return contains(node, (part) => {
    if (ts.isPropertyAccessExpression(part)) return getters.has(part.name.text) && !isOwnField(part);
    if (!ts.isCallExpression(part)) return false;
    const called = part.expression;
    if (ts.isIdentifier(called)) return functions.has(called.text);
    return ts.isPropertyAccessExpression(called) && !BUILT_IN.test(called.getText()) && methods.has(called.name.text);
  });
}

/** Whether other functions can see the target change: a field, an element, a variable of the module. */
function isShared(target, moduleVariables) {
  return ts.isIdentifier(target) ? moduleVariables.has(target.text) : true;
}

/** Whether `node` reads a field (and does not just call a method). */
function readsField(node) {
  return contains(
    node,
    (part) => ts.isPropertyAccessExpression(part) && !(ts.isCallExpression(part.parent) && part.parent.expression === part),
  );
}

/** Whether `value` is an operation that reads `target` first and calls something of ours then. */
function readsThenCalls(value, target) {
  return contains(value, (part) => {
    if (!ts.isBinaryExpression(part) || !ARITHMETIC.test(part.operatorToken.getText())) return false;
    return contains(part.left, (read) => read.getText() === target) && callsOurs(part.right);
  });
}

function variablesOf(tree) {
  const names = new Set();
  for (const statement of tree.statements) {
    if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Let) === 0) continue;
    for (const { name } of statement.declarationList.declarations) names.add(name.getText());
  }
  return names;
}

function offence(node, moduleVariables) {
  if (ts.isBinaryExpression(node)) {
    const kind = node.operatorToken.kind;
    if (kind < SyntaxKind.FirstAssignment || kind > SyntaxKind.LastAssignment || !isShared(node.left, moduleVariables)) return "";
    const target = node.left.getText();
    const reads = kind === SyntaxKind.EqualsToken ? readsThenCalls(node.right, target) : callsOurs(node.right);
    return reads ? `${target} is read before the call on the right side, which may change it` : "";
  }
  if (ts.isCallExpression(node) && MEMORY_WRITES.test(node.expression.getText())) {
    const call = node.arguments.findIndex(callsOurs);
    if (call > 0 && node.arguments.slice(0, call).some(readsField)) {
      return `${node.arguments[0].getText()} is read before the call in a later argument, which may change it`;
    }
  }
  return "";
}

const offences = [];
for (const { path, tree } of files) {
  const moduleVariables = variablesOf(tree);
  walk(tree, (node) => {
    const what = offence(node, moduleVariables);
    if (what === "") return;
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
    offences.push(`${path}:${line + 1}: ${what}; take the call's value into a constant first`);
  });
}

for (const line of offences) console.log(line);
if (offences.length > 0) process.exit(1);
console.log(`order: ${files.length} files of ${folder} read nothing before a call that may change it`);
