/** What an import decided about its source by itself, and the options that decide otherwise: said in one line each when it is done. */

export class ImportNotes {
  /** Notes that are lines of their own. */
  readonly lines: Array<string> = new Array<string>();
  private readonly decided: Array<string> = new Array<string>();
  private readonly options: Array<string> = new Array<string>();

  /** The source was read with `what`, where `option` chooses. */
  read(what: string, option: string): void {
    this.decided.push(what);
    if (!this.options.includes(option)) this.options.push(option);
  }

  /** All notes. */
  all(): Array<string> {
    return this.decisions().concat(this.lines);
  }

  /** How the source was read: one note, or none. */
  decisions(): Array<string> {
    if (this.decided.length == 0) return [];
    const said = "read with " + this.decided.join(", ") + " (to choose otherwise: " + this.options.join(", ") + ")";
    return [said];
  }
}
