/** Whether the file is whole. */
import type { CheckResult } from "quire-db/web";
import { button, count, h, messageOf, plural } from "./dom.js";
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

  constructor(opened: Opened) {
    this.#opened = opened;
    const { pages, bytes, unclaimedPages } = opened.info;
    const size = `${plural(pages, "page")} of 64 KiB, ${count(bytes)} bytes; ${count(unclaimedPages)} of no table`;
    this.element = h(
      "section",
      { className: "check-view" },
      h("p", {}, size),
      h("p", {}, "Reads all pages, and compares rows, indexes, counters and definitions with each other."),
      this.#run,
      this.#result,
    );
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
      this.#result.replaceChildren(
        ...[said, faults.length === 0 ? null : faultTable(result), rest].filter((part) => part !== null),
      );
    } catch (error) {
      this.#result.replaceChildren(h("p", { className: "fault" }, messageOf(error)));
    } finally {
      this.#run.disabled = false;
    }
  }
}
