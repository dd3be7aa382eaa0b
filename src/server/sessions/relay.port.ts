import type { Ending, Half } from '../../protocol/remote-session';
import type { Params, RelayMethods, Result } from '../../protocol/relay-rpc';

export interface PreparedLink extends Result<RelayMethods, 'connection-info'> {
  readonly relayId: string;
  /** Set where peers must pin the relay's self-made certificate. */
  readonly pin: string | undefined;
  /** Set where a private authority signed its certificate. */
  readonly authority: string | undefined;
}

export type Admission = { readonly open: true } | { readonly open: false; readonly returnAfterSeconds: number };

/** The requests of sessions to relays; the relays module implements them. */
export abstract class RelayPort {
  /**
   * Whether deployments permit new sessions now. If not, a request may be repeated after `returnAfterSeconds`.
   */
  abstract admission(): Admission;

  /** Waits until new sessions are admitted. @returns false after the time */
  abstract admitted(withinMs: number): Promise<boolean>;

  /** Waits until a relay that serves sessions is connected. @returns false after the time */
  abstract serves(withinMs: number): Promise<boolean>;

  /** Waits until a relay has connected or disconnected, or a deployment has changed what is admitted; at most this time. */
  abstract change(withinMs: number): Promise<void>;

  /** S145-S147. @throws RelayUnavailable */
  abstract connectionInfo(request: Params<RelayMethods, 'connection-info'>): Promise<PreparedLink>;

  /**
   * S331: requests the relay to end one half.
   * @returns false if the relay has no such open half
   * @throws RelayUnavailable
   */
  abstract endHalf(relayId: string, linkId: string, half: Half, ending: Ending): Promise<boolean>;
}
