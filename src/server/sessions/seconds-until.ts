/**
 * What is left until a moment, for a peer that counts by its own clock. At least 1: the control plane ends a wait
 * itself, a peer that counts a second longer does no harm.
 */
export const secondsUntil = (at: Date | null, now = Date.now()): number =>
  Math.max(1, Math.ceil(((at?.getTime() ?? now) - now) / 1000));
