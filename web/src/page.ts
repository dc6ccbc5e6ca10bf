/** The page around a file: what is open, and where in it the user is. */
import { button, count, download, h, messageOf } from "./dom.js";
import { CheckView } from "./check-view.js";
import { type Around, type TableLook, addressOf, lookAt, lookOf } from "./look.js";
import { DiffView } from "./diff-view.js";
import type { Opened } from "./opened.js";
import { PagesView } from "./pages-view.js";
import { SchemaView } from "./schema-view.js";
import { SqlView } from "./sql-view.js";
import { TableView } from "./table-view.js";

/** Places beside the tables. */
const PLACES = [
  ["sql", "SQL"],
  ["schema", "Schema"],
  ["pages", "Pages"],
  ["check", "Check"],
  ["compare", "Compare"],
] as const;

export class Page implements Around {
  readonly #opened: Opened;
  readonly #tables = h("ul");
  readonly #main = h("main", { id: "main", tabIndex: -1 });
  readonly #download = button("Download", () => void this.#save(), { className: "main" });
  readonly #said = h("span", { role: "status" });
  readonly #hashChanged = (): void => this.#show();

  /** `leave`: what comes when the file is closed; null for one that stays open. */
  constructor(opened: Opened, leave: (() => void) | null) {
    this.#opened = opened;
    const { layout, bytes } = opened.info;
    const nav = h(
      "nav",
      { "aria-label": "File" },
      h("h2", {}, "Tables"),
      this.#tables,
      h("h2", {}, "File"),
      h("ul", {}, ...PLACES.map(([place, title]) => h("li", {}, h("a", { href: `#${place}` }, title)))),
    );
    const close = async (): Promise<void> => {
      if (this.#opened.isChanged && !confirm("What was changed is not downloaded. Close the file?")) return;
      window.removeEventListener("hashchange", this.#hashChanged);
      window.removeEventListener("beforeunload", this.#beforeUnload);
      await opened.session.close();
      history.replaceState(null, "", "#");
      leave?.();
    };
    const toContent = (event: Event): void => {
      event.preventDefault();
      this.#main.focus();
    };
    document.body.replaceChildren(
      h("a", { className: "skip", href: "#main", onclick: toContent }, "To the content"),
      h(
        "header",
        { className: "top" },
        h("strong", {}, opened.name),
        h("span", { className: "count" }, `layout ${layout}, ${count(bytes)} bytes`),
        this.#said,
        h("span", { className: "space" }),
        this.#download,
        leave === null ? null : button("Close", () => void close()),
      ),
      h("div", { className: "body" }, nav, this.#main),
    );
    document.title = `${opened.name} – Quire`;
    window.addEventListener("hashchange", this.#hashChanged);
    window.addEventListener("beforeunload", this.#beforeUnload);
    this.#list();
    const first = opened.schema.tables[0];
    if (location.hash.length <= 1 && first !== undefined) this.goTable(lookAt(first.name));
    else this.#show();
  }

  readonly #beforeUnload = (event: Event): void => {
    if (this.#opened.isChanged) event.preventDefault();
  };

  #list(): void {
    const items = this.#opened.tables.map(({ name, rows }) => {
      const link = h("a", { href: addressOf(lookAt(name)) }, name);
      return h("li", {}, link, h("span", { className: "count" }, rows < 0 ? "?" : count(rows)));
    });
    this.#tables.replaceChildren(...items);
    this.#mark();
    this.#download.hidden = !this.#opened.isChanged;
    const { isChanged, isReadOnly, trouble } = this.#opened;
    if (trouble !== "") this.#said.textContent = `damaged: ${trouble}`;
    else if (isChanged) this.#said.textContent = "changed, in this page only";
    else this.#said.textContent = isReadOnly ? "read only" : "";
    this.#said.className = trouble === "" ? "" : "fault";
  }

  /** Marks where the user is. */
  #mark(): void {
    const here = location.hash.replace(/\?.*$/, "");
    for (const link of document.querySelectorAll("nav a"))
      if (link.getAttribute("href") === here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
  }

  goTable(look: TableLook): void {
    const address = addressOf(look);
    if (location.hash === address) this.#show();
    else location.hash = address;
  }

  async changed(): Promise<void> {
    this.#opened.isChanged = !this.#opened.isServed;
    await this.#opened.refresh();
    this.#list();
  }

  #show(): void {
    this.#mark();
    this.#main.replaceChildren(this.#view());
  }

  #view(): HTMLElement {
    const { hash } = location;
    if (hash === "#sql") return new SqlView(this, this.#opened).element;
    if (hash === "#schema") return new SchemaView(this, this.#opened).element;
    if (hash === "#pages") return new PagesView(this, this.#opened).element;
    if (hash === "#compare") return new DiffView(this, this.#opened).element;
    if (hash === "#check") return new CheckView(this.#opened).element;
    const look = lookOf(hash);
    const table = look === null ? undefined : this.#opened.table(look.table);
    if (look === null || table === undefined) {
      const text = this.#opened.schema.tables.length === 0 ? "This file has no tables yet." : "Choose a table.";
      return h("p", { className: "empty" }, text);
    }
    return new TableView(this, this.#opened, table, look).element;
  }

  async #save(): Promise<void> {
    try {
      download(await this.#opened.session.contents(), this.#opened.name);
      this.#opened.isChanged = false;
      this.#list();
    } catch (error) {
      this.#said.textContent = messageOf(error);
    }
  }
}
