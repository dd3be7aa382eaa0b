import { Duplex } from 'node:stream';
import { LIMITS } from '../../protocol/limits';
import { DeviceStream } from './device-stream';
import { deviceRequest } from './device-request';
import { NotHttp } from './tolerant-http';

/** A device that sends these bytes, in one part or one by one, and ends the connection if `ends`. */
class Wire extends Duplex {
  constructor(
    private readonly bytes: Buffer,
    private readonly oneByOne: boolean,
    private readonly ends: boolean,
  ) {
    super();
  }
  private sent = false;
  override _read(): void {}
  override _write(_bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
    if (this.sent) return;
    this.sent = true;
    const step = this.oneByOne ? 1 : Math.max(this.bytes.length, 1);
    for (let at = 0; at < this.bytes.length; at += step) this.push(this.bytes.subarray(at, at + step));
    if (this.ends) this.push(null);
  }
}

interface Seen {
  readonly status: string;
  readonly headers: string[];
  readonly body: string;
  readonly trailers: string[];
  readonly complete: boolean;
  readonly reusable: boolean;
}

/** What Node's parser makes of it. @throws the error of the request */
function seen(sent: string, { oneByOne = false, ends = true, method = 'GET' } = {}): Promise<Seen> {
  const stream = new DeviceStream(new Wire(Buffer.from(sent, 'latin1'), oneByOne, ends));
  const request = deviceRequest({ method, url: '/' }, ['Host', 'device'], stream);
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.once('response', (response) => {
      request.on('error', () => undefined).removeListener('error', reject);
      const parts: Buffer[] = [];
      response.on('error', () => undefined);
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('close', () => {
        const { reusable } = stream;
        stream.destroy();
        resolve({
          status: `${response.httpVersion} ${response.statusCode} ${response.statusMessage}`,
          headers: response.rawHeaders,
          body: Buffer.concat(parts).toString('latin1'),
          trailers: response.rawTrailers,
          complete: response.complete,
          reusable,
        });
      });
    });
    request.end();
  });
}

const OK = 'HTTP/1.1 200 OK';
/** A header, and what it is read as. */
type Row = [name: string, sent: string, read: Partial<Seen>];

const STRICT: Row[] = [
  ['a length', `${OK}\r\nContent-Length: 2\r\n\r\nhi`, { headers: ['Content-Length', '2'], body: 'hi' }],
  ['no space behind the colon', `${OK}\r\nA:1 \r\nContent-Length:2\r\n\r\nhi`, { body: 'hi' }],
  [
    'chunks, extensions apart, and trailers',
    `${OK}\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n`,
    { headers: ['Transfer-Encoding', 'Chunked'], body: 'hi0123456789', trailers: ['T', '1'] },
  ],
  [
    'a reason of several words',
    'HTTP/1.1 404 Not\tthe \xe9 one\r\nContent-Length: 0\r\n\r\n',
    { status: '1.1 404 Not\tthe \xe9 one' },
  ],
  ['no reason, no space', 'HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n', { status: '1.1 404 ' }],
];

