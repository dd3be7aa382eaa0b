import type { RelayChoice, RelayPreference } from '../../protocol/relay-choice';
import type { Ending, Half } from '../../protocol/remote-session';
import type { Params, RelayMethods, Result } from '../../protocol/relay-rpc';
import type { RelayUnavailable } from './session.errors';

export interface PreparedLink extends Result<RelayMethods, 'connection-info'> {
  readonly relayId: string;
  /** Set where peers must pin the relay's self-made certificate. */
  readonly pin: string | undefined;
  /** Set where a private authority signed its certificate. */
  readonly authority: string | undefined;
  /** Why this relay. */
  readonly choice: RelayChoice;
}

export type Admission = { readonly open: true } | { readonly open: false; readonly returnAfterSeconds: number };

/** The requests of sessions to relays; the relays module implements them. */
export abstract class RelayPort {
  /**
   * Whether deployments permit new sessions now. If not, a request may be repeated after `returnAfterSeconds`.
   * @param preferred where the session is to be carried
   */
  abstract admission(preferred: RelayPreference | null): Admission;

  /** Waits until new sessions are admitted. @returns false after the time */
  abstract admitted(withinMs: number, preferred: RelayPreference | null): Promise<boolean>;

  /**
   * Waits until a relay is connected that may carry a session, now or after its deployment.
   * @returns why there is none, after the time
   */
  abstract unserved(withinMs: number, preferred: RelayPreference | null): Promise<RelayUnavailable | undefined>;

  /** Waits until a relay has connected or disconnected, or a deployment has changed what is admitted; at most this time. */
  abstract change(withinMs: number): Promise<void>;

  /** S145-S147. @throws RelayUnavailable, NoRelayInRegion */
  abstract connectionInfo(
    request: Params<RelayMethods, 'connection-info'>,
    preferred: RelayPreference | null,
  ): Promise<PreparedLink>;

  /** This server could not connect to the relay as a terminal: for a while, it carries new sessions only if no other may. */
  abstract noteFailure(relayId: string): void;

  /**
   * S331: requests the relay to end one half.
   * @returns false if the relay has no such open half
   * @throws RelayUnavailable
   */
  abstract endHalf(relayId: string, linkId: string, half: Half, ending: Ending): Promise<boolean>;
}
