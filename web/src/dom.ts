/** Making elements. */

type Child = Node | string | null;

/** An element with properties, and what is in it. Properties that have a dash are attributes. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Readonly<Record<string, unknown>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") element.setAttribute(name, String(value));
    else Reflect.set(element, name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of a picture, with attributes, and what is in it. */
export function svg(
  tag: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly (Node | string)[]
): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** A button with text. */
export function button(text: string, act: () => unknown, properties: Readonly<Record<string, unknown>> = {}): HTMLButtonElement {
  return h("button", { type: "button", ...properties, onclick: act }, text);
}

/** Where a file is chosen, and the label that looks like a button; the same file can be chosen again, for it may have changed. */
export function fileChooser(id: string, text: string, chosen: (file: File) => void): HTMLLabelElement {
  const input = h("input", {
    type: "file",
    id,
    onchange: () => {
      const file = input.files?.[0];
      input.value = "";
      if (file !== undefined) chosen(file);
    },
  });
  return h("label", { className: "file main", for: id }, text, input);
}

/** The file that was dropped, if it was one. */
export function droppedFile(event: DragEvent): File | null {
  event.preventDefault();
  return event.dataTransfer?.files[0] ?? null;
}

/** What went wrong, as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The line that tells what went wrong; not seen while nothing has. */
export class FaultLine {
  readonly element = h("p", { className: "fault", role: "alert", hidden: true });

  /** `error`: what was thrown, or a text. */
  show(error: unknown): void {
    this.element.textContent = messageOf(error);
    this.element.hidden = false;
  }

  clear(): void {
    this.element.hidden = true;
  }
}

/** A number with its thousands apart. */
export function count(value: number): string {
  return value.toLocaleString("en");
}

/** `1 row`, `2 rows`. */
export function plural(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? "" : "s"}`;
}

/** Has the browser save the bytes as a file. */
export function download(blob: Blob, name: string): void {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
