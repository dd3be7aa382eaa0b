import { STATUS_CODES } from 'node:http';
import { LIMITS } from '../../protocol/limits';

/** A device sent a response that browsers do not show either; the message says why. */
export class NotHttp extends Error {
  override readonly name = 'NotHttp';
}

/** A chunk's size with its extensions (RFC 9112 7.1). */
const CHUNK_LINE_BYTES = 4 * 1024;
/** One more hexadecimal digit could be no safe integer. */
const CHUNK_SIZE = /^[0-9a-f]{1,13}$/i;
/** Browsers skip up to four bytes in front of it, such as a line end that an earlier response has left. */
const RESPONSE_START = /^.{0,4}?(http\/.*)$/is;
const RESPONSE_START_BYTES = 9;
const STRICT_STATUS_LINE = /^HTTP\/1\.[01] [1-9]\d\d( [\t\x20-\x7e\x80-\xff]*)?$/;
const STATUS_LINE = /^http\/(\d+)\.(\d+)[ \t]*(?:([1-9]\d\d)(?!\d))?[ \t]*(.*)$/i;
const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Everything but the tab (RFC 9110 5.5). */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f]/;

/** `passing`: bytes that Node frames itself, and everything behind an upgrade. */
type State = 'head' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'passing';
const NAMES: Partial<Record<State, string>> = {
  head: 'its header',
  'chunk-size': 'the size of a chunk',
  trailers: 'its trailers',
};

/**
 * Rewrites what a device sends on one connection into HTTP/1.1 as Node's strict parser reads it, by the rules of browsers
 * (docs/COMPATIBILITY.md): a page that they show directly is shown through a session, too. Strict responses pass unchanged.
 *
 * A response whose end is in doubt could pass for two (response smuggling). Here that helps no device: its connections
 * belong to one session, what is in doubt is removed before the only parser that follows, and behind a response that was
 * rewritten the connection is not used again.
 */
export class TolerantHttp {
  private state: State = 'passing';
  /** The complete lines of an incomplete head or trailer section, and the line behind them; latin1. */
  private lines = '';
  private line = '';
  /** Bytes of the current chunk that are still to come. */
  private remaining = 0;
  /** Whether anything on this connection had to be rewritten. */
  rewritten = false;

  /** The next bytes begin a response. */
  expectResponse(): void {
    this.state = 'head';
    this.lines = this.line = '';
  }

  /** @returns the bytes for the parser. @throws NotHttp */
  read(bytes: Buffer): Buffer[] {
    const out: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.state === 'passing') return [...out, bytes.subarray(at)];
      if (this.state === 'chunk') {
        const content = bytes.subarray(at, at + this.remaining);
        out.push(content);
        at += content.length;
        this.remaining -= content.length;
        if (this.remaining === 0) this.state = 'chunk-end';
        continue;
      }
      const end = bytes.indexOf('\n', at) + 1 || bytes.length;
      this.line += bytes.toString('latin1', at, end);
      at = end;
      this.check();
      if (this.line.endsWith('\n')) this.endLine(out);
    }
    return out;
  }

  /** The device has ended its direction. @throws NotHttp */
  end(): void {
    if (this.state === 'head' && this.lines + this.line !== '') throw new NotHttp('its header is cut off');
  }

  /** Refuses early what cannot become valid. It costs the same for each part, because a device may send single bytes. */
  private check(): void {
    const bytes = this.lines.length + this.line.length;
    const most = this.state === 'chunk-size' ? CHUNK_LINE_BYTES : LIMITS.BROWSER_HEADER_BYTES;
    if (bytes > most) throw new NotHttp(`${NAMES[this.state]} is too long`);
    if (this.state === 'chunk-end' && !['\r', '\r\n', '\n'].includes(this.line))
      throw new NotHttp('a chunk is longer than its size');
    const begins = this.state === 'head' && bytes >= RESPONSE_START_BYTES && this.lines.length < RESPONSE_START_BYTES;
    if (begins && !RESPONSE_START.test(this.lines + this.line.slice(0, 2 * RESPONSE_START_BYTES)))
      throw new NotHttp('it does not begin as a response does');
  }

  private endLine(out: Buffer[]): void {
    const isLast = /^\r?\n$/.test(this.line);
    this.lines += this.line;
    this.line = '';
    const isSection = this.state === 'head' || this.state === 'trailers';
    // an empty line in front of a response does not end it
    const isStart = this.state === 'head' && this.lines.length < RESPONSE_START_BYTES;
    if (isSection && (!isLast || isStart)) return;
    const sent = this.lines;
    this.lines = '';
    const strict = this.strict(sent);
    if (strict !== sent) this.rewritten = true;
    out.push(Buffer.from(strict, 'latin1'));
  }

  /** A complete part of the framing as strict HTTP; sets the next state. */
  private strict(sent: string): string {
    switch (this.state) {
      case 'chunk-size':
        return this.chunkSize(sent);
      case 'chunk-end':
        this.state = 'chunk-size';
        return '\r\n';
      case 'trailers':
        this.state = 'passing';
        return section(fieldsOf(sent));
      default:
        return this.head(sent);
    }
  }

  private head(sent: string): string {
    const text = RESPONSE_START.exec(sent)?.[1] ?? '';
    const lineEnd = text.indexOf('\n') + 1;
    const { version, code, line } = statusOf(text.slice(0, lineEnd));
    const fields = fieldsOf(text.slice(lineEnd));
    const codings = valuesOf(fields, 'transfer-encoding').map((coding) => coding.toLowerCase());
    const chunked = version !== '1.0' && codings.includes('chunked');
    if (code.startsWith('1') && code !== '101') this.state = 'head';
    else this.state = chunked ? 'chunk-size' : 'passing';
    return line + section(chunked ? framed(fields, 'transfer-encoding', 'chunked') : withLength(fields));
  }

  private chunkSize(line: string): string {
    const size = line.split(';', 1)[0]!.trim();
    if (!CHUNK_SIZE.test(size)) throw new NotHttp('the size of a chunk is not readable');
    this.remaining = Number.parseInt(size, 16);
    this.state = this.remaining === 0 ? 'trailers' : 'chunk';
    return `${size}\r\n`;
  }
}

