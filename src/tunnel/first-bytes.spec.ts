import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { readFirstBytes } from './first-bytes';

/** A line; what follows stays. */
const line = (bytes: Buffer) => {
  const end = bytes.indexOf('\n');
  return end === -1 ? undefined : { value: bytes.toString('latin1', 0, end), length: end + 1 };
};

describe('the first bytes of a connection', () => {
  let server: Server;
  let peer: Socket;
  let socket: Socket;
  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const accepted = once(server, 'connection');
    peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [socket] = (await accepted) as [Socket];
  });
  afterEach(async () => {
    for (const each of [peer, socket]) each.destroy();
    await once(server.close(), 'close');
  });

  it('are read as they come, and the next reader gets the others', async () => {
    let looks = 0;
    const first = readFirstBytes(
      socket,
      (bytes) => {
        // the rest comes when the first part has been seen
        if ((looks += 1) === 1) peer.write('st\nand more');
        return line(bytes);
      },
      60_000,
    );
    peer.write('fir');
    expect(await first).toBe('first');
    peer.end(' bytes');
    let rest = '';
    for await (const bytes of socket) rest += String(bytes);
    expect(rest).toBe('and more bytes');
    expect(looks).toBeGreaterThan(1);
  });

  it('are missing if the peer ends too early', async () => {
    const first = readFirstBytes(socket, line, 60_000);
    peer.end('half');
    await expect(first).rejects.toMatchObject({ code: 'closed' });
  });

  it('are missing if they do not come in time', async () => {
    await expect(readFirstBytes(socket, line, 1)).rejects.toMatchObject({ code: 'late' });
    expect(socket.destroyed).toBe(false);
  });

  it('are missing on a connection that has ended', async () => {
    socket.destroy();
    await expect(readFirstBytes(socket, line, 60_000)).rejects.toMatchObject({ code: 'closed' });
  });
});
