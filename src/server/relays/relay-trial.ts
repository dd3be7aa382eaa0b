import { Injectable } from '@nestjs/common';
import type { ConnectedRelay } from './relay-directory';

/** A synthetic session through a relay failed; `detail` says at what. */
export class TrialFailed extends Error {
  override readonly name = 'TrialFailed';
  readonly code = 'trial-failed';

  constructor(readonly detail: string) {
    super(`the trial of the relay failed: ${detail}`);
  }
}

/**
 * Proves a relay with whole synthetic sessions, one per pair and all at once: connection information, both halves
 * established with tokens, LIMITS.TRIAL_BYTES of random bytes each way, ended in order, every log reported and right.
 */
@Injectable()
export class RelayTrial {
  /**
   * @param relay a candidate, or the relay that serves
   * @param addresses `local`: through this machine's loopback; `public`: as peers dial
   * @throws TrialFailed, within LIMITS.TRIAL_MS
   */
  run(_relay: ConnectedRelay, _addresses: 'local' | 'public'): Promise<void> {
    return Promise.reject(new TrialFailed('not carried out'));
  }
}
