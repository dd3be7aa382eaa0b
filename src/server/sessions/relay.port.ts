import type { Ending, Half } from '../../protocol/remote-session';
import type { Params, RelayMethods, Result } from '../../protocol/relay-rpc';

export interface PreparedLink extends Result<RelayMethods, 'connection-info'> {
  readonly relayId: string;
  /** Set where peers must pin the relay's self-made certificate. */
  readonly pin: string | undefined;
}

export type Admission = { readonly open: true } | { readonly open: false; readonly returnAfterSeconds: number };

/** What sessions need of a relay; the relays module provides it. */
export abstract class RelayPort {
  /**
   * Whether a session asked for now would get a relay, as far as deployments are concerned; `returnAfterSeconds` is
   * when to ask again.
   */
  abstract admission(): Admission;

  /** Resolves to whether sessions are admitted within the time. */
  abstract admitted(withinMs: number): Promise<boolean>;

  /** S145-S147. @throws RelayUnavailable */
  abstract connectionInfo(request: Params<RelayMethods, 'connection-info'>): Promise<PreparedLink>;

  /**
   * S331: has one half ended in order.
   * @returns false when the relay has no such open half.
   * @throws RelayUnavailable
   */
  abstract endHalf(relayId: string, linkId: string, half: Half, ending: Ending): Promise<boolean>;
}
