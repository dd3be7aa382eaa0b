/** The server's clock minus this machine's, in milliseconds. Countdowns use the server's time. */
let behind = 0;

/** The header has whole seconds, so smaller differences are ignored. */
const TOLERANCE_MS = 2_000;

export function noteServerTime(date: string | null): void {
  const at = date ? Date.parse(date) : NaN;
  if (Number.isNaN(at)) return;
  const difference = at - Date.now();
  behind = Math.abs(difference) < TOLERANCE_MS ? 0 : difference;
}
/** Milliseconds since 1970, by the server's clock. */
export const serverNow = (): number => Date.now() + behind;
