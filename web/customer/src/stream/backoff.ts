const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * Milliseconds until the next try after `failures` failed ones. `random` in [0, 1) spreads clients that lost the same server
 * over half the span; the server's own hint is a floor.
 */
export function backoff(failures: number, hintMs: number | undefined, random: number): number {
  const span = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
  const spread = span / 2 + (span / 2) * random;
  return Math.round((hintMs ?? 0) + spread);
}
