import { once } from 'node:events';
import { join } from 'node:path';
import WebSocket from 'ws';
import { createJournal } from '../../../src/journal/journal';
import { KEEPER_METHODS, type KeeperMethods } from '../../../src/protocol/keeper-rpc';
import type { Params, Result } from '../../../src/protocol/relay-rpc';
import { KEEPER_SUBPROTOCOL } from '../../../src/protocol/version';
import { RpcPeer } from '../../../src/tunnel/json-rpc';

/**
 * Asks the keeper of a relay's data folder.
 * @throws what the keeper refuses, and RpcUnavailable where there is none
 */
export async function askKeeper<K extends keyof KeeperMethods>(
  folder: string,
  method: K,
  params: Params<KeeperMethods, K>,
): Promise<Result<KeeperMethods, K>> {
  const ws = new WebSocket(`ws+unix:${join(folder, 'keeper.sock')}:/`, KEEPER_SUBPROTOCOL);
  try {
    await once(ws, 'open');
    const keeper = new RpcPeer(ws, {}, {}, KEEPER_METHODS, createJournal('test', 'silent'));
    return await keeper.call(method, params);
  } finally {
    ws.terminate();
  }
}
