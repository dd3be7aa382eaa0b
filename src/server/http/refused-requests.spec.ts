import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { answerRefusedRequests } from './refused-requests';

describe('what is not accepted as a request', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer((_request, response) => response.end('accepted'));
    answerRefusedRequests(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const say = (bytes: string): Promise<string> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(bytes);
    return text(socket);
  };

  it.each([
    ['60 cookies of 4 KB', `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${`${'c'.repeat(4_000)}=1; `.repeat(60)}\r\n\r\n`],
    ['180 cookies of 4 KB', `GET / HTTP/1.1\r\nHost: x\r\nCookie: ${`${'c'.repeat(4_000)}=1; `.repeat(180)}\r\n\r\n`],
    ['a long address', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ])('is answered with a page for %s', async (_what, bytes) => {
    const answer = await say(bytes);
    const [head = '', page = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 431 /);
    for (const [lang, title] of [
      ['en', 'Too many cookies'],
      ['ja', 'Cookieが多すぎます'],
    ])
      expect(page).toContain(`<section lang="${lang}"><h1>${title}</h1>`);
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(page)}`);
    expect(head).not.toMatch(/set-cookie|clear-site-data/i); // a long address on any other site must not log anybody out
  });

  it('is refused as Node does for other bytes', async () => {
    expect(await say('not HTTP\r\n\r\n')).toBe('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
});
