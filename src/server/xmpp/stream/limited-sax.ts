import { EventEmitter } from 'node:events';
import { SaxesParser } from 'saxes';
import { StreamError } from '../stream-error';
import type { XmppLimits } from '../xmpp-limits';

const STREAM = 'stream:stream';

/**
 * `on` of the library adds properties whose names are computed. Unless they are there, V8 then keeps the whole parser as a
 * dictionary, which is slower and needs 2.6 KB more for each stream.
 */
class Parser extends SaxesParser {
  constructor() {
    super({ xmlns: false, position: false });
    Object.assign(this, NO_HANDLERS);
  }
}
const HANDLERS = ['error', 'doctype', 'comment', 'pi', 'openTag', 'text', 'cdata', 'closeTag'];
const NO_HANDLERS = Object.fromEntries(HANDLERS.map((name) => [`${name}Handler`, undefined]));

/**
 * XML parser of one stream with the interface that node-xmpp's StreamParser expects (`startElement`, `text`,
 * `endElement`). Strict (RFC 6120 11.1: no comments, processing instructions, DTDs or entities), reads no byte twice, and
 * limits depth, elements and bytes of each stanza. `write` throws violations; the parser must not be used afterwards. For a
 * stream that carries stanzas of many peers, `cuts` omits what exceeds depth or elements instead.
 */
export class LimitedSax extends EventEmitter {
  /** Something of the stanza whose end is emitted now was omitted. */
  isCut = false;
  /** Open elements that are omitted. */
  private omitted = 0;
  private readonly parser = new Parser();
  private depth = 0;
  private elements = 0;
  private stanzaBytes = 0;
  private chunk = '';
  /** Number of characters before `chunk`, and of those in `chunk` that are already counted. */
  private fed = 0;
  private counted = 0;

  /** `maxBytes` is called for each stanza, because the limit grows when the stream is authenticated. */
  constructor(
    private readonly limits: XmppLimits,
    private readonly maxBytes: () => number,
    private readonly cuts = false,
  ) {
    super();
    this.parser.on('error', () => {
      throw new StreamError('not-well-formed', 'the XML is not well-formed');
    });
    this.parser.on('doctype', () => deny('a document type'));
    this.parser.on('comment', () => deny('a comment'));
    this.parser.on('processinginstruction', () => deny('a processing instruction'));
    this.parser.on('opentag', ({ name, attributes }) => this.opened(name, attributes));
    this.parser.on('text', (text) => this.text(text));
    this.parser.on('cdata', (text) => this.text(text));
    this.parser.on('closetag', ({ name }) => this.closed(name));
  }

  /** @throws StreamError */
  write(text: string): void {
    this.chunk = text;
    this.counted = 0;
    this.parser.write(text);
    this.count(text.length);
    this.fed += text.length;
    this.chunk = '';
  }

  private opened(name: string, attributes: Record<string, string>): void {
    this.depth += 1;
    this.elements += 1;
    if (this.cuts && this.omits()) return;
    if (this.depth > this.limits.XMPP_DEPTH) throw new StreamError('policy-violation', 'nested too deeply');
    if (this.elements > this.limits.XMPP_ELEMENTS_PER_STANZA)
      throw new StreamError('policy-violation', 'too many elements in one stanza');
    if ((this.depth === 1) !== (name === STREAM))
      throw new StreamError('bad-format', 'a stream starts with one header');
    if (this.depth === 1) this.complete();
    this.emit('startElement', name, attributes);
  }

  private omits(): boolean {
    const { XMPP_DEPTH, XMPP_ELEMENTS_PER_STANZA } = this.limits;
    if (this.omitted === 0 && this.depth <= XMPP_DEPTH && this.elements <= XMPP_ELEMENTS_PER_STANZA) return false;
    this.omitted += 1;
    this.isCut = true;
    return true;
  }

  private text(text: string): void {
    if (this.omitted > 0) return;
    // blanks between stanzas only keep connections alive (RFC 6120 4.6.1)
    if (this.depth > 1) this.emit('text', text);
    else if (text.trim() !== '') throw new StreamError('bad-format', 'text between stanzas');
  }

  private closed(name: string): void {
    this.depth -= 1;
    if (this.omitted > 0) return void (this.omitted -= 1);
    if (this.depth <= 1) this.complete();
    this.emit('endElement', name);
    if (this.depth <= 1) this.isCut = false;
  }

  /** The header or a stanza is complete; counting starts again. */
  private complete(): void {
    this.count(this.parser.position - this.fed);
    this.stanzaBytes = 0;
    this.elements = 0;
  }

  private count(end: number): void {
    this.stanzaBytes += Buffer.byteLength(this.chunk.slice(this.counted, end));
    this.counted = end;
    if (this.stanzaBytes > this.maxBytes()) throw new StreamError('policy-violation', 'the stanza is too large');
  }
}

function deny(what: string): never {
  throw new StreamError('restricted-xml', `${what} is not permitted in a stream`);
}
