import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { connect, type ConnectionOptions } from 'node:tls';
import { LIMITS } from '../protocol/limits';
import { offeredProtocols } from './client-hello';

/** What a TLS client sends first. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const wire = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _, done) => (wire.emit('sent', bytes), done()),
  });
  const sent = once(wire, 'sent');
  const client = connect({ socket: wire, ...options });
  client.on('error', () => undefined);
  const [hello] = (await sent) as [Buffer];
  client.destroy();
  return hello;
}

/** The same message in records of a few bytes each. */
function inRecordsOf(size: number, hello: Buffer): Buffer {
  const [header, message] = [hello.subarray(0, 3), hello.subarray(5)];
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(header, Buffer.from([0, part.length]), part);
  }
  return Buffer.concat(records);
}

describe('the protocols that a TLS client offers', () => {
  it.each<[string, ConnectionOptions, string[]]>([
    ['an agent', { ALPNProtocols: ['xmpp-client'] }, ['xmpp-client']],
    ['a browser', { ALPNProtocols: ['h2', 'http/1.1'], servername: 'platen.example' }, ['h2', 'http/1.1']],
    ['a client without ALPN', { servername: 'platen.example' }, []],
    ['a client of TLS 1.2', { ALPNProtocols: ['xmpp-client'], maxVersion: 'TLSv1.2' }, ['xmpp-client']],
  ])('are read from the ClientHello of %s, as soon as it is complete', async (_who, options, protocols) => {
    const hello = await helloOf(options);
    for (const bytes of [hello, inRecordsOf(1, hello), inRecordsOf(100, hello)]) {
      for (let length = 0; length < bytes.length; length += 1)
        expect(offeredProtocols(bytes.subarray(0, length))).toBeUndefined();
      expect(offeredProtocols(bytes)).toEqual({ value: protocols, length: 0 });
    }
  });

  it('are read without an error, whichever byte is wrong', async () => {
    const hello = await helloOf({ ALPNProtocols: ['xmpp-client'] });
    for (let at = 0; at < hello.length; at += 1) {
      const wrong = Buffer.from(hello);
      wrong[at] = wrong[at]! ^ 0xff;
      const found = offeredProtocols(wrong);
      // never an error; a changed name stays a name
      expect(found === undefined || Array.isArray(found.value)).toBe(true);
    }
  });

  it.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: platen.example\r\n\r\n')],
    ['an alert', Buffer.from([21, 3, 1, 0, 2, 1, 0])],
    ['another handshake message', Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ['a ClientHello without content', Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])],
    ['records without content, without end', Buffer.alloc(LIMITS.CLIENT_HELLO_BYTES, Buffer.from([22, 3, 1, 0, 0]))],
    [
      'a ClientHello without end',
      Buffer.concat([Buffer.from([22, 3, 1, 255, 255, 1, 255, 255, 255]), Buffer.alloc(LIMITS.CLIENT_HELLO_BYTES)]),
    ],
  ])('are none in %s', (_what, bytes) => {
    expect(offeredProtocols(bytes)).toEqual({ value: [], length: 0 });
  });
});
