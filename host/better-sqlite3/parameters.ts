/** Values for a statement's parameters, as better-sqlite3 takes them: one behind the other, in lists, and one object with those that have names. */

/** What a parameter may be. Booleans are 1 and 0; `undefined` is null. */
export type BindValue = number | string | bigint | Uint8Array | boolean | null | undefined;

type Names = Readonly<Record<string, unknown>>;

/** Whether it is an object without a class, of this realm or another one. */
function isPlainObject(value: object): value is Names {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The value as a statement takes it. */
function bindable(value: unknown): unknown {
  switch (typeof value) {
    case "number":
    case "string":
      return value;
    case "bigint":
      if (BigInt.asIntN(64, value) === value) return value;
      throw new RangeError(`${value} does not fit 64 bits`);
    case "boolean":
      return Number(value);
    case "undefined":
      return null;
    default:
      if (value === null || value instanceof Uint8Array) return value;
      throw new TypeError("a parameter is a number, a string, a bigint, a buffer, a boolean or null");
  }
}

/**
 * The values of the parameters, in their order: `names` has the name of each, null where there is none. `TypeError` for what can be no value,
 * `RangeError` for too few or too many.
 */
export function valuesFor(names: readonly (string | null)[], given: readonly unknown[]): unknown[] {
  const inOrder: unknown[] = [];
  let named: Names | null = null;
  for (const value of given) {
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) inOrder.push(bindable(value));
    else if (Array.isArray(value)) for (const one of value as unknown[]) inOrder.push(bindable(one));
    else if (!isPlainObject(value)) inOrder.push(bindable(value));
    else if (named === null) named = value;
    else throw new TypeError("the values of named parameters are in one object, not in two");
  }
  const wanted = names.filter((name) => name === null).length;
  // `?1` may have its value by its number.
  if (inOrder.length === 0 && wanted > 0 && named !== null && Object.hasOwn(named, "1")) return valuesByKeys(names, named);
  if (inOrder.length > wanted) throw new RangeError(`too many values: the statement has ${wanted} parameters without a name`);
  if (inOrder.length < wanted) throw new RangeError(`too few values: the statement has ${wanted} parameters without a name`);
  if (wanted === names.length) return inOrder;
  if (named === null) throw new TypeError("the statement has named parameters; give an object with their values");
  const byName = named;
  let next = 0;
  return names.map((name) => (name === null ? inOrder[next++] : valueOf(byName, name)));
}

/** The values by the parameters' names, or their numbers where they have none. */
function valuesByKeys(names: readonly (string | null)[], given: Names): unknown[] {
  return names.map((name, at) => valueOf(given, name ?? String(at + 1)));
}

function valueOf(given: Names, name: string): unknown {
  if (!Object.hasOwn(given, name)) throw new RangeError(`there is no value for the parameter "${name}"`);
  return bindable(given[name]);
}
