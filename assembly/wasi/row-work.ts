/** How far work is that goes over all rows of a table, for somebody who watches. */

/** Is told of each row. */
export abstract class WorkWatcher {
  /** Work begins; `what` it is, as `writing users`. */
  abstract begin(what: string): void;
  abstract row(): void;
  /** It is over, or has failed. */
  abstract end(): void;
}

let watcher: WorkWatcher | null = null;

/** Tells who is told from now on. */
export function watchWork(by: WorkWatcher): void {
  watcher = by;
}

/** Work on the rows of `table` begins, which is `what` happens to them. */
export function beginWork(what: string, table: string): void {
  const by = watcher;
  if (by) by.begin(what + table);
}

/** One row more. */
@inline
export function noteRow(): void {
  const by = watcher;
  if (by) by.row();
}

export function endWork(): void {
  const by = watcher;
  if (by) by.end();
}
