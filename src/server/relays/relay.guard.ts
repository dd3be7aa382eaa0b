import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { RELAY_RPC_SUBPROTOCOL } from '../../protocol/version';
import { SECRETS, type Secrets } from '../config/secrets';
import type { UpgradeGuard, UpgradeRefusal } from '../http/gateway.adapter';
import { authenticatedRelay } from './relay-secret';

/** Admits relays that present their secret and offer the subprotocol of this server. */
@Injectable()
export class RelayGuard implements UpgradeGuard {
  constructor(@Inject(SECRETS) private readonly secrets: Pick<Secrets, 'localRelaySecret'>) {}

  check(request: IncomingMessage): UpgradeRefusal | undefined {
    if (!this.relayOf(request)) return { status: 401, text: 'unknown relay or wrong secret' };
    if (request.headers['sec-websocket-protocol'] !== RELAY_RPC_SUBPROTOCOL)
      return { status: 400, text: `this server speaks ${RELAY_RPC_SUBPROTOCOL}` };
    return undefined;
  }

  /** The ID of the relay that sent the request; undefined if its secret is wrong. */
  relayOf(request: IncomingMessage): string | undefined {
    return authenticatedRelay(request.headers.authorization, this.secrets.localRelaySecret);
  }
}
