import type { OutgoingHttpHeaders } from 'node:http';
import { COMPRESSION_ERROR, ENHANCE_YOUR_CALM, Http2Violation, PROTOCOL_ERROR } from './frames';
import { decodeHuffman } from './huffman';

/** Names in lower case; each has one value. */
export type Headers = Record<string, string>;

/** RFC 7541 Appendix A. */
const STATIC_TABLE: readonly (readonly [name: string, value: string])[] = [
  ...[':authority', ':method GET', ':method POST', ':path /', ':path /index.html', ':scheme http', ':scheme https'],
  ...[':status 200', ':status 204', ':status 206', ':status 304', ':status 400', ':status 404', ':status 500'],
  ...['accept-charset', 'accept-encoding gzip, deflate', 'accept-language', 'accept-ranges', 'accept'],
  ...['access-control-allow-origin', 'age', 'allow', 'authorization', 'cache-control', 'content-disposition'],
  ...['content-encoding', 'content-language', 'content-length', 'content-location', 'content-range', 'content-type'],
  ...['cookie', 'date', 'etag', 'expect', 'expires', 'from', 'host', 'if-match', 'if-modified-since'],
  ...['if-none-match', 'if-range', 'if-unmodified-since', 'last-modified', 'link', 'location', 'max-forwards'],
  ...['proxy-authenticate', 'proxy-authorization', 'range', 'referer', 'refresh', 'retry-after', 'server'],
  ...['set-cookie', 'strict-transport-security', 'transfer-encoding', 'user-agent', 'vary', 'via', 'www-authenticate'],
].map((entry) => {
  const [name, ...value] = entry.split(' ');
  return [name!, value.join(' ')];
});
/** Before any settings (RFC 9113 6.5.2). */
const MOST_TABLE_BYTES = 4_096;
/** RFC 7541 4.1. */
const ENTRY_BYTES = 32;

/** Literals that are not indexed (RFC 7541 6.2.2): headers are sent once for each connection of a client. */
export function encodeHeaders(headers: OutgoingHttpHeaders): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) parts.push(Buffer.of(0), textOf(name), textOf(String(value)));
  return Buffer.concat(parts);
}

function textOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([integerOf(bytes.length, 7), bytes]);
}

/** RFC 7541 5.1. */
function integerOf(value: number, prefixBits: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.of(value);
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Decodes the header blocks of one direction of a connection (RFC 7541), in their order. */
export class HeaderDecoder {
  #table: (readonly [name: string, value: string])[] = [];
  #tableBytes = 0;
  #most = MOST_TABLE_BYTES;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /** @param listBytes of all names and values, with ENTRY_BYTES for each (RFC 9113 6.5.2) */
  constructor(private readonly listBytes: number) {}

  /** @throws Http2Violation */
  decode(block: Buffer): Headers {
    this.#block = block;
    this.#at = 0;
    const headers: Headers = {};
    let bytes = 0;
    while (this.#at < block.length) {
      const field = this.#field();
      if (!field) continue;
      const [name, value] = field;
      bytes += name.length + value.length + ENTRY_BYTES;
      if (bytes > this.listBytes) throw new Http2Violation(ENHANCE_YOUR_CALM, 'too many headers');
      if (Object.hasOwn(headers, name)) throw new Http2Violation(PROTOCOL_ERROR, 'a header has two values');
      // Defined, because assignment to `__proto__` would do something else.
      Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
    }
    return headers;
  }

  /** @returns undefined for a change of the table's size */
  #field(): readonly [string, string] | undefined {
    const first = this.#block[this.#at]!;
    if (first >= 0x80) return this.#entry(this.#integer(7));
    if (first >= 0x20 && first < 0x40) return void this.#resize(this.#integer(5));
    const isIndexed = first >= 0x40;
    const index = this.#integer(isIndexed ? 6 : 4);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    const field = [name, this.#text()] as const;
    if (isIndexed) this.#insert(field);
    return field;
  }

  #entry(index: number): readonly [string, string] {
    const entry = index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : this.#table[index - 1 - STATIC_TABLE.length];
    return entry ?? fail('an index beyond the table');
  }

  #insert(field: readonly [string, string]): void {
    this.#table.unshift(field);
    this.#tableBytes += sizeOf(field);
    this.#evict();
  }

  #resize(bytes: number): void {
    if (bytes > MOST_TABLE_BYTES) fail('a table larger than permitted');
    this.#most = bytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#most) this.#tableBytes -= sizeOf(this.#table.pop()!);
  }

  #integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (value > 2 ** 24) fail('a number that is too large');
      if (byte < 0x80) return value;
      if (factor > 2 ** 28) fail('a number that is too long');
    }
  }

  #text(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    if (this.#at + length > this.#block.length) fail('a text beyond its block');
    const text = this.#block.subarray(this.#at, (this.#at += length));
    return isHuffman ? (decodeHuffman(text) ?? fail('not a Huffman code')) : text.toString('latin1');
  }

  #byte(): number {
    return this.#block[this.#at++] ?? fail('an incomplete field');
  }
}

const sizeOf = ([name, value]: readonly [string, string]): number => name.length + value.length + ENTRY_BYTES;

function fail(what: string): never {
  throw new Http2Violation(COMPRESSION_ERROR, `headers have ${what}`);
}
