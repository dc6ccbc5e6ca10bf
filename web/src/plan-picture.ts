/** How a statement runs, as a picture: what is read stands to the right of what reads it. */
import { count, h } from "./dom.js";

/** A step, as the request `sql` with `explain` tells it. */
export interface PlanStep {
  readonly step: string;
  readonly estimate?: number;
  readonly rows?: number;
  readonly inputs?: readonly PlanStep[];
}

function stepList(steps: readonly PlanStep[]): HTMLElement {
  return h(
    "ul",
    {},
    ...steps.map(({ step, estimate, rows, inputs = [] }) => {
      const told = rows === undefined ? (estimate === undefined ? "" : `about ${count(estimate)}`) : count(rows);
      return h(
        "li",
        {},
        h("span", { className: "step" }, step, h("small", {}, told)),
        inputs.length === 0 ? null : stepList(inputs),
      );
    }),
  );
}

export function planPicture(plan: readonly PlanStep[]): HTMLElement {
  return h("div", { className: "plan", role: "figure", "aria-label": "How it runs" }, stepList(plan));
}
