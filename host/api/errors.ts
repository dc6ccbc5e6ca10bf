/** Failures of the host itself, in the form that the module uses for its own. */

/** The exit status for I/O and runtime failures. */
export const EXIT_RUNTIME = 4;
/** The exit status for a wrong command line. */
export const EXIT_USAGE = 2;
/** The exit status for a command that could not be done. */
export const EXIT_NOT_DONE = 1;

/** A failure with a stable code. */
export class QuireError extends Error {
  override readonly name = "QuireError";
  readonly code: string;
  readonly #exitStatus: number;

  constructor(code: string, message: string, exitStatus: number = EXIT_RUNTIME, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.#exitStatus = exitStatus;
  }

  /** The exit status of a command that the host could not have done. Replies of the module have none: it ends commands itself. @internal */
  get exitStatus(): number {
    return this.#exitStatus;
  }
}

/** The text of an unknown thrown thing (a trap inside node:wasi may be thrown as a symbol). */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What a trap becomes, under any runtime. */
export function trapError(reason: string, cause?: unknown): QuireError {
  const message = `the module stopped in the middle of its work (${reason}); this is a fault of Quire, please report it`;
  return new QuireError("RUNTIME_TRAP", message, undefined, { cause });
}
