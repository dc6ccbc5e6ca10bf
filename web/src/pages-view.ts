/** The file's pages as a picture, and what is in each. */
import { FaultLine, button, count, h } from "./dom.js";
import type { Opened } from "./opened.js";

/** What `map` draws. */
interface PageMap {
  /** A letter for what the page is, and one for whose it is, or nothing. */
  readonly cells: readonly { readonly kind: string; readonly owner: string }[];
  /** What the letters stand for. */
  readonly names: ReadonlyMap<string, string>;
}

/** Reads the text of `map`: lines of cells behind the number of their first page, then what each letter stands for. */
function readMap(text: string): PageMap {
  const cells: { kind: string; owner: string }[] = [];
  const names = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [first = "", ...rest] = line.trim().split(/\s+/);
    if (/^\d+$/.test(first)) cells.push(...rest.map((cell) => ({ kind: cell[0] ?? "", owner: cell.slice(1) })));
    else if (first !== "" && rest.length > 0) names.set(first, rest.join(" "));
  }
  return { cells, names };
}

/** As many colours as can be told from each other; letters take them in the order in which they come. */
const COLOURS = 8;

export class PagesView {
  readonly element: HTMLElement;
  readonly #opened: Opened;
  readonly #map = h("div", { className: "page-map", role: "group", "aria-label": "Pages" });
  readonly #legend = h("ul", { className: "legend" });
  readonly #page = h("pre", { tabIndex: 0, "aria-label": "The page", "aria-live": "polite" });
  readonly #fault = new FaultLine();
  readonly #number = h("input", { type: "number", min: "0", "aria-label": "Number of a page" });
  readonly #hex = h("input", { type: "checkbox", id: "hex", onchange: () => void this.#show(Number(this.#number.value)) });

  constructor(opened: Opened) {
    this.#opened = opened;
    const form = h(
      "form",
      {
        className: "actions",
        onsubmit: (event: Event) => {
          event.preventDefault();
          void this.#show(Number(this.#number.value));
        },
      },
      h("span", {}, "Page"),
      this.#number,
      h("button", { type: "submit" }, "Show"),
      h("label", { for: "hex" }, this.#hex, " in hexadecimal"),
    );
    this.element = h("section", { className: "pages-view" }, this.#fault.element, this.#map, this.#legend, form, this.#page);
    void this.#load();
  }

  async #run(words: readonly string[]): Promise<string> {
    this.#fault.clear();
    const { status, stdout, stderr } = await this.#opened.session.command(words);
    if (status === 0) return stdout;
    throw new Error(`${stdout}${stderr}`.trim());
  }

  async #load(): Promise<void> {
    try {
      const { cells, names } = readMap(await this.#run(["map"]));
      const letters = [...names.keys()];
      const colourOf = (letter: string): string => `colour-${letters.indexOf(letter) % COLOURS}`;
      const titleOf = (kind: string, owner: string): string =>
        [names.get(kind)?.replace(/ \(\d+\)$/, "") ?? kind, names.get(owner)?.replace(/ \(.*\)$/, "")]
          .filter((part) => part !== undefined)
          .join(", ");
      this.#map.replaceChildren(
        ...cells.map(({ kind, owner }, page) =>
          button("", () => void this.#show(page), {
            className: `cell ${colourOf(kind)}`,
            title: `page ${count(page)}: ${titleOf(kind, owner)}`,
            "aria-label": `page ${page}: ${titleOf(kind, owner)}`,
          }),
        ),
      );
      const kinds = [...new Set(cells.map(({ kind }) => kind))];
      this.#legend.replaceChildren(
        ...kinds.map((kind) => h("li", {}, h("span", { className: `cell ${colourOf(kind)}` }), ` ${names.get(kind) ?? kind}`)),
      );
    } catch (error) {
      this.#fault.show(error);
    }
  }

  async #show(page: number): Promise<void> {
    try {
      this.#number.value = String(page);
      this.#page.textContent = await this.#run(["page", String(page), ...(this.#hex.checked ? ["--hex"] : [])]);
    } catch (error) {
      this.#page.textContent = "";
      this.#fault.show(error);
    }
  }
}
