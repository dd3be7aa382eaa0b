import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connectTarget } from './application-connection';

describe('connectTarget', () => {
  it('fails if the TLS handshake does not finish in time', async () => {
    const accepted: Socket[] = [];
    const silent = createServer((socket) => accepted.push(socket));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = silent.address() as AddressInfo;
      await expect(connectTarget({ host: '127.0.0.1', port, tls: true }, 200)).rejects.toMatchObject({ status: 504 });
      const [socket] = accepted;
      if (socket && !socket.destroyed) await once(socket.resume(), 'close');
    } finally {
      for (const socket of accepted) socket.destroy();
      silent.close();
    }
  });

  it('still carries bytes to an application that has ended its direction', async () => {
    const application = createServer({ allowHalfOpen: true }, (socket) => socket.end('all of it'));
    await once(application.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = application.address() as AddressInfo;
      const accepted = once(application, 'connection') as Promise<[Socket]>;
      const socket = await connectTarget({ host: '127.0.0.1', port, tls: false });
      await once(socket.resume(), 'end');
      const [peer] = await accepted;
      expect(socket.writableEnded).toBe(false);
      const heard = once(peer, 'data');
      socket.end('goodbye');
      expect(String((await heard)[0])).toBe('goodbye');
      if (!peer.destroyed) await once(peer, 'close');
    } finally {
      application.close();
    }
  });

  it.each([
    ['an unknown host name', { host: 'no-such-host.invalid', port: 80, tls: false }],
    ['a closed port', { host: '127.0.0.1', port: 9, tls: false }],
    ['TLS to a closed port', { host: '127.0.0.1', port: 9, tls: true }],
  ])('fails for %s', async (_case, target) => {
    await expect(connectTarget(target)).rejects.toMatchObject({ status: 502 });
  });
});
