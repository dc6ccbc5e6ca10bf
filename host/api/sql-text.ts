/** Texts and names as SQL spells them. */

/** A text in quotes. */
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name of a table or a column, in quotes. */
export const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
