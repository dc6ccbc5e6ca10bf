/** Decimals of 96 bits and a scale of up to 28, as rust_decimal works with them, in whole numbers without a bound. */
export interface Model {
  readonly mantissa: bigint;
  readonly scale: number;
}

const MOST = (1n << 96n) - 1n;
const tens = (count: number): bigint => 10n ** BigInt(count);
const size = (value: bigint): bigint => (value < 0n ? -value : value);

export function parse(text: string): Model {
  const [whole, fraction = ""] = text.split(".") as [string, string?];
  return { mantissa: BigInt(whole + fraction), scale: fraction.length };
}

export function print({ mantissa, scale }: Model): string {
  const digits = size(mantissa)
    .toString()
    .padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return mantissa < 0n ? `-${text}` : text;
}

/** numerator / denominator · 10^-scale with as many digits as fit, the last one rounded to the nearest, halves to the even; null: too large. */
function rounded(numerator: bigint, denominator: bigint, scale: number): Model | null {
  for (let kept = Math.min(scale, 28); kept >= 0; kept--) {
    const divisor = size(denominator) * tens(scale - kept);
    let mantissa = size(numerator) / divisor;
    const twice = (size(numerator) % divisor) * 2n;
    if (twice > divisor || (twice === divisor && mantissa % 2n === 1n)) mantissa += 1n;
    if (mantissa <= MOST) return { mantissa: numerator < 0n !== denominator < 0n ? -mantissa : mantissa, scale: kept };
  }
  return null;
}

function sum(a: Model, b: Model, sign: bigint): Model | null {
  const scale = Math.max(a.scale, b.scale);
  return rounded(a.mantissa * tens(scale - a.scale) + sign * b.mantissa * tens(scale - b.scale), 1n, scale);
}

function quotient(a: Model, b: Model): Model | null {
  const exact = Math.max(a.scale - b.scale, 0);
  const more = 60;
  const found = rounded(a.mantissa * tens(more + b.scale), b.mantissa, more + a.scale);
  if (!found) return null;
  // Zeros at the end that the division added are no digits of it.
  let { mantissa, scale } = found;
  const isExact = a.mantissa * tens(scale + b.scale) === mantissa * b.mantissa * tens(a.scale);
  while (isExact && scale > exact && mantissa % 10n === 0n) {
    mantissa /= 10n;
    scale -= 1;
  }
  return { mantissa, scale };
}

function remainder(a: Model, b: Model): Model | null {
  const scale = Math.max(a.scale, b.scale);
  return rounded((a.mantissa * tens(scale - a.scale)) % (b.mantissa * tens(scale - b.scale)), 1n, scale);
}

/** a op b; null where it is too large. `b` is not zero for / and %. */
export function worked(a: Model, op: string, b: Model): Model | null {
  if (op === "+") return sum(a, b, 1n);
  if (op === "-") return sum(a, b, -1n);
  if (op === "*") return rounded(a.mantissa * b.mantissa, 1n, a.scale + b.scale);
  return op === "/" ? quotient(a, b) : remainder(a, b);
}
