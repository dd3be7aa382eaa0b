import { randomUUID } from 'node:crypto';
import { LIMITS } from './limits';
import { toInstant } from './names';
import { RELAY_METHODS } from './relay-rpc';

describe('relay RPC', () => {
  it('lists the sessions of a full relay in one message', () => {
    const session = () => ({
      linkId: randomUUID(),
      remoteSessionId: randomUUID(),
      device: 'connected',
      terminal: 'connected',
      bytesFromDevice: 10 ** 12,
      bytesFromTerminal: 10 ** 12,
      lastActiveAt: toInstant(Date.now()),
    });
    const result = { sessions: Array.from({ length: LIMITS.RELAY_CONNECTIONS / 2 }, session) };
    expect(RELAY_METHODS['list-sessions'].result.safeParse(result).success).toBe(true);
    expect(JSON.stringify({ jsonrpc: '2.0', id: 1, result }).length).toBeLessThan(LIMITS.RELAY_RPC_BYTES * 0.75);
  });
});
