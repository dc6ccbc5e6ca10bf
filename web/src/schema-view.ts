/** The tables and what refers to what, as a picture and as text. */
import dagre from "@dagrejs/dagre";
import type { TableSchemaInfo } from "quire-db/web";
import { button, h, plural, svg } from "./dom.js";
import { type Around, lookAt } from "./look.js";
import type { Opened } from "./opened.js";

const LINE = 20;
const LETTER = 7.4;
/** Pixels between a table and those that it refers to. */
const RANKS = 80;
/** Columns of a table that its box shows. */
const SHOWN = 14;
/** Pixels that a reference of a table to itself stands out. */
const BOW = 34;

/** A line of a table's box: the primary key and what refers to others look otherwise. */
interface Line {
  readonly text: string;
  readonly kind: "key" | "reference" | "plain";
}

function linesOf({ fields, primaryKey }: TableSchemaInfo): Line[] {
  const lines = fields.map(({ name, type, references, null: isNull }): Line => {
    const kind = name === primaryKey ? "key" : references === undefined ? "plain" : "reference";
    return { text: `${name}  ${type}${isNull ? " null" : ""}`, kind };
  });
  if (lines.length <= SHOWN) return lines;
  return [...lines.slice(0, SHOWN - 1), { text: `… ${lines.length - SHOWN + 1} more`, kind: "plain" }];
}

interface Point {
  x: number;
  y: number;
}

/** A line through points that leaves and arrives level. */
function bent(points: readonly Point[]): string {
  const parts = points.map(({ x, y }, i) => {
    const before = points[i - 1];
    if (before === undefined) return `M${x.toFixed(1)},${y.toFixed(1)}`;
    const middle = ((before.x + x) / 2).toFixed(1);
    return `C${middle},${before.y.toFixed(1)} ${middle},${y.toFixed(1)} ${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return parts.join(" ");
}

export class SchemaView {
  readonly element: HTMLElement;

  constructor(page: Around, opened: Opened) {
    const { tables, layout, schemaHash } = opened.schema;
    const text = tables.map(({ name, columns }) => `create ${[name, ...columns].join(" ")}`).join("\n");
    this.element = h(
      "section",
      { className: "schema-view" },
      h("p", {}, `${plural(tables.length, "table")}, layout ${layout}, schema hash ${schemaHash}`),
      h("div", { className: "diagram" }, diagram(page, opened)),
      h("h2", {}, "As text"),
      h("pre", { tabIndex: 0 }, text),
      button("Copy", () => void navigator.clipboard.writeText(`${text}\n`)),
    );
  }
}

function diagram(page: Around, opened: Opened): Node {
  const { tables } = opened.schema;
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 30, ranksep: RANKS, marginx: BOW, marginy: 10 });
  graph.setDefaultEdgeLabel(() => ({}));
  const lines = new Map(tables.map((table) => [table.name, linesOf(table)]));
  for (const { name } of tables) {
    const own = lines.get(name) ?? [];
    const letters = Math.max(name.length + 2, ...own.map(({ text }) => text.length));
    graph.setNode(name, { width: letters * LETTER + 20, height: (own.length + 1) * LINE + 14 });
  }
  const references = opened.references();
  for (const { from, to, column } of references) if (from !== to) graph.setEdge(from, to, {}, column);
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const picture = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
  picture.append(
    svg(
      "title",
      {},
      `Tables and their references: ${references.map(({ from, column, to }) => `${from}.${column} to ${to}`).join(", ") || "none"}`,
    ),
    svg(
      "defs",
      {},
      svg(
        "marker",
        { id: "tip", viewBox: "0 0 8 8", refX: 8, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" },
        svg("path", { d: "M0,0 L8,4 L0,8 z" }),
      ),
    ),
  );
  const boxOf = (name: string): { left: number; right: number; top: number } => {
    const { x, y, width, height } = graph.node(name) as { x: number; y: number; width: number; height: number };
    return { left: x - width / 2, right: x + width / 2, top: y - height / 2 };
  };
  /** The height of a column's line in its table's box; of the name where the column is not shown. */
  const lineOf = (name: string, column: string): number => {
    const at = opened.table(name)?.fields.findIndex((field) => field.name === column) ?? -1;
    return boxOf(name).top + (at + 2) * LINE - 4;
  };
  for (const { from, to, column, target } of references) {
    const [a, b] = [boxOf(from), boxOf(to)];
    const start: Point = { x: a.right, y: lineOf(from, column) };
    if (from === to) {
      // A bow beside the box.
      const [out, end] = [a.right + BOW, lineOf(to, target)];
      const d = `M${start.x},${start.y} C${out},${start.y} ${out},${end} ${a.right},${end}`;
      picture.append(svg("path", { d, class: "edge", "marker-end": "url(#tip)" }));
      continue;
    }
    const { points } = graph.edge({ v: from, w: to, name: column }) as { points: readonly Point[] };
    const isBack = b.right < a.left;
    if (isBack) start.x = a.left;
    const end: Point = { x: isBack ? b.right : b.left, y: lineOf(to, target) };
    // Between neighbours nothing is in the way.
    const around = Math.abs(end.x - start.x) < 2 * RANKS ? [] : points.slice(1, -1);
    picture.append(svg("path", { d: bent([start, ...around, end]), class: "edge", "marker-end": "url(#tip)" }));
  }
  for (const { name } of tables) {
    const { x, y, width, height } = graph.node(name) as { x: number; y: number; width: number; height: number };
    const [left, top] = [x - width / 2, y - height / 2];
    const go = (): void => page.goTable(lookAt(name));
    const box = svg("g", { class: "box", tabindex: 0, role: "link", "aria-label": `table ${name}` });
    box.append(
      svg("rect", { x: left, y: top, width, height, rx: 6 }),
      svg("text", { x: left + 10, y: top + LINE, class: "name" }, name),
      ...(lines.get(name) ?? []).map(({ text, kind }, i) =>
        svg("text", { x: left + 10, y: top + (i + 2) * LINE, class: kind }, text),
      ),
    );
    box.addEventListener("click", go);
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") go();
    });
    picture.append(box);
  }
  return picture;
}
