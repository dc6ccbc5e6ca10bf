/** Rows as a picture: one column's values stand along the bottom, those that are numbers as high as they are. */
import { button, count, h, plural, svg } from "./dom.js";
import { isNumber, textOf } from "./values.js";

const KINDS = { bars: "Bars", lines: "Lines", points: "Points" } as const;
type Kind = keyof typeof KINDS;

/** Rows that are drawn at most: more can't be told from each other. */
const MOST_ROWS = 2000;
const MOST_BARS = 400;
/** Columns that are drawn at most: so many colours there are. */
const MOST_SERIES = 6;
/** Another column is drawn beside the first one from the beginning if it is at least so high in comparison. */
const SHARED_SCALE = 1 / 30;

/** Pixels of a picture's height at least, and of its width. */
const LEAST = { width: 200, height: 240 };
const MARGIN = { left: 64, right: 16, top: 12, bottom: 56 };
/** Pixels between two labels at the bottom. */
const LABEL_ROOM = 84;

/** What can be drawn of rows. */
interface Shape {
  /** The column along the bottom; -1: the number of the row. */
  readonly label: number;
  readonly isTime: boolean;
  /** Whether the label is a number, which has its place on a scale. */
  readonly isScale: boolean;
  readonly series: readonly number[];
}

type Rows = readonly (readonly unknown[])[];

/** The number that a value is; NaN of null and of what is none. */
function numberOf(value: unknown): number {
  return value === null || value === undefined || value === "" ? NaN : Number(value);
}

function shapeOf(types: readonly string[], rows: Rows): Shape | null {
  const numbers = types.flatMap((type, i) => (isNumber(type) ? [i] : []));
  let label = types.findIndex((type) => !isNumber(type) && type !== "json" && type !== "blob");
  // Keys and years in front of other numbers are what these are about.
  const isScale = label < 0 && numbers.length > 1;
  if (isScale) label = numbers.shift() as number;
  if (numbers.length === 0 || rows.length === 0) return null;
  return { label, isScale, isTime: (types[label] ?? "").startsWith("date"), series: numbers.slice(0, MOST_SERIES) };
}

/** Whether rows of these columns can be drawn. */
export function isDrawable(types: readonly string[], rows: Rows): boolean {
  return shapeOf(types, rows) !== null;
}

/** Round numbers from below `low` to above `high`. */
function ticksOf(low: number, high: number): number[] {
  const span = high - low || Math.abs(high) || 1;
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks = [];
  for (let i = Math.floor(low / step); (i - 1) * step < high; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** A number of the scale, as short as it can be told. */
function shownNumber(value: number): string {
  return Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3)
    ? new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 }).format(value)
    : value.toLocaleString("en", { maximumFractionDigits: 6 });
}

/** A label as it stands at the bottom: of times what is not zero. */
function shownLabel(value: unknown, isTime: boolean): string {
  if (value === null || value === undefined) return "null";
  const text = textOf(value);
  const short = isTime ? text.replace(/(?:T00:00)?(?::00)?(?:\.0+)?(?:\+00:00|Z)?$/, "").replace("T", " ") : text;
  return short.length > 40 ? `${short.slice(0, 39)}…` : short;
}

export class Chart {
  readonly element: HTMLElement;
  readonly #columns: readonly string[];
  readonly #rows: Rows;
  readonly #shape: Shape;
  readonly #shown: Set<number>;
  #kind: Kind;
  readonly #picture = h("div", { className: "picture" });
  readonly #kinds = h("select", { "aria-label": "Kind of chart", onchange: () => this.#choose(this.#kinds.value as Kind) });

