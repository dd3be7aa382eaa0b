import { Injectable } from '@nestjs/common';
import type { Ending, Half } from '../../protocol/remote-session';
import type { ControlPlaneMethods, Params, RelayMethods } from '../../protocol/relay-rpc';
import type { RpcPeer } from '../../tunnel/json-rpc';
import { RelayPort, type Admission, type PreparedLink } from '../sessions/relay.port';
import { RelayUnavailable } from '../sessions/session.errors';

export interface ConnectedRelay {
  readonly id: string;
  readonly version: string;
  readonly pairs: number;
  /** Set where peers must pin the relay's self-made certificate. */
  readonly pin?: string;
  readonly peer: RpcPeer<ControlPlaneMethods, RelayMethods>;
}

/** The relays whose RPC link is up, and what sessions ask of them. */
@Injectable()
export class RelayDirectory extends RelayPort {
  private readonly relays = new Map<string, ConnectedRelay>();
  private turn = 0;

  /** A relay that connects anew takes the place of its earlier link. */
  add(relay: ConnectedRelay): void {
    const earlier = this.relays.get(relay.id);
    this.relays.set(relay.id, relay);
    if (earlier && earlier.peer !== relay.peer) earlier.peer.close();
    void relay.peer.closed.then(() => {
      if (this.relays.get(relay.id)?.peer === relay.peer) this.relays.delete(relay.id);
    });
  }

  admission(): Admission {
    return { open: true };
  }

  admitted(): Promise<boolean> {
    return Promise.resolve(true);
  }

  connected(): ConnectedRelay[] {
    return [...this.relays.values()];
  }

  /** From one relay after the other in turn; one that does not answer, or is draining, is passed over. */
  async connectionInfo(request: Params<RelayMethods, 'connection-info'>): Promise<PreparedLink> {
    const relays = this.connected();
    const first = this.turn++ % (relays.length || 1);
    let failure = new RelayUnavailable('No relay is connected to this server.');
    for (const relay of [...relays.slice(first), ...relays.slice(0, first)]) {
      try {
        const link = await this.asked(relay, () => relay.peer.call('connection-info', request));
        return { ...link, relayId: relay.id, pin: relay.pin };
      } catch (error) {
        if (!(error instanceof RelayUnavailable)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  async endHalf(relayId: string, linkId: string, half: Half, ending: Ending): Promise<boolean> {
    const relay = this.relays.get(relayId);
    if (!relay) throw new RelayUnavailable(`Relay ${relayId} is not connected.`);
    const { known } = await this.asked(relay, () => relay.peer.call('end-session', { linkId, half, ending }));
    return known;
  }

  private async asked<T>(relay: ConnectedRelay, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new RelayUnavailable(`Relay ${relay.id} did not answer as it should: ${why}`);
    }
  }
}
