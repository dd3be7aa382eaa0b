import { LIMITS } from '../protocol/limits';

/** Limits of the technician's commands only. Milliseconds and bytes unless the name says otherwise. */
export const TERMINAL_LIMITS = {
  ANSWER_BYTES: 8 * 1024 * 1024,
  REQUEST_MS: 20_000,
  DEPLOYMENT_POLL_MS: 1_000,
  /** How long a deployment is followed while the server cannot be reached: it may be restarting. */
  DEPLOYMENT_OUTAGE_MS: 2 * 60_000,
  JOB_POLL_MS: 1_000,
  /** How long a job is followed while the server cannot be reached; the job itself continues. */
  JOB_OUTAGE_MS: 2 * 60_000,
  /** The largest firmware file at a megabit a second. */
  FIRMWARE_UPLOAD_MS: Math.round((LIMITS.FIRMWARE_BYTES * 8) / 1_000),
  /** How long polling continues while the server cannot be reached. */
  POLL_OUTAGE_MS: 30_000,
  /** Polling interval for the halt of a session after the relay has announced a deployment. */
  HALT_POLL_MS: 2_000,
  /** How long the summary waits for both end logs. */
  SUMMARY_MS: 5_000,
  /** How long to wait for the reason of a broken tunnel. */
  SETTLE_MS: 5_000,
  /** The same after the relay has announced a deployment: the server may be restarting. */
  HALT_SETTLE_MS: 2 * 60_000,
  LIST_PAGES: 50,
  PASSWORD_INPUT_BYTES: 4 * 1024,
  RETRY_MAX_MS: 5_000,
} as const;
