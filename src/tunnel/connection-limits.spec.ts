import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { limitConnections } from './connection-limits';

describe('limited connections', () => {
  let server: Server;
  const sockets: Socket[] = [];
  const start = async (limits: Parameters<typeof limitConnections>[1]) => {
    server = createServer();
    limitConnections(server, limits);
    server.on('connection', (socket: Socket) => {
      socket.on('error', () => undefined).resume();
      if (!socket.destroyed) socket.write('welcome');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  };
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  /** @returns whether the server serves the connection */
  const dial = async (localAddress = '127.0.0.1'): Promise<boolean> => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    sockets.push(socket);
    socket.on('error', () => undefined);
    return new Promise((resolve) => socket.once('data', () => resolve(true)).once('close', () => resolve(false)));
  };

  it('are refused beyond the number of one network, and another network is served', async () => {
    await start({ most: 100, perNetwork: 2 });
    expect([await dial(), await dial(), await dial()]).toEqual([true, true, false]);
    expect(await dial('127.0.0.2')).toBe(true);
  });

  it('are not limited for an exempt address', async () => {
    await start({ most: 100, perNetwork: 1, isExempt: (address) => address === '127.0.0.1' });
    expect([await dial(), await dial(), await dial()]).toEqual([true, true, true]);
  });

  it('are refused beyond the number in all', async () => {
    await start({ most: 1, perNetwork: 100 });
    expect([await dial(), await dial('127.0.0.2')]).toEqual([true, false]);
  });
});