const SLOPPY: Row[] = [
  [
    'the same length twice',
    `${OK}\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi`,
    { headers: ['Content-Length', '2'], body: 'hi' },
  ],
  [
    'the same length in a list',
    `${OK}\r\nContent-Length: 2, 2\r\n\r\nhi`,
    { headers: ['Content-Length', '2'], body: 'hi' },
  ],
  ['a length with a sign', `${OK}\r\nContent-Length: +2\r\n\r\nhi, all`, { headers: [], body: 'hi, all' }],
  ['a length that is no number', `${OK}\r\nContent-Length: 0x2\r\n\r\nhi, all`, { headers: [], body: 'hi, all' }],
  [
    'a space behind a name',
    `${OK}\r\nA : 1\r\nContent-Length : 2\r\n\r\nhi`,
    { headers: ['A', '1', 'Content-Length', '2'], body: 'hi' },
  ],
  [
    'a space in a name',
    `${OK}\r\nX Bad Name: 1\r\nContent-Length: 2\r\n\r\nhi`,
    { headers: ['Content-Length', '2'], body: 'hi' },
  ],
  [
    'a line without a colon',
    `${OK}\r\nnonsense\r\nContent-Length: 2\r\n\r\nhi`,
    { headers: ['Content-Length', '2'], body: 'hi' },
  ],
  [
    'a name that is empty',
    `${OK}\r\n: 1\r\nContent-Length: 2\r\n\r\nhi`,
    { headers: ['Content-Length', '2'], body: 'hi' },
  ],
  [
    'control characters in a value',
    `${OK}\r\nA: 1\x01\r\nB: 2\rC: 3\r\nContent-Length: 2\r\n\r\nhi`,
    { headers: ['Content-Length', '2'] },
  ],
  [
    'a value on several lines',
    `${OK}\r\nA: 1,\r\n  2,\r\n\t3\r\nContent-Length: 2\r\n\r\nhi`,
    { headers: ['A', '1, 2, 3', 'Content-Length', '2'] },
  ],
  [
    'lines that end with LF',
    `${OK}\nA: 1\nContent-Length: 2\n\nhi`,
    { headers: ['A', '1', 'Content-Length', '2'], body: 'hi' },
  ],
  ['a line end in front', `\r\n${OK}\r\nContent-Length: 2\r\n\r\nhi`, { body: 'hi' }],
  ['no status', 'HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi', { status: '1.1 200 OK', body: 'hi' }],
  [
    'a reason with control characters',
    'HTTP/1.1 404 a\x07b\r\nContent-Length: 0\r\n\r\n',
    { status: '1.1 404 Not Found' },
  ],
  ['a later version', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi', { status: '1.1 200 OK' }],
  ['small letters', 'http/1.1 200 ok\r\nContent-Length: 2\r\n\r\nhi', { status: '1.1 200 ok' }],
  [
    'chunks and a length',
    `${OK}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    { headers: ['Transfer-Encoding', 'chunked'], body: 'hi' },
  ],
  [
    'chunks twice',
    `${OK}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    { headers: ['Transfer-Encoding', 'chunked'], body: 'hi' },
  ],
  [
    'chunks in HTTP/1.0',
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi',
    { headers: [], body: '2\r\nhi' },
  ],
  [
    'another transfer coding',
    `${OK}\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi`,
    { headers: ['Content-Length', '2'], body: 'hi' },
  ],
  [
    'a sloppy interim response',
    `HTTP/1.1 103 Hints\nA : 1\n\n${OK}\r\nContent-Length: 2\r\n\r\nhi`,
    { headers: ['Content-Length', '2'], body: 'hi' },
  ],
  [
    'chunks whose lines end with LF',
    `${OK}\nTransfer-Encoding: chunked\n\n2 ; x="y"\nhi\n00000a\n01\n3456\r\n9\n0\nT : 1\n\n`,
    { headers: ['Transfer-Encoding', 'chunked'], body: 'hi01\n3456\r\n9', trailers: ['T', '1'] },
  ],
];

/** In both ways in which bytes can arrive. */
const BOTH = [
  ['in one part', false],
  ['byte by byte', true],
] as const;

describe.each(BOTH)('a response, %s', (_how, oneByOne) => {
  it.each(STRICT)('that is strict passes unchanged: %s', async (_name, sent, read) => {
    // not ended by the device: its end has to be found
    expect(await seen(sent, { oneByOne, ends: false })).toMatchObject({ ...read, complete: true, reusable: true });
  });

  it.each(SLOPPY)('is read as browsers read it: %s', async (_name, sent, read) => {
    expect(await seen(sent, { oneByOne })).toMatchObject({ ...read, complete: true, reusable: false });
  });

  it.each<[name: string, sent: string, message: RegExp]>([
    ['different lengths', `${OK}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!`, /different lengths/],
    ['different lengths in a list', `${OK}\r\nContent-Length: 2, 3\r\n\r\nhi!`, /different lengths/],
    ['no HTTP', 'SSH-2.0-dropbear\r\n', /does not begin as a response does/],
    ['HTTP/0.9', '<html>hello</html>', /does not begin as a response does/],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', /status line is not readable/],
    ['a status below 100', 'HTTP/1.1 000 OK\r\n\r\n', /status line is not readable/],
    ['a header that is cut off', `${OK}\r\nA: 1\r\n`, /cut off/],
    ['a header that is too long', `${OK}\r\nA: ${'a'.repeat(LIMITS.BROWSER_HEADER_BYTES)}\r\n\r\n`, /too long/],
  ])('is refused: %s', async (_name, sent, message) => {
    const refused = seen(sent, { oneByOne });
    await expect(refused).rejects.toBeInstanceOf(NotHttp);
    await expect(refused).rejects.toThrow(message);
  });

  it.each([
    ['a size that is no number', 'x\r\nhi\r\n0\r\n\r\n'],
    ['a size with a sign', '+2\r\nhi\r\n0\r\n\r\n'],
    ['a size beyond all numbers', `${'f'.repeat(14)}\r\nhi`],
    ['a size that has no end', '1'.repeat(5_000)],
    ['no size', '\r\nhi\r\n0\r\n\r\n'],
    ['a chunk that is longer than its size', '1\r\nhi\r\n0\r\n\r\n'],
    ['trailers that have no end', `0\r\nT: ${'a'.repeat(LIMITS.BROWSER_HEADER_BYTES)}`],
    ['no last chunk', '2\r\nhi\r\n'],
  ])('is cut, or refused if its beginning has not been passed on: %s', async (_name, chunks) => {
    const read = seen(`${OK}\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`, { oneByOne });
    const { complete } = await read.catch((error: unknown) => {
      expect(error).toBeInstanceOf(NotHttp);
      return { complete: false };
    });
    expect(complete).toBe(false);
  });

  it('of 30 KB of header is read', async () => {
    const value = 'a'.repeat(30_000);
    const { headers } = await seen(`${OK}\r\nA: ${value}\r\nContent-Length: 0\r\n\r\n`, { oneByOne });
    expect(headers).toEqual(['A', value, 'Content-Length', '0']);
  });
});

it('a response to HEAD has no content, whatever its header says', async () => {
  const sent = `${OK}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  expect(await seen(sent, { method: 'HEAD', ends: false })).toMatchObject({ body: '', complete: true });
});
