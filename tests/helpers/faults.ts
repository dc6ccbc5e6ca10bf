/** The faults in a reply of `check --json`, one line each. */

export interface Fault {
  readonly severity: "error" | "warning" | "note";
  readonly code: string;
  readonly table: string | null;
  readonly page: number | null;
  readonly byte: number | null;
  readonly message: string;
  readonly hint: string;
  readonly lost: string | null;
  /** The command that mends it, as it is called behind FILE. */
  readonly mend: string | null;
}

/** The faults as `CODE table page:byte`, in the order of the reply; `-` for what is not told. */
export function faultsOf(stdout: string): string[] {
  const { faults } = JSON.parse(stdout) as { faults: Fault[] };
  return faults.map(({ code, table, page, byte }) => `${code} ${table ?? "the file"} ${page ?? "-"}:${byte ?? "-"}`);
}
