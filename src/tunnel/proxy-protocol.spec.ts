import { ProxyHeaderRefused, readProxyHeader } from './proxy-protocol';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const binary = (hex: string): Buffer => Buffer.from(SIGNATURE + hex.replaceAll(' ', ''), 'hex');
const IPV6 = '20010db8000000000000000000000001';

/** The examples of the specification (haproxy, doc/proxy-protocol.txt), and what HAProxy and nginx send. */
const VALID: [string, Buffer, string | undefined][] = [
  ['TCP4', Buffer.from('PROXY TCP4 192.0.2.7 203.0.113.10 56324 443\r\n'), '192.0.2.7'],
  ['TCP6', Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 65535 443\r\n'), '2001:db8::1'],
  ['UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['UNKNOWN with addresses', Buffer.from('PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n'), undefined],
  ['version 2, TCP4', binary('21 11 000c c0000207 cb00710a dc04 01bb'), '192.0.2.7'],
  ['version 2, TCP6', binary(`21 21 0024 ${IPV6} ${IPV6} dc04 01bb`), '2001:db8::1'],
  ['version 2, IPv4 in IPv6', binary(`21 21 0024 00000000000000000000ffffc0000207 ${IPV6} dc04 01bb`), '192.0.2.7'],
  ['version 2, with extensions', binary('21 11 0013 c0000207 cb00710a dc04 01bb 04 0004 00000000'), '192.0.2.7'],
  ['version 2, LOCAL', binary('20 00 0000'), undefined],
  ['version 2, LOCAL with an address', binary('20 11 000c c0000207 cb00710a dc04 01bb'), undefined],
  ['version 2, Unix socket', binary(`21 31 00d8 ${'00'.repeat(216)}`), undefined],
];

const REFUSED: [string, Buffer, string][] = [
  ['a ClientHello', Buffer.from('16030100', 'hex'), 'missing'],
  ['HTTP', Buffer.from('POST / HTTP/1.1\r\n'), 'missing'],
  ['another case', Buffer.from('proxy tcp4 192.0.2.7 203.0.113.10 1 2\r\n'), 'missing'],
  ['a name for an address', Buffer.from('PROXY TCP4 localhost 203.0.113.10 56324 443\r\n'), 'malformed'],
  ['an address of the other family', Buffer.from('PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n'), 'malformed'],
  ['a port that is too high', Buffer.from('PROXY TCP4 192.0.2.7 203.0.113.10 65536 443\r\n'), 'malformed'],
  ['a missing port', Buffer.from('PROXY TCP4 192.0.2.7 203.0.113.10 443\r\n'), 'malformed'],
  ['a bare LF', Buffer.from('PROXY TCP4 192.0.2.7 203.0.113.10 1 2\n'), 'malformed'],
  ['a line that is too long', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(120)}`), 'malformed'],
  ['another version', binary('11 11 000c c0000207 cb00710a dc04 01bb'), 'malformed'],
  ['an unknown command', binary('22 11 000c c0000207 cb00710a dc04 01bb'), 'malformed'],
  ['UDP', binary('21 12 000c c0000207 cb00710a dc04 01bb'), 'malformed'],
  ['too few addresses', binary('21 11 000b c0000207 cb00710a dc04 01'), 'malformed'],
  ['more than the limit', binary('21 11 ffff'), 'malformed'],
];

describe('the header of the PROXY protocol', () => {
  it.each(VALID)('is read: %s', (_what, header, address) => {
    for (let length = 0; length < header.length; length += 1)
      expect(readProxyHeader(header.subarray(0, length))).toBeUndefined();
    const expected = { value: { address }, length: header.length };
    expect(readProxyHeader(header)).toEqual(expected);
    expect(readProxyHeader(Buffer.concat([header, Buffer.from('and more')]))).toEqual(expected);
  });

  it.each(REFUSED)('is refused: %s', (_what, header, why) => {
    const read = () => readProxyHeader(header);
    expect(read).toThrow(ProxyHeaderRefused);
    expect(read).toThrow(`proxy-header-${why}`);
  });
});
