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

/** What `check --json` printed, which is the reply to the request. */
export interface CheckReply {
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
  readonly omitted: number;
  readonly faults: readonly Fault[];
}

export function checkReply(stdout: string): CheckReply {
  return (JSON.parse(stdout) as { ok: CheckReply }).ok;
}

/** The faults as `CODE table page:byte`, in the order of the reply; `-` for what is not told. */
export function faultsOf(stdout: string): string[] {
  return checkReply(stdout).faults.map(
    ({ code, table, page, byte }) => `${code} ${table ?? "the file"} ${page ?? "-"}:${byte ?? "-"}`,
  );
}
