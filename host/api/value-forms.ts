/** What values are in rows whose types JavaScript has more than one word for: as a session says, or a statement of it. */
import { QuireError } from "./errors.js";

export interface ValueForms {
  /** What int64 and uint64 are: bigints, or numbers, which have to be exact: beyond 2^53 reading is `BAD_VALUE`. */
  readonly integers: "bigint" | "number";
  /** What decimals are: text with all their digits, or the numbers that are nearest. */
  readonly decimals: "string" | "number";
  /** What dates and date-times are: text, or a `Date`, which shows them to the millisecond. */
  readonly dates: "string" | "date";
}

export const USUAL_FORMS: ValueForms = { integers: "bigint", decimals: "string", dates: "string" };

/** Names of forms, and what each may be. */
const FORM_CHOICES = {
  integers: ["bigint", "number"],
  decimals: ["string", "number"],
  dates: ["string", "date"],
} as const satisfies { readonly [Name in keyof ValueForms]: readonly ValueForms[Name][] };

/** Types of values in rows. */
export interface ValueTypes {
  readonly integers: unknown;
  readonly decimals: unknown;
  readonly dates: unknown;
}

type FormOf<Options, Name extends keyof ValueForms> = Options extends Readonly<Record<Name, infer Form>> ? Form : undefined;
type NumberOr<Form, Other> = Form extends "number" ? number : Other;

/** What these options make of the values in rows. */
// An interface would be another type for each of the options, also where these say nothing of values.
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions
export type ValuesOf<Options> = {
  readonly integers: NumberOr<FormOf<Options, "integers">, bigint>;
  readonly decimals: NumberOr<FormOf<Options, "decimals">, string>;
  readonly dates: FormOf<Options, "dates"> extends infer Form ? (Form extends "date" ? Date : string) : never;
};

/** The values of a session that says nothing of them. */
export type UsualValues = ValuesOf<object>;

/** Checks the options of `call`, which are forms and nothing else: `BAD_OPTION`. */
export function checkForms(call: string, options: unknown): Partial<ValueForms> {
  if (typeof options !== "object" || options === null) throw new QuireError("BAD_OPTION", `${call}: the options are an object`);
  for (const [name, form] of Object.entries(options)) {
    if (!Object.hasOwn(FORM_CHOICES, name)) {
      throw new QuireError("BAD_OPTION", `${call} has no option ${name}; options: ${Object.keys(FORM_CHOICES).join(", ")}`);
    }
    if (form === undefined) continue;
    const { wanted, fits } = formCheck(name as keyof ValueForms);
    if (!fits(form)) throw new QuireError("BAD_OPTION", `${call}: ${name} must be ${wanted}, not ${String(form)}`);
  }
  return options;
}

/** What the option of this name has to be. */
export function formCheck(name: keyof ValueForms): { readonly wanted: string; fits: (form: unknown) => boolean } {
  const choices: readonly unknown[] = FORM_CHOICES[name];
  return { wanted: choices.map((choice) => `"${String(choice)}"`).join(" or "), fits: (form) => choices.includes(form) };
}

/** The forms of a session, but for those that `options` name. */
export function formsWith(usual: ValueForms, options: Partial<ValueForms>): ValueForms {
  const { integers = usual.integers, decimals = usual.decimals, dates = usual.dates } = options;
  return { integers, decimals, dates };
}

/** The integer as a number if one is exact for it. */
export function numberIfExact(value: bigint): number | bigint {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

/** What reading an integer comes to that no number is exact for. */
export function inexact(name: string, value: bigint): QuireError {
  const of = name === "" ? "" : `${name}: `;
  return new QuireError("BAD_VALUE", `${of}${value} is beyond the numbers that are exact; ask for integers: "bigint"`);
}
