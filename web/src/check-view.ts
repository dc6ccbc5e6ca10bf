/** Whether the file is whole. */
import type { CheckResult } from "quire-db/web";
import { button, count, download, h, messageOf, plural } from "./dom.js";
import type { Opened } from "./opened.js";

function faultTable({ faults }: CheckResult): HTMLElement {
  const rows = faults.map(({ severity, code, table, page, byte, message, lost, hint, mend }) => {
    const place = [table, page === null ? null : `page ${page}`, byte === null ? null : `byte ${byte}`].filter(
      (part) => part !== null,
    );
    const more = [lost === null ? null : `Lost: ${lost}`, hint, mend === null ? null : `To mend it: ${mend}`].filter(
      (part) => part !== null,
    );
    return h(
      "tr",
      { className: severity },
      h("td", {}, severity),
      h("td", {}, code),
      h("td", {}, place.join(", ")),
      h("td", {}, message, ...more.map((text) => h("small", {}, text))),
    );
  });
  const head = h("tr", {}, ...["", "code", "where", "what"].map((text) => h("th", { scope: "col" }, text)));
  return h("table", { className: "faults" }, h("thead", {}, head), h("tbody", {}, ...rows));
}

export class CheckView {
  readonly element: HTMLElement;
  readonly #opened: Opened;
  readonly #result = h("div", { role: "status" });
  readonly #run = button("Check", () => void this.#check(), { className: "main" });

  readonly #repair = button("Repair", () => void this.#repaired(), { title: "Saves what can be read in a new file" });

  constructor(opened: Opened) {
    this.#opened = opened;
    const { pages, bytes, unclaimedPages } = opened.info;
    const size = `${plural(pages, "page")} of 64 KiB, ${count(bytes)} bytes; ${count(unclaimedPages)} of no table`;
    this.element = h(
      "section",
      { className: "check-view" },
      h("p", {}, size),
      h("p", {}, "Reads all pages, and compares rows, indexes, counters and definitions with each other."),
      h("div", { className: "actions" }, this.#run, this.#repair),
      this.#result,
    );
  }

  /** Saves what can be read in a new file, and tells what could not. */
  async #repaired(): Promise<void> {
    this.#repair.disabled = true;
    this.#result.textContent = "reading all that can be read …";
    try {
      const { status, stdout, stderr, made } = await this.#opened.session.command(["repair", "OUT"]);
      const name = this.#opened.name.replace(/(\.[^.]*)?$/, ".repaired$1");
      const report = h("pre", { tabIndex: 0 }, `${stdout}${stderr}`.replaceAll("OUT", name));
      const save = made === null ? null : button(`Download ${name}`, () => download(made, name), { className: "main" });
      const said = h(
        "p",
        { className: status === 0 ? "good" : "fault" },
        status === 0 ? "All rows were read." : "Not all could be read:",
      );
      this.#result.replaceChildren(h("div", {}, said, save, report));
    } catch (error) {
      this.#result.replaceChildren(h("p", { className: "fault" }, messageOf(error)));
    } finally {
      this.#repair.disabled = false;
    }
  }

  async #check(): Promise<void> {
    this.#run.disabled = true;
    this.#result.textContent = "checking …";
    try {
      const result = await this.#opened.session.check();
      const { errors, warnings, notes, omitted, faults } = result;
      const found = [plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note")].join(", ");
      const said = h(
        "p",
        { className: faults.length === 0 ? "good" : "fault" },
        faults.length === 0 ? "The file is whole." : found,
      );
      const rest = omitted === 0 ? null : h("p", {}, `and ${plural(omitted, "fault")} more`);
      this.#result.replaceChildren(h("div", {}, said, faults.length === 0 ? null : faultTable(result), rest));
    } catch (error) {
      this.#result.replaceChildren(h("p", { className: "fault" }, messageOf(error)));
    } finally {
      this.#run.disabled = false;
    }
  }
}
