import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { RELAY_RPC_SUBPROTOCOL } from '../../protocol/version';
import { SECRETS, type Secrets } from '../config/secrets';
import type { UpgradeGuard, UpgradeRefusal } from '../http/gateway.adapter';
import { KnownRelays } from './known-relays';
import { authenticatedRelay } from './relay-secret';

/** Admits relays that were not removed, present their secret and offer the subprotocol of this server. */
@Injectable()
export class RelayGuard implements UpgradeGuard {
  constructor(
    @Inject(SECRETS) private readonly secrets: Pick<Secrets, 'localRelaySecret'>,
    private readonly known: KnownRelays,
  ) {}

  check(request: IncomingMessage): UpgradeRefusal | undefined {
    const relayId = this.relayOf(request);
    if (!relayId) return { status: 401, text: 'unknown relay or wrong secret' };
    if (this.known.isRemoved(relayId)) return { status: 401, text: 'this relay was removed' };
    if (request.headers['sec-websocket-protocol'] !== RELAY_RPC_SUBPROTOCOL)
      return { status: 400, text: `this server speaks ${RELAY_RPC_SUBPROTOCOL}` };
    return undefined;
  }

  /** The ID of the relay that sent the request; undefined if its secret is wrong. */
  relayOf(request: IncomingMessage): string | undefined {
    return authenticatedRelay(request.headers.authorization, this.secrets.localRelaySecret);
  }
}
