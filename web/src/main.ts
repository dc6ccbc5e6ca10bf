/** The page: a file is chosen, opened, and shown. */
import { FaultLine, button, droppedFile, fileChooser, h, messageOf } from "./dom.js";
import { Opened } from "./opened.js";
import { Page } from "./page.js";

/** What the sample's file is called beside the page. */
const SAMPLE = "sample.db";

class Start {
  readonly #fault = new FaultLine();
  readonly #definitions = h("div");

  show(): void {
    document.title = "Quire";
    const drop = h(
      "div",
      { className: "drop" },
      h("h1", {}, "Open a page file"),
      h(
        "p",
        {},
        "A Quire or wasm-dbms database, or a canister's stable memory. It stays in this browser: nothing is sent anywhere.",
      ),
      fileChooser("file", "Choose a file", (file) => void this.#open(file, file.name)),
      h(
        "p",
        {},
        "or drop one here. ",
        button("Look at a sample", () => void this.#sample(), { className: "link" }),
        ", or ",
        button("begin with an empty one", () => void this.#open(":memory:", "new.db"), { className: "link" }),
        ".",
      ),
      this.#fault.element,
      this.#definitions,
    );
    document.body.replaceChildren(h("main", { className: "start" }, drop));
    document.body.ondragover = (event) => event.preventDefault();
    document.body.ondrop = (event) => {
      const file = droppedFile(event);
      if (file !== null) void this.#open(file, file.name);
    };
  }

  async #sample(): Promise<void> {
    const response = await fetch(SAMPLE);
    await this.#open(await response.blob(), SAMPLE);
  }

  async #open(source: File | Blob | ":memory:", name: string, schema?: string): Promise<void> {
    this.#fault.clear();
    try {
      const opened = await Opened.open(source, name, schema);
      document.body.ondrop = null;
      new Page(opened, () => this.show());
    } catch (error) {
      const asks = (error as { code?: string }).code === "SCHEMA_NEEDED" && source !== ":memory:";
      const reason = asks ? "a file of crates 0.6 to 0.8 does not say what its tables are" : messageOf(error);
      this.#fault.show(`${name}: ${reason}`);
      if (asks) this.#ask(source, name);
    }
  }

  /** Files of crates 0.6 to 0.8 do not say what is in them. */
  #ask(source: File | Blob, name: string): void {
    const text = h("textarea", {
      rows: 8,
      spellcheck: false,
      id: "definitions",
      placeholder: "create users id:uint32:pk name:text",
    });
    this.#definitions.replaceChildren(
      h("label", { for: "definitions" }, "Its definitions, as create lines or JSON:"),
      text,
      button("Open with them", () => void this.#open(source, name, text.value)),
    );
  }
}

/** The name of the file that the server of the page has open, if it has one: `quire FILE studio`. */
const served = document.documentElement.dataset["session"];

if (served === undefined) new Start().show();
else new Page(await Opened.connect(JSON.parse(served) as string), null);
