import { Injectable } from '@nestjs/common';
import type { Ending, Half } from '../../protocol/remote-session';
import type { ControlPlaneMethods, Params, RelayMethods } from '../../protocol/relay-rpc';
import type { RpcPeer } from '../../tunnel/json-rpc';
import { RelayPort, type PreparedLink } from '../sessions/relay.port';
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

  /** A relay that connects anew takes the place of its earlier link. */
  add(relay: ConnectedRelay): void {
    const earlier = this.relays.get(relay.id);
    this.relays.set(relay.id, relay);
    if (earlier && earlier.peer !== relay.peer) earlier.peer.close();
    void relay.peer.closed.then(() => {
      if (this.relays.get(relay.id)?.peer === relay.peer) this.relays.delete(relay.id);
    });
  }

  connected(): ConnectedRelay[] {
    return [...this.relays.values()];
  }

  async connectionInfo(request: Params<RelayMethods, 'connection-info'>): Promise<PreparedLink> {
    const relay = this.connected()[0];
    if (!relay) throw new RelayUnavailable('No relay is connected to this server.');
    const link = await this.asked(relay, () => relay.peer.call('connection-info', request));
    return { ...link, relayId: relay.id, pin: relay.pin };
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
