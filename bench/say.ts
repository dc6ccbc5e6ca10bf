/** Progress on standard error, where a person sees it. */
const started = Date.now();

export function say(text: string): void {
  const seconds = Math.round((Date.now() - started) / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  process.stderr.write(`${clock.padStart(6)}  ${text}\n`);
}

const left: string[] = [];

/** Says loudly what can't be measured here, and why; it goes into the results as well. */
export function leaveOut(what: string, why: string): void {
  const text = `${what}: ${why}`;
  if (left.includes(text)) return;
  left.push(text);
  process.stderr.write(`\nLEFT OUT: ${text}\n\n`);
}

/** All that was left out. */
export const leftOut = (): readonly string[] => left;
