import type { Ending, Half } from '../../protocol/remote-session';
import type { Params, RelayMethods, Result } from '../../protocol/relay-rpc';

export interface PreparedLink extends Result<RelayMethods, 'connection-info'> {
  readonly relayId: string;
  /** Set where peers must pin the relay's self-made certificate. */
  readonly pin: string | undefined;
}

/** What sessions need of a relay; the relays module provides it. */
export abstract class RelayPort {
  /** S145-S147. @throws RelayUnavailable */
  abstract connectionInfo(request: Params<RelayMethods, 'connection-info'>): Promise<PreparedLink>;

  /**
   * S331: has one half ended in order.
   * @returns false when the relay has no such open half.
   * @throws RelayUnavailable
   */
  abstract endHalf(relayId: string, linkId: string, half: Half, ending: Ending): Promise<boolean>;
}
