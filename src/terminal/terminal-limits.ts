import { LIMITS } from '../protocol/limits';

/** Bounds of the technician's commands that are theirs alone. Milliseconds and bytes unless the name says otherwise. */
export const TERMINAL_LIMITS = {
  ANSWER_BYTES: 8 * 1024 * 1024,
  REQUEST_MS: 20_000,
  DEPLOYMENT_POLL_MS: 1_000,
  /** How long a deployment is followed while the server cannot be reached: it may be being started again. */
  DEPLOYMENT_OUTAGE_MS: 2 * 60_000,
  JOB_POLL_MS: 1_000,
  /** How long a job is followed while the server cannot be reached; the agent carries it out all the same. */
  JOB_OUTAGE_MS: 2 * 60_000,
  /** The largest firmware file at a megabit a second. */
  FIRMWARE_UPLOAD_MS: Math.round((LIMITS.FIRMWARE_BYTES * 8) / 1_000),
  /** How long polling goes on while the server cannot be reached. */
  POLL_OUTAGE_MS: 30_000,
  /** Between two questions whether a session is halted, once the relay has said that a deployment is coming. */
  HALT_POLL_MS: 2_000,
  /** How long the summary waits for both end logs. */
  SUMMARY_MS: 5_000,
  /** How long the reason of a broken tunnel may stay away. */
  SETTLE_MS: 1_000,
  /** The same once the relay has said that a deployment is coming: the server may be being started again meanwhile. */
  HALT_SETTLE_MS: 2 * 60_000,
  LIST_PAGES: 50,
  PASSWORD_INPUT_BYTES: 4 * 1024,
  RETRY_MAX_MS: 5_000,
} as const;
