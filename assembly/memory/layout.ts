/**
 * Where things stand in a page file (`docs/format.md`, "The file").
 */

/** Bytes of a page. */
export const PAGE_SIZE: u32 = 65536;
/** log2 of `PAGE_SIZE`. */
export const PAGE_SHIFT: u32 = 16;

/** The schema registry's page, in both layouts. */
export const SCHEMA_PAGE: u32 = 0;
/** The access control list's page in layout 0.9; layout 0.11 has none. */
export const ACL_PAGE: u32 = 1;

/** The layout of crates up to 0.9: schema registry, access control list, unclaimed pages. */
export const LAYOUT_0_9: u8 = 9;
/** The layout of crates 0.10 and 0.11: schema registry, unclaimed pages. */
export const LAYOUT_0_11: u8 = 11;

/** The unclaimed-pages ledger's page. */
@inline
export function unclaimedPagesPage(layout: u8): u32 {
  return layout == LAYOUT_0_11 ? 1 : 2;
}

/** How many pages at the start of the file belong to no table. */
@inline
export function reservedPages(layout: u8): u32 {
  return layout == LAYOUT_0_11 ? 2 : 3;
}

/** The layout as users write it. */
export function layoutName(layout: u8): string {
  return layout == LAYOUT_0_11 ? "0.11" : "0.9";
}
