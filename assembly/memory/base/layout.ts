/**
 * Where things stand in a page file, and what each layout has (`docs/format.md`, "The file" and "Layouts before 0.9").
 */
import { NO_PAGE } from "../../status";

/** Bytes of a page. */
export const PAGE_SIZE: u32 = 65536;
/** log2 of `PAGE_SIZE`. */
export const PAGE_SHIFT: u32 = 16;

/** The schema registry's page, in all layouts. */
export const SCHEMA_PAGE: u32 = 0;
/** The access control list's page; layout 0.11 has none. */
export const ACL_PAGE: u32 = 1;

/** The layout of crate 0.6: schema registry, access control list; no definitions, no indexes. */
export const LAYOUT_0_6: u8 = 6;
/** The layout of crates 0.7 and 0.8: as 0.6, with indexes. */
export const LAYOUT_0_8: u8 = 8;
/** The layout of crate 0.9: schema registry, access control list, unclaimed pages. */
export const LAYOUT_0_9: u8 = 9;
/** The layout of crates 0.10 and 0.11: schema registry, unclaimed pages. */
export const LAYOUT_0_11: u8 = 11;

/** The unclaimed-pages ledger's page; `NO_PAGE` where pages are never given back. */
@inline
export function unclaimedPagesPage(layout: u8): u32 {
  return layout == LAYOUT_0_9 ? 2 : layout == LAYOUT_0_11 ? 1 : NO_PAGE;
}

/** How many pages at the start of the file belong to no table. */
@inline
export function reservedPages(layout: u8): u32 {
  return layout == LAYOUT_0_9 ? 3 : 2;
}

/** Whether the file holds the definitions of its tables. */
@inline
export function hasDefinitions(layout: u8): bool {
  return layout >= LAYOUT_0_9;
}

/** Whether tables have indexes on disk. */
@inline
export function hasIndexes(layout: u8): bool {
  return layout != LAYOUT_0_6;
}

/** Whether page 1 is an access control list. */
@inline
export function hasAcl(layout: u8): bool {
  return layout != LAYOUT_0_11;
}

/** The layout as users write it. */
export function layoutName(layout: u8): string {
  return layout == LAYOUT_0_11 ? "0.11" : "0." + layout.toString();
}

/** The version of the crates that messages about a file of this layout name. */
export function referenceVersion(layout: u8): string {
  return layout == LAYOUT_0_6 ? "0.6.0" : layout == LAYOUT_0_8 ? "0.8.2" : layout == LAYOUT_0_9 ? "0.9.0" : "0.11.0";
}

/** The versions of the crates that write the layout. */
export function crateVersions(layout: u8): string {
  if (layout == LAYOUT_0_6) return "crate 0.6";
  return layout == LAYOUT_0_8 ? "crates 0.7 and 0.8" : layout == LAYOUT_0_9 ? "crate 0.9" : "crates 0.10 and 0.11";
}