/** Without a status code, browsers assume 200; a version above 1.1 is read as 1.1. */
function statusOf(sent: string): { version: '1.0' | '1.1'; code: string; line: string } {
  const text = sent.replace(/\r?\n$/, '');
  const [, major, minor, code = '200', reason = ''] = STATUS_LINE.exec(text) ?? [];
  if (major === undefined || /^\d/.test(reason)) throw new NotHttp('its status line is not readable');
  const version = Number(major) < 1 || (major === '1' && minor === '0') ? '1.0' : '1.1';
  if (STRICT_STATUS_LINE.test(text)) return { version, code, line: `${text}\r\n` };
  const known = CONTROLS.test(reason) || reason === '' ? (STATUS_CODES[code] ?? '') : reason;
  return { version, code, line: `HTTP/${version} ${code} ${known}\r\n` };
}

interface Field {
  readonly name: string;
  readonly value: string;
  /** As it is written, with its line end. */
  readonly line: string;
}

const section = (fields: readonly Field[]): string => `${fields.map(({ line }) => line).join('')}\r\n`;

/**
 * The fields of a section that ends with an empty line. Lines that are no field are left out, as are values with control
 * characters; a line that begins with a space continues the value of the one above (RFC 9112 5.2).
 */
function fieldsOf(sent: string): Field[] {
  const fields: (Field | undefined)[] = [];
  for (const line of sent.split(/(?<=\n)/)) {
    const text = line.replace(/\r?\n$/, '');
    if (text === '') continue;
    if (/^[ \t]/.test(text)) {
      const above = fields.pop();
      fields.push(above && field(above.name, `${above.value} ${text.trim()}`));
      continue;
    }
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(colon, 0));
    const strict = line.endsWith('\r\n') && FIELD_NAME.test(name);
    fields.push(field(name.trim(), text.slice(colon + 1).trim(), strict ? line : undefined));
  }
  return fields.filter((each) => each !== undefined);
}

function field(name: string, value: string, line = `${name}: ${value}\r\n`): Field | undefined {
  return FIELD_NAME.test(name) && !CONTROLS.test(value) ? { name, value, line } : undefined;
}

/** The members of a list, over all fields of this name (RFC 9110 5.6.1). */
const valuesOf = (fields: readonly Field[], key: string): string[] =>
  fields
    .filter(({ name }) => name.toLowerCase() === key)
    .flatMap(({ value }) => value.split(','))
    .map((member) => member.trim())
    .filter((member) => member !== '');

/**
 * A length that is no number is none: the content ends with the connection. Two different ones are refused: a device that
 * sends them wants to be read in two ways.
 */
function withLength(fields: readonly Field[]): Field[] {
  const [length, ...others] = new Set(valuesOf(fields, 'content-length'));
  if (others.length > 0) throw new NotHttp('it states different lengths');
  const valid = length !== undefined && /^\d+$/.test(length) && Number.isSafeInteger(Number(length));
  return framed(fields, 'content-length', valid ? length : undefined);
}

/** The fields with one that frames the content, in the place of those that the device sent; undefined: with none. */
function framed(fields: readonly Field[], key: string, value: string | undefined): Field[] {
  let isFramed = value === undefined;
  return fields.flatMap((each) => {
    const name = each.name.toLowerCase();
    if (name !== 'content-length' && name !== 'transfer-encoding') return [each];
    if (isFramed || name !== key) return [];
    isFramed = true;
    return each.value.toLowerCase() === value ? [each] : [{ ...each, line: `${each.name}: ${value}\r\n` }];
  });
}
