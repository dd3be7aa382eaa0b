import { sessionPolicy } from './content-security-policy';
import { toDevice, toSession } from './device-urls';
import { hopByHop } from '../../../tunnel/device-http/header-fields';
import { deviceTags, sessionTag } from './entity-tags';
import { cookieNames, entriesIn, sessionCookie, withoutPlatenCookies } from './cookies';

const origins = { device: 'https://192.168.1.20', session: 'http://s-1.localhost:8080' };
const S = origins.session;

describe('addresses of the device', () => {
  it.each([
    ['https://192.168.1.20', S],
    ['https://192.168.1.20:443/a?b#c', `${S}/a?b#c`],
    ['HTTPS://192.168.1.20/A', `${S}/A`],
    [' https://192.168.1.20/a', ` ${S}/a`],
    ['//192.168.1.20/a', '//s-1.localhost:8080/a'],
    ['https://192.168.1.20?x', `${S}?x`],
    ...[
      '/a',
      'a',
      '',
      '//',
      '///192.168.1.20/',
      'http://192.168.1.20/',
      'https://192.168.1.20:8443/',
      'https://192.168.1.200/',
      'https://192.168.1.20.example.com/',
      'https://user@192.168.1.20/',
      'https://example.com/?u=https://192.168.1.20/',
      'javascript:location="https://192.168.1.20/"',
      'https://[/',
    ].map((same): [string, string] => [same, same]),
  ])('%s -> %s', (url, expected) => expect(toSession(url, origins)).toBe(expected));

  it("are restored in the browser's Origin and Referer", () => {
    expect(toDevice(`${S}/page?x=1`, origins)).toBe('https://192.168.1.20/page?x=1');
    for (const other of ['null', 'http://s-2.localhost:8080/', 'http://localhost:8080/'])
      expect(toDevice(other, origins)).toBe(other);
  });
});

describe('cookies', () => {
  it.each([
    ['a=b; Domain=.printer.local; Path=/x', 'a=b; Path=/x', 'a=b; Path=/x'],
    ['a=b; secure; HttpOnly', 'a=b; HttpOnly', 'a=b; secure; HttpOnly'],
    ['a=b;SameSite=None;Secure', 'a=b', 'a=b;SameSite=None;Secure'],
    ['a=b; SameSite=Lax', 'a=b; SameSite=Lax', 'a=b; SameSite=Lax'],
    ['__Host-a=b; Secure; Path=/', '__Host-a=b; Secure; Path=/', '__Host-a=b; Secure; Path=/'],
    ['a="x; y"', 'a="x; y"', 'a="x; y"'],
    ['platen-session=x', undefined, undefined],
    ['__Host-platen =x; Secure; Path=/', undefined, undefined],
    ['platen.sid=x', undefined, undefined],
    ['__Host-platen.sid=x', undefined, undefined],
  ])('%s', (header, overHttp, overHttps) => {
    expect(sessionCookie(header, { secure: false, framed: false })).toBe(overHttp);
    expect(sessionCookie(header, { secure: true, framed: false })).toBe(overHttps);
  });
  it('work below the console only when set in a frame', () => {
    const header = 'a=b; Path=/; Domain=x; SameSite=Strict; Secure';
    expect(sessionCookie(header, { secure: true, framed: true })).toBe(
      'a=b; Path=/; SameSite=None; Secure; Partitioned',
    );
  });

  it.each([
    ['a=1; b=2', 'a=1; b=2'],
    ['platen-session=x', undefined],
    ['platen-session=x; a=1', 'a=1'],
    ['a=1;__Host-platen=x;b=2', 'a=1;b=2'],
    [' platen.sid = x; c', 'c'],
    ['', ''],
  ])('from %j the device gets %j', (header, expected) => expect(withoutPlatenCookies(header)).toBe(expected));

  it('the entry cookie is found by its exact name', () => {
    expect(entriesIn('xplaten-session=a; platen-session=b', false)).toEqual(['b']);
    expect(entriesIn('platen-session=b', true)).toEqual([]);
    expect(entriesIn('__Host-platen=c', true)).toEqual(['c']);
    expect(entriesIn(undefined, false)).toEqual([]);
  });
  it('another entry cookie, which another host has set, does not hide it', () => {
    expect(entriesIn('platen-session=tossed; a=1; platen-session=own', false)).toEqual(['tossed', 'own']);
  });
  it("are named without Platen's own", () => {
    expect(cookieNames('a=1; platen-session=x; b = 2;a=3; nameless; caf\xe9=1; =v')).toEqual(['a', 'b']);
  });
});

describe('other fields', () => {
  it.each([
    ["frame-ancestors 'none'", "frame-ancestors 'self' C"],
    ["default-src 'self' https://192.168.1.20; FRAME-ANCESTORS *", `default-src 'self' ${S}; frame-ancestors 'self' C`],
    ['img-src 192.168.1.20', "img-src s-1.localhost:8080; frame-ancestors 'self' C"],
    ["upgrade-insecure-requests; script-src 'none'", "script-src 'none'; frame-ancestors 'self' C"],
    [
      "script-src 'self', img-src *",
      "script-src 'self'; frame-ancestors 'self' C, img-src *; frame-ancestors 'self' C",
    ],
  ])('Content-Security-Policy: %s', (header, expected) => {
    expect(sessionPolicy(header, origins, "frame-ancestors 'self' C")).toBe(expected);
  });

  it('entity tags return to the device as it sent them', () => {
    for (const tag of ['"v1"', 'W/"v1"', '""']) expect(deviceTags(sessionTag(tag))).toBe(tag);
    expect(deviceTags(`${sessionTag('"a"')}, W/"b", "c"`)).toBe('"a", W/"b", "c"');
    expect(sessionTag('"v1"')).toMatch(/^W\//);
  });

  it('are hop-by-hop if RFC 9110 or Connection lists them, except the framing of the message', () => {
    const ends = hopByHop(['Connection', 'close, X-Mine', 'connection', 'Content-Length, Host']);
    expect(['Keep-Alive', 'TE', 'upgrade', 'x-mine', 'Transfer-Encoding'].every(ends)).toBe(true);
    expect(['Content-Length', 'Host', 'Trailer', 'X-Other'].some(ends)).toBe(false);
  });
});
