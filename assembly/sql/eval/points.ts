/** Values of a column, each of which an index looks for. */
export abstract class Points {
  /** How many there are, without null. */
  count: i32 = 0;

  /** They are of the kind `kind`, and about `estimate`. */
  constructor(
    readonly kind: u8,
    readonly estimate: f64,
  ) {}

  /** Works them out, if that is not done yet in this run; false on failure. */
  abstract prepare(): bool;

  /** Where value `i` is, in their order. */
  abstract slotAt(i: i32): usize;
}
