import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { leavingOrigin, onRedirect } from './redirects';

const OWN = 'http://192.168.1.20';
const names = { port: 8800, origins: [OWN, 'https://192.168.1.20', 'http://192.168.1.20:81'] };

describe('a redirect', () => {
  it.each([
    ['/login', undefined],
    ['?again', undefined],
    ['http://127.0.0.1:8800/x', undefined],
    ['http://localhost:8800/', undefined],
    ['mailto:a@b', undefined],
    ['http://[', undefined],
    [`${OWN}/x`, { origin: OWN, permitted: true }],
    ['//192.168.1.20:81/x', { origin: 'http://192.168.1.20:81', permitted: true }],
    ['HTTPS://192.168.1.20:443/x', { origin: 'https://192.168.1.20', permitted: true }],
    ['https://192.168.1.20:8443', { origin: 'https://192.168.1.20:8443', permitted: false }],
    ['https://printer.local/', { origin: 'https://printer.local', permitted: false }],
    // devices that repeat the Host of the request
    ['https://127.0.0.1/', { origin: 'https://192.168.1.20', permitted: true }],
    ['https://localhost:8800/', { origin: 'https://192.168.1.20', permitted: true }],
    ['http://127.0.0.1:81/', { origin: 'http://192.168.1.20:81', permitted: true }],
  ])('%s', (location, expected) => expect(leavingOrigin(location, names)).toEqual(expected));

  it('is not judged before the agent has named the origins', () => {
    expect(leavingOrigin('https://192.168.1.20/', { ...names, origins: [] })).toBeUndefined();
  });
});

describe('the responses of a connection', () => {
  /** What is reported of these parts. */
  function locationsIn(parts: string[]): string[] {
    const stream = new EventEmitter();
    const locations: string[] = [];
    onRedirect(stream as Duplex, (location) => locations.push(location));
    for (const part of parts) stream.emit('data', Buffer.from(part, 'latin1'));
    return locations;
  }
  const REDIRECT = 'HTTP/1.1 302 Found\r\nA: b\r\nlocation:  https://a/ \r\nContent-Length: 2\r\n\r\nhi';
  const PAGE = 'HTTP/1.1 200 OK\r\nLocation: https://no/\r\nContent-Length: 2\r\n\r\nhi';

  it.each([
    ['a redirect', [REDIRECT], ['https://a/']],
    ['a redirect byte by byte', [...REDIRECT], ['https://a/']],
    ['a redirect after a page', [PAGE, 'more', REDIRECT], ['https://a/']],
    ['lines that end with LF', [REDIRECT.replaceAll('\r', '')], ['https://a/']],
    ['a page with a Location', [PAGE], []],
    ['a header without an end', [`HTTP/1.1 301 x\r\nA: ${'a'.repeat(20_000)}`, '\r\nLocation: https://a/\r\n\r\n'], []],
    ['another protocol', ['SSH-2.0-dropbear\r\n', 'Location: https://a/\r\n\r\n'], []],
    ['nothing', [], []],
  ])('%s', (_what, parts, expected) => expect(locationsIn(parts)).toEqual(expected));
});
