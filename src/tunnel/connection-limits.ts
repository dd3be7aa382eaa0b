import type { Server, Socket } from 'node:net';
import { networkOf } from './network-of';

export interface ConnectionLimits {
  readonly most: number;
  /** Of one IPv4 address, or one /64 of IPv6. */
  readonly perNetwork: number;
  /** Addresses that are not limited: a reverse proxy brings the connections of everybody. */
  readonly isExempt?: (address: string) => boolean;
}

/**
 * Limits the connections of a server, so that one network cannot hold all of them. Those beyond are closed at once, also
 * those that another listener has accepted and passes to this server.
 */
export function limitConnections(server: Server, { most, perNetwork, isExempt }: ConnectionLimits): void {
  server.maxConnections = most;
  const open = new Map<string, number>();
  let all = 0;
  server.on('connection', (socket: Socket) => {
    if (all >= most) return void socket.destroy();
    all += 1;
    socket.once('close', () => (all -= 1));
    const address = socket.remoteAddress ?? '';
    if (isExempt?.(address)) return;
    const network = networkOf(address);
    const count = (open.get(network) ?? 0) + 1;
    if (count > perNetwork) return void socket.destroy();
    open.set(network, count);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left > 0) open.set(network, left);
      else open.delete(network);
    });
  });
}
