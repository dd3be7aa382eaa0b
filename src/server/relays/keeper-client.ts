import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import WebSocket from 'ws';
import { Journal } from '../../journal/journal';
import { KEEPER_METHODS, type KeeperMethods, type KeeperStatus, type RelayRun } from '../../protocol/keeper-rpc';
import { LIMITS } from '../../protocol/limits';
import { KEEPER_SUBPROTOCOL } from '../../protocol/version';
import type { Result } from '../../protocol/relay-rpc';
import { RpcPeer } from '../../tunnel/json-rpc';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import { CONFIG, type Config } from '../config/config';
import { KeeperRefused, KeeperUnavailable } from './keeper.errors';
import { RELAY_FOLDER } from './relay-environment';

/**
 * RPC client of the local relay's keeper. Each request opens its own connection, so a restarted keeper needs no
 * reconnect logic.
 */
@Injectable()
export class KeeperClient {
  private readonly socket: string;

  constructor(
    private readonly journal: Journal,
    @Inject(CONFIG) config: Config,
  ) {
    this.socket = join(config.data, RELAY_FOLDER, 'keeper.sock');
  }

  /** @throws KeeperUnavailable */
  status(): Promise<KeeperStatus> {
    return this.request((keeper) => keeper.call('status', {}));
  }

  /**
   * Starts a candidate; replaces an earlier one.
   * @throws KeeperUnavailable, KeeperRefused
   */
  tryRelease(run: RelayRun): Promise<Result<KeeperMethods, 'try'>> {
    return this.request((keeper) => keeper.call('try', run));
  }

  /**
   * Ends the candidate, if there is one.
   * @throws KeeperUnavailable
   */
  async discard(): Promise<void> {
    await this.request((keeper) => keeper.call('discard', {}));
  }

  /**
   * Makes the candidate the serving relay; `status` reports the progress.
   * @returns false if the keeper has no ready candidate with this instance ID
   * @throws KeeperUnavailable, KeeperRefused
   */
  async takeOver(instance: string): Promise<boolean> {
    const { known } = await this.request((keeper) => keeper.call('take-over', { instance }));
    return known;
  }

  private async request<T>(send: (keeper: RpcPeer<Record<never, never>, KeeperMethods>) => Promise<T>): Promise<T> {
    // not as `ws+unix:`, whose URL cannot hold every path
    const ws = new WebSocket('ws://keeper/', KEEPER_SUBPROTOCOL, {
      createConnection: () => connect(this.socket),
      handshakeTimeout: LIMITS.RELAY_RPC_TIMEOUT_MS,
      maxPayload: LIMITS.RELAY_RPC_BYTES,
      perMessageDeflate: false,
    });
    ws.on('error', () => undefined); // a failed handshake is reported below, a later error ends the request
    try {
      await once(ws, 'open');
      return await send(new RpcPeer(ws, {}, {}, KEEPER_METHODS, this.journal));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw error instanceof RpcRefused ? new KeeperRefused(detail) : new KeeperUnavailable(detail);
    } finally {
      ws.terminate();
    }
  }
}
