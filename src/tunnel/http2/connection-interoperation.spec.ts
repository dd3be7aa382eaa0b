import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2, performServerHandshake } from 'node:http2';
import { duplexPair, type Duplex } from 'node:stream';
import { collected, CONNECT } from '../../../test/support/relay/frame-client';
import { cut } from '../../../test/support/relay/frame-readings';
import { randomConnection, readByNode, readByPlaten } from '../../../test/support/relay/http2-readings';
import { Http2Connection } from './connection';
import { type Headers } from './hpack';

/** With which earlier versions have used Node's HTTP/2. */
const MEMORY_MB = 64;
type Stream = Duplex & { respond(headers: object): void };
type OnRequest = (stream: Stream, headers: Record<string, unknown>) => void;
type Request = (headers: object) => Duplex;

const clients: Record<'Platen' | 'Node', (bytes: Duplex) => Promise<Request>> = {
  Platen: async (bytes) => {
    const connection = new Http2Connection(bytes, 'client');
    await once(connection, 'settings');
    return (headers) => connection.request(headers as Headers)!.on('error', () => undefined);
  },
  Node: async (bytes) => {
    const session = connectHttp2('http://tunnel', { createConnection: () => bytes, maxSessionMemory: MEMORY_MB });
    session.on('error', () => undefined);
    await once(session, 'remoteSettings');
    return (headers) => session.request(headers as Headers, { endStream: false }).on('error', () => undefined);
  },
};
const servers: Record<'Platen' | 'Node', (bytes: Duplex, onRequest: OnRequest) => void> = {
  Platen: (bytes, onRequest) => {
    new Http2Connection(bytes, 'server').on('request', (stream, headers) =>
      onRequest(stream.on('error', () => undefined) as Stream, headers),
    );
  },
  Node: (bytes, onRequest) => {
    const session = performServerHandshake(bytes, { maxSessionMemory: MEMORY_MB });
    session.on('error', () => undefined);
    session.on('stream', (stream, headers) => onRequest(stream.on('error', () => undefined) as never, headers));
  },
};

describe.each([
  ['Platen', 'Platen'],
  ['Node', 'Platen'],
  ['Platen', 'Node'],
] as const)('a client of %s and a server of %s', (clientOf, serverOf) => {
  const pairs: Duplex[] = [];
  afterEach(() => pairs.splice(0).forEach((each) => each.destroy()));
  const start = (onRequest: OnRequest): Promise<Request> => {
    const [near, far] = duplexPair({ highWaterMark: 64 * 1024 });
    pairs.push(near, far);
    servers[serverOf](far, onRequest);
    return clients[clientOf](near);
  };

  it('exchange headers with any characters', async () => {
    const seen: Record<string, unknown>[] = [];
    const request = await start((stream, headers) => {
      seen.push(headers);
      stream.respond({ ':status': 200, 'x-answer': headers['x-all'] });
    });
    const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join('');
    for (let time = 0; time < 3; time++) {
      const stream = request({ ...CONNECT, 'x-all': printable, 'x-long': 'long'.repeat(500), [`x-${time}`]: 'new' });
      const [answer] = (await once(stream, 'response')) as [Headers];
      expect(answer).toMatchObject({ 'x-answer': printable });
      expect(String(answer[':status'])).toBe('200');
      expect(seen.at(-1)).toMatchObject({ ...CONNECT, 'x-all': printable, 'x-long': 'long'.repeat(500) });
      stream.destroy();
    }
  });

  it('carry streams in both directions at once, each of which ends separately', async () => {
    const request = await start((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const echoes = Array.from({ length: 6 }, async (_, index) => {
      const data = randomBytes(1 + index * 700_001);
      const stream = request(CONNECT);
      stream.end(data);
      return (await collected(stream)).equals(data);
    });
    expect(await Promise.all(echoes)).toEqual(Array.from({ length: 6 }, () => true));
  });

  it.each(['client', 'server'])('report a stream that the %s cuts as an error at the other end', async (half) => {
    let far: Duplex | undefined;
    const request = await start((stream) => {
      far = stream;
      stream.respond({ ':status': 200 });
    });
    const near = request(CONNECT);
    await once(near, 'response');
    const [cutting, other] = half === 'client' ? [near, far!] : [far!, near];
    const failed = new Promise((resolve) => other.on('error', resolve));
    other.resume();
    cutting.destroy(new Error('cut'));
    expect(String(await failed)).toMatch(/stream/i);
  });

  it('do not let a reader that has stopped hold up another one', async () => {
    const request = await start((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(3_000_000));
    });
    const stopped = request(CONNECT);
    await once(stopped, 'readable');
    for (let time = 0; time < 5; time++) expect(await collected(request(CONNECT))).toHaveLength(3_000_000);
    expect(await collected(stopped)).toHaveLength(3_000_000);
  });

  it('end all streams with an error when their connection is lost', async () => {
    const request = await start((stream) => stream.respond({ ':status': 200 }));
    const stream = request(CONNECT);
    await once(stream, 'response');
    const closed = new Promise((resolve) => stream.on('close', resolve));
    stream.resume();
    pairs[0]!.destroy();
    await closed;
    // Node ends them as if they were complete.
    if (clientOf === 'Platen') expect(stream.readableEnded).toBe(false);
  });
});

describe('random connections', () => {
  it('are read as Node reads them, however they are cut', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const bytes = randomConnection(seed, false);
      const [platen, node] = [await readByPlaten([bytes]), await readByNode([bytes])];
      expect([seed, platen]).toEqual([seed, node]);
      expect([seed, await readByPlaten(cut(bytes, [1, 9, 30, 4_000]))]).toEqual([seed, platen]);
    }
  });

  it('with hostile frames are read or refused, the same however they are cut', async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const bytes = randomConnection(seed, true);
      const whole = await readByPlaten([bytes]);
      expect([seed, await readByPlaten(cut(bytes, [1, 9, 30, 4_000]))]).toEqual([seed, whole]);
    }
  });
});
