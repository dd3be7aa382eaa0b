import { isIPv4, isIPv6 } from 'node:net';
import { LIMITS } from '../protocol/limits';
import type { FirstBytes } from './first-bytes';

const V1 = Buffer.from('PROXY ');
/** With CR and LF. */
const V1_BYTES = 107;
const V1_LINE = /^PROXY (?:UNKNOWN(?: [^\r\n]*)?|(TCP[46]) (\S+) (\S+) (\d{1,5}) (\d{1,5}))\r\n/;
const V2 = Buffer.from('\r\n\r\n\0\r\nQUIT\n');
const V2_HEADER = 16;
/** Version and command. */
const LOCAL = 0x20;
const PROXIED = 0x21;
/** Address family and transport. */
const TCP4 = 0x11;
const TCP6 = 0x21;
/** Without an IP address: unspecified, and Unix sockets. */
const WITHOUT_ADDRESS = [0x00, 0x31, 0x32];

/** A reverse proxy sent no header of the PROXY protocol, or one that cannot be read. */
export class ProxyHeaderRefused extends Error {
  override readonly name = 'ProxyHeaderRefused';

  constructor(readonly code: 'proxy-header-missing' | 'proxy-header-malformed') {
    super(code);
  }
}

/** `address`: of the client; undefined if the proxy speaks for itself, as in a health check, or does not know it. */
export interface ProxiedPeer {
  readonly address: string | undefined;
}

/**
 * The header of the PROXY protocol, version 1 or 2 (haproxy, proxy-protocol.txt), that a reverse proxy sends in front of
 * the client's bytes.
 * @returns undefined if more bytes are needed
 * @throws ProxyHeaderRefused
 */
export function readProxyHeader(bytes: Buffer): FirstBytes<ProxiedPeer> | undefined {
  if (startsWith(bytes, V1)) return bytes.length < V1.length ? undefined : readText(bytes);
  if (startsWith(bytes, V2)) return bytes.length < V2_HEADER ? undefined : readBinary(bytes);
  throw new ProxyHeaderRefused('proxy-header-missing');
}

/** As far as the bytes have arrived. */
const startsWith = (bytes: Buffer, signature: Buffer): boolean =>
  bytes.subarray(0, signature.length).equals(signature.subarray(0, bytes.length));

function readText(bytes: Buffer): FirstBytes<ProxiedPeer> | undefined {
  const text = bytes.toString('latin1', 0, V1_BYTES);
  const line = V1_LINE.exec(text);
  if (!line) {
    if (text.includes('\n') || bytes.length >= V1_BYTES) throw new ProxyHeaderRefused('proxy-header-malformed');
    return undefined;
  }
  const [{ length }, family, source, destination, ...ports] = line;
  if (family === undefined) return { value: { address: undefined }, length };
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6;
  if (![source, destination].every((address) => isAddress(address!)) || ports.some((port) => Number(port) > 65_535))
    throw new ProxyHeaderRefused('proxy-header-malformed');
  return { value: { address: source }, length };
}

function readBinary(bytes: Buffer): FirstBytes<ProxiedPeer> | undefined {
  const [command, family] = bytes.subarray(12, 14);
  const length = V2_HEADER + bytes.readUInt16BE(14);
  if ((command !== LOCAL && command !== PROXIED) || length > LIMITS.PROXY_HEADER_BYTES)
    throw new ProxyHeaderRefused('proxy-header-malformed');
  if (bytes.length < length) return undefined;
  const address = command === LOCAL ? undefined : sourceIn(bytes.subarray(V2_HEADER, length), family!);
  return { value: { address }, length };
}

/** Both addresses, both ports; extensions (TLV) may follow. */
function sourceIn(body: Buffer, family: number): string | undefined {
  if (WITHOUT_ADDRESS.includes(family)) return undefined;
  const size = { [TCP4]: 4, [TCP6]: 16 }[family];
  if (size === undefined || body.length < 2 * size + 4) throw new ProxyHeaderRefused('proxy-header-malformed');
  const source = body.subarray(0, size);
  const isMapped = size === 16 && source.subarray(0, 12).equals(MAPPED);
  if (size === 4 || isMapped) return [...source.subarray(-4)].join('.');
  const groups = Array.from({ length: 8 }, (_, at) => source.readUInt16BE(2 * at).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** RFC 4291 2.5.5.2 */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');
