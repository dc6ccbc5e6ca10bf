/** Days of the Gregorian calendar, which is taken back to year 0, as numbers: day 0 is 1970-01-01. */

export let civilYear: i64 = 0;
/** From 1 on. */
export let civilMonth: i64 = 0;
export let civilDay: i64 = 0;

/** The quotient, rounded down. */
@inline
export function floorDivide(a: i64, b: i64): i64 {
  const quotient = a / b;
  return a - quotient * b < 0 ? quotient - 1 : quotient;
}

/** The number of a day; a month beyond 12 or below 1 is one of another year, a day beyond the month's end one of another month. */
export function dayNumber(year: i64, month: i64, day: i64): i64 {
  // Years from March on, so that the leap day is the last one.
  const months = year * 12 + month - 3;
  const y = floorDivide(months, 12);
  const m = months - y * 12;
  return 365 * y + floorDivide(y, 4) - floorDivide(y, 100) + floorDivide(y, 400) + (153 * m + 2) / 5 + day - 719469;
}

/** Sets `civilYear`, `civilMonth` and `civilDay` to those of a day. */
export function toCivil(day: i64): void {
  const days = day + 719468;
  const era = floorDivide(days, 146097);
  const ofEra = days - era * 146097;
  const year = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365;
  const ofYear = ofEra - (365 * year + year / 4 - year / 100);
  const month = (5 * ofYear + 2) / 153;
  civilDay = ofYear - (153 * month + 2) / 5 + 1;
  civilMonth = month < 10 ? month + 3 : month - 9;
  civilYear = era * 400 + year + i64(civilMonth <= 2);
}
