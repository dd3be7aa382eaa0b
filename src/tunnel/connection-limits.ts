import type { Server, Socket } from 'node:net';
import { networkOf } from './network-of';

export interface ConnectionLimits {
  readonly most: number;
  /** Of one IPv4 address, or one /64 of IPv6. */
  readonly perNetwork: number;
  /** Addresses that are not limited: a reverse proxy brings the connections of everybody. */
  readonly isExempt?: (address: string) => boolean;
}

/** Limits the connections of a server, so that one network cannot hold all of them. Those beyond are closed at once. */
export function limitConnections(server: Server, { most, perNetwork, isExempt }: ConnectionLimits): void {
  server.maxConnections = most;
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
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
