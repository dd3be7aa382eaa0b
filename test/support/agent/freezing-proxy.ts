import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy that can stop carrying bytes without closing anything, as a lost route does. */
export async function startFreezingProxy(targetPort: number, at: { host?: string; port?: number } = {}) {
  let accepted = 0;
  const sockets = new Set<Socket>();
  const server = createServer((inbound) => {
    accepted += 1;
    const outbound = connect(targetPort, '127.0.0.1');
    for (const socket of [inbound, outbound]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
    }
    inbound.pipe(outbound).pipe(inbound);
  });
  await once(server.listen(at.port ?? 0, at.host ?? '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** Number of connections so far. */
    accepted: () => accepted,
    /** What is connected now goes silent; later connections are carried. */
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