  /** Throws where there is nothing that can be drawn. */
  constructor(columns: readonly string[], types: readonly string[], rows: Rows) {
    const shape = shapeOf(types, rows);
    if (shape === null) throw new Error("a chart needs a column of numbers");
    this.#columns = columns;
    this.#rows = rows.slice(0, MOST_ROWS);
    this.#shape = shape;
    const heights = new Map(shape.series.map((column) => [column, Math.max(...this.#numbers(column).map(Math.abs), 0)]));
    const [first = 0] = heights.values();
    const fits = (height: number): boolean => height >= first * SHARED_SCALE && height * SHARED_SCALE <= first;
    this.#shown = new Set(shape.series.filter((column, i) => i === 0 || fits(heights.get(column) ?? 0)));
    const isOrdered = this.#numbers(shape.label).every((value, i, all) => i === 0 || value >= (all[i - 1] ?? NaN));
    this.#kind =
      shape.isScale && !isOrdered ? "points" : shape.isTime || shape.isScale || rows.length > MOST_BARS ? "lines" : "bars";
    this.#kinds.append(
      ...Object.entries(KINDS).map(([value, text]) => h("option", { value, selected: value === this.#kind }, text)),
    );
    const legend = h("div", { className: "chart-legend", role: "group", "aria-label": "Columns" });
    for (const [i, column] of shape.series.entries()) {
      const toggle = button(columns[column] ?? "", () => this.#toggle(column, toggle), {
        "aria-pressed": this.#shown.has(column),
      });
      toggle.prepend(h("span", { className: `swatch series-${i}`, "aria-hidden": "true" }));
      legend.append(toggle);
    }
    const left = rows.length - this.#rows.length;
    const note = left > 0 ? h("span", { className: "count" }, `the first ${count(MOST_ROWS)} rows`) : null;
    this.element = h(
      "figure",
      { className: "chart" },
      h("div", { className: "actions" }, this.#kinds, legend, note),
      this.#picture,
    );
    new ResizeObserver(() => this.#draw()).observe(this.#picture);
  }

  #numbers(column: number): number[] {
    return this.#rows.map((row) => numberOf(row[column])).filter((value) => Number.isFinite(value));
  }

  #choose(kind: Kind): void {
    this.#kind = kind;
    this.#draw();
  }

  #toggle(column: number, toggle: HTMLElement): void {
    if (!this.#shown.delete(column)) this.#shown.add(column);
    toggle.setAttribute("aria-pressed", String(this.#shown.has(column)));
    this.#draw();
  }

  /** What the picture shows, for who does not see it. */
  #told(): string {
    const { label, series } = this.#shape;
    const names = series.filter((column) => this.#shown.has(column)).map((column) => this.#columns[column]);
    const by = label < 0 ? "row" : (this.#columns[label] ?? "");
    const extremes = series
      .filter((column) => this.#shown.has(column))
      .map((column) => {
        const values = this.#numbers(column);
        if (values.length === 0) return `${this.#columns[column] ?? ""} has no values`;
        const at = (value: number): string => {
          const row = this.#rows.find((found) => numberOf(found[column]) === value);
          return label < 0 ? "" : ` (${shownLabel(row?.[label], this.#shape.isTime)})`;
        };
        const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
        return `${this.#columns[column] ?? ""} from ${shownNumber(least)}${at(least)} to ${shownNumber(most)}${at(most)}`;
      });
    return `${KINDS[this.#kind]}: ${names.join(", ")} by ${by}, ${plural(this.#rows.length, "row")}. ${extremes.join("; ")}.`;
  }

  #draw(): void {
    const width = Math.max(this.#picture.clientWidth, LEAST.width);
    const height = Math.max(this.#picture.clientHeight, LEAST.height);
    const { label, isScale, isTime } = this.#shape;
    const rows = this.#kind === "bars" ? this.#rows.slice(0, MOST_BARS) : this.#rows;
    const series = this.#shape.series.map((column, i) => ({ column, i })).filter(({ column }) => this.#shown.has(column));
    const values = rows.flatMap((row) => series.map(({ column }) => numberOf(row[column]))).filter(Number.isFinite);
    const isFromZero = this.#kind === "bars";
    const low = values.reduce((a, b) => Math.min(a, b), isFromZero ? 0 : Infinity);
    const high = values.reduce((a, b) => Math.max(a, b), isFromZero ? 0 : -Infinity);
    const ticks = values.length === 0 ? [0, 1] : ticksOf(low, high);
    const [bottom, top] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
    const inner = { width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    const y = (value: number): number => MARGIN.top + inner.height * (1 - (value - bottom) / (top - bottom));
    const slot = inner.width / rows.length;
    const scaled = isScale && this.#kind !== "bars";
    const xs = scaled ? rows.map((row) => numberOf(row[label])) : [];
    const finite = xs.filter(Number.isFinite);
    const [least, most] = [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
    const onScale = (value: number): number => MARGIN.left + 6 + ((inner.width - 12) * (value - least)) / (most - least || 1);
    const x = (row: number): number => (scaled ? onScale(xs[row] ?? NaN) : MARGIN.left + slot * (row + 0.5));
    const picture = svg("svg", {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": this.#told(),
    });
    for (const tick of ticks)
      picture.append(
        svg("line", {
          x1: MARGIN.left,
          x2: width - MARGIN.right,
          y1: y(tick),
          y2: y(tick),
          class: tick === 0 ? "axis zero" : "axis",
        }),
        svg("text", { x: MARGIN.left - 8, y: y(tick) + 4, class: "tick", "text-anchor": "end" }, shownNumber(tick)),
      );
    // Labels stand as close as they have room.
    const every = Math.max(1, Math.ceil(LABEL_ROOM / slot));
    const below = height - MARGIN.bottom + 18;
    const labels = scaled
      ? ticksOf(least, most)
          .filter((tick) => tick >= least && tick <= most)
          .map((tick) => ({ at: onScale(tick), text: shownNumber(tick) }))
      : rows.flatMap((row, i) =>
          i % every === 0 ? [{ at: x(i), text: label < 0 ? count(i + 1) : shownLabel(row[label], isTime) }] : [],
        );
    const letters = Math.floor((scaled ? LABEL_ROOM : every * slot) / 7);
    for (const { at, text } of labels) {
      const shown = text.length > letters && letters > 1 ? `${text.slice(0, letters - 1)}…` : text;
      picture.append(svg("text", { x: at, y: below, class: "tick", "text-anchor": "middle" }, shown, svg("title", {}, text)));
    }
    const title = label < 0 ? "row" : (this.#columns[label] ?? "");
    picture.append(
      svg("text", { x: MARGIN.left + inner.width / 2, y: height - 12, class: "axis-name", "text-anchor": "middle" }, title),
    );
    const tip = (row: number, column: number): SVGElement => {
      const name = label < 0 ? `row ${count(row + 1)}` : shownLabel(rows[row]?.[label], isTime);
      return svg("title", {}, `${name}: ${this.#columns[column] ?? ""} ${String(rows[row]?.[column])}`);
    };
    for (const [place, { column, i }] of series.entries()) {
      const points = rows.flatMap((row, at) => {
        const value = numberOf(row[column]);
        return Number.isFinite(value) && Number.isFinite(x(at)) ? [{ at, value }] : [];
      });
      if (this.#kind === "bars") {
        const bar = Math.max(1, (slot * 0.8) / series.length);
        for (const { at, value } of points) {
          const left = x(at) - (bar * series.length) / 2 + bar * place;
          const [up, down] = [y(Math.max(value, 0)), y(Math.min(value, 0))];
          picture.append(
            svg("rect", { x: left, y: up, width: bar, height: Math.max(down - up, 1), class: `series-${i}` }, tip(at, column)),
          );
        }
        continue;
      }
      if (this.#kind === "lines") {
        // A line ends where there is no value.
        const d = points.map(
          ({ at, value }, n) => `${n > 0 && points[n - 1]?.at === at - 1 ? "L" : "M"}${x(at).toFixed(1)},${y(value).toFixed(1)}`,
        );
        picture.append(svg("path", { d: d.join(" "), class: `line series-${i}` }));
      }
      const radius = this.#kind === "points" ? 3.5 : points.length > 200 ? 1 : 2.5;
      for (const { at, value } of points)
        picture.append(svg("circle", { cx: x(at), cy: y(value), r: radius, class: `series-${i}` }, tip(at, column)));
    }
    this.#picture.replaceChildren(picture);
  }
}
